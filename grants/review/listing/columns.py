"""The columns of the desk's lists: on the screen, in the address, in the files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from config.listing import Sort
from config.spreadsheets import Column, Kind
from grants.applications.labels import office_words
from grants.review.listing.places import (
    PLACES,
    communes_words,
    neighbourhoods_words,
    territories_words,
)
from grants.review.listing.reads import Reads
from grants.review.listing.rows import PARTS, may_read_scores
from partners.enums import OrganisationKind


if TYPE_CHECKING:
    from accounts.models import User

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
        read: How its value is taken, in the list and in the files.
        kind: How it is written.
        marks: Parts of :mod:`grants.review.listing.rows` that its cell on the screen shows beside.
        sort: How the list is ordered by it.
        is_scored: Goes along with the scores: only for those who read them.
        sums: Name of its total under the list.
    """

    key: str
    label: str
    help: str
    read: Reads
    kind: Kind = Kind.TEXT
    marks: tuple[str, ...] = ()
    sort: DeskSort | None = None
    is_scored: bool = False
    sums: str = ""

    @property
    def is_number(self) -> bool:
        return self.kind in {Kind.MONEY, Kind.SCORE, Kind.COUNT}

    @property
    def needs(self) -> tuple[str, ...]:
        """Parts of :mod:`grants.review.listing.rows` that the screen reads."""
        return (*(name for name in self.read.names if name in PARTS), *self.marks)

    @property
    def reads_places(self) -> bool:
        return PLACES in self.read.names

    def for_file(self) -> Column:
        return Column(self.label, self.kind, self.help, self.read)


def _sort(key: str, *fields: str, **more: Any) -> DeskSort:
    return DeskSort(key, fields, **more)


def _full_name(first_name: str | None, last_name: str | None) -> str:
    """Return the name of who is in charge, empty when nobody is."""
    return " ".join(filter(None, (first_name, last_name)))


def _opinions_in(asked: int, given: int) -> str:
    """Return how many opinions are in: « 2/3 reçus »; empty when none was asked."""
    if not asked:
        return ""
    return f"{given}/{asked} reçu{'s' if given > 1 else ''}"


officer_name = Reads("officer_first_name", "officer_last_name", words=_full_name)
opinions_words = Reads("opinions_asked", "opinions_given", words=_opinions_in)
# What names a dossier: always there, in one cell on the screen, in two columns in the files.
REFERENCE = Column(
    "Référence", Kind.TEXT, "Référence du dossier, sans trou dans l’année", Reads("reference")
)
TITLE = Column("Intitulé", Kind.TEXT, "Intitulé de l’action", Reads("title"))
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
        Reads("organisation__legal_name"),
        sort=_sort("organisation", "organisation__search_name"),
    ),
    DeskColumn(
        "nature",
        "Nature",
        "Nature du demandeur",
        Reads("organisation__kind", words=dict(OrganisationKind.choices).get),
        sort=_sort("nature", "organisation__kind"),
    ),
    DeskColumn(
        "type",
        "Demande",
        "Première demande, ou renouvellement dès qu’une année antérieure a été financée",
        Reads("renews", words=lambda renews: "Renouvellement" if renews else "Première demande"),
    ),
    DeskColumn(
        "campagne",
        "Campagne",
        "Campagne de la fiche",
        Reads("sheet__campaign__name"),
        sort=_sort("campagne", "sheet__campaign__fiscal_year", "sheet__campaign__name"),
    ),
    DeskColumn(
        "fiche",
        "Fiche",
        "Code et titre de la fiche d’appel à projets",
        Reads("sheet__code", "sheet__title", words="{} – {}".format),
        sort=_sort("fiche", "sheet__code", "sheet__title"),
    ),
    DeskColumn(
        "territoires",
        "Territoires",
        "Numéros des territoires de l’action, ou «\u00a0tous\u00a0»",
        Reads("whole_department", PLACES, words=territories_words),
    ),
    DeskColumn(
        "communes",
        "Communes",
        "Communes de l’action",
        Reads("whole_department", PLACES, words=communes_words),
    ),
    DeskColumn(
        "qpv",
        "Quartiers prioritaires",
        "Quartiers prioritaires choisis comme lieux",
        Reads(PLACES, words=neighbourhoods_words),
    ),
    DeskColumn(
        "etat",
        "État",
        "État de l’instruction",
        Reads("told_state", "paper_state", words=office_words),
        sort=_sort("etat", "state_rank", "reference", needs=("state_rank",)),
    ),
    DeskColumn(
        "charge",
        "Chargé",
        "Personne qui instruit le dossier",
        officer_name,
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
        Reads("filed_on"),
        Kind.DAY,
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
        Reads("awaited_on"),
        Kind.DAY,
        sort=_sort("attendu", "awaited_on", "reference", needs=("awaited_on",)),
    ),
    DeskColumn(
        "silence",
        "Délai légal",
        "Jour indicatif du rejet implicite si rien n’est répondu\u00a0; repoussé par chaque "
        "attente de pièces",
        Reads("silence_on"),
        Kind.DAY,
        marks=("suspended_until",),
        sort=_sort("silence", "silence_on", "reference", needs=("silence_on",)),
    ),
    DeskColumn(
        "avis",
        "Avis",
        "Avis reçus sur avis demandés",
        opinions_words,
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
        Reads("requested_amount"),
        Kind.MONEY,
        sort=_sort("demande", "requested_amount", descending_first=True),
        sums="requested",
    ),
    DeskColumn(
        "propose",
        "Proposé",
        "Montant proposé par l’instruction, en euros\u00a0; vide là où les notes vous sont cachées",
        Reads("shown_proposed_amount"),
        Kind.MONEY,
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
        Reads("shown_total"),
        Kind.SCORE,
        marks=("shown_needs_third",),
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
