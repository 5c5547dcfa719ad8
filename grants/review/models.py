from django.conf import settings
from django.db import models
from django.db.models import Q

from config.constraints import not_negative
from grants.applications.models import Application, Deposit
from grants.calls.models import Criterion
from partners.models import Organisation


class AssignmentRole(models.TextChoices):
    OFFICER = "officer", "Chargé du dossier"
    READER = "reader", "Lecteur"


class Assignment(models.Model):
    """Who instructs a dossier, and who reads it (rank 1 or 2; 3 for a third reading)."""

    application = models.ForeignKey(
        Application, on_delete=models.PROTECT, related_name="assignments"
    )
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="assignments"
    )
    role = models.CharField("à titre de", max_length=10, choices=AssignmentRole.choices)
    rank = models.PositiveSmallIntegerField("rang", null=True, blank=True)
    assigned_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    assigned_at = models.DateTimeField("affecté le")
    ended_at = models.DateTimeField("terminé le", null=True, blank=True)

    class Meta:
        verbose_name = "affectation"
        ordering = ["application", "role", "rank", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["application"],
                condition=Q(role="officer", ended_at__isnull=True),
                name="review_assignment_one_officer",
                violation_error_message="Ce dossier a déjà un chargé d’instruction.",
            ),
            models.UniqueConstraint(
                fields=["application", "rank"],
                condition=Q(role="reader", ended_at__isnull=True),
                name="review_assignment_one_reader_a_rank",
                violation_error_message="Ce rang de lecture est déjà pris.",
            ),
            models.UniqueConstraint(
                fields=["application", "person"],
                condition=Q(role="reader", ended_at__isnull=True),
                name="review_assignment_reader_once",
                violation_error_message="Cette personne lit déjà ce dossier.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.application} → {self.person}"


class ConflictOfInterest(models.Model):
    """A person stands aside from a body or a dossier: cannot score it nor read its scores."""

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="conflicts"
    )
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    application = models.ForeignKey(
        Application, on_delete=models.PROTECT, null=True, blank=True, related_name="conflicts"
    )
    reason = models.CharField("raison", max_length=250, blank=True)
    declared_at = models.DateTimeField("déclaré le")

    class Meta:
        verbose_name = "déport"
        ordering = ["-declared_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="review_conflictofinterest_one_object",
                condition=Q(organisation__isnull=False, application__isnull=True)
                | Q(organisation__isnull=True, application__isnull=False),
                violation_error_message="Un déport vise une organisation ou un dossier.",
            ),
            models.UniqueConstraint(
                fields=["person", "organisation", "application"],
                nulls_distinct=False,
                name="review_conflictofinterest_once",
                violation_error_message="Ce déport est déjà déclaré.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person} / {self.organisation or self.application}"


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


class InternalNote(models.Model):
    """A note between colleagues; the applicant never sees it."""

    application = models.ForeignKey(
        Application, on_delete=models.PROTECT, related_name="internal_notes"
    )
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    text = models.TextField("note")
    written_at = models.DateTimeField("écrite le")

    class Meta:
        verbose_name = "note interne"
        verbose_name_plural = "notes internes"
        ordering = ["-written_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.author}, {self.written_at:%d/%m/%Y}"
