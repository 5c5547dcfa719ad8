"""The words a letter may take from a dossier: a typed catalogue, filled by several apps.

``[[decision.montant]]`` in a template stands for a value of the catalogue, written in the format of
its type; ``[[decision.montant|lettres]]`` asks for another one. Lower apps add their own with
:func:`register_variables` in ``AppConfig.ready()``; a caller of ``create_letter`` gives the values
that no one can work out (the amount voted…) in ``context``.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from config.money import euros
from config.templatetags.fr import date_fr, datetime_fr, time_fr
from foundation.documents.words import amount_in_words


if TYPE_CHECKING:
    from grants.applications.models import Application


class VariableType(StrEnum):
    """What a variable holds; each type has its French formats."""

    TEXT = "text"
    DATE = "date"
    INSTANT = "instant"
    AMOUNT = "amount"
    NUMBER = "number"
    FLAG = "flag"
    LINES = "lines"


@dataclass(frozen=True)
class Variable:
    """One entry of the catalogue.

    Attributes:
        name: As written in templates, ``family.word``.
        label: French words for the person who edits a template or reads a refusal.
        type: What it holds.
    """

    name: str
    label: str
    type: VariableType = VariableType.TEXT


FORMATS: dict[VariableType, dict[str, Callable[[Any], str]]] = {
    VariableType.TEXT: {"": str},
    VariableType.DATE: {"": date_fr},
    VariableType.INSTANT: {"": datetime_fr, "date": date_fr, "heure": time_fr},
    VariableType.AMOUNT: {"": euros, "lettres": amount_in_words},
    VariableType.NUMBER: {"": str},
    VariableType.FLAG: {"": lambda value: "oui" if value else "non"},
    VariableType.LINES: {"": "\n".join, "ligne": ", ".join},
}

T = VariableType
CORE = (
    Variable("courrier.reference", "référence du courrier"),
    Variable("courrier.date", "date du courrier", T.DATE),
    Variable("beneficiaire.nom", "nom du bénéficiaire"),
    Variable("beneficiaire.adresse", "adresse du bénéficiaire", T.LINES),
    Variable("beneficiaire.siret", "SIRET du bénéficiaire"),
    Variable("beneficiaire.prive", "organisme privé (oui ou non)", T.FLAG),
    Variable("dossier.reference", "numéro de la demande"),
    Variable("dossier.intitule", "intitulé de l’action"),
    Variable("dossier.depose_le", "date et heure du dépôt", T.INSTANT),
    Variable("dossier.recu_le", "date de réception", T.DATE),
    Variable("dossier.papier", "dépôt sur papier (oui ou non)", T.FLAG),
    Variable("dossier.montant_demande", "montant demandé", T.AMOUNT),
    Variable("dossier.debut", "début de l’action", T.DATE),
    Variable("dossier.fin", "fin de l’action", T.DATE),
    Variable("dossier.pieces_manquantes", "pièces manquantes", T.LINES),
    Variable("dossier.pieces_avant_le", "date limite des pièces manquantes", T.DATE),
    Variable("dossier.attestation_avant_le", "date limite de l’attestation", T.DATE),
    Variable("fiche.code", "code de la fiche"),
    Variable("fiche.titre", "titre de la fiche"),
    Variable("campagne.exercice", "exercice de la campagne", T.NUMBER),
    Variable("service.nom", "nom du service"),
    Variable("service.direction", "direction du service"),
    Variable("service.adresse", "adresse du service", T.LINES),
    Variable("service.courriel", "adresse e-mail du service"),
    Variable("service.telephone", "téléphone du service"),
    Variable("departement.nom", "nom du Département"),
    Variable("agent.nom", "agent chargé du dossier"),
    Variable("agent.courriel", "adresse e-mail de l’agent"),
    Variable("agent.telephone", "téléphone de l’agent"),
    Variable("signataire.qualite", "qualité du signataire"),
    Variable("signataire.nom", "prénom et nom du signataire"),
    Variable("tribunal.nom", "tribunal compétent"),
    Variable("tribunal.adresse", "adresse du tribunal", T.LINES),
    Variable("tribunal.url", "saisine en ligne du tribunal"),
    Variable("dpo.courriel", "adresse du délégué à la protection des données"),
    Variable("delais.recours_mois", "délai de recours, en mois", T.NUMBER),
    Variable("delais.versement_jours", "délai de versement, en jours", T.NUMBER),
    Variable("delais.bilan_mois", "délai du compte rendu financier, en mois", T.NUMBER),
    Variable("silence.mois", "silence valant rejet, en mois", T.NUMBER),
    Variable("silence.rejet_le", "date du rejet implicite", T.DATE),
    Variable("texte.recours", "voies et délais de recours"),
    Variable("texte.rgpd", "mention sur les données personnelles"),
    Variable("texte.silence", "effet du silence"),
    # Given by the caller in ``context``: only the decision knows them.
    Variable("decision.montant", "montant attribué", T.AMOUNT),
    Variable("decision.exercice", "exercice de la subvention", T.NUMBER),
    Variable("decision.date", "date de la décision", T.DATE),
    Variable("decision.deliberation", "numéro de la délibération"),
    Variable("decision.rapport", "numéro du rapport"),
    Variable("decision.rapport_titre", "titre du rapport"),
    Variable("decision.base", "dépense subventionnable", T.AMOUNT),
    Variable("decision.conditions", "conditions de la décision"),
    Variable("decision.convention", "convention obligatoire (oui ou non)", T.FLAG),
    Variable("decision.motif", "motif du refus"),
    Variable("decision.precision", "précision du motif"),
)

Provider = Callable[["Application", str, datetime], Mapping[str, Any]]
_catalogue: dict[str, Variable] = {}
_providers: list[Provider] = []


def register_variables(variables: Iterable[Variable], provide: Provider | None = None) -> None:
    """Add variables to the catalogue, and maybe what gives their values for a dossier.

    Args:
        variables: Entries; a name registered again replaces the first one.
        provide: ``(application, letter kind, at) -> {name: value}``; ``None`` values are absent.
    """
    _catalogue.update({variable.name: variable for variable in variables})
    if provide is not None and provide not in _providers:
        _providers.append(provide)


def catalogue() -> dict[str, Variable]:
    """Return every variable known, by name."""
    return dict(_catalogue)


def provided_values(application: "Application", kind: str, at: datetime) -> dict[str, Any]:
    """Return what all the providers know of a dossier for a kind of letter."""
    values: dict[str, Any] = {}
    for provide in _providers:
        values.update(provide(application, kind, at))
    return values


def write(type_: VariableType, value: Any, format_name: str = "") -> str:
    """Write a value in a format of its type.

    Raises:
        KeyError: If the type has no such format.
    """
    return FORMATS[type_][format_name](value)


# --- Freezing: the values of an issued letter are kept as JSON ------------------------------------
def to_json(type_: VariableType, value: Any) -> Any:
    """Return a value as JSON keeps it, exactly."""
    match type_:
        case VariableType.AMOUNT:
            return str(Decimal(value))
        case VariableType.DATE | VariableType.INSTANT:
            return value.isoformat()
        case VariableType.NUMBER:
            return int(value)
        case VariableType.FLAG:
            return bool(value)
        case VariableType.LINES:
            return [str(line) for line in value]
        case _:
            return str(value)


def from_json(type_: VariableType, value: Any) -> Any:
    """Return the value that :func:`to_json` kept."""
    match type_:
        case VariableType.AMOUNT:
            return Decimal(value)
        case VariableType.DATE:
            return date.fromisoformat(value)
        case VariableType.INSTANT:
            return datetime.fromisoformat(value)
        case _:
            return value


def is_absent(value: Any) -> bool:
    """Tell whether a value leaves a hole in a sentence: nothing, blank, an empty list."""
    return value is None or value == [] or (isinstance(value, str) and not value.strip())


register_variables(CORE)
