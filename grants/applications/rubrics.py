"""A dossier told as rubrics of facts and texts, for its printed form.

The pages on screen have their own templates; on paper the whole dossier is one run of text, so
its words and values are gathered here once, empty ones left out or said.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from config.dates import local_date
from config.money import euros, group
from config.templatetags.fr import date_fr, number_fr, percent_fr
from grants.applications.annual_budget import CLASSES
from grants.applications.enums import BudgetSide
from grants.applications.organisation_profile import profile_cards
from partners.selectors import profile_of


if TYPE_CHECKING:
    from grants.applications.models import Application, BudgetLine
    from grants.applications.selectors import BudgetColumn

EMPTY = "sans réponse"


@dataclass(frozen=True)
class Rubric:
    """A part of the printed dossier.

    Attributes:
        title: Its heading.
        facts: Pairs of a term and its value.
        texts: Pairs of a small heading and a text of several lines.
        tables: Small tables.
        groups: Facts under a small heading of their own.
    """

    title: str
    facts: list[tuple[str, str]] = field(default_factory=list)
    texts: list[tuple[str, str]] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)


@dataclass(frozen=True)
class Group:
    """Facts under a small heading, with sentences after them."""

    title: str
    facts: list[tuple[str, str]]
    notes: list[str]


@dataclass(frozen=True)
class Table:
    """A table whose first column heads its rows; ``numbers`` sets the others to the right."""

    caption: str
    headers: list[str]
    rows: list[list[str]]
    numbers: bool = True


@dataclass(frozen=True)
class BudgetCell:
    """One line of the budget: its account, its detail and its amount in euros."""

    label: str
    detail: str
    amount: Decimal
    is_own: bool = False


def rubrics(application: Application, context: dict[str, Any]) -> list[Rubric]:
    """Return the parts of a dossier before its budget.

    Args:
        application: Fetched with ``selectors.with_dossier``.
        context: ``selectors.dossier_context`` of it.
    """
    return [
        _applicant(application, context),
        _project(application),
        _places(application, context),
        _public(application, context),
        _means(application),
        _evaluation(application),
    ]


# --- Applicant ------------------------------------------------------------------------------------
def _applicant(application: Application, context: dict[str, Any]) -> Rubric:
    body, cards = context["body"], context["profile_cards"]
    if application.is_draft:  # nothing is frozen yet: the body's page as it stands
        cards = profile_cards(profile_of(body), on=local_date(application.updated_at))
    facts = [
        ("Dénomination", body.legal_name),
        ("Sigle", body.short_name),
        ("Chargé de la demande", _contact(application)),
        ("Délibération", _deliberation(application)),
        ("Activité économique", _yes_no(application.has_economic_activity)),
        ("Aides publiques sur trois ans", _euros(application.public_aid_amount)),
        ("Régime européen", application.get_public_aid_regime_display()),
    ]
    if not cards:
        facts += [("Nature", body.get_kind_display()), ("SIRET", body.siret or body.siren)]
    groups = [Group(card.title, _said(card.facts), card.notes) for card in cards if card.facts]
    return Rubric("Demandeur", _said(facts), _texts(("Objet", body.purpose)), groups=groups)


def _contact(application: Application) -> str:
    parts = (
        application.contact_name,
        application.contact_function,
        getattr(application, "contact_service", ""),
        application.contact_email,
        application.contact_phone,
    )
    return ", ".join(part for part in parts if part)


def _deliberation(application: Application) -> str:
    if application.deliberation_number or application.deliberation_on:
        number = application.deliberation_number
        day = application.deliberation_on
        return f"{number}{f' du {date_fr(day)}' if day else ''}".strip()
    return "à prendre" if getattr(application, "deliberation_to_come", False) else ""


# --- Project --------------------------------------------------------------------------------------
def _project(application: Application) -> Rubric:
    dates = ""
    if application.starts_on or application.ends_on:
        dates = (
            f"du {date_fr(application.starts_on) or '…'} au {date_fr(application.ends_on) or '…'}"
        )
    facts = [
        ("Intitulé", application.title or EMPTY),
        ("Objet", application.get_kind_display()),
        ("Période", application.get_period_display()),
        ("Dates", dates or EMPTY),
        ("Cadre", str(application.framework or "")),
        ("Instance locale de pilotage", application.steering_body),
        ("Politique de la ville", _yes_no(application.is_city_policy)),
    ]
    texts = [
        ("Objectifs", application.objectives or EMPTY),
        ("Description", application.description or EMPTY),
        *(
            (f"Condition de la fiche : {answer.condition}", answer.answer or "sans réponse")
            for answer in application.condition_answers.all()
        ),
    ]
    return Rubric("Projet", _said(facts), _texts(*texts))


def _places(application: Application, context: dict[str, Any]) -> Rubric:
    facts = [("Lieux", "Tout le département")] if application.whole_department else []
    rows = [[str(place), percent_fr(share)] for place, share in context["places"]]
    if not rows and not application.whole_department:
        facts = [("Lieux", EMPTY)]
    tables = [Table("Lieux de l’action", ["Lieu", "Part"], rows)] if rows else []
    return Rubric("Lieux", facts, [], tables)


def _public(application: Application, context: dict[str, Any]) -> Rubric:
    facts = [
        ("Filles et femmes", number_fr(application.girls_count)),
        ("Garçons et hommes", number_fr(application.boys_count)),
        ("Vivant en quartier prioritaire", percent_fr(application.qpv_rate)),
    ]
    rows = [[label, number_fr(count)] for label, count in context["public_counts"]]
    if rows:
        rows.append(["Total", number_fr(context["public_total"])])
    tables = [Table("Nombre de personnes par âge", ["Âge", "Personnes"], rows)] if rows else []
    texts = _texts(
        ("Précisions", application.public_description),
        ("Égalité, mixité, handicap", application.inclusion_text),
    )
    if not rows:
        facts = [("Nombre de personnes", EMPTY), *facts]
    return Rubric("Public", _said(facts), texts, tables)


def _means(application: Application) -> Rubric:
    rows = [
        [line.get_category_display(), number_fr(line.people), _decimal(line.fte)]
        for line in application.staff_lines.all()
        if line.people or line.fte
    ]
    tables = []
    if rows:
        headers = ["Catégorie", "Personnes", "Temps plein"]
        tables.append(Table("Moyens humains de l’action", headers, rows))
    facts = [
        ("Recrutement envisagé", _yes_no(application.plans_recruitment)),
        ("En équivalent temps plein", _decimal(application.recruitment_fte)),
    ]
    texts = _texts(
        ("Moyens humains et matériels", application.means),
        ("Partenaires", application.partners_text),
        ("Aide en nature souhaitée", application.in_kind_request),
    )
    return Rubric("Moyens et partenaires", _said(facts), texts, tables)


def _evaluation(application: Application) -> Rubric:
    rows = [[i.label, i.planned or "–"] for i in application.indicators.all() if i.label]
    headers = ["Indicateur", "Prévu"]
    tables = [Table("Indicateurs", headers, rows, numbers=False)] if rows else []
    texts = _texts(
        ("Méthode d’évaluation", application.evaluation_method),
        ("Informations complémentaires", application.complement),
    )
    return Rubric("Évaluation", [], texts, tables)


# --- Budget ---------------------------------------------------------------------------------------
def budget_rows(
    columns: list[BudgetColumn], *, funder: str
) -> list[tuple[BudgetCell | None, BudgetCell | None]]:
    """Set charges and income side by side, line by line.

    Args:
        columns: Charges, then income.
        funder: Whom the request is made to, as the line of the request names it.
    """
    charges, income = ([*_cells(column, funder)] for column in columns)
    return list(zip_longest(charges, income))


def _cells(column: BudgetColumn, funder: str) -> Iterator[BudgetCell]:
    for _group, lines in column.groups:
        for line, account in lines:
            yield _cell(line, str(account or line.account), funder)


def _cell(line: BudgetLine, label: str, funder: str) -> BudgetCell:
    if line.is_this_request:
        words = f"{funder} : la présente demande"
        return BudgetCell(words, "", line.planned_amount, is_own=True)
    status = line.get_status_display().lower() if line.status else ""
    detail = ", ".join(part for part in (line.funder, status) if part)
    return BudgetCell(label, detail, line.planned_amount)


def annual_rows(application: Application) -> list[tuple[list[str], list[str]]]:
    """Return the body's own budget of the year, charges and income side by side."""
    amounts = {line.account: line.amount for line in application.annual_budget_lines.all()}
    sides = [
        [
            [str(one), euros(amounts[one.code])]
            for one in CLASSES
            if one.side == side and one.code in amounts
        ]
        for side in BudgetSide
    ]
    return [(a or ["", ""], b or ["", ""]) for a, b in zip_longest(*sides)]


# --- Words ----------------------------------------------------------------------------------------
def _said(facts: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(term, value) for term, value in facts if value]


def _texts(*texts: tuple[str, str]) -> list[tuple[str, str]]:
    return [(title, text) for title, text in texts if text and text.strip()]


def _yes_no(value: bool | None) -> str:
    return "" if value is None else "oui" if value else "non"


def _euros(value: Decimal | None) -> str:
    return "" if value is None else euros(value)


def _decimal(value: Decimal | None) -> str:
    return "" if value is None else group(value)
