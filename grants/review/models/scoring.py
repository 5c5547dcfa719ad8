"""Readings of a dossier on its sheet's grid, and what they say together."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from config.constraints import not_negative
from grants.applications.models import Application, Deposit
from grants.calls.models import Criterion


class ReviewProgress(models.TextChoices):
    DRAFT = "draft", "Brouillon"
    FINAL = "final", "Définitive"


class Review(models.Model):
    """One reader's scores, proposed amount and summary on one deposit."""

    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="reviews")
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="reviews"
    )
    deposit = models.ForeignKey(
        Deposit, verbose_name="dépôt lu", on_delete=models.PROTECT, related_name="+"
    )
    state = models.CharField(
        "état",
        max_length=5,
        choices=ReviewProgress.choices,
        default=ReviewProgress.DRAFT,
    )
    proposed_amount = models.DecimalField(
        "montant proposé", max_digits=12, decimal_places=2, null=True, blank=True
    )
    summary = models.TextField("synthèse", blank=True)
    version = models.PositiveIntegerField(default=1)
    updated_at = models.DateTimeField("modifiée le")
    finalised_at = models.DateTimeField("définitive le", null=True, blank=True)

    class Meta:
        verbose_name = "notation"
        ordering = ["application", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["application", "reviewer"],
                name="review_review_one_a_reader",
                violation_error_message="Vous avez déjà noté ce dossier.",
            ),
            not_negative(
                "review_review",
                "proposed_amount",
                sentence="Le montant proposé n’est pas négatif.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.application} par {self.reviewer}"


class Score(models.Model):
    """A level from 0 to 5 on one criterion, or not applicable (null level with the flag)."""

    review = models.ForeignKey(Review, on_delete=models.CASCADE, related_name="scores")
    criterion = models.ForeignKey(Criterion, on_delete=models.PROTECT, related_name="+")
    level = models.PositiveSmallIntegerField("note", null=True, blank=True)
    not_applicable = models.BooleanField("sans objet", default=False)
    comment = models.TextField("commentaire", blank=True)

    class Meta:
        verbose_name = "note"
        ordering = ["criterion__position", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["review", "criterion"], name="review_score_once"),
            models.CheckConstraint(
                name="review_score_level_in_scale",
                condition=Q(level__isnull=True) | Q(level__gte=0, level__lte=5),
                violation_error_message="Une note va de 0 à 5.",
            ),
            models.CheckConstraint(
                name="review_score_level_or_not_applicable",
                condition=Q(not_applicable=False) | Q(level__isnull=True),
                violation_error_message="Un critère sans objet n’a pas de note.",
            ),
        ]

    def __str__(self) -> str:
        return "sans objet" if self.not_applicable else f"{self.level}/5"


class ScoreSummary(models.Model):
    """The score of a dossier as :func:`grants.review.calculations.application_score` gives it.

    Written by the services that change a reading, so that lists filter and sort on it in SQL;
    ``check_invariants`` compares it with what the rows give. No row means no reading ever final.
    """

    application = models.OneToOneField(
        Application, on_delete=models.CASCADE, primary_key=True, related_name="score_summary"
    )
    total = models.DecimalField("note", max_digits=4, decimal_places=1, null=True)
    gap = models.DecimalField("écart", max_digits=4, decimal_places=1, null=True)
    needs_third = models.BooleanField("troisième lecture demandée", default=False)
    finals_count = models.PositiveSmallIntegerField("notations définitives", default=0)

    class Meta:
        verbose_name = "note du dossier"
        verbose_name_plural = "notes des dossiers"
        indexes = [models.Index(fields=["total"])]

    def __str__(self) -> str:
        return f"{self.total}/100"
