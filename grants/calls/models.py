import uuid
from datetime import date, datetime

from django.conf import settings
from django.contrib.contenttypes.fields import GenericRelation
from django.contrib.postgres.fields import ArrayField
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse

from config.constraints import in_order, not_negative
from config.text import fold
from foundation.documents.models import StoredFile
from grants.calls.enums import ApplicantKind, CampaignState, RequestHistory, SheetState
from grants.calls.querysets import CallSheetQuerySet, CampaignQuerySet, SheetImportQuerySet
from partners.models import Organisation
from territories.models import Axis, Commune, Framework, PriorityNeighbourhood, Theme


TEMPLATE = "template"  # kind of the blank file of a document asked
CODE_PATTERN = r"^[A-Z0-9][A-Z0-9-]{0,9}\Z"
SEARCHED_FIELDS = (
    "code",
    "title",
    "pillar",
    "orientation",
    "identified_need",
    "operational_objective",
    "objective_elements",
    "territories_text",
    "target_public",
    "conditions",
    "expected_results",
)


class Campaign(models.Model):
    """One fiscal year of calls."""

    fiscal_year = models.PositiveSmallIntegerField("exercice")
    name = models.CharField("nom", max_length=150)
    framework = models.ForeignKey(
        Framework, verbose_name="cadre", on_delete=models.PROTECT, null=True, blank=True
    )
    opens_at = models.DateTimeField("ouverture", null=True, blank=True)
    closes_at = models.DateTimeField("clôture", null=True, blank=True)
    state = models.CharField(
        "état", max_length=10, choices=CampaignState.choices, default=CampaignState.DRAFT
    )

    objects = CampaignQuerySet.as_manager()

    class Meta:
        verbose_name = "campagne"
        ordering = ["-fiscal_year", "name", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["fiscal_year", "name"],
                name="calls_campaign_once",
                violation_error_message="Cette campagne existe déjà.",
            ),
            in_order(
                "calls_campaign",
                "opens_at",
                "closes_at",
                strict=True,
                sentence="L’ouverture d’une campagne précède sa clôture.",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("calls:campaign_detail", args=[self.pk])


class ScoringGrid(models.Model):
    """The criteria on which a sheet's requests are read; frozen once such a sheet is out."""

    name = models.CharField("nom", max_length=150)
    frozen_at = models.DateTimeField("figée le", null=True, blank=True)
    comment_at_most = models.PositiveSmallIntegerField(
        "commentaire obligatoire jusqu’à la note", default=1
    )
    comment_at_least = models.PositiveSmallIntegerField(
        "commentaire obligatoire à partir de la note", default=5
    )

    class Meta:
        verbose_name = "grille de notation"
        verbose_name_plural = "grilles de notation"
        ordering = ["name", "pk"]

    def __str__(self) -> str:
        return self.name


class Criterion(models.Model):
    """A criterion of a grid, scored from 0 to 5 or left out as not applicable."""

    grid = models.ForeignKey(ScoringGrid, on_delete=models.CASCADE, related_name="criteria")
    position = models.PositiveSmallIntegerField("rang")
    label = models.CharField("intitulé", max_length=200)
    help_text = models.TextField("aide", blank=True)
    weight = models.DecimalField("poids", max_digits=5, decimal_places=2)
    level_sentences = ArrayField(
        models.CharField(max_length=250), size=6, verbose_name="phrase par niveau (0 à 5)"
    )
    allows_not_applicable = models.BooleanField("peut être sans objet", default=True)

    class Meta:
        verbose_name = "critère"
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["grid", "position"], name="calls_criterion_one_a_position"
            ),
            models.CheckConstraint(
                name="calls_criterion_weight_positive",
                condition=Q(weight__gt=0),
                violation_error_message="Le poids d’un critère est supérieur à zéro.",
            ),
        ]

    def __str__(self) -> str:
        return self.label


class AutomaticAnswer(models.TextChoices):
    """What the portal can answer by itself to a question of admissibility."""

    ON_TIME = "on_time", "Déposé dans les délais"
    ELIGIBLE = "eligible", "Demandeur éligible"
    BALANCED = "balanced", "Budget équilibré"
    DOCUMENTS = "documents", "Pièces obligatoires reçues"
    TERRITORY = "territory", "Action sur le territoire de la fiche"
    COMMITMENTS = "commitments", "Engagements et attestation"
    PREVIOUS_REPORT = "previous_report", "Bilan précédent en règle"


class AdmissibilityQuestion(models.Model):
    """A yes / no / not applicable question asked of each dossier before it is scored."""

    grid = models.ForeignKey(ScoringGrid, on_delete=models.CASCADE, related_name="questions")
    position = models.PositiveSmallIntegerField("rang")
    label = models.CharField("question", max_length=200)
    help_text = models.TextField("aide", blank=True)
    automatic = models.CharField(
        "répondue par Maillage",
        max_length=20,
        choices=AutomaticAnswer.choices,
        blank=True,
        help_text="Vide : une personne répond.",
    )
    allows_not_applicable = models.BooleanField("peut être sans objet", default=True)

    class Meta:
        verbose_name = "question de recevabilité"
        verbose_name_plural = "questions de recevabilité"
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["grid", "position"], name="calls_admissibilityquestion_one_a_position"
            ),
            models.UniqueConstraint(
                fields=["grid", "automatic"],
                condition=~Q(automatic=""),
                name="calls_admissibilityquestion_automatic_once",
                violation_error_message="Maillage répond déjà à cette question dans la grille.",
            ),
        ]

    def __str__(self) -> str:
        return self.label


class CallSheet(models.Model):
    """A published invitation: what the office looks for, where, for whom, until when.

    A draft may lack anything; once published, only its state and an earlier closing may change
    (a trigger of the database holds that too): a later change is a new version.
    """

    campaign = models.ForeignKey(
        Campaign, verbose_name="campagne", on_delete=models.PROTECT, related_name="sheets"
    )
    code = models.CharField(
        "code",
        max_length=10,
        blank=True,
        validators=[
            RegexValidator(
                CODE_PATTERN,
                "Un code s’écrit en capitales et en chiffres, dix au plus, par exemple C1 ou PS5.",
            )
        ],
    )
    version = models.PositiveSmallIntegerField("version", default=1)
    replaces = models.OneToOneField(
        "self",
        verbose_name="remplace",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="replaced_by",
    )
    title = models.CharField("titre", max_length=200, blank=True)
    state = models.CharField(
        "état", max_length=10, choices=SheetState.choices, default=SheetState.DRAFT
    )
    pillar = models.TextField("pilier concerné", blank=True)
    orientation = models.TextField("orientation / enjeu", blank=True)
    identified_need = models.TextField("besoin repéré", blank=True)
    operational_objective = models.TextField("objectif opérationnel", blank=True)
    objective_elements = models.TextField("éléments de définition de l’objectif", blank=True)
    whole_department = models.BooleanField("tout le département", default=False)
    communes = models.ManyToManyField(Commune, verbose_name="communes", blank=True)
    neighbourhoods = models.ManyToManyField(
        PriorityNeighbourhood, verbose_name="quartiers prioritaires", blank=True
    )
    territories_text = models.TextField("territoires concernés", blank=True)
    target_public = models.TextField("public concerné", blank=True)
    age_min = models.PositiveSmallIntegerField("âge minimum", null=True, blank=True)
    age_max = models.PositiveSmallIntegerField("âge maximum", null=True, blank=True)
    conditions = models.TextField("conditions de réalisation", blank=True)
    expected_results = models.TextField("résultats attendus", blank=True)
    framework = models.ForeignKey(
        Framework, verbose_name="cadre", on_delete=models.PROTECT, null=True, blank=True
    )
    axes = models.ManyToManyField(Axis, verbose_name="axes", blank=True)
    themes = models.ManyToManyField(Theme, verbose_name="thèmes", blank=True)
    applicant_kinds = ArrayField(
        models.CharField(max_length=20, choices=ApplicantKind.choices),
        verbose_name="qui peut demander",
        default=list,
        blank=True,
    )
    opens_at = models.DateTimeField("ouverture", null=True, blank=True)
    closes_at = models.DateTimeField("clôture", null=True, blank=True)
    action_from = models.DateField("actions à partir du", null=True, blank=True)
    action_to = models.DateField("actions jusqu’au", null=True, blank=True)
    indicative_amount = models.DecimalField(
        "enveloppe indicative", max_digits=12, decimal_places=2, null=True, blank=True
    )
    rate_ceiling = models.DecimalField(
        "taux maximum de la subvention", max_digits=5, decimal_places=4, null=True, blank=True
    )
    readers = models.PositiveSmallIntegerField(
        "nombre de lecteurs", default=1, choices=[(0, "aucun"), (1, "un"), (2, "deux")]
    )
    grid = models.ForeignKey(
        ScoringGrid, verbose_name="grille", on_delete=models.PROTECT, null=True, blank=True
    )
    contact_name = models.CharField("contact", max_length=100, blank=True)
    contact_email = models.EmailField("e-mail du contact", blank=True)
    contact_phone = models.CharField("téléphone du contact", max_length=20, blank=True)
    source_title_lines = models.TextField("lignes de titre du fichier", blank=True)
    source_file_name = models.CharField("fichier d’origine", max_length=200, blank=True)
    published_at = models.DateTimeField("publiée le", null=True, blank=True)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    search_text = models.TextField(editable=False, default="")

    objects = CallSheetQuerySet.as_manager()

    class Meta:
        verbose_name = "fiche d’appel à projets"
        verbose_name_plural = "fiches d’appel à projets"
        ordering = ["campaign", "code", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["campaign", "code", "version"],
                condition=~Q(code=""),
                name="calls_callsheet_code_once_a_campaign",
                violation_error_message="Une fiche de cette campagne porte déjà ce code.",
            ),
            in_order(
                "calls_callsheet",
                "opens_at",
                "closes_at",
                strict=True,
                sentence="L’ouverture d’une fiche précède sa clôture.",
            ),
            in_order(
                "calls_callsheet",
                "action_from",
                "action_to",
                sentence="La période des actions commence avant de finir.",
            ),
            in_order(
                "calls_callsheet",
                "age_min",
                "age_max",
                sentence="L’âge minimum ne dépasse pas l’âge maximum.",
            ),
            not_negative(
                "calls_callsheet",
                "indicative_amount",
                sentence="L’enveloppe indicative n’est pas négative.",
            ),
            models.CheckConstraint(
                name="calls_callsheet_published_is_complete",
                condition=Q(state="draft")
                | Q(
                    opens_at__isnull=False,
                    closes_at__isnull=False,
                    action_from__isnull=False,
                    action_to__isnull=False,
                    published_at__isnull=False,
                ),
                violation_error_message="Une fiche publiée a ses dates.",
            ),
        ]

    def __str__(self) -> str:
        return " – ".join(filter(None, [self.code, self.title])) or "Fiche sans titre"

    def save(self, *args, **kwargs) -> None:
        self.search_text = fold(" ".join(getattr(self, name) for name in SEARCHED_FIELDS))
        super().save(*args, **kwargs)

    def get_absolute_url(self) -> str:
        """Return the public page; a draft has the office's page only."""
        if self.state == SheetState.DRAFT:
            return reverse("calls:sheet_manage", args=[self.pk])
        return reverse("calls:sheet_detail", args=[self.campaign.fiscal_year, self.code])

    @property
    def across_versions(self) -> tuple[int, str]:
        """What stays from one version of a sheet to the next: its campaign and its code."""
        return self.campaign_id, self.code

    @property
    def is_draft(self) -> bool:
        return self.state == SheetState.DRAFT

    def is_open(self, at: datetime) -> bool:
        """Tell whether anybody may start and file at this instant (extensions aside)."""
        return self.state == SheetState.PUBLISHED and self.is_within_dates(at)

    def is_within_dates(self, at: datetime) -> bool:
        """Tell whether an instant lies between opening and closing, both seconds included."""
        if self.opens_at is None or self.closes_at is None:
            return False
        return self.opens_at <= at.replace(microsecond=0) <= self.closes_at

    def default_action_window(self) -> tuple[date, date]:
        """Return 1 January of the year to 31 August of the next one."""
        year = self.campaign.fiscal_year
        return date(year, 1, 1), date(year + 1, 8, 31)


class RequiredDocument(models.Model):
    """A document that a sheet asks for; missing, it never blocks a filing."""

    sheet = models.ForeignKey(CallSheet, on_delete=models.CASCADE, related_name="documents")
    kind = models.SlugField("nature", max_length=60)
    label = models.CharField("intitulé", max_length=200)
    help_text = models.TextField("aide", blank=True)
    applicant_kind = models.CharField(
        "demandé à",
        max_length=20,
        choices=ApplicantKind.choices,
        blank=True,
        help_text="Vide : à tous.",
    )
    history = models.CharField(
        "pour", max_length=10, choices=RequestHistory.choices, default=RequestHistory.ANY
    )
    mandatory = models.BooleanField("obligatoire", default=True)
    position = models.PositiveSmallIntegerField("rang", default=0)
    files = GenericRelation(StoredFile)

    class Meta:
        verbose_name = "pièce demandée"
        verbose_name_plural = "pièces demandées"
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["sheet", "kind", "applicant_kind", "history"],
                name="calls_requireddocument_once",
                violation_error_message="Cette pièce est déjà demandée.",
            )
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def template(self) -> StoredFile | None:
        """The blank file that applicants download and fill in."""
        files = [f for f in self.files.all() if f.kind == TEMPLATE]
        return max(files, key=lambda f: f.pk, default=None)


class ClosingExtension(models.Model):
    """More time after the closing: for a whole sheet, or for one body."""

    sheet = models.ForeignKey(CallSheet, on_delete=models.PROTECT, related_name="extensions")
    organisation = models.ForeignKey(
        Organisation,
        verbose_name="organisation",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        help_text="Vide : tous les demandeurs.",
    )
    until = models.DateTimeField("jusqu’au")
    reason = models.TextField("raison")
    granted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    granted_at = models.DateTimeField("accordée le")

    class Meta:
        verbose_name = "prolongation"
        ordering = ["-granted_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.sheet} jusqu’au {self.until:%d/%m/%Y}"


class SheetImport(models.Model):
    """A file of sheets uploaded in the browser, read and corrected before anything is created."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    campaign = models.ForeignKey(
        Campaign, verbose_name="campagne", on_delete=models.CASCADE, related_name="imports"
    )
    file_name = models.CharField("fichier", max_length=200)
    payload = models.JSONField("fiches lues", default=dict)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField("déposé le")
    confirmed_at = models.DateTimeField("confirmé le", null=True, blank=True)

    objects = SheetImportQuerySet.as_manager()

    class Meta:
        verbose_name = "import de fiches"
        verbose_name_plural = "imports de fiches"
        ordering = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return self.file_name
