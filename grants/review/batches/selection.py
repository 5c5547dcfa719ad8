"""Which dossiers a batch is about, with what every preflight reads of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import BooleanField, ExpressionWrapper, OuterRef, Subquery

from config.errors import Refusal
from config.templatetags.fr import number_fr
from grants.applications.models import Application, Event
from grants.review.listing.saved import clean_query
from grants.review.listing.selection import desk_list
from grants.review.models import Assignment, AssignmentRole
from grants.review.permissions import recused_from


if TYPE_CHECKING:
    from datetime import date

    from django.db.models import QuerySet
    from django.http import QueryDict

    from accounts.models import User

MAX_DOSSIERS = 1000  # what one job goes through, and one page still shows
LARGEST_KEY = 2**63 - 1
ASIDE = "Vous êtes écarté de ce dossier, par un déport ou comme membre de l’organisation."
SOURCE, SOURCE_KEY = "source", "source_cle"


@dataclass(frozen=True)
class Choice:
    """Dossiers chosen in a list.

    Attributes:
        keys: Oldest reference first.
        title: Of the list, in words.
        said: Its filters and the like, as (name, words).
    """

    keys: list[int]
    title: str
    said: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True)
class Source:
    """A list of dossiers that is not the desk's (those of a session).

    Attributes:
        dossiers: What it holds; those a person may not see are left out afterwards.
        title: Its name.
        said: What else is to be said of it, as (name, words).
    """

    dossiers: QuerySet[Application]
    title: str
    said: Sequence[tuple[str, str]] = ()


_sources: dict[str, Callable[[User, int], Source | None]] = {}


def register_source(slug: str, find: Callable[[User, int], Source | None]) -> None:
    """Add a kind of list: ``find`` gives the one of a key, ``None`` when it is not for a person."""
    _sources[slug] = find


def chosen(user: User, posted: QueryDict, *, on: date) -> Choice:
    """Return the dossiers that a form chooses, and in which list.

    Args:
        user: Only what they may see on the office's side is kept; the rest is passed over without
            a word.
        posted: ``dossier`` once a dossier ticked, or ``tous``, with the desk's list in ``liste``;
            or ``source`` and ``source_cle``, for another list.
        on: Today: the list is the one of that day.

    Raises:
        Refusal: ``nothing_chosen`` or ``too_many`` (422).
    """
    if posted.get(SOURCE):
        source = _source(user, posted)
        return Choice(_seen_keys(user, source.dossiers), source.title, source.said)
    listing = desk_list(user, clean_query(posted.get("liste", "")), on=on)
    if posted.get("tous"):
        found, title = listing.filtered, f"Dossiers\u00a0: {listing.basket.label}"
    else:
        found = Application.objects.filter(pk__in=_keys(posted.getlist("dossier")))
        title = f"Dossiers choisis dans la liste «\u00a0{listing.basket.label}\u00a0»"
    said = [(tag.label, tag.value) for tag in listing.tags]
    return Choice(_seen_keys(user, found), title, said)


def _source(user: User, posted: QueryDict) -> Source:
    find = _sources.get(posted[SOURCE])
    keys = _keys([posted.get(SOURCE_KEY, "")])
    source = find(user, keys.pop()) if find and keys else None
    if source is None:
        raise Refusal("Cette liste de dossiers n’existe plus.", code="nothing_chosen")
    return source


def _seen_keys(user: User, found: QuerySet[Application]) -> list[int]:
    allowed = Application.objects.office_visible_to(user).filter(pk__in=found.values("pk"))
    keys = list(
        allowed.order_by("reference", "pk").values_list("pk", flat=True)[: MAX_DOSSIERS + 1]
    )
    if not keys:
        raise Refusal("Cochez d’abord des dossiers dans la liste.", code="nothing_chosen")
    if len(keys) > MAX_DOSSIERS:
        raise Refusal(
            f"Un lot porte sur {number_fr(MAX_DOSSIERS)} dossiers au plus\u00a0: resserrez la "
            "liste par des filtres.",
            code="too_many",
        )
    return keys


def _keys(values: Iterable[str]) -> set[int]:
    """Return the whole numbers that may be keys; the rest is nobody's dossier."""
    numbers = {int(one) for one in values if one.isascii() and one.isdecimal() and len(one) < 20}
    return {one for one in numbers if one <= LARGEST_KEY}


def batch_rows(user: User, keys: Iterable[int]) -> list[Application]:
    """Fetch the dossiers of a batch, in one query.

    Each has ``is_aside`` (this person stands aside from it), ``last_position`` (of its history),
    and who instructs it (``officer_key``, and :func:`officer_name`).
    """
    officer = Assignment.objects.filter(
        application=OuterRef("pk"), role=AssignmentRole.OFFICER, ended_at__isnull=True
    )
    history = Event.objects.filter(application=OuterRef("pk")).order_by("-position")
    rows = (
        Application.objects.office_visible_to(user)
        .filter(pk__in=list(keys))
        .select_related("organisation", "sheet__campaign")
        .annotate(
            is_aside=ExpressionWrapper(recused_from(user), output_field=BooleanField()),
            last_position=Subquery(history.values("position")[:1]),
            officer_key=Subquery(officer.values("person_id")[:1]),
            officer_first_name=Subquery(officer.values("person__first_name")[:1]),
            officer_last_name=Subquery(officer.values("person__last_name")[:1]),
        )
        .order_by("reference", "pk")
    )
    return list(rows)


def officer_name(application: Application) -> str:
    """Return who instructs a row of :func:`batch_rows`; empty without anybody."""
    return " ".join(filter(None, [application.officer_first_name, application.officer_last_name]))


def state_words(application: Application) -> str:
    """Say a dossier's state, as a reason to leave it out."""
    return f"À l’état «\u00a0{application.get_review_state_display()}\u00a0»"
