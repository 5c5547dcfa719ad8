"""The desk's list as an address asks for it: rows, totals, neighbours, whatever their number."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import chain
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.db.models import Count, F, Q, QuerySet, Sum, Value
from django.db.models.functions import Greatest
from django.http import QueryDict
from django.urls import reverse

from config.listing import PAGE, SIZE, SORT, ListPage
from grants.applications.models import Application
from grants.review.filters import DeskFilter
from grants.review.listing.baskets import BASKET, Basket, basket_of, in_basket
from grants.review.listing.columns import (
    COLUMNS_PARAMETER,
    NAMING,
    REFERENCE,
    DeskSort,
    chosen_columns,
    sorts_for,
)
from grants.review.listing.places import PLACES, places_of
from grants.review.listing.reads import Found, found_by_name, names_read, rows_of
from grants.review.listing.rows import (
    PARTS,
    fetched_with_parts,
    for_rows,
    only_shown,
    with_parts,
)
from grants.review.permissions import left_out_words, scores_hidden_from


if TYPE_CHECKING:
    from datetime import date

    from accounts.models import User
    from config.spreadsheets import Column, Value as Cell

WAITING_LIST, EVERYTHING = "en-attente", "tous"
FEW = 2000  # dossiers: so many are sorted at once
VIEW = "vue"  # the saved view that one began with
# What a row shows beside its columns: marks, and the lines under a cell.
_ON_SCREEN = (
    "awaited_on",
    "filed_on",
    "hides_scores",
    "moved_since_visit",
    "rejection_proposed",
    "officer_first_name",
    "officer_last_name",
)


@dataclass(frozen=True)
class _Asked:
    """What a list reads of a request: there may be none (a job, a selection)."""

    user: User
    GET: QueryDict
    path: str


class DeskList(ListPage):
    """The dossiers of a basket, filtered, ordered, with the columns one wants.

    The basket, the columns and the saved view are places, not filters: they stay in every address.
    The rows are found by their keys first, in an order that reads as little as it can, then
    fetched with what their columns show; totals read neither.

    Args:
        user: Who looks: they only find what they may open.
        params: Parameters of the address.
        on: Today.
    """

    def __init__(self, user: User, params: QueryDict, *, on: date) -> None:
        self.user, self.on = user, on
        self.basket: Basket = basket_of(params.get(BASKET, ""), user.access)
        visible = Application.objects.office_visible_to(user)
        self.columns = chosen_columns(params.getlist(COLUMNS_PARAMETER), self.basket.slug, user)
        super().__init__(
            _Asked(user, params, reverse("review:desk")),
            in_basket(visible, self.basket.slug, user),
            sorts=sorts_for(user),
            default_sort="attendu" if self.basket.slug == WAITING_LIST else "-depot",
            filter_class=partial(DeskFilter, on=on),
            totals={"requested": Sum("requested_amount"), **self._hidden_totals()},
        )

    def _hidden_totals(self) -> dict[str, Any]:
        if not any(column.sums == "proposed" for column in self.columns):
            return {}
        return {
            "proposed": Sum(only_shown("proposed_amount", self.user)),
            "hidden": Count("pk", filter=scores_hidden_from(self.user)),
        }

    @property
    def left_out(self) -> str:
        """What the total of the amounts proposed leaves out, in words; empty when nothing is."""
        return left_out_words(self.totals.get("hidden") or 0)

    @property
    def total_cells(self) -> list[dict[str, Any]]:
        """Return the total under each column; empty under those that have none."""
        return [
            {"column": column, "value": self.totals.get(column.sums)} for column in self.columns
        ]

    # --- Order --------------------------------------------------------------------------------
    @cached_property
    def keyed(self) -> QuerySet:
        """The filtered set with what its order reads."""
        sort: DeskSort = self.sorts[self.sort[0]]
        return with_parts(self.filtered, sort.needs, self.user, self.on)

    @cached_property
    def ordered(self) -> QuerySet:
        key, descending = self.sort
        return self.keyed.order_by(*_order(self.sorts[key], descending=descending, back=False))

    def neighbours(self, application: Application) -> tuple[str, str]:
        """Return the references before and after a dossier in this list (empty at the ends).

        Two queries whatever the number of dossiers: its place in the order, then the nearest on
        each side. A dossier that left the list (one has just done what it waited for) keeps the
        place it would have there; both are empty for one that this person may not open.
        """
        key, descending = self.sort
        sort: DeskSort = self.sorts[key]
        own = Application.objects.office_visible_to(self.user).filter(pk=application.pk)
        own = with_parts(own, sort.needs, self.user, self.on)
        here = own.values_list(*sort.fields, "pk").first()
        if here is None:
            return "", ""
        by_index = self.basket.slug == EVERYTHING and not self.is_filtered
        before, after = (
            self.keyed.filter(_beyond(sort, here, descending=descending, back=back))
            .order_by(*_order(sort, descending=descending, back=back, by_index=by_index))
            .annotate(is_before=Value(back))
            .values_list("is_before", "reference")[:1]
            for back in (True, False)
        )
        found = dict(before.union(after, all=True))
        return found.get(True, ""), found.get(False, "")

    @property
    def sort_links(self) -> list[dict[str, Any]]:
        """Return the orders that the columns shown offer, for those who see no header."""
        labels = {"reference": REFERENCE.name}
        labels |= {column.sort.key: column.label for column in self.columns if column.sort}
        return [
            {"label": label, "url": self.sort_url(key), "current": key == self.sort[0]}
            for key, label in labels.items()
        ]

    # --- Rows ---------------------------------------------------------------------------------
    @cached_property
    def rows(self) -> Sequence[Application]:
        return self._fetch(self._keys, _ON_SCREEN)

    @property
    def _keys(self) -> list[int]:
        """The keys of the page, counted from the nearest end: the last page costs the first."""
        key, descending = self.sort
        before, end = max(self.page.start_index() - 1, 0), self.page.end_index()
        after = self.count - end
        back = before > after
        order = _order(self.sorts[key], descending=descending, back=back, by_index=self.count > FEW)
        keys = self.keyed.order_by(*order).values_list("pk", flat=True)
        if back:
            return list(keys[after : self.count - before])[::-1]
        return list(keys[before:end])

    def _fetch(self, keys: Sequence[int], parts: Iterable[str] = ()) -> list[Application]:
        """Return dossiers with what the columns read, in the order of their keys."""
        needs = {*parts, *(name for column in self.columns for name in column.needs)}
        rows = for_rows(Application.objects.filter(pk__in=keys))
        found = fetched_with_parts(rows, needs, self.user, self.on)
        by_key = {row.pk: row for row in found}
        if any(column.reads_places for column in self.columns):
            places = places_of(keys)
            for row in by_key.values():
                setattr(row, PLACES, places.get(row.pk, ()))
        return [by_key[key] for key in keys if key in by_key]

    # --- Files --------------------------------------------------------------------------------
    @cached_property
    def file_columns(self) -> list[Column]:
        return [*NAMING, *(column.for_file() for column in self.columns)]

    def file_rows(self) -> Iterator[tuple[Cell, ...]]:
        """Yield the values of the whole filtered set, in its order, with the chosen columns."""
        found = self.found_for_file()
        return chain.from_iterable(rows_of(self.file_columns, part) for part in found)

    def found_for_file(self, *parts: str) -> Iterator[Found]:
        """Yield what the columns read of the whole filtered set, in its order.

        The keys are read at once (the rows are those of that instant), what is shown of them a few
        hundred dossiers at a time.

        Args:
            parts: More of :mod:`grants.review.listing.rows` to read.
        """
        names = [*names_read(self.file_columns), *parts]
        dossiers = with_parts(
            Application.objects.all(), PARTS.intersection(names), self.user, self.on
        )
        return found_by_name(dossiers, self.ordered.values_list("pk", flat=True), names)

    # --- Addresses ----------------------------------------------------------------------------
    @property
    def _places(self) -> tuple[str, ...]:
        return (BASKET, SORT, SIZE, COLUMNS_PARAMETER, VIEW)

    @cached_property
    def reset_url(self) -> str:
        return self._address({key: self.params.getlist(key) for key in self._places})

    @property
    def kept_parameters(self) -> list[tuple[str, str]]:
        return self.parameters_but(*(set(self.params) - set(self._places)), PAGE)

    def parameters_but(self, *names: str) -> list[tuple[str, str]]:
        """Return the parameters of this list, without some."""
        found = [
            (key, value)
            for key in self.params
            if key not in (*names, COLUMNS_PARAMETER)
            for value in self.params.getlist(key)
            if value
        ]
        if self.has_chosen_columns and COLUMNS_PARAMETER not in names:
            found.append((COLUMNS_PARAMETER, ".".join(column.key for column in self.columns)))
        return found

    @property
    def around_columns(self) -> list[tuple[str, str]]:
        """Return what the form of the columns carries along."""
        return self.parameters_but(PAGE, COLUMNS_PARAMETER)

    @property
    def has_chosen_columns(self) -> bool:
        return COLUMNS_PARAMETER in self.params

    @property
    def usual_columns_url(self) -> str:
        return self.url(**{COLUMNS_PARAMETER: None, PAGE: None})

    @property
    def query(self) -> str:
        """The parameters of this list, for the addresses of its dossiers and of its files."""
        return urlencode(self.parameters_but(PAGE))


def _order(sort: DeskSort, *, descending: bool, back: bool, by_index: bool = True) -> list:
    """Return the order of a list, or the same one read backwards.

    What is empty comes last (first backwards). Fields that never are keep the plain order of an
    index; the key settles the ties in the same direction.

    Args:
        sort: The order.
        descending: It is the descending one.
        back: Read it backwards.
        by_index: An index may lead. Where few dossiers are found it must not: the database would
            walk through all those there are to meet them.
    """
    down = descending != back
    order = []
    for name in sort.fields:
        nulls = {} if name in sort.required else {"nulls_first" if back else "nulls_last": True}
        field = F(name) if by_index else Greatest(name, name)
        order.append(field.desc(**nulls) if down else field.asc(**nulls))
    return [*order, "-pk" if down else "pk"]


def _beyond(sort: DeskSort, here: Sequence, *, descending: bool, back: bool) -> Q:
    """Return the condition of the rows after one in an order (before it when ``back``).

    Args:
        sort: The order.
        here: Its values for that row, its key last.
        descending: The order is the descending one.
        back: Look for the rows before.
    """
    compare = "lt" if descending != back else "gt"
    beyond, same = Q(pk__in=[]), Q()
    for name, value in zip((*sort.fields, "pk"), here, strict=True):
        if value is None:
            further = Q(**{f"{name}__isnull": False}) if back else Q(pk__in=[])
            equal = Q(**{f"{name}__isnull": True})
        else:
            further = Q(**{f"{name}__{compare}": value})
            if not back and name != "pk" and name not in sort.required:
                further |= Q(**{f"{name}__isnull": True})
            equal = Q(**{name: value})
        beyond |= same & further
        same &= equal
    first = sort.fields[0]
    if first in sort.required:  # said apart, so that an index leads there
        beyond &= Q(**{f"{first}__{compare}e": here[0]})
    return beyond
