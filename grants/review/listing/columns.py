"""The columns of the desk's lists: on the screen, in the address, in the files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from config.listing import Sort
from config.spreadsheets import Column, Kind, Value
from grants.applications.labels import office_headline
from grants.review.listing.places import (
    communes_words,
    neighbourhoods_words,
    territories_words,
)
from grants.review.listing.rows import may_read_scores


if TYPE_CHECKING:
    from accounts.models import User
    from grants.applications.models import Application

COLUMNS_PARAMETER = "col"


@dataclass(frozen=True)
class DeskSort(Sort):
    """A way of ordering the desk's lists.

    Attributes:
        needs: Parts of :mod:`grants.review.listing.rows` it reads.
        required: Those of its fields that are never empty: an index may then serve it.
    """

    needs: tuple[str, ...] = ()
    required: frozenset[str] = frozenset()


@dataclass(frozen=True)
class DeskColumn:
    """A column that a person chooses to see.

    Attributes:
        key: Word in the address.
        label: On the screen and in the files.
        help: What it holds, for the files.
        read: Its value in a file, from a row with its parts.
        kind: How it is written.
        needs: Parts of :mod:`grants.review.listing.rows` it reads.
        sort: How the list is ordered by it.
        is_scored: Goes along with the scores: only for those who read them.
        reads_places: Names the places of the action.
        sums: Name of its total under the list.
    """

    key: str
    label: str
    help: str
    read: Callable[[Application], Value]
    kind: Kind = Kind.TEXT
    needs: tuple[str, ...] = ()
    sort: DeskSort | None = None
    is_scored: bool = False
    reads_places: bool = False
    sums: str = ""

    @property
    def is_number(self) -> bool:
        return self.kind in {Kind.MONEY, Kind.SCORE, Kind.COUNT}

    def for_file(self) -> Column:
        return Column(self.label, self.kind, self.help, self.read)


def _sort(key: str, *fields: str, **more: Any) -> DeskSort:
    return DeskSort(key, fields, **more)


def officer_name(application: Application) -> str:
    """Return the name of who is in charge, empty when nobody is."""
    names = (application.officer_first_name, application.officer_last_name)
    return " ".join(filter(None, names))


def opinions_words(application: Application) -> str:
    """Return how many opinions are in: « 2/3 reçus »; empty when none was asked."""
    asked, given = application.opinions_asked, application.opinions_given
    if not asked:
        return ""
    return f"{given}/{asked} reçu{'s' if given > 1 else ''}"


# What names a dossier: always there, in one cell on the screen, in two columns in the files.
REFERENCE = Column(
    "Référence", Kind.TEXT, "Référence du dossier, sans trou dans l’année", lambda a: a.reference
)
TITLE = Column("Intitulé", Kind.TEXT, "Intitulé de l’action", lambda a: a.title)
NAMING = (REFERENCE, TITLE)
# The number has four digits, then five: the text alone would put 10000 before 9999.
BY_REFERENCE = DeskSort(
    "reference",
    ("reference_year", "reference_length", "reference"),
    descending_first=True,
    needs=("reference_year", "reference_length"),
    required=frozenset({"reference_year", "reference_length", "reference"}),
)
COLUMNS: tuple[DeskColumn, ...] = (
    DeskColumn(
        "demandeur",
        "Demandeur",
        "Dénomination du demandeur",
        lambda a: a.organisation.legal_name,
        sort=_sort("organisation", "organisation__search_name"),
    ),
    DeskColumn(
        "nature",
        "Nature",
        "Nature du demandeur",
        lambda a: a.organisation.get_kind_display(),
        sort=_sort("nature", "organisation__kind"),
    ),
    DeskColumn(
        "type",
        "Demande",
        "Première demande, ou renouvellement dès qu’une année antérieure a été financée",
        lambda a: "Renouvellement" if a.renews else "Première demande",
        needs=("renews",),
    ),
    DeskColumn(
        "campagne",
        "Campagne",
        "Campagne de la fiche",
        lambda a: a.sheet.campaign.name,
        sort=_sort("campagne", "sheet__campaign__fiscal_year", "sheet__campaign__name"),
    ),
    DeskColumn(
        "fiche",
        "Fiche",
        "Code et titre de la fiche d’appel à projets",
        lambda a: f"{a.sheet.code} – {a.sheet.title}",
        sort=_sort("fiche", "sheet__code", "sheet__title"),
    ),
    DeskColumn(
        "territoires",
        "Territoires",
        "Numéros des territoires de l’action, ou «\u00a0tous\u00a0»",
        territories_words,
        reads_places=True,
    ),
    DeskColumn(
        "communes",
        "Communes",
        "Communes de l’action",
        communes_words,
        reads_places=True,
    ),
    DeskColumn(
        "qpv",
        "Quartiers prioritaires",
        "Quartiers prioritaires choisis comme lieux",
        neighbourhoods_words,
        reads_places=True,
    ),
    DeskColumn(
        "etat",
        "État",
        "État de l’instruction",
        lambda a: office_headline(a).label,
        sort=_sort("etat", "state_rank", "reference", needs=("state_rank",)),
    ),
    DeskColumn(
        "charge",
        "Chargé",
        "Personne qui instruit le dossier",
        officer_name,
        needs=("officer_first_name", "officer_last_name"),
        sort=_sort(
            "charge",
            "officer_last_name",
            "officer_first_name",
            needs=("officer_first_name", "officer_last_name"),
        ),
    ),
    DeskColumn(
        "depot",
        "Déposé",
        "Jour du dépôt (réception pour le papier)",
        lambda a: a.filed_on,
        Kind.DAY,
        needs=("filed_on",),
        sort=_sort(
            "depot",
            "filed_on",
            "submitted_at",
            needs=("filed_on",),
            descending_first=True,
            required=frozenset({"filed_on", "submitted_at"}),
        ),
    ),
    DeskColumn(
        "attendu",
        "Attendu",
        "Jour avant lequel des compléments ou des pièces sont attendus du demandeur",
        lambda a: a.awaited_on,
        Kind.DAY,
        needs=("awaited_on",),
        sort=_sort("attendu", "awaited_on", "reference", needs=("awaited_on",)),
    ),
    DeskColumn(
        "silence",
        "Délai légal",
        "Jour indicatif du rejet implicite si rien n’est répondu\u00a0; repoussé par chaque "
        "attente de pièces",
        lambda a: a.silence_on,
        Kind.DAY,
        needs=("silence_on", "suspended_until"),
        sort=_sort("silence", "silence_on", "reference", needs=("silence_on",)),
    ),
    DeskColumn(
        "avis",
        "Avis",
        "Avis reçus sur avis demandés",
        opinions_words,
        needs=("opinions_asked", "opinions_given"),
        sort=_sort(
            "avis",
            "opinions_given",
            "opinions_asked",
            needs=("opinions_asked", "opinions_given"),
            descending_first=True,
        ),
    ),
    DeskColumn(
        "demande",
        "Demandé",
        "Montant demandé, en euros",
        lambda a: a.requested_amount,
        Kind.MONEY,
        sort=_sort("demande", "requested_amount", descending_first=True),
        sums="requested",
    ),
    DeskColumn(
        "propose",
        "Proposé",
        "Montant proposé par l’instruction, en euros\u00a0; vide là où les notes vous sont cachées",
        lambda a: a.shown_proposed_amount,
        Kind.MONEY,
        needs=("shown_proposed_amount",),
        sort=_sort(
            "propose",
            "shown_proposed_amount",
            needs=("shown_proposed_amount",),
            descending_first=True,
        ),
        is_scored=True,
        sums="proposed",
    ),
    DeskColumn(
        "note",
        "Note",
        "Note sur 100\u00a0; vide sans notation définitive, et là où elle vous est cachée",
        lambda a: a.shown_total,
        Kind.SCORE,
        needs=("shown_total", "shown_needs_third"),
        sort=_sort("note", "shown_total", needs=("shown_total",), descending_first=True),
        is_scored=True,
    ),
)
DEFAULT = ("demandeur", "etat", "depot", "silence", "avis", "demande", "note")
DEFAULTS = {
    "a-affecter": ("demandeur", "territoires", "depot", "silence", "demande"),
    "en-attente": ("demandeur", "etat", "depot", "attendu", "silence", "demande"),
    "tous": ("demandeur", "etat", "depot", "avis", "demande", "propose", "note"),
}


def columns_for(user: User) -> list[DeskColumn]:
    """Return the columns a person may choose."""
    scored = may_read_scores(user)
    return [column for column in COLUMNS if scored or not column.is_scored]


def chosen_columns(asked: Sequence[str], basket: str, user: User) -> list[DeskColumn]:
    """Return the columns an address asks for, in our order; those of the basket by default.

    A form repeats the parameter, our addresses join the words with points.
    """
    offered = columns_for(user)
    wanted = {key for one in asked for key in one.split(".")} & {column.key for column in offered}
    wanted = wanted or set(DEFAULTS.get(basket, DEFAULT))
    return [column for column in offered if column.key in wanted]


def sorts_for(user: User) -> list[DeskSort]:
    """Return the orders a person may ask for."""
    return [BY_REFERENCE, *(column.sort for column in columns_for(user) if column.sort)]
