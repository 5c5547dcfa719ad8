"""What a dossier holds in rows: answers, places, counts, budgets."""

from decimal import Decimal

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from config.constraints import not_negative
from grants.applications.enums import (
    AgeBand,
    BudgetSide,
    FundingStatus,
    StaffCategory,
)
from grants.applications.models.dossier import Application
from territories.models import Commune, PriorityNeighbourhood, School


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
