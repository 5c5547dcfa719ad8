"""The statements an applicant ticks: their words and the version of each text."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from foundation.parameters.selectors import value_on
from grants.applications.checks import commitment_kinds
from grants.applications.enums import CommitmentKind
from grants.applications.models import Application


SWORN_VERSION = "2026-11"

#: The seven commitments of the republican contract (annex of the decree of 31 December 2021).
REPUBLICAN_COMMITMENTS = (
    "Respect des lois de la République",
    "Liberté de conscience",
    "Liberté des membres de l’association",
    "Égalité et non-discrimination",
    "Fraternité et prévention de la violence",
    "Respect de la dignité de la personne humaine",
    "Respect des symboles de la République",
)
_TEXTS = {
    CommitmentKind.REPUBLICAN_CONTRACT: (
        "Nous souscrivons au contrat d’engagement républicain et en informons nos membres. "
        "Un manquement entraîne le retrait de la subvention pour la période qui reste à courir "
        "(loi n° 2000-321, article 10-1 ; décret n° 2021-1947)."
    ),
    CommitmentKind.ACCURACY: (
        "Les informations de ce dossier sont exactes et sincères. "
        "Une fausse déclaration est punie par les articles 441-6 et 441-7 du code pénal."
    ),
    CommitmentKind.UP_TO_DATE: (
        "Notre structure est à jour de ses obligations administratives, comptables, sociales "
        "et fiscales, déclarations et paiements compris."
    ),
    CommitmentKind.OTHER_FUNDERS: (
        "Le budget présente toutes les aides demandées à d’autres financeurs publics, obtenues "
        "ou non ; ces indications valent déclaration sur l’honneur."
    ),
}


@dataclass(frozen=True)
class Statement:
    """One statement as shown on a day.

    Attributes:
        kind: See :class:`CommitmentKind`.
        text: What is ticked.
        details: Lines shown beside, folded.
        version: What the dossier keeps to know which text was ticked.
    """

    kind: CommitmentKind
    text: str
    details: tuple[str, ...]
    version: str


def statements(application: Application, *, on: date) -> list[Statement]:
    """Return the statements asked of a body, as their texts stand on a day."""
    return [_statement(kind, on) for kind in commitment_kinds(application)]


def _statement(kind: CommitmentKind, on: date) -> Statement:
    if kind == CommitmentKind.REPUBLICAN_CONTRACT:
        version = value_on("republican_contract.version", on)
        return Statement(kind, _TEXTS[kind], REPUBLICAN_COMMITMENTS, version)
    return Statement(kind, _TEXTS[kind], (), SWORN_VERSION)
