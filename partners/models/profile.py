"""What a body says of itself once for all its requests."""

import pghistory
from django.conf import settings
from django.contrib.contenttypes.fields import GenericRelation
from django.db import models
from django.db.models import Q

from config.constraints import in_order, not_negative
from foundation.documents.models import StoredFile
from partners.enums import (
    BankState,
    DocumentKind,
    DocumentState,
    RepresentativeRole,
)
from partners.models.bodies import Membership, Organisation


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
