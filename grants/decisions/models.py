from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse

from config.constraints import not_negative
from grants.applications.models import Application
from grants.calls.models import CallSheet
from grants.decisions.querysets import DecisionQuerySet, EnvelopeQuerySet, SessionQuerySet
from grants.letters.models import Letter
from grants.review.permissions import left_out_words
from territories.models import Territory


class Envelope(models.Model):
    """Money for a year. The root holds the ledger; children are lenses (sheet, territory)."""

    fiscal_year = models.PositiveSmallIntegerField("exercice")
    name = models.CharField("nom", max_length=150)
    amount = models.DecimalField("montant", max_digits=12, decimal_places=2)
    parent = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="children"
    )
    sheets = models.ManyToManyField(
        CallSheet,
        verbose_name="fiches",
        blank=True,
        related_name="envelopes",
        help_text="Vide : toutes les fiches de l’exercice.",
    )
    territory = models.ForeignKey(
        Territory, verbose_name="territoire", on_delete=models.PROTECT, null=True, blank=True
    )

    objects = EnvelopeQuerySet.as_manager()

    class Meta:
        verbose_name = "enveloppe"
        ordering = ["-fiscal_year", "name", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["fiscal_year", "name"],
                name="decisions_envelope_once",
                violation_error_message="Une enveloppe de cet exercice porte déjà ce nom.",
            ),
            not_negative(
                "decisions_envelope", "amount", sentence="Une enveloppe n’est pas négative."
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("decisions:envelope_detail", args=[self.pk])

    @property
    def left_out(self) -> str:
        """What ``listed_amount`` leaves out for who looks, in words; empty when nothing is."""
        return left_out_words(self.hidden_count)


class CommitteeSession(models.Model):
    """A meeting: selection committee (advice), arbitration, or commission permanente (decides)."""

    class Kind(models.TextChoices):
        SELECTION = "selection", "Comité de sélection"
        ARBITRATION = "arbitration", "Arbitrage"
        PERMANENT = "permanent", "Commission permanente"

    class State(models.TextChoices):
        PREPARING = "preparing", "En préparation"
        CLOSED = "closed", "Close"

    kind = models.CharField("nature", max_length=12, choices=Kind.choices, default=Kind.PERMANENT)
    held_on = models.DateField("date")
    place = models.CharField("lieu", max_length=150, blank=True)
    report_number = models.CharField("numéro du rapport", max_length=20, blank=True)
    report_title = models.CharField("titre du rapport", max_length=250, blank=True)
    deliberation_number = models.CharField("numéro de la délibération", max_length=40, blank=True)
    state = models.CharField("état", max_length=10, choices=State.choices, default=State.PREPARING)

    objects = SessionQuerySet.as_manager()

    class Meta:
        verbose_name = "séance"
        ordering = ["-held_on", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "held_on", "report_number"],
                name="decisions_committeesession_once",
                violation_error_message="Cette séance existe déjà.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} du {self.held_on:%d/%m/%Y}"

    def get_absolute_url(self) -> str:
        return reverse("decisions:session_detail", args=[self.pk])


class SessionLine(models.Model):
    """A dossier on a session's list, with the amount put to the vote."""

    session = models.ForeignKey(CommitteeSession, on_delete=models.PROTECT, related_name="lines")
    application = models.ForeignKey(
        Application, on_delete=models.PROTECT, related_name="session_lines"
    )
    envelope = models.ForeignKey(
        Envelope, verbose_name="enveloppe", on_delete=models.PROTECT, related_name="lines"
    )
    proposed_outcome = models.CharField(
        "proposition",
        max_length=10,
        choices=[("awarded", "Attribuer"), ("rejected", "Refuser"), ("deferred", "Ajourner")],
        default="awarded",
    )
    proposed_amount = models.DecimalField("montant proposé", max_digits=12, decimal_places=2)
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    added_at = models.DateTimeField("inscrit le")
    removed_at = models.DateTimeField("retiré le", null=True, blank=True)

    class Meta:
        verbose_name = "ligne de séance"
        verbose_name_plural = "lignes de séance"
        ordering = ["application__reference", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["session", "application"],
                condition=Q(removed_at__isnull=True),
                name="decisions_sessionline_once",
                violation_error_message="Ce dossier est déjà inscrit à cette séance.",
            ),
            not_negative(
                "decisions_sessionline",
                "proposed_amount",
                sentence="Le montant proposé n’est pas négatif.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.application} à la {self.session}"


class Decision(models.Model):
    """What the committee voted on one dossier, and how it was told."""

    class Outcome(models.TextChoices):
        AWARDED = "awarded", "Attribué"
        REJECTED = "rejected", "Non retenu"
        DEFERRED = "deferred", "Ajourné"

    class NotificationChannel(models.TextChoices):
        EMAIL = "email", "Électronique"
        POST = "post", "Courrier postal"

    class ReasonCode(models.TextChoices):
        INCOMPLETE = "incomplete", "Demande restée incomplète"
        OUT_OF_SCOPE = "out_of_scope", "Action hors du champ de la fiche"
        LATE = "late", "Demande hors délai"
        SCORE = "score", "Demande classée après celles retenues"
        ENVELOPE = "envelope", "Crédits épuisés"
        OTHER_FUNDER = "other_funder", "Autre financeur compétent"
        REPORT_MISSING = "report_missing", "Bilan précédent non remis"

    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="decisions")
    session = models.ForeignKey(
        CommitteeSession, on_delete=models.PROTECT, related_name="decisions"
    )
    envelope = models.ForeignKey(Envelope, on_delete=models.PROTECT, related_name="decisions")
    outcome = models.CharField("résultat", max_length=10, choices=Outcome.choices)
    awarded_amount = models.DecimalField(
        "montant attribué", max_digits=12, decimal_places=2, null=True, blank=True
    )
    eligible_base = models.DecimalField(
        "dépense subventionnable", max_digits=12, decimal_places=2, null=True, blank=True
    )
    fiscal_year = models.PositiveSmallIntegerField("exercice")
    reason_code = models.CharField("motif", max_length=20, choices=ReasonCode.choices, blank=True)
    reason_text = models.TextField("précision du motif", blank=True)
    conditions = models.TextField("conditions", blank=True)
    withdrawals = models.TextField("élus n’ayant pas pris part au vote", blank=True)
    deliberation_number = models.CharField("délibération", max_length=40, blank=True)
    decided_on = models.DateField("voté le")
    recorded_at = models.DateTimeField("enregistré le")
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    overrun_reason = models.TextField("raison du dépassement d’enveloppe", blank=True)
    superseded_at = models.DateTimeField("remplacée le", null=True, blank=True)
    letter = models.OneToOneField(
        Letter, on_delete=models.PROTECT, null=True, blank=True, related_name="decision"
    )
    notification_channel = models.CharField(
        "voie de notification", max_length=5, choices=NotificationChannel.choices, blank=True
    )
    notified_at = models.DateTimeField("notifié le", null=True, blank=True)
    notified_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    posted_on = models.DateField("posté le", null=True, blank=True)
    delivered_on = models.DateField("reçu le", null=True, blank=True)
    opened_at = models.DateTimeField("ouvert le", null=True, blank=True)

    objects = DecisionQuerySet.as_manager()

    class Meta:
        verbose_name = "décision"
        ordering = ["-decided_on", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["application"],
                condition=Q(superseded_at__isnull=True),
                name="decisions_decision_one_in_force",
                violation_error_message="Ce dossier a déjà une décision.",
            ),
            models.CheckConstraint(
                name="decisions_decision_award_has_amount",
                condition=(Q(outcome="awarded") & Q(awarded_amount__gt=0))
                | (~Q(outcome="awarded") & Q(awarded_amount__isnull=True)),
                violation_error_message="Une attribution a un montant ; un refus n’en a pas.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.application} : {self.get_outcome_display()}"
