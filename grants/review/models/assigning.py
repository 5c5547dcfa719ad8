"""Who instructs a dossier, who reads it, who stands aside, who stands in for whom."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q

from config.constraints import in_order
from grants.applications.models import Application
from grants.calls.models import CallSheet
from partners.models import Organisation
from territories.models import Territory


class AssignmentRole(models.TextChoices):
    OFFICER = "officer", "Chargé du dossier"
    READER = "reader", "Lecteur"


class AssignmentMode(models.TextChoices):
    MANUAL = "manual", "à la main"
    RULE = "rule", "par règle"


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
    mode = models.CharField(
        "manière", max_length=6, choices=AssignmentMode.choices, default=AssignmentMode.MANUAL
    )
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


class ConflictQuerySet(models.QuerySet):
    def in_force(self) -> Self:
        """Keep the recusals that still hold: those withdrawn are history, and bind nobody."""
        return self.filter(withdrawn_at__isnull=True)


class ConflictOfInterest(models.Model):
    """A person stands aside from a body or a dossier: cannot score it nor read its scores.

    Withdrawn by somebody else, it ends and stays: every rule looks at ``in_force()`` alone.
    """

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
    withdrawn_at = models.DateTimeField("retiré le", null=True, blank=True)
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    withdrawal_reason = models.CharField("raison du retrait", max_length=500, blank=True)

    objects = ConflictQuerySet.as_manager()

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
                condition=Q(withdrawn_at__isnull=True),
                nulls_distinct=False,
                name="review_conflictofinterest_once",
                violation_error_message="Ce déport est déjà déclaré.",
            ),
            models.CheckConstraint(
                name="review_conflictofinterest_withdrawn_whole",
                condition=Q(
                    withdrawn_at__isnull=True, withdrawn_by__isnull=True, withdrawal_reason=""
                )
                | Q(withdrawn_at__isnull=False, withdrawn_by__isnull=False)
                & ~Q(withdrawal_reason="")
                & ~Q(withdrawn_by=models.F("person")),
                violation_error_message="Un déport se retire par quelqu’un d’autre, "
                "avec une raison.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person} / {self.organisation or self.application}"


class AssignmentRule(models.Model):
    """Who receives the dossiers of a sheet or of a territory: the least loaded of its people.

    Rules are tried in their order, the first that matches applies. Without sheet nor territory it
    matches every dossier.
    """

    position = models.PositiveSmallIntegerField("rang")
    sheet = models.ForeignKey(
        CallSheet,
        verbose_name="fiche",
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        help_text="Vide : toutes les fiches.",
    )
    territory = models.ForeignKey(
        Territory,
        verbose_name="territoire",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="Vide : tous les territoires.",
    )
    people = models.ManyToManyField(
        settings.AUTH_USER_MODEL, verbose_name="personnes", related_name="+"
    )

    class Meta:
        verbose_name = "règle d’affectation"
        verbose_name_plural = "règles d’affectation"
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["sheet", "territory"],
                nulls_distinct=False,
                name="review_assignmentrule_once",
                violation_error_message="Une règle vise déjà cette fiche et ce territoire.",
            )
        ]

    def __str__(self) -> str:
        found = [str(one) for one in (self.sheet, self.territory) if one is not None]
        return ", ".join(found) or "Tous les dossiers"


class Replacement(models.Model):
    """Somebody of the desk stands in for a colleague away, from a day to another, both included."""

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="personne absente",
        on_delete=models.PROTECT,
        related_name="replacements",
    )
    substitute = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="remplacée par",
        on_delete=models.PROTECT,
        related_name="substitutions",
    )
    starts_on = models.DateField("du")
    ends_on = models.DateField("au")
    declared_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    declared_at = models.DateTimeField("déclaré le")
    cancelled_at = models.DateTimeField("annulé le", null=True, blank=True)

    class Meta:
        verbose_name = "remplacement"
        ordering = ["-starts_on", "-pk"]
        constraints = [
            in_order(
                "review_replacement",
                "starts_on",
                "ends_on",
                sentence="Le remplacement commence avant de finir.",
            ),
            models.CheckConstraint(
                name="review_replacement_two_people",
                condition=~Q(person=models.F("substitute")),
                violation_error_message="On ne se remplace pas soi-même.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person} → {self.substitute}"
