"""Bodies, their members, their consent to decisions by e-mail."""

import pghistory
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from config.text import fold
from partners.enums import (
    IdentifierState,
    MembershipState,
    OrganisationKind,
    Right,
    SigningCapacity,
)
from partners.querysets import MembershipQuerySet, OrganisationQuerySet
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
