import uuid
from decimal import Decimal

from django.conf import settings
from django.contrib.contenttypes.fields import GenericRelation
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.urls import reverse

from config.constraints import in_order, not_negative
from foundation.documents.enums import FileState
from foundation.documents.models import StoredFile
from grants.applications.enums import (
    AgeBand,
    AidRegime,
    BudgetSide,
    Channel,
    CommitmentKind,
    CorrectionState,
    FundingStatus,
    GrantKind,
    MessageSide,
    MoneyState,
    PaperState,
    Period,
    RedactionTarget,
    ReviewState,
    StaffCategory,
)
from grants.applications.querysets import ApplicationQuerySet
from grants.calls.models import CallSheet, RequiredDocument
from partners.models import Organisation, OrganisationDocument
from territories.models import Commune, Framework, PriorityNeighbourhood, School


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
    closing_reason = models.TextField("raison du classement", blank=True)
    notified_at = models.DateTimeField("décision notifiée le", null=True, blank=True)

    files = GenericRelation(StoredFile)

    objects = ApplicationQuerySet.as_manager()

    class Meta:
        verbose_name = "dossier"
        ordering = ["-created_at", "-pk"]
        indexes = [
            models.Index(fields=["review_state", "sheet"]),
            models.Index(fields=["organisation", "review_state"]),
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


class ConditionAnswer(models.Model):
    """What the applicant answers to one condition of the sheet (its text is kept)."""

    application = models.ForeignKey(
        Application, on_delete=models.CASCADE, related_name="condition_answers"
    )
    position = models.PositiveSmallIntegerField()
    condition = models.TextField("condition")
    answer = models.TextField("réponse", blank=True)

    class Meta:
        verbose_name = "réponse à une condition"
        verbose_name_plural = "réponses aux conditions"
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["application", "position"], name="applications_conditionanswer_once"
            )
        ]

    def __str__(self) -> str:
        return self.condition


class Indicator(models.Model):
    """A measure of the action, born from the sheet's expected results and editable."""

    application = models.ForeignKey(
        Application, on_delete=models.CASCADE, related_name="indicators"
    )
    position = models.PositiveSmallIntegerField()
    label = models.CharField("indicateur", max_length=250)
    planned = models.CharField("prévu", max_length=100, blank=True)
    actual = models.CharField("réalisé", max_length=100, blank=True)

    class Meta:
        verbose_name = "indicateur"
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["application", "position"], name="applications_indicator_once"
            )
        ]

    def __str__(self) -> str:
        return self.label


class Place(models.Model):
    """Where the action happens: a commune, a neighbourhood or a collège, with its share."""

    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="places")
    position = models.PositiveSmallIntegerField(default=0)
    commune = models.ForeignKey(
        Commune, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    neighbourhood = models.ForeignKey(
        PriorityNeighbourhood, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    school = models.ForeignKey(
        School, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    share = models.DecimalField(
        "part", max_digits=7, decimal_places=6, null=True, blank=True
    )  # null: equal parts
    territories = ArrayField(models.PositiveSmallIntegerField(), default=list, editable=False)

    class Meta:
        verbose_name = "lieu"
        verbose_name_plural = "lieux"
        ordering = ["position", "pk"]
        constraints = [
            models.CheckConstraint(
                name="applications_place_exactly_one",
                condition=(
                    Q(commune__isnull=False, neighbourhood__isnull=True, school__isnull=True)
                    | Q(commune__isnull=True, neighbourhood__isnull=False, school__isnull=True)
                    | Q(commune__isnull=True, neighbourhood__isnull=True, school__isnull=False)
                ),
                violation_error_message="Un lieu est une commune, un quartier ou un collège.",
            ),
            models.CheckConstraint(
                name="applications_place_share_is_a_rate",
                condition=Q(share__isnull=True) | Q(share__gte=0, share__lte=1),
                violation_error_message="Une part est comprise entre 0 et 100 %.",
            ),
            models.UniqueConstraint(
                fields=["application", "commune", "neighbourhood", "school"],
                nulls_distinct=False,
                name="applications_place_once",
                violation_error_message="Ce lieu est déjà dans la liste.",
            ),
        ]

    def __str__(self) -> str:
        return str(self.commune or self.neighbourhood or self.school)


class AudienceCount(models.Model):
    """How many people of an age band the action reaches. Counts only, never names."""

    application = models.ForeignKey(
        Application, on_delete=models.CASCADE, related_name="audience_counts"
    )
    band = models.CharField("tranche", max_length=15, choices=AgeBand.choices)
    count = models.PositiveIntegerField("nombre")

    class Meta:
        verbose_name = "effectif par tranche d’âge"
        verbose_name_plural = "effectifs par tranche d’âge"
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["application", "band"], name="applications_audiencecount_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_band_display()} : {self.count}"


class BudgetLine(models.Model):
    """A line of the forecast budget; its account is a key of ``chart_of_accounts.py``."""

    application = models.ForeignKey(
        Application, on_delete=models.CASCADE, related_name="budget_lines"
    )
    side = models.CharField("côté", max_length=6, choices=BudgetSide.choices)
    account = models.SlugField("compte", max_length=40)
    position = models.PositiveSmallIntegerField(default=0)
    funder = models.CharField("financeur", max_length=150, blank=True)
    status = models.CharField("statut", max_length=10, choices=FundingStatus.choices, blank=True)
    is_this_request = models.BooleanField("la présente demande", default=False)
    planned_amount = models.DecimalField(
        "prévu", max_digits=12, decimal_places=2, default=Decimal(0)
    )
    actual_amount = models.DecimalField(
        "réalisé", max_digits=12, decimal_places=2, null=True, blank=True
    )

    class Meta:
        verbose_name = "ligne de budget"
        verbose_name_plural = "lignes de budget"
        ordering = ["side", "position", "pk"]
        constraints = [
            not_negative(
                "applications_budgetline",
                "planned_amount",
                sentence="Un montant du budget n’est pas négatif.",
            ),
            models.UniqueConstraint(
                fields=["application"],
                condition=Q(is_this_request=True),
                name="applications_budgetline_one_this_request",
                violation_error_message="La demande n’a qu’une ligne au compte 74.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account} {self.planned_amount}"


class StaffLine(models.Model):
    """How many people carry the action, by category; full-time equivalents over its length."""

    application = models.ForeignKey(
        Application, on_delete=models.CASCADE, related_name="staff_lines"
    )
    category = models.CharField("catégorie", max_length=20, choices=StaffCategory.choices)
    people = models.PositiveIntegerField("nombre de personnes", null=True, blank=True)
    fte = models.DecimalField(
        "équivalent temps plein", max_digits=8, decimal_places=2, null=True, blank=True
    )

    class Meta:
        verbose_name = "moyens humains de l’action"
        verbose_name_plural = "moyens humains de l’action"
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["application", "category"], name="applications_staffline_once"
            ),
            not_negative(
                "applications_staffline",
                "fte",
                sentence="Un équivalent temps plein n’est pas négatif.",
            ),
        ]

    def __str__(self) -> str:
        return self.get_category_display()


class AnnualBudgetLine(models.Model):
    """The whole body's forecast budget of the year, by class of accounts (CERFA, section 5)."""

    application = models.ForeignKey(
        Application, on_delete=models.CASCADE, related_name="annual_budget_lines"
    )
    account = models.CharField("compte", max_length=3)  # "60" to "69", "70" to "79", "86", "87"
    amount = models.DecimalField("prévu", max_digits=12, decimal_places=2)

    class Meta:
        verbose_name = "ligne du budget de l’organisation"
        verbose_name_plural = "lignes du budget de l’organisation"
        ordering = ["account", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["application", "account"], name="applications_annualbudgetline_once"
            ),
            not_negative(
                "applications_annualbudgetline",
                "amount",
                sentence="Un montant du budget n’est pas négatif.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account} {self.amount}"


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


class Message(models.Model):
    """A message between the applicant and the office, on one dossier."""

    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="messages")
    side = models.CharField("de", max_length=10, choices=MessageSide.choices)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    text = models.TextField("message")
    sent_at = models.DateTimeField("envoyé le")
    read_at = models.DateTimeField("lu le", null=True, blank=True)
    files = GenericRelation(StoredFile)

    class Meta:
        verbose_name = "message"
        ordering = ["sent_at", "pk"]

    def __str__(self) -> str:
        return f"{self.get_side_display()}, {self.sent_at:%d/%m/%Y}"


class Event(models.Model):
    """One line of the dossier's history. Append-only (trigger), chained by hash."""

    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="events")
    position = models.PositiveIntegerField()
    kind = models.SlugField("nature", max_length=40)
    from_state = models.CharField("de", max_length=25, blank=True)
    to_state = models.CharField("vers", max_length=25, blank=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,  # the portal itself
        blank=True,
        related_name="+",
    )
    at = models.DateTimeField("le")
    comment = models.TextField("commentaire", blank=True)
    comment_digest = models.CharField(max_length=64, blank=True)
    data = models.JSONField(default=dict, blank=True)
    visible_to_applicant = models.BooleanField(default=False)
    previous_hash = models.CharField(max_length=64, blank=True)
    hash = models.CharField(max_length=64)

    class Meta:
        verbose_name = "événement"
        ordering = ["application", "position"]
        constraints = [
            models.UniqueConstraint(
                fields=["application", "position"], name="applications_event_position_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} ({self.at:%d/%m/%Y})"


class Redaction(models.Model):
    """Words or a file masked by the office because they name somebody: logged without them."""

    application = models.ForeignKey(
        Application, on_delete=models.PROTECT, related_name="redactions"
    )
    target = models.CharField("quoi", max_length=10, choices=RedactionTarget.choices)
    place = models.CharField("où", max_length=200)  # the label of the field, the file's document
    reason = models.CharField("pourquoi", max_length=200)
    removed_digest = models.CharField(max_length=64)  # salted digest of what was removed
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField("le")

    class Meta:
        verbose_name = "masquage"
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.get_target_display()} : {self.place}"
