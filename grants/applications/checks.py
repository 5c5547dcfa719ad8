"""« Vérifier »: what a dossier still lacks before it can be filed, and what deserves a look."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property

from django.core.exceptions import FieldDoesNotExist
from django.urls import reverse

from config.dates import local_date
from config.money import euros, group
from config.templatetags.fr import date_fr, nbsp_fr, percent_fr
from config.text import is_blank
from foundation.parameters.selectors import amount_on, values_on
from grants.applications.annual_budget import CLASSES, annual_totals, asks_annual_budget
from grants.applications.calculations import BudgetTotals, budget_totals
from grants.applications.chart_of_accounts import BY_KEY
from grants.applications.enums import (
    AgeBand,
    AidRegime,
    BudgetSide,
    CommitmentKind,
    Section,
    StaffCategory,
)
from grants.applications.models import Application
from grants.applications.organisation_profile import profile_gaps
from grants.applications.renewal import is_to_reread
from grants.applications.selectors import asked_documents, awaited_documents
from partners.models import Organisation


EMPLOYEE_KINDS = (StaffCategory.PERMANENT, StaffCategory.FIXED_TERM, StaffCategory.SUBSIDISED)
AID_CEILINGS = {
    AidRegime.DE_MINIMIS: "de_minimis.general",
    AidRegime.SGEI_DE_MINIMIS: "de_minimis.sgei",
}


@dataclass(frozen=True)
class MissingItem:
    """One point to settle.

    Attributes:
        section: Section where it is settled.
        field: Name of the field; its control bears ``id_<field>``.
        message: French sentence.
        blocking: The dossier cannot be filed with it.
    """

    section: str
    field: str
    message: str
    blocking: bool = True

    def url(self, application: Application) -> str:
        """Return the address of the field to settle."""
        page = reverse("applications:section", args=[application.uuid, self.section])
        return f"{page}#id_{self.field}"

    @property
    def section_label(self) -> str:
        return str(Section(self.section).label)


class Facts:
    """What the rules read beside the rows of a dossier, once for several looks at it."""

    def __init__(self, organisation: Organisation, *, at: datetime) -> None:
        self.organisation = organisation
        self.day = local_date(at)

    @cached_property
    def profile_gaps(self) -> list[str]:
        return profile_gaps(self.organisation)

    @cached_property
    def look_from(self) -> Decimal:
        return aid_to_look_at(self.day)


def aid_to_look_at(on: date) -> Decimal:
    """Return the share of public aid in the income beyond which the office looks, on a day."""
    return amount_on("public_aid.warning_rate", on)


def missing_items(
    application: Application, *, at: datetime, facts: Facts | None = None
) -> list[MissingItem]:
    """List what is missing, in the order of the sections, blocking points first in each.

    Missing documents never block: they are asked again with the receipt.

    Args:
        application: Fetched with ``selectors.with_dossier`` when the page is to stay quick.
        at: Now.
        facts: Those of another look at a dossier of the same body.

    Source:
        reference/regulation.md §1.8; 3-domain « Blocking at filing ».
    """
    facts = facts or Facts(application.organisation, at=at)
    items: list[MissingItem] = []
    for section, rule in _RULES.items():
        found = [
            *_to_reread(application, section),
            *_invalid_values(application, section),
            *rule(application, facts),
        ]
        items += sorted(found, key=lambda item: not item.blocking)
    return [replace(item, message=nbsp_fr(item.message)) for item in items]


def remarks(application: Application, section: str, *, at: datetime) -> list[str]:
    """Return what deserves a look in a section just saved: never what is still to be filled.

    Args:
        application: The dossier, as saved.
        section: The section saved.
        at: Now.
    """
    facts = Facts(application.organisation, at=at)
    if section == Section.PROJECT:
        found = list(_dates(application, facts))
    elif section in {Section.PUBLIC, Section.MEANS}:
        found = [item for item in _RULES[section](application, facts) if not item.blocking]
    else:
        found = []
    return [nbsp_fr(item.message) for item in found]


def missing_document_labels(application: Application) -> list[str]:
    """Return the names of the compulsory documents not given yet."""
    return [d.required.label for d in awaited_documents(asked_documents(application))]


# --- What an earlier request said ---------------------------------------------------------------
def _to_reread(application: Application, section: str) -> Iterator[MissingItem]:
    if is_to_reread(application, section):
        sentence = (
            f"Cette partie est reprise de votre demande {application.renewal_of.reference} : "
            "relisez-la, puis enregistrez-la."
        )
        yield MissingItem(section, "relecture", sentence)


# --- What was typed and cannot be kept ----------------------------------------------------------
def _invalid_values(application: Application, section: str) -> Iterator[MissingItem]:
    for field, raw in application.invalid_values.get(section, {}).items():
        typed = raw if len(raw) <= 40 else f"{raw[:40]}…"
        yield MissingItem(section, field, f"{field_label(field)} : « {typed} » est à corriger.")


def field_label(field: str) -> str:
    """Return the words of a field's name (``starts_on``, ``count_6_10``, ``etat-0-amount``…)."""
    from_model = _model_label(field)
    if from_model:
        return from_model
    if field.startswith("count_"):
        return f"Effectif {AgeBand(field.removeprefix('count_')).label}"
    if field.startswith("answer_"):
        return f"Réponse à la condition {int(field.removeprefix('answer_')) + 1}"
    if field.startswith("indicator_"):
        return f"Indicateur {int(field.split('_')[1]) + 1}"
    if field.startswith("staff_"):
        category, _, part = field.removeprefix("staff_").rpartition("_")
        words = "nombre de personnes" if part == "people" else "ETPT"
        return f"{StaffCategory(category).label}, {words}"
    if field.startswith("annual_"):
        return f"Budget de l’organisation, compte {field.removeprefix('annual_')}"
    if field.startswith("share_"):
        return "Part d’un lieu"
    account = BY_KEY.get(field.split("-")[0])
    return str(account) if account else "Valeur"


def _model_label(field: str) -> str:
    try:
        name = str(Application._meta.get_field(field).verbose_name)
    except FieldDoesNotExist:
        return ""
    return name[:1].upper() + name[1:]


# --- Sections -----------------------------------------------------------------------------------
def _applicant(application: Application, facts: Facts) -> Iterator[MissingItem]:
    invalid = application.invalid_values.get(Section.APPLICANT, {})
    for field, sentence in (
        ("contact_name", "Indiquez la personne chargée de la demande."),
        ("contact_email", "Indiquez l’adresse e-mail de la personne chargée de la demande."),
    ):
        if field not in invalid and not getattr(application, field):
            yield MissingItem(Section.APPLICANT, field, sentence)
    if application.organisation.is_private_body:
        yield from _public_aid(application, invalid)
        yield from _near_ceiling(application, facts)
        yield from _annual_budget(application, invalid)
    elif not application.deliberation_to_come and not (
        application.deliberation_number or application.deliberation_on
    ):
        yield MissingItem(
            Section.APPLICANT,
            "deliberation_number",
            "Indiquez la délibération, ou dites qu’elle sera prise plus tard.",
            blocking=False,
        )
    gaps = facts.profile_gaps
    if gaps:
        sentence = f"Fiche de l’organisation : il manque {', '.join(gaps)}."
        yield MissingItem(Section.APPLICANT, "profile", sentence, blocking=False)


def _public_aid(application: Application, invalid: dict) -> Iterator[MissingItem]:
    if application.has_economic_activity is None:
        yield MissingItem(
            Section.APPLICANT,
            "has_economic_activity",
            "Dites si l’organisation a une activité économique.",
            blocking=False,
        )
    if application.public_aid_amount is None and "public_aid_amount" not in invalid:
        yield MissingItem(
            Section.APPLICANT,
            "public_aid_amount",
            "Indiquez les aides publiques des trois derniers exercices, 0 s’il n’y en a pas.",
            blocking=False,
        )


def _near_ceiling(application: Application, facts: Facts) -> Iterator[MissingItem]:
    """Remark an aid near its European ceiling (regulation §3.4); it never refuses."""
    key = AID_CEILINGS.get(application.public_aid_regime)
    amount = application.public_aid_amount
    if key is None or not application.has_economic_activity or amount is None:
        return
    values = values_on([key, "de_minimis.warning_rate"], facts.day)
    ceiling = Decimal(values[key])
    if amount > ceiling * Decimal(values["de_minimis.warning_rate"]):
        yield MissingItem(
            Section.APPLICANT,
            "public_aid_amount",
            f"Les aides publiques déclarées ({euros(amount)}) approchent ou dépassent le plafond "
            f"de minimis de {euros(ceiling)} sur trois ans : le service vous en parlera.",
            blocking=False,
        )


def _annual_budget(application: Application, invalid: dict) -> Iterator[MissingItem]:
    if not asks_annual_budget(application):
        return
    first = f"annual_{CLASSES[0].code}"
    lines = {line.account: line.amount for line in application.annual_budget_lines.all()}
    totals = annual_totals(lines)
    if totals.is_empty and not _has_invalid(application, Section.APPLICANT, "annual_"):
        sentence = "Le budget de l’organisation pour l’année n’est pas rempli."
        yield MissingItem(Section.APPLICANT, first, sentence, blocking=False)
    elif totals.charges != totals.income:
        sentence = f"Budget de l’organisation : {totals.sentence}"
        yield MissingItem(Section.APPLICANT, first, sentence, blocking=False)


def _project(application: Application, facts: Facts) -> Iterator[MissingItem]:
    invalid = application.invalid_values.get(Section.PROJECT, {})

    def lacks(field: str) -> bool:
        return field not in invalid and not getattr(application, field)

    for field, sentence in (
        ("title", "Donnez un intitulé à votre projet."),
        ("objectives", "Décrivez les objectifs."),
        ("description", "Décrivez l’action."),
        ("starts_on", "Indiquez la date de début."),
        ("ends_on", "Indiquez la date de fin."),
    ):
        if lacks(field):
            yield MissingItem(Section.PROJECT, field, sentence)
    yield from _dates(application, facts)
    for answer in application.condition_answers.all():
        field = f"answer_{answer.position}"
        if is_blank(answer.answer) and field not in invalid:
            sentence = f"Vous ne répondez pas à la condition « {_short(answer.condition)} »."
            yield MissingItem(Section.PROJECT, field, sentence, blocking=False)


def _means(application: Application, facts: Facts) -> Iterator[MissingItem]:
    lines = {line.category: line for line in application.staff_lines.all()}
    employees = lines.get(StaffCategory.EMPLOYEES)
    for part, words in (("people", "personnes"), ("fte", "ETPT")):
        known = getattr(employees, part, None)
        for category in EMPLOYEE_KINDS:
            among = getattr(lines.get(category), part, None)
            if among is not None and among > (known or 0):
                yield MissingItem(
                    Section.MEANS,
                    f"staff_{category}_{part}",
                    f"Salariés « {category.label} » : {group(Decimal(among))} {words}, "
                    f"plus que les {group(Decimal(known or 0))} salariés indiqués.",
                    blocking=False,
                )
    if application.plans_recruitment and application.recruitment_fte is None:
        sentence = "Vous prévoyez de recruter : indiquez combien, en ETPT."
        yield MissingItem(Section.MEANS, "recruitment_fte", sentence, blocking=False)


def _evaluation(application: Application, facts: Facts) -> Iterator[MissingItem]:
    invalid = application.invalid_values.get(Section.EVALUATION, {})
    for indicator in application.indicators.all():
        if is_blank(indicator.label):
            field = f"indicator_{indicator.position}_label"
            sentence = "Un indicateur a une valeur prévue, mais pas d’intitulé."
            yield MissingItem(Section.EVALUATION, field, sentence, blocking=False)
        field = f"indicator_{indicator.position}_planned"
        if is_blank(indicator.planned) and field not in invalid:
            sentence = f"L’indicateur « {_short(indicator.label)} » n’a pas de valeur prévue."
            yield MissingItem(Section.EVALUATION, field, sentence, blocking=False)


def _dates(application: Application, facts: Facts) -> Iterator[MissingItem]:
    starts_on, ends_on = application.starts_on, application.ends_on
    first, last = action_window(application)
    window = f"entre le {date_fr(first)} et le {date_fr(last)}"
    if starts_on and not first <= starts_on <= last:
        yield MissingItem(Section.PROJECT, "starts_on", f"L’action doit commencer {window}.")
    if ends_on and not first <= ends_on <= last:
        yield MissingItem(Section.PROJECT, "ends_on", f"L’action doit finir {window}.")
    if starts_on and ends_on and ends_on < starts_on:
        yield MissingItem(Section.PROJECT, "ends_on", "L’action finit avant de commencer.")
    elif ends_on and ends_on < facts.day:
        sentence = "Les dates de l’action sont déjà passées."
        yield MissingItem(Section.PROJECT, "ends_on", sentence, blocking=False)


def action_window(application: Application) -> tuple:
    """Return the first and the last day on which the sheet's actions may happen."""
    sheet = application.sheet
    default = sheet.default_action_window()
    return sheet.action_from or default[0], sheet.action_to or default[1]


def _places(application: Application, facts: Facts) -> Iterator[MissingItem]:
    if application.whole_department:
        return
    places = list(application.places.all())
    if not places:
        yield MissingItem(
            Section.PLACES,
            "whole_department",
            "Choisissez au moins un lieu, ou tout le département.",
        )
        return
    sentence = shares_sentence([place.share for place in places])
    if sentence:
        yield MissingItem(Section.PLACES, "shares", sentence)


def shares_sentence(shares: list[Decimal | None]) -> str:
    """Say what is wrong with the shares of the places; empty when they add up."""
    said = [share for share in shares if share is not None]
    total = sum(said, Decimal(0))
    if not said:
        return ""
    if total > 1:
        return f"La somme des parts dépasse 100 % : elle fait {percent_fr(total, 2)}."
    if len(said) == len(shares) and total < 1 - Decimal("0.001"):
        return f"La somme des parts doit faire 100 % : elle fait {percent_fr(total, 2)}."
    if len(said) < len(shares) and total == 1:
        return "Les parts indiquées font déjà 100 % : il ne reste rien pour les autres lieux."
    return ""


def _public(application: Application, facts: Facts) -> Iterator[MissingItem]:
    total = sum(c.count for c in application.audience_counts.all())
    if not total and not _has_invalid(application, Section.PUBLIC, "count_"):
        yield MissingItem(
            Section.PUBLIC,
            f"count_{AgeBand.values[0]}",
            "Indiquez combien de personnes sont concernées, pour une tranche d’âge au moins.",
        )
    girls, boys = application.girls_count, application.boys_count
    if total and (girls is not None or boys is not None) and (girls or 0) + (boys or 0) != total:
        yield MissingItem(
            Section.PUBLIC,
            "girls_count",
            f"Filles et garçons font {(girls or 0) + (boys or 0)}, "
            f"les tranches d’âge font {total}.",
            blocking=False,
        )


def _has_invalid(application: Application, section: str, prefix: str) -> bool:
    return any(f.startswith(prefix) for f in application.invalid_values.get(section, {}))


def _budget(application: Application, facts: Facts) -> Iterator[MissingItem]:
    lines = list(application.budget_lines.all())
    totals = budget_totals(lines)
    if not any(line.side == BudgetSide.CHARGE and line.planned_amount > 0 for line in lines):
        yield MissingItem(Section.BUDGET, "balance", "Indiquez au moins une charge.")
    elif not totals.is_balanced:
        yield MissingItem(Section.BUDGET, "balance", totals.sentence)
    if totals.in_kind_gap:
        yield MissingItem(Section.BUDGET, "in_kind_balance", totals.in_kind_sentence)
    requested = application.requested_amount
    invalid = application.invalid_values.get(Section.BUDGET, {})
    if requested is None:
        if "requested_amount" not in invalid:
            yield MissingItem(Section.BUDGET, "requested_amount", "Indiquez le montant demandé.")
    elif totals.requested != requested:
        yield MissingItem(
            Section.BUDGET,
            "requested_amount",
            f"Le montant demandé ({euros(requested)}) n’est pas celui de la ligne du budget "
            f"({euros(totals.requested)}).",
        )
    elif requested == 0:
        sentence = "Le montant demandé est de 0 €."
        yield MissingItem(Section.BUDGET, "requested_amount", sentence, blocking=False)
    yield from budget_rates(application, totals, look_from=facts.look_from)


def budget_rates(
    application: Application, totals: BudgetTotals, *, look_from: Decimal
) -> Iterator[MissingItem]:
    """Warn when the request, or public aid beyond a rate, takes a large part of the income."""
    ceiling, rate = application.sheet.rate_ceiling, totals.requested_rate
    if ceiling is not None and rate is not None and rate > ceiling:
        yield MissingItem(
            Section.BUDGET,
            "requested_amount",
            f"La demande représente {percent_fr(rate, 1)} des produits ; "
            f"la fiche prévoit {percent_fr(ceiling)} au plus.",
            blocking=False,
        )
    if totals.public_aid_rate is not None and totals.public_aid_rate > look_from:
        yield MissingItem(
            Section.BUDGET,
            "balance",
            f"Les aides publiques font {percent_fr(totals.public_aid_rate, 1)} des produits : "
            f"au-delà de {percent_fr(look_from)}, le service vous demandera sans doute pourquoi.",
            blocking=False,
        )


def _documents(application: Application, facts: Facts) -> Iterator[MissingItem]:
    for document in awaited_documents(asked_documents(application)):
        yield MissingItem(
            Section.DOCUMENTS,
            f"document_{document.required.pk}",
            f"Pièce à joindre : {document.required.label}.",
            blocking=False,
        )


def _commitments(application: Application, facts: Facts) -> Iterator[MissingItem]:
    given = {commitment.kind for commitment in application.commitments.all()}
    for kind in commitment_kinds(application):
        if kind not in given:
            sentence = f"Cochez l’engagement « {CommitmentKind(kind).label} »."
            yield MissingItem(Section.COMMITMENTS, kind, sentence)


def commitment_kinds(application: Application) -> list[CommitmentKind]:
    """Return the statements asked: the republican contract binds private bodies only."""
    return [
        kind
        for kind in CommitmentKind
        if kind != CommitmentKind.REPUBLICAN_CONTRACT or application.organisation.is_private_body
    ]


def _short(text: str, length: int = 60) -> str:
    words = " ".join(text.split())
    return words if len(words) <= length else f"{words[:length].rstrip()}…"


_RULES = {
    Section.APPLICANT: _applicant,
    Section.PROJECT: _project,
    Section.PLACES: _places,
    Section.PUBLIC: _public,
    Section.MEANS: _means,
    Section.EVALUATION: _evaluation,
    Section.BUDGET: _budget,
    Section.DOCUMENTS: _documents,
    Section.COMMITMENTS: _commitments,
}
