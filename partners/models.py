import pghistory
from django.conf import settings
from django.contrib.contenttypes.fields import GenericRelation
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from config.constraints import in_order, not_negative
from config.text import fold
from foundation.documents.models import StoredFile
from partners.enums import (
    BankState,
    DocumentKind,
    DocumentState,
    FlagKind,
    IdentifierState,
    InvitationState,
    MembershipState,
    OrganisationKind,
    RepresentativeRole,
    Right,
    SigningCapacity,
)
from partners.querysets import InvitationQuerySet, MembershipQuerySet, OrganisationQuerySet
from territories.models import ActorType, Commune


class Organisation(models.Model):
    """A body: association, commune, school… It owns the dossiers, not the people who typed them."""

    kind = models.CharField("nature", max_length=20, choices=OrganisationKind.choices)
    actor_type = models.ForeignKey(
        ActorType, verbose_name="type d’acteur", on_delete=models.PROTECT, null=True, blank=True
    )
    legal_name = models.CharField("dénomination", max_length=200)
    short_name = models.CharField("sigle", max_length=50, blank=True)
    search_name = models.CharField(max_length=260, editable=False, default="")
    siren = models.CharField("SIREN", max_length=9, blank=True)
    siret = models.CharField("SIRET", max_length=14, null=True, blank=True)  # noqa: DJ001  (unique)
    rna = models.CharField("RNA", max_length=10, blank=True)
    identifier_state = models.CharField(
        "contrôle du SIRET",
        max_length=10,
        choices=IdentifierState.choices,
        default=IdentifierState.NONE,
    )
    address = models.CharField("adresse", max_length=250, blank=True)
    postal_code = models.CharField("code postal", max_length=5, blank=True)
    city = models.CharField("ville", max_length=100, blank=True)
    commune = models.ForeignKey(
        Commune,
        verbose_name="commune du siège",
        on_delete=models.PROTECT,
        null=True,  # a seat outside the département
        blank=True,
        related_name="organisations",
    )
    email = models.EmailField("adresse e-mail", blank=True)
    phone = models.CharField("téléphone", max_length=20, blank=True)
    website = models.URLField("site web", blank=True)
    purpose = models.TextField("objet", blank=True)
    correspondence_address = models.CharField(
        "adresse de correspondance", max_length=250, blank=True
    )
    local_registry = models.CharField(
        "registre des associations d’Alsace-Moselle", max_length=150, blank=True
    )
    network = models.CharField("réseau, union ou fédération", max_length=250, blank=True)
    legal_person_members = models.TextField("adhérents personnes morales", blank=True)
    is_public_utility = models.BooleanField("reconnue d’utilité publique", null=True, blank=True)
    public_utility_on = models.DateField("publiée au Journal officiel le", null=True, blank=True)
    pays_commercial_taxes = models.BooleanField(
        "assujettie aux impôts commerciaux", null=True, blank=True
    )
    is_demo = models.BooleanField("inventé pour la démonstration", default=False)
    merged_into = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="merged_from"
    )
    created_at = models.DateTimeField("créé le")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,  # loaded from reference data
        blank=True,
        related_name="+",
    )

    objects = OrganisationQuerySet.as_manager()

    class Meta:
        verbose_name = "organisation"
        ordering = ["search_name", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["siret"],
                name="partners_organisation_siret_once",
                violation_error_message="Une organisation porte déjà ce SIRET.",
            ),
            models.UniqueConstraint(
                fields=["siren"],
                condition=Q(kind="commune") & ~Q(siren=""),
                name="partners_organisation_one_body_a_commune",
                violation_error_message="Cette commune est déjà enregistrée.",
            ),
            models.CheckConstraint(
                name="partners_organisation_no_siret_no_number",
                condition=~Q(identifier_state="none") | Q(siret__isnull=True),
                violation_error_message="Une organisation sans SIRET n’en porte pas.",
            ),
        ]

    def __str__(self) -> str:
        return self.legal_name

    def save(self, *args, **kwargs) -> None:
        self.search_name = fold(f"{self.legal_name} {self.short_name}")[:260]
        self.siret = self.siret or None
        if self.siret:
            self.siren = self.siret[:9]
        super().save(*args, **kwargs)

    @property
    def is_private_body(self) -> bool:
        """Private bodies subscribe to the republican commitment contract; public ones do not."""
        return self.kind in {OrganisationKind.ASSOCIATION, OrganisationKind.OTHER}


@pghistory.track(model_name="MembershipHistory")
class Membership(models.Model):
    """A person in a body, with a set of rights."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="memberships"
    )
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="memberships"
    )
    function = models.CharField("fonction", max_length=100)
    rights = ArrayField(
        models.CharField(max_length=10, choices=Right.choices),
        verbose_name="droits",
        default=list,
        blank=True,
    )
    capacity = models.CharField(
        "signe en qualité de", max_length=20, choices=SigningCapacity.choices, blank=True
    )
    state = models.CharField(
        "état",
        max_length=10,
        choices=MembershipState.choices,
        default=MembershipState.PENDING,
    )
    asked_at = models.DateTimeField("demandé le")
    decided_at = models.DateTimeField("décidé le", null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,  # the creator of a new body accepts themself
        blank=True,
        related_name="+",
    )
    refusal_reason = models.TextField("raison du refus", blank=True)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        verbose_name = "appartenance"
        ordering = ["organisation", "user", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "organisation"],
                condition=Q(state__in=["pending", "active"]),
                name="partners_membership_once_at_a_time",
                violation_error_message="Vous êtes déjà membre de cette organisation "
                "ou votre demande est en attente.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.user} ({self.organisation})"

    @property
    def is_active(self) -> bool:
        return self.state == MembershipState.ACTIVE

    @property
    def is_pending(self) -> bool:
        return self.state == MembershipState.PENDING

    @property
    def right_labels(self) -> list[str]:
        """The rights in words, always in the same order."""
        return [right.label for right in Right if right in self.rights]

    @property
    def signs_by_mandate(self) -> bool:
        """Signs without being the legal representative: a written mandate says so."""
        return Right.SIGN in self.rights and self.capacity == SigningCapacity.MANDATE


class NotificationConsent(models.Model):
    """A body agrees to receive decisions by e-mail (CRPA L112-15): text, who, when, until when."""

    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="notification_consents"
    )
    email = models.EmailField("adresse de notification")
    text_version = models.CharField("version du texte", max_length=40)
    given_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    given_at = models.DateTimeField("donné le")
    revoked_at = models.DateTimeField("retiré le", null=True, blank=True)
    revoked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )

    class Meta:
        verbose_name = "consentement à la notification électronique"
        ordering = ["-given_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["organisation"],
                condition=Q(revoked_at__isnull=True),
                name="partners_notificationconsent_one_in_force",
                violation_error_message="Un consentement est déjà en vigueur.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.organisation} : {self.email}"


class Representative(models.Model):
    """Somebody who acts for a body, by function; not an account of the portal."""

    organisation = models.ForeignKey(
        Organisation, on_delete=models.CASCADE, related_name="representatives"
    )
    role = models.CharField("rôle", max_length=15, choices=RepresentativeRole.choices)
    name = models.CharField("prénom et nom", max_length=150)
    function = models.CharField("fonction", max_length=100, blank=True)
    email = models.EmailField("adresse e-mail", blank=True)
    phone = models.CharField("téléphone", max_length=20, blank=True)
    position = models.PositiveSmallIntegerField("rang", default=0)

    class Meta:
        verbose_name = "représentant"
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["organisation"],
                condition=Q(role="legal"),
                name="partners_representative_one_legal",
                violation_error_message="Une organisation a un seul représentant légal.",
            )
        ]

    def __str__(self) -> str:
        return self.name


class HumanMeans(models.Model):
    """The people of a body on 31 December of a year: counts only (CERFA 12156*06, section 4)."""

    organisation = models.ForeignKey(
        Organisation, on_delete=models.CASCADE, related_name="human_means"
    )
    year = models.PositiveSmallIntegerField("au 31 décembre")
    volunteers = models.PositiveIntegerField("bénévoles", null=True, blank=True)
    civic_volunteers = models.PositiveIntegerField("volontaires", null=True, blank=True)
    employees = models.PositiveIntegerField("salariés", null=True, blank=True)
    subsidised_jobs = models.PositiveIntegerField("dont emplois aidés", null=True, blank=True)
    employees_fte = models.DecimalField(
        "salariés en équivalent temps plein travaillé",
        max_digits=8,
        decimal_places=2,
        null=True,
        blank=True,
    )
    seconded = models.PositiveIntegerField(
        "personnels mis à disposition ou détachés par une autorité publique", null=True, blank=True
    )
    members = models.PositiveIntegerField("adhérents", null=True, blank=True)
    licensed = models.PositiveIntegerField("licenciés", null=True, blank=True)

    class Meta:
        verbose_name = "moyens humains"
        verbose_name_plural = "moyens humains"
        ordering = ["-year", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "year"], name="partners_humanmeans_once_a_year"
            ),
            not_negative(
                "partners_humanmeans",
                "employees_fte",
                sentence="Un équivalent temps plein n’est pas négatif.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.organisation} au 31 décembre {self.year}"


class Approval(models.Model):
    """An approval that an administration gave to a body (agrément)."""

    organisation = models.ForeignKey(
        Organisation, on_delete=models.CASCADE, related_name="approvals"
    )
    kind = models.CharField("type d’agrément", max_length=150)
    given_by = models.CharField("attribué par", max_length=150, blank=True)
    given_on = models.DateField("en date du", null=True, blank=True)

    class Meta:
        verbose_name = "agrément"
        ordering = ["kind", "pk"]

    def __str__(self) -> str:
        return self.kind


class YearAccounts(models.Model):
    """Main figures of a body's closed year, in euros."""

    organisation = models.ForeignKey(
        Organisation, on_delete=models.CASCADE, related_name="year_accounts"
    )
    year = models.PositiveSmallIntegerField("exercice")
    starts_on = models.DateField("du", null=True, blank=True)
    ends_on = models.DateField("au", null=True, blank=True)
    charges_amount = models.DecimalField(
        "total des charges", max_digits=12, decimal_places=2, null=True, blank=True
    )
    income_amount = models.DecimalField(
        "total des produits", max_digits=12, decimal_places=2, null=True, blank=True
    )
    public_aid_amount = models.DecimalField(
        "dont aides publiques", max_digits=12, decimal_places=2, null=True, blank=True
    )
    cash_amount = models.DecimalField(
        "trésorerie en fin d’exercice", max_digits=12, decimal_places=2, null=True, blank=True
    )
    approved_on = models.DateField("approuvés le", null=True, blank=True)

    class Meta:
        verbose_name = "comptes d’un exercice"
        verbose_name_plural = "comptes des exercices"
        ordering = ["-year", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "year"], name="partners_yearaccounts_once_a_year"
            ),
            in_order(
                "partners_yearaccounts",
                "starts_on",
                "ends_on",
                sentence="L’exercice commence avant de finir.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.organisation}, exercice {self.year}"

    @property
    def result_amount(self):
        """Income less charges, in euros; ``None`` while one of them is unknown."""
        if self.charges_amount is None or self.income_amount is None:
            return None
        return self.income_amount - self.charges_amount


class OrganisationDocument(models.Model):
    """A document that a body keeps for all its requests: one file, never changed, then replaced."""

    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="documents"
    )
    kind = models.CharField("nature", max_length=25, choices=DocumentKind.choices)
    label = models.CharField("intitulé", max_length=200)
    issued_on = models.DateField("daté du", null=True, blank=True)
    valid_until = models.DateField("valable jusqu’au", null=True, blank=True)
    state = models.CharField(
        "état", max_length=10, choices=DocumentState.choices, default=DocumentState.TO_CHECK
    )
    refusal_reason = models.CharField("raison du refus", max_length=300, blank=True)
    checked_at = models.DateTimeField("vérifié le", null=True, blank=True)
    checked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    added_at = models.DateTimeField("ajouté le")
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    ended_at = models.DateTimeField("remplacé ou retiré le", null=True, blank=True)
    membership = models.ForeignKey(  # a mandate names who it lets sign
        Membership, on_delete=models.PROTECT, null=True, blank=True, related_name="mandates"
    )
    files = GenericRelation(StoredFile)

    class Meta:
        verbose_name = "document de l’organisation"
        verbose_name_plural = "documents des organisations"
        ordering = ["kind", "-added_at", "-pk"]
        constraints = [
            in_order(
                "partners_organisationdocument",
                "issued_on",
                "valid_until",
                sentence="Un document est daté avant sa fin de validité.",
            ),
            models.CheckConstraint(
                name="partners_organisationdocument_refusal_says_why",
                condition=~Q(state="refused") | ~Q(refusal_reason=""),
                violation_error_message="Un document refusé l’est avec une raison.",
            ),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def file(self) -> StoredFile | None:
        return next(iter(self.files.all()), None)

    def is_expired(self, on) -> bool:
        """Tell whether its validity is over on a day."""
        return self.valid_until is not None and self.valid_until < on


@pghistory.track(model_name="BankDetailsHistory")
class BankDetails(models.Model):
    """Where a body is paid; a change is a new row, so that what was paid where stays known."""

    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="bank_details"
    )
    holder = models.CharField("titulaire du compte", max_length=150)
    iban = models.CharField("IBAN", max_length=34)
    bic = models.CharField("BIC", max_length=11)
    state = models.CharField(
        "état", max_length=10, choices=BankState.choices, default=BankState.TO_CHECK
    )
    refusal_reason = models.CharField("raison du refus", max_length=300, blank=True)
    given_at = models.DateTimeField("donné le")
    given_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    checked_at = models.DateTimeField("vérifié le", null=True, blank=True)
    checked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    files = GenericRelation(StoredFile)

    class Meta:
        verbose_name = "coordonnées bancaires"
        verbose_name_plural = "coordonnées bancaires"
        ordering = ["-given_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["organisation"],
                condition=Q(state__in=["to_check", "checked", "refused"]),
                name="partners_bankdetails_one_in_force",
                violation_error_message="L’organisation a déjà des coordonnées bancaires.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.organisation} : …{self.iban[-4:]}"

    @property
    def file(self) -> StoredFile | None:
        return next(iter(self.files.all()), None)


class OrganisationFlag(models.Model):
    """Something that the office should look at in a body; it blocks nothing."""

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="flags")
    kind = models.CharField("objet", max_length=15, choices=FlagKind.choices)
    text = models.CharField("ce qui a changé", max_length=400)
    raised_at = models.DateTimeField("signalé le")
    raised_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    handled_at = models.DateTimeField("traité le", null=True, blank=True)
    handled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        verbose_name = "signalement"
        ordering = ["-raised_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} ({self.organisation})"


class Invitation(models.Model):
    """An invitation to join a body, sent by e-mail; only the digest of its link is kept."""

    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="invitations"
    )
    email = models.EmailField("adresse e-mail")
    function = models.CharField("fonction", max_length=100, blank=True)
    rights = ArrayField(
        models.CharField(max_length=10, choices=Right.choices),
        verbose_name="droits",
        default=list,
        blank=True,
    )
    message = models.TextField("message", blank=True)
    token_digest = models.CharField(max_length=64, unique=True)
    state = models.CharField(
        "état", max_length=10, choices=InvitationState.choices, default=InvitationState.SENT
    )
    invited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    invited_at = models.DateTimeField("envoyée le")
    expires_at = models.DateTimeField("valable jusqu’au")
    closed_at = models.DateTimeField("acceptée ou annulée le", null=True, blank=True)
    accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    objects = InvitationQuerySet.as_manager()

    class Meta:
        verbose_name = "invitation"
        ordering = ["-invited_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "email"],
                condition=Q(state="sent"),
                name="partners_invitation_one_waiting",
                violation_error_message="Cette adresse est déjà invitée.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.email} → {self.organisation}"

    def is_open(self, at) -> bool:
        """Tell whether its link may still be used at an instant."""
        return self.state == InvitationState.SENT and self.expires_at >= at

    @property
    def right_labels(self) -> list[str]:
        """The rights in words, always in the same order."""
        return [right.label for right in Right if right in self.rights]


class OrganisationMerge(models.Model):
    """A double joined to the body it doubled: who, when, why and what moved."""

    source = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="merges_as_source"
    )
    target = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="merges_as_target"
    )
    reason = models.TextField("raison")
    moved = models.JSONField("ce qui a été rattaché", default=dict)
    merged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    merged_at = models.DateTimeField("fusionné le")

    class Meta:
        verbose_name = "fusion"
        ordering = ["-merged_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.source} → {self.target}"
