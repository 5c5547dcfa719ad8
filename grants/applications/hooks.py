"""What lower apps add to the dossier: filled in their ``AppConfig.ready()``, called here.

``after_submitted`` functions run inside the filing's transaction (they may write rows and queue
messages; they never call the network).
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from decimal import Decimal
from typing import Any


@dataclass(frozen=True)
class Panel:
    """A part of the applicant's or the office's dossier page that a lower app brings.

    Attributes:
        slug: Stable name.
        template: Path of the fragment.
        context: ``(user, application) -> dict`` for it; ``None`` leaves the panel out.
        audience: ``applicant`` or ``office``.
        order: Rank among the panels.
    """

    slug: str
    template: str
    context: Callable[[Any, Any], dict | None]
    audience: str
    order: int = 100


after_submitted: list[Callable[..., None]] = []
# A redaction of words: ``hook(application_id=)`` locks what must be before the dossier,
# ``finder(application, words) -> list[Trace]`` says before where the words also stand,
# ``hook(application=, words=, at=)`` masks them there, in its transaction (masking.py).
before_redaction: list[Callable[..., None]] = []
finders: list[Callable[..., list]] = []
on_redacted: list[Callable[..., None]] = []
#: ``(keys of dossiers) -> {key: euros}``: what was awarded *and notified*; filled by decisions.
award_readers: list[Callable[[Collection[int]], dict[int, Decimal]]] = []
#: ``(dossiers) -> {key: the person of the office in charge of it}``; filled by review.
officer_readers: list[Callable[[Collection[Any]], dict[int, Any]]] = []
#: ``(person, dossier) -> whether they stand aside from it``; filled by review.
recusal_readers: list[Callable[[Any, Any], bool]] = []
#: ``(person, dossier, day) -> the officer in whose place they act, if any``; filled by review.
stand_in_readers: list[Callable[[Any, Any, Any], Any]] = []
#: ``(dossiers, day) -> {key: who stands in for its officer that day}``; filled by review.
substitute_readers: list[Callable[[Collection[Any], Any], dict[int, list[Any]]]] = []
#: ``(person, dossier, day) -> whether they instruct it``; filled by review.
charge_readers: list[Callable[[Any, Any, Any], bool]] = []
_panels: dict[str, Panel] = {}


def register_panel(panel: Panel) -> None:
    """Add a panel; a second registration under the same slug replaces the first."""
    _panels[panel.slug] = panel


def panels_for(audience: str, user: Any, application: Any) -> list[tuple[Panel, dict]]:
    """Return the panels that have something to show, in their order, with their context."""
    shown = []
    for panel in sorted(_panels.values(), key=lambda p: (p.order, p.slug)):
        if panel.audience != audience:
            continue
        context = panel.context(user, application)
        if context is not None:
            shown.append((panel, context))
    return shown


def notified_awards(application_ids: Collection[int]) -> dict[int, Decimal]:
    """Return the amounts awarded and notified, in euros, by key of the dossier."""
    awards: dict[int, Decimal] = {}
    for read in award_readers if application_ids else ():
        awards |= read(application_ids)
    return awards


def officers_of(applications: Collection[Any]) -> dict[int, Any]:
    """Return who instructs each dossier, by its key; those not assigned are left out."""
    officers: dict[int, Any] = {}
    for read in officer_readers if applications else ():
        officers |= read(applications)
    return officers


def substitutes_of(applications: Collection[Any], on: Any) -> dict[int, list[Any]]:
    """Return who stands in for the officer of each dossier on a day, by its key; most have none."""
    found: dict[int, list[Any]] = {}
    for read in substitute_readers if applications else ():
        found |= read(applications, on)
    return found


def is_recused(person: Any, application: Any) -> bool:
    """Tell whether a person of the office stands aside from a dossier."""
    return any(read(person, application) for read in recusal_readers)


def stands_in_for(person: Any, application: Any, on: Any) -> Any:
    """Return the officer in whose place a person of the office acts on a dossier that day."""
    for read in stand_in_readers:
        found = read(person, application, on)
        if found is not None:
            return found
    return None


def is_in_charge(person: Any, application: Any, on: Any) -> bool:
    """Tell whether a person instructs a dossier that day: its officer, a substitute, the head."""
    return any(read(person, application, on) for read in charge_readers)
