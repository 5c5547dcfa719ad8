"""One way of making a list page: scope, filter, order, cut into pages.

The URL holds everything (filters, ``tri``, ``par``, ``page``), so a list can be bookmarked, sent to
a colleague, exported, and the back button brings it back.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator
from django.db.models import Count, F, QuerySet
from django.http import HttpRequest

from config.templatetags.fr import date_fr


PER_PAGE = (25, 50, 100)
SORT, SIZE, PAGE = "tri", "par", "page"


@dataclass(frozen=True)
class Sort:
    """One way of ordering a list.

    Attributes:
        key: Word in the URL (« montant »).
        fields: Model fields or annotations, most significant first.
        descending_first: The first click puts the greatest first (dates, amounts).
    """

    key: str
    fields: tuple[str, ...]
    descending_first: bool = False


@dataclass(frozen=True)
class FilterTag:
    label: str
    value: str
    remove_url: str


class _KnownCountPaginator(Paginator):
    def __init__(self, *args, known_count: int, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.count = known_count


class ListPage:
    """A list as one request asks for it.

    Args:
        request: Its GET parameters drive everything.
        queryset: Already scoped with ``visible_to``.
        sorts: The orders offered; anything else in the URL is ignored.
        default_sort: A key, with ``-`` in front for the reverse order.
        filter_class: A django-filter ``FilterSet``, or what makes one.
        totals: Aggregates over the whole filtered set (``{"requested": Sum("requested_amount")}``).
        export_url: Address that exports what is filtered, given the same parameters.
        per_page: Rows a page when the URL does not say.
    """

    def __init__(
        self,
        request: HttpRequest,
        queryset: QuerySet,
        *,
        sorts: Sequence[Sort] = (),
        default_sort: str = "",
        filter_class: Callable | None = None,
        totals: Mapping | None = None,
        export_url: str = "",
        per_page: int = PER_PAGE[0],
    ) -> None:
        self.request = request
        self.params = request.GET
        self.base = queryset
        self.sorts = {sort.key: sort for sort in sorts}
        self.default_sort = default_sort
        self.filter_class = filter_class
        self.aggregates = dict(totals or {})
        self.export_base = export_url
        self.default_size = per_page

    # --- Filter -----------------------------------------------------------------------------
    @cached_property
    def filterset(self):
        if self.filter_class is None:
            return None
        return self.filter_class(self.params, queryset=self.base, request=self.request)

    @cached_property
    def form(self):
        return self.filterset.form if self.filterset is not None else None

    @cached_property
    def filtered(self) -> QuerySet:
        """The whole filtered set, not ordered yet; an invalid filter gives nothing."""
        if self.filterset is None:
            return self.base
        return self.filterset.qs if self.filterset.is_valid() else self.base.none()

    @cached_property
    def tags(self) -> list[FilterTag]:
        """The filters in force, with the words of their choices."""
        if self.filterset is None or not self.filterset.is_valid():
            return []
        tags = []
        for bound in self.form:
            value = self.form.cleaned_data.get(bound.name)
            if value in (None, "", []) or (hasattr(value, "exists") and not value):
                continue
            for name, text in self._values(bound, value):
                tags.append(FilterTag(str(bound.label or bound.name), text, name))
        return tags

    def _values(self, bound, value) -> list[tuple[str, str]]:
        """Return (URL without it, words) for each value chosen in a field."""
        raw_values = self.params.getlist(bound.html_name)
        if len(raw_values) <= 1:
            suffixes = getattr(bound.field.widget, "suffixes", ())  # ranges: one input each
            gone = dict.fromkeys([bound.html_name, *(f"{bound.html_name}_{s}" for s in suffixes)])
            return [(self.url(**{**gone, PAGE: None}), _words(bound.field, value))]
        by_raw = {str(_raw(bound.field, one)): one for one in value}
        return [
            (
                self.url(**{bound.html_name: [r for r in raw_values if r != raw], PAGE: None}),
                _words(bound.field, [by_raw[raw]] if raw in by_raw else raw),
            )
            for raw in raw_values
        ]

    @property
    def is_filtered(self) -> bool:
        return bool(self.tags)

    @cached_property
    def reset_url(self) -> str:
        """The same list without any filter, order and size kept."""
        return self._address({key: self.params.getlist(key) for key in (SORT, SIZE)})

    # --- Order --------------------------------------------------------------------------------
    @cached_property
    def sort(self) -> tuple[str, bool]:
        """The order in force: (key, descending)."""
        for asked in (self.params.get(SORT, ""), self.default_sort):
            key = asked.removeprefix("-")
            if key in self.sorts:
                return key, asked.startswith("-")
        return "", False

    @cached_property
    def ordered(self) -> QuerySet:
        """The filtered set in order, with the primary key to settle ties."""
        key, descending = self.sort
        if not key:
            return self.filtered if self.filtered.ordered else self.filtered.order_by("pk")
        fields = [
            F(name).desc(nulls_last=True) if descending else F(name).asc(nulls_last=True)
            for name in self.sorts[key].fields
        ]
        return self.filtered.order_by(*fields, "pk")

    def direction(self, key: str) -> str:
        """Value of ``aria-sort`` for a column; empty when it does not lead."""
        current, descending = self.sort
        if key not in self.sorts:
            raise KeyError(key)
        if key != current:
            return ""
        return "descending" if descending else "ascending"

    def sort_url(self, key: str) -> str:
        direction = self.direction(key)
        descending = direction == "ascending" if direction else self.sorts[key].descending_first
        return self.url(**{SORT: f"-{key}" if descending else key, PAGE: None})

    # --- Totals and pages -----------------------------------------------------------------------
    @cached_property
    def _aggregated(self) -> dict:
        if not self.aggregates:
            return {"_count": self.filtered.count()}
        return self.filtered.order_by().aggregate(_count=Count("pk"), **self.aggregates)

    @property
    def count(self) -> int:
        return self._aggregated["_count"]

    @property
    def totals(self) -> dict:
        """Totals over the whole filtered set, not over the page."""
        return {key: value for key, value in self._aggregated.items() if key != "_count"}

    @cached_property
    def size(self) -> int:
        asked = self.params.get(SIZE, "")
        sizes = {str(size): size for size in (*PER_PAGE, self.default_size)}
        return sizes.get(asked, self.default_size)

    @cached_property
    def page(self) -> Page:
        paginator = _KnownCountPaginator(self.ordered, self.size, known_count=self.count)
        return paginator.get_page(self.params.get(PAGE))

    @property
    def rows(self) -> Sequence:
        return self.page.object_list

    @property
    def page_links(self) -> list[dict]:
        """The pages to show; ``None`` as a number stands for those left out."""
        pages = self.page.paginator.get_elided_page_range(
            self.page.number, on_each_side=1, on_ends=1
        )
        return [
            {"number": number, "url": self.url(page=number), "current": number == self.page.number}
            if isinstance(number, int)
            else {"number": None, "url": "", "current": False}
            for number in pages
        ]

    @property
    def previous_url(self) -> str:
        page = self.page
        return self.url(page=page.previous_page_number()) if page.has_previous() else ""

    @property
    def next_url(self) -> str:
        return self.url(page=self.page.next_page_number()) if self.page.has_next() else ""

    @property
    def sizes(self) -> list[dict]:
        return [
            {"size": size, "url": self.url(par=size, page=None), "current": size == self.size}
            for size in PER_PAGE
        ]

    # --- Addresses --------------------------------------------------------------------------------
    def url(self, **changes) -> str:
        """The address of this list with some parameters changed (``None`` takes one away)."""
        values = {key: self.params.getlist(key) for key in self.params}
        for key, value in changes.items():
            values[key] = value if isinstance(value, list) else [] if value is None else [value]
        return self._address(values)

    @property
    def export_url(self) -> str:
        """Where exactly this list, filtered and ordered, can be had as a file."""
        if not self.export_base:
            return ""
        kept = {k: self.params.getlist(k) for k in self.params if k not in (PAGE, SIZE)}
        return self._address(kept, base=self.export_base)

    @property
    def kept_parameters(self) -> list[tuple[str, str]]:
        """Hidden inputs of the filter form: what is not a filter stays."""
        return [(key, self.params[key]) for key in (SORT, SIZE) if self.params.get(key)]

    def _address(self, values: Mapping[str, Sequence], base: str = "") -> str:
        query = urlencode([(k, v) for k, many in values.items() for v in many if v != ""])
        base = base or self.request.path
        return f"{base}?{query}" if query else base


def _raw(field, value) -> object:
    to_field = getattr(field, "prepare_value", None)
    return to_field(value) if to_field is not None else value


def _words(field, value) -> str:
    """Write a filter's value as the person chose it."""
    if value is True:
        return "oui"
    if value is False:
        return "non"
    if isinstance(value, slice):
        return " – ".join(_words(field, one) for one in (value.start, value.stop) if one)
    if isinstance(value, date):
        return date_fr(value)
    choices = _flat_choices(field)
    if isinstance(value, list | tuple | set | QuerySet):
        return ", ".join(_words(field, one) for one in value)
    return str(choices.get(str(value), value))


def _flat_choices(field) -> dict[str, str]:
    if hasattr(field, "queryset"):
        return {}
    flat = {}
    for key, label in getattr(field, "choices", ()):
        if isinstance(label, list | tuple):
            flat.update({str(k): str(v) for k, v in label})
        else:
            flat[str(key)] = str(label)
    return flat
