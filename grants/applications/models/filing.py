"""What is joined, sworn, asked again and frozen at a deposit."""

from django.conf import settings
from django.contrib.contenttypes.fields import GenericRelation
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import Q

from config.constraints import in_order
from foundation.documents.enums import FileState
from foundation.documents.models import StoredFile
from grants.applications.enums import (
    CommitmentKind,
    CorrectionState,
)
from grants.applications.models.dossier import Application
from grants.calls.models import RequiredDocument
from partners.models import OrganisationDocument


class ApplicationDocument(models.Model):
    """A file given for a document the sheet asks (or another one), and what the office said."""

    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="documents")
    required = models.ForeignKey(
        RequiredDocument, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    source = models.ForeignKey(  # the body's document whose file was copied here
        OrganisationDocument,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="copies",
    )
    label = models.CharField("intitulé", max_length=200)
    state = models.CharField(
        "état", max_length=10, choices=FileState.choices, default=FileState.TO_CHECK
    )
    refusal_reason = models.CharField("raison du refus", max_length=300, blank=True)
    added_at = models.DateTimeField("ajoutée le")
    redacted_at = models.DateTimeField("masquée le", null=True, blank=True)
    files = GenericRelation(StoredFile)

    class Meta:
        verbose_name = "pièce"
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.label

    @property
    def file(self) -> StoredFile | None:
        files = sorted(self.files.all(), key=lambda f: f.pk)
        return files[-1] if files else None


class Commitment(models.Model):
    """A statement the applicant ticked: which text, who, when."""

    application = models.ForeignKey(
        Application, on_delete=models.CASCADE, related_name="commitments"
    )
    kind = models.CharField("engagement", max_length=25, choices=CommitmentKind.choices)
    text_version = models.CharField("version du texte", max_length=40)
    given_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    given_at = models.DateTimeField("pris le")

    class Meta:
        verbose_name = "engagement"
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["application", "kind"], name="applications_commitment_once"
            )
        ]

    def __str__(self) -> str:
        return self.get_kind_display()


class CorrectionRequest(models.Model):
    """What the office asks to complete: named parts reopen until a day, whatever the closing.

    What the applicant types meanwhile waits here (``overlay``) and reaches the dossier at the
    new deposit: live rows always hold the last deposit.
    """

    application = models.ForeignKey(
        Application, on_delete=models.PROTECT, related_name="corrections"
    )
    number = models.PositiveSmallIntegerField("numéro")
    message = models.TextField("ce qui est demandé")
    # "projet.title", "projet.answers", "budget", "pieces.12": see services/corrections.py
    fields = ArrayField(models.CharField(max_length=60), verbose_name="parties rouvertes")
    first_due_on = models.DateField("premier délai")
    due_on = models.DateField("à compléter avant le")
    state = models.CharField(
        "état", max_length=10, choices=CorrectionState.choices, default=CorrectionState.OPEN
    )
    asked_at = models.DateTimeField("demandée le")
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    answered_at = models.DateTimeField("répondue le", null=True, blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    closed_at = models.DateTimeField("close le", null=True, blank=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    overlay = models.JSONField(default=dict, blank=True)  # {section: values, as JSON}
    invalid_values = models.JSONField(default=dict, blank=True)  # as on the dossier
    saved_sections = models.JSONField(default=dict, blank=True)  # as on the dossier

    class Meta:
        verbose_name = "demande de compléments"
        verbose_name_plural = "demandes de compléments"
        ordering = ["number", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["application", "number"], name="applications_correctionrequest_number_once"
            ),
            models.UniqueConstraint(
                fields=["application"],
                condition=Q(state="open"),
                name="applications_correctionrequest_one_open",
                violation_error_message="Une demande de compléments est déjà en cours.",
            ),
            in_order(
                "applications_correctionrequest",
                "first_due_on",
                "due_on",
                sentence="Un délai se prolonge, il ne se raccourcit pas.",
            ),
        ]

    def __str__(self) -> str:
        return f"Demande de compléments {self.number}"


class Deposit(models.Model):
    """The dossier as filed: the stored bytes of a JSON document and their SHA-256. Immutable.

    A redaction is the one exception: it masks words in the bytes and notes a second SHA-256.
    """

    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="deposits")
    number = models.PositiveSmallIntegerField("numéro")
    payload = models.BinaryField()
    sha256 = models.CharField(max_length=64)
    redacted_at = models.DateTimeField("masqué le", null=True, blank=True)
    redacted_sha256 = models.CharField(max_length=64, blank=True)
    correction = models.OneToOneField(
        CorrectionRequest,
        on_delete=models.PROTECT,
        null=True,  # the first deposit answers none
        blank=True,
        related_name="deposit",
    )
    filed_at = models.DateTimeField("déposé le")
    filed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        verbose_name = "dépôt"
        ordering = ["number", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["application", "number"], name="applications_deposit_number_once"
            )
        ]

    def __str__(self) -> str:
        return f"Dépôt {self.number}"


class OfficeEditState(models.TextChoices):
    OPEN = "open", "En cours"
    APPLIED = "applied", "Enregistrée"
    ABANDONED = "abandoned", "Abandonnée"


class OfficeEdit(models.Model):
    """A change that somebody of the office makes to a filed dossier, with its reason.

    What is typed waits here, as in a correction request, and reaches the dossier at once, as its
    next deposit; the applicant is told and sees the difference.
    """

    application = models.ForeignKey(
        Application, on_delete=models.PROTECT, related_name="office_edits"
    )
    reason = models.TextField("pourquoi")
    fields = ArrayField(models.CharField(max_length=60), verbose_name="parties modifiées")
    state = models.CharField(
        "état", max_length=10, choices=OfficeEditState.choices, default=OfficeEditState.OPEN
    )
    overlay = models.JSONField(default=dict, blank=True)  # as in a correction request
    invalid_values = models.JSONField(default=dict, blank=True)
    saved_sections = models.JSONField(default=dict, blank=True)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    started_at = models.DateTimeField("commencée le")
    ended_at = models.DateTimeField("terminée le", null=True, blank=True)
    deposit = models.OneToOneField(
        Deposit, on_delete=models.PROTECT, null=True, blank=True, related_name="office_edit"
    )

    class Meta:
        verbose_name = "modification par le service"
        verbose_name_plural = "modifications par le service"
        ordering = ["started_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["application"],
                condition=Q(state="open"),
                name="applications_officeedit_one_open",
                violation_error_message="Une modification par le service est déjà en cours.",
            )
        ]

    def __str__(self) -> str:
        return f"Modification du {self.started_at:%d/%m/%Y}"


class SearchEntry(models.Model):
    """What full-text search reads of a dossier; the database writes it (triggers), nobody else."""

    application = models.OneToOneField(
        Application, on_delete=models.CASCADE, primary_key=True, related_name="search_entry"
    )
    vector = SearchVectorField()

    class Meta:
        verbose_name = "texte cherché"
        verbose_name_plural = "textes cherchés"
        indexes = [GinIndex(fields=["vector"], name="applications_search_vector")]

    def __str__(self) -> str:
        return f"{self.application_id}"
