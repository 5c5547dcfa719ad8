"""The columns of the year's export: their names are a promise to those who read the files.

A name is never changed nor moved; a new column goes at the end (``tests/reporting`` pins them).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from config.dates import local_date
from config.spreadsheets import Column, Kind, Value
from grants.applications.enums import MoneyState
from grants.decisions.models import Decision
from grants.review.listing.places import (
    communes_words,
    neighbourhoods_words,
    territories_words,
)


if TYPE_CHECKING:
    from grants.applications.models import Application


@dataclass(frozen=True)
class Row:
    """A dossier to write: fetched by ``exports.for_export``, with its score when readable."""

    application: Application
    score: Decimal | None = None


def _a(name: str) -> Callable[[Row], Value]:
    def read(row: Row) -> Value:
        value = row.application
        for part in name.split("."):
            value = getattr(value, part)
        return value

    return read


def _of(words: Callable[[Application], str]) -> Callable[[Row], Value]:
    return lambda row: words(row.application)


def _state(row: Row) -> str:
    if row.application.money_state == MoneyState.RENOUNCED:
        return "Renoncé"
    return row.application.get_review_state_display()


def _nature(row: Row) -> str:
    return row.application.organisation.get_kind_display()


def _seat(row: Row) -> str:
    organisation = row.application.organisation
    return str(organisation.commune) if organisation.commune else organisation.city


def _filed_on(row: Row) -> date | None:
    application = row.application
    return application.received_on or local_date(application.submitted_at)


def _told_on(row: Row) -> date | None:
    return local_date(row.application.told_at) if row.application.told_at else None


def _told_by(row: Row) -> str:
    channel = row.application.told_by
    return str(Decision.NotificationChannel(channel).label) if channel else ""


def _proposed(row: Row) -> Decimal | None:
    """Return the amount proposed, to whoever may also read the scores."""
    return None if row.application.hides_scores else row.application.proposed_amount


def _renewal(row: Row) -> str:
    return "Renouvellement" if row.application.is_renewal else "Première demande"


T, N, M, D = Kind.TEXT, Kind.COUNT, Kind.MONEY, Kind.DAY
YEAR_COLUMNS: tuple[Column, ...] = (
    Column("exercice", N, "Année budgétaire de la campagne", _a("sheet.campaign.fiscal_year")),
    Column("reference", T, "Référence du dossier, sans trou dans l’année", _a("reference")),
    Column("etat", T, "État de l’instruction, tel que le service le lit", _state),
    Column("fiche_code", T, "Code de la fiche d’appel à projets", _a("sheet.code")),
    Column("fiche_titre", T, "Titre de la fiche", _a("sheet.title")),
    Column("organisation", T, "Dénomination du demandeur", _a("organisation.legal_name")),
    Column("nature", T, "Nature du demandeur", _nature),
    Column("siret", T, "SIRET du demandeur, vide s’il n’en a pas encore", _a("organisation.siret")),
    Column("rna", T, "Numéro RNA de l’association", _a("organisation.rna")),
    Column("commune_siege", T, "Commune du siège", _seat),
    Column("communes_action", T, "Communes de l’action", _of(communes_words)),
    Column(
        "territoires", T, "Numéros des territoires de l’action, ou «\u00a0tous\u00a0»",
        _of(territories_words),
    ),
    Column("qpv", T, "Quartiers prioritaires choisis comme lieux", _of(neighbourhoods_words)),
    Column("intitule", T, "Intitulé de l’action", _a("title")),
    Column("montant_demande", M, "Montant demandé, en euros", _a("requested_amount")),
    Column(
        "montant_propose", M,
        "Montant proposé par l’instruction\u00a0; vide pour qui s’est déporté", _proposed,
    ),
    Column(
        "montant_attribue", M, "Montant voté, en vigueur et non renoncé", _a("awarded_amount")
    ),
    Column("date_depot", D, "Jour du dépôt (réception pour le papier)", _filed_on),
    Column("date_decision", D, "Jour du vote de la décision en vigueur", _a("decided_on")),
    Column("deliberation", T, "Numéro de la délibération", _a("vote_deliberation")),
    Column("date_notification", D, "Jour de la notification", _told_on),
    Column("voie_notification", T, "Électronique ou courrier postal", _told_by),
    Column(
        "note", Kind.SCORE, "Note sur 100 ; vide pour qui s’est déporté du dossier",
        lambda row: row.score,
    ),
    Column("public_total", N, "Personnes prévues, toutes tranches d’âge", _a("public_total")),
    Column("filles", N, "Filles et femmes prévues", _a("girls_count")),
    Column("garcons", N, "Garçons et hommes prévus", _a("boys_count")),
    Column(
        "premiere_demande_ou_renouvellement", T,
        "Renouvellement dès qu’une année antérieure a été financée", _renewal,
    ),
)  # fmt: skip

# Scores, and the amount proposed along with them, stay at the desk before the vote.
DESK_ONLY = frozenset({"note", "montant_propose"})
COORDINATOR_COLUMNS = tuple(column for column in YEAR_COLUMNS if column.name not in DESK_ONLY)


def holds_scores(columns: Sequence[Column]) -> bool:
    """Tell whether these columns need the scores to be read."""
    return any(column.kind == Kind.SCORE for column in columns)
