"""The columns of the year's export: their names are a promise to those who read the files.

A name is never changed nor moved; a new column goes at the end (``tests/reporting`` pins them).
"""

from __future__ import annotations

from config.spreadsheets import Column, Kind
from grants.applications.enums import MoneyState, ReviewState
from grants.decisions.models import Decision
from grants.review.listing.places import (
    PLACES,
    communes_words,
    neighbourhoods_words,
    territories_words,
)
from grants.review.listing.reads import Reads
from partners.enums import OrganisationKind
from territories.models import printed


_STATES = dict(ReviewState.choices)
_CHANNELS = dict(Decision.NotificationChannel.choices)


def _state(review_state: str, money_state: str) -> str:
    return "Renoncé" if money_state == MoneyState.RENOUNCED else _STATES[review_state]


def _seat(commune: str | None, city: str) -> str:
    return printed(commune) if commune else city


def _told_by(channel: str | None) -> str:
    return _CHANNELS[channel] if channel else ""


def _renewal(renews: bool) -> str:
    return "Renouvellement" if renews else "Première demande"


T, N, M, D = Kind.TEXT, Kind.COUNT, Kind.MONEY, Kind.DAY
YEAR_COLUMNS: tuple[Column, ...] = (
    Column("exercice", N, "Année budgétaire de la campagne", Reads("sheet__campaign__fiscal_year")),
    Column("reference", T, "Référence du dossier, sans trou dans l’année", Reads("reference")),
    Column(
        "etat",
        T,
        "État de l’instruction, tel que le service le lit",
        Reads("told_state", "money_state", words=_state),
    ),
    Column("fiche_code", T, "Code de la fiche d’appel à projets", Reads("sheet__code")),
    Column("fiche_titre", T, "Titre de la fiche", Reads("sheet__title")),
    Column("organisation", T, "Dénomination du demandeur", Reads("organisation__legal_name")),
    Column(
        "nature",
        T,
        "Nature du demandeur",
        Reads("organisation__kind", words=dict(OrganisationKind.choices).get),
    ),
    Column(
        "siret", T, "SIRET du demandeur, vide s’il n’en a pas encore", Reads("organisation__siret")
    ),
    Column("rna", T, "Numéro RNA de l’association", Reads("organisation__rna")),
    Column(
        "commune_siege",
        T,
        "Commune du siège",
        Reads("organisation__commune__name", "organisation__city", words=_seat),
    ),
    Column(
        "communes_action",
        T,
        "Communes de l’action",
        Reads("whole_department", PLACES, words=communes_words),
    ),
    Column(
        "territoires",
        T,
        "Numéros des territoires de l’action, ou «\u00a0tous\u00a0»",
        Reads("whole_department", PLACES, words=territories_words),
    ),
    Column(
        "qpv",
        T,
        "Quartiers prioritaires choisis comme lieux",
        Reads(PLACES, words=neighbourhoods_words),
    ),
    Column("intitule", T, "Intitulé de l’action", Reads("title")),
    Column("montant_demande", M, "Montant demandé, en euros", Reads("requested_amount")),
    Column(
        "montant_propose",
        M,
        "Montant proposé par l’instruction\u00a0; vide pour qui s’est déporté",
        Reads("shown_proposed_amount"),
    ),
    Column(
        "montant_attribue", M, "Montant voté, en vigueur et non renoncé", Reads("awarded_amount")
    ),
    Column("date_depot", D, "Jour du dépôt (réception pour le papier)", Reads("filed_on")),
    Column("date_decision", D, "Jour du vote de la décision en vigueur", Reads("decided_on")),
    Column("deliberation", T, "Numéro de la délibération", Reads("vote_deliberation")),
    Column("date_notification", D, "Jour de la notification", Reads("told_on")),
    Column(
        "voie_notification", T, "Électronique ou courrier postal", Reads("told_by", words=_told_by)
    ),
    Column(
        "note",
        Kind.SCORE,
        "Note sur 100 ; vide pour qui s’est déporté du dossier",
        Reads("shown_total"),
    ),
    Column("public_total", N, "Personnes prévues, toutes tranches d’âge", Reads("public_total")),
    Column("filles", N, "Filles et femmes prévues", Reads("girls_count")),
    Column("garcons", N, "Garçons et hommes prévus", Reads("boys_count")),
    Column(
        "premiere_demande_ou_renouvellement",
        T,
        "Renouvellement dès qu’une année antérieure a été financée",
        Reads("renews", words=_renewal),
    ),
)

# Scores, and the amount proposed along with them, stay at the desk before the vote.
DESK_ONLY = frozenset({"note", "montant_propose"})
COORDINATOR_COLUMNS = tuple(column for column in YEAR_COLUMNS if column.name not in DESK_ONLY)
