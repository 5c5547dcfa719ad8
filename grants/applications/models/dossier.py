"""The dossier itself and the numbers it is given."""

import uuid

from django.conf import settings
from django.contrib.contenttypes.fields import GenericRelation
from django.db import models
from django.db.models import Q
from django.db.models.functions import Coalesce, TruncDate
from django.urls import reverse

from config.constraints import in_order, not_negative
from foundation.documents.models import StoredFile
from grants.applications.enums import (
    AidRegime,
    Channel,
    GrantKind,
    MoneyState,
    PaperState,
    Period,
    ReviewState,
)
from grants.applications.querysets import ApplicationQuerySet
from grants.calls.models import CallSheet
from partners.models import Organisation
from territories.models import Framework


class ReferenceSequence(models.Model):
    """The last reference number given in a year; its row is locked while one is taken."""

    year = models.PositiveSmallIntegerField(primary_key=True)
    last = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = "suite des références"
        verbose_name_plural = "suites des références"

    def __str__(self) -> str:
        return f"{self.year}-{self.last:04d}"


class Application(models.Model):
    """A grant request: the dossier. Live rows hold the last deposit, or the draft before it."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    reference = models.CharField("référence", max_length=12, null=True, unique=True)  # noqa: DJ001
    sheet = models.ForeignKey(CallSheet, on_delete=models.PROTECT, related_name="applications")
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="applications"
    )
    renewal_of = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="renewals"
    )
    kind = models.CharField(
        "objet", max_length=10, choices=GrantKind.choices, default=GrantKind.PROJECT
    )
    channel = models.CharField("voie", max_length=5, choices=Channel.choices, default=Channel.WEB)
    review_state = models.CharField(
        "état", max_length=25, choices=ReviewState.choices, default=ReviewState.DRAFT
    )
    paper_state = models.CharField(
        "courrier", max_length=12, choices=PaperState.choices, default=PaperState.NONE
    )
    money_state = models.CharField(
        "engagement", max_length=10, choices=MoneyState.choices, default=MoneyState.NONE
    )
    version = models.PositiveIntegerField(default=1)

    # Applicant
    contact_name = models.CharField("personne chargée de la demande", max_length=150, blank=True)
    contact_function = models.CharField("sa fonction", max_length=100, blank=True)
    contact_email = models.EmailField("son adresse e-mail", blank=True)
    contact_phone = models.CharField("son téléphone", max_length=20, blank=True)
    contact_service = models.CharField("service qui porte la demande", max_length=150, blank=True)
    deliberation_to_come = models.BooleanField("délibération à prendre", default=False)
    deliberation_number = models.CharField("numéro de délibération", max_length=60, blank=True)
    deliberation_on = models.DateField("date de délibération", null=True, blank=True)
    has_economic_activity = models.BooleanField("activité économique", null=True, blank=True)
    public_aid_amount = models.DecimalField(
        "aides publiques des trois derniers exercices",
        max_digits=12,
        decimal_places=2,
        null=True,
        blank=True,
    )
    public_aid_regime = models.CharField(
        "régime européen", max_length=20, choices=AidRegime.choices, blank=True
    )

    # Project
    period = models.CharField("période", max_length=10, choices=Period.choices, default=Period.YEAR)
    in_kind_request = models.TextField("aide en nature souhaitée", blank=True)
    is_city_policy = models.BooleanField("politique de la ville", null=True, blank=True)
    inclusion_text = models.TextField("égalité, mixité, handicap", blank=True)
    evaluation_method = models.TextField("méthode d’évaluation", blank=True)
    complement = models.TextField("informations complémentaires", blank=True)
    plans_recruitment = models.BooleanField("recrutement envisagé", null=True, blank=True)
    recruitment_fte = models.DecimalField(
        "recrutement en équivalent temps plein",
        max_digits=7,
        decimal_places=2,
        null=True,
        blank=True,
    )
    title = models.CharField("intitulé", max_length=200, blank=True)
    objectives = models.TextField("objectifs", blank=True)
    description = models.TextField("description", blank=True)
    means = models.TextField("moyens humains et matériels", blank=True)
    partners_text = models.TextField("partenaires", blank=True)
    steering_body = models.CharField("instance locale de pilotage", max_length=200, blank=True)
    framework = models.ForeignKey(
        Framework, verbose_name="cadre", on_delete=models.PROTECT, null=True, blank=True
    )
    starts_on = models.DateField("début", null=True, blank=True)
    ends_on = models.DateField("fin", null=True, blank=True)

    # Places
    whole_department = models.BooleanField("tout le département", default=False)

    # Public
    girls_count = models.PositiveIntegerField("filles et femmes", null=True, blank=True)
    boys_count = models.PositiveIntegerField("garçons et hommes", null=True, blank=True)
    qpv_rate = models.DecimalField(
        "part vivant en quartier prioritaire", max_digits=5, decimal_places=4, null=True, blank=True
    )
    public_description = models.TextField("précisions sur le public", blank=True)

    # Money
    requested_amount = models.DecimalField(
        "montant demandé", max_digits=12, decimal_places=2, null=True, blank=True
    )
    proposed_amount = models.DecimalField(
        "montant proposé", max_digits=12, decimal_places=2, null=True, blank=True
    )
    arbitrated_amount = models.DecimalField(
        "montant arbitré", max_digits=12, decimal_places=2, null=True, blank=True
    )

    # What was typed and cannot be kept in its column yet: {section: {field: text}}
    invalid_values = models.JSONField(default=dict, blank=True)
    # Sections saved at least once: {section: ISO instant}
    saved_sections = models.JSONField(default=dict, blank=True)

    # Filing
    created_at = models.DateTimeField("commencé le")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    updated_at = models.DateTimeField("modifié le")
    updated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="modifié par",
        on_delete=models.PROTECT,
        null=True,  # typed before this was kept
        blank=True,
        related_name="+",
    )
    submitted_at = models.DateTimeField("déposé le", null=True, blank=True)
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    received_on = models.DateField("reçu le (papier)", null=True, blank=True)
    attested_at = models.DateTimeField("attesté le", null=True, blank=True)
    attested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    attestation_due_on = models.DateField("attestation attendue avant le", null=True, blank=True)
    documents_due_on = models.DateField("pièces à fournir avant le", null=True, blank=True)
    documents_asked_at = models.DateTimeField("pièces demandées le", null=True, blank=True)
    closing_reason = models.TextField("raison du classement", blank=True)
    notified_at = models.DateTimeField("décision notifiée le", null=True, blank=True)

    files = GenericRelation(StoredFile)

    objects = ApplicationQuerySet.as_manager()

    class Meta:
        verbose_name = "dossier"
        ordering = ["-created_at", "-pk"]
        indexes = [
            # What lists count, sum and order: read here, never in rows two kilobytes wide.
            models.Index(
                fields=["review_state", "sheet", "submitted_at"],
                include=[
                    "id",
                    "organisation",
                    "reference",
                    "received_on",
                    "documents_due_on",
                    "requested_amount",
                    "proposed_amount",
                    "whole_department",
                ],
                name="applications_desk",
            ),
            models.Index(fields=["organisation", "review_state"]),
            # The order in which lists begin, read from its end: the first page sorts nothing.
            models.Index(
                Coalesce("received_on", TruncDate("submitted_at")),
                "submitted_at",
                "id",
                name="applications_filed_on",
                condition=~Q(review_state=ReviewState.DRAFT),
            ),
            # Which dossiers renew: those that say so, those of bodies funded before.
            models.Index(
                fields=["id"], name="applications_renewing", condition=Q(renewal_of__isnull=False)
            ),
            models.Index(
                fields=["organisation", "sheet"],
                name="applications_funded",
                condition=Q(review_state=ReviewState.AWARDED, notified_at__isnull=False),
            ),
        ]
        constraints = [
            models.CheckConstraint(
                name="applications_application_reference_once_filed",
                condition=Q(review_state="draft", reference__isnull=True)
                | (~Q(review_state="draft") & Q(reference__isnull=False)),
                violation_error_message="Un dossier déposé a une référence, un brouillon non.",
            ),
            models.CheckConstraint(
                name="applications_application_filed_is_dated",
                condition=Q(review_state="draft") | Q(submitted_at__isnull=False),
                violation_error_message="Un dossier déposé est daté.",
            ),
            models.CheckConstraint(
                name="applications_application_notified_is_decided",
                condition=Q(notified_at__isnull=True)
                | Q(review_state__in=["awarded", "rejected", "deferred", "proposed"]),
                violation_error_message="Seule une décision se notifie.",
            ),
            models.CheckConstraint(
                name="applications_application_review_state_known",
                condition=Q(review_state__in=ReviewState.values),
            ),
            not_negative(
                "applications_application",
                "requested_amount",
                sentence="Le montant demandé n’est pas négatif.",
            ),
            not_negative(
                "applications_application",
                "proposed_amount",
                sentence="Le montant proposé n’est pas négatif.",
            ),
            not_negative(
                "applications_application",
                "public_aid_amount",
                sentence="Le montant des aides publiques n’est pas négatif.",
            ),
            not_negative(
                "applications_application",
                "recruitment_fte",
                sentence="Un équivalent temps plein n’est pas négatif.",
            ),
            in_order(
                "applications_application",
                "starts_on",
                "ends_on",
                sentence="L’action commence avant de finir.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reference or 'Brouillon'} – {self.title or 'sans titre'}"

    def get_absolute_url(self) -> str:
        """Return the applicant's page."""
        if self.is_draft:
            return reverse("applications:draft", args=[self.uuid])
        return reverse("applications:detail", args=[self.reference])

    def get_desk_url(self) -> str:
        """Return the office's page."""
        return reverse("review:application", args=[self.reference])

    @property
    def is_draft(self) -> bool:
        return self.review_state == ReviewState.DRAFT

    @property
    def awaits_attestation(self) -> bool:
        return not self.is_draft and self.attested_at is None
