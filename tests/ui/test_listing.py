"""One list page: filter, order, pages, totals, and a URL that holds everything."""

from datetime import date

import django_filters
import pytest
from django.db.models import Max
from django.template import Context, Template
from django.test import RequestFactory

from config.listing import ListPage, Sort
from foundation.parameters.models import Parameter


pytestmark = pytest.mark.django_db

KEYS = [("a", "Lettre A"), ("b", "Lettre B")]


class ParameterFilter(django_filters.FilterSet):
    key = django_filters.MultipleChoiceFilter(label="Clé", choices=KEYS)
    text = django_filters.CharFilter(label="Texte", field_name="label", lookup_expr="icontains")
    valid_from = django_filters.DateFromToRangeFilter(label="Date")

    class Meta:
        model = Parameter
        fields = ["key", "text", "valid_from"]


SORTS = [
    Sort("cle", ("key",)),
    Sort("date", ("valid_from",), descending_first=True),
    Sort("intitule", ("label",)),
]


def a_list(query: str = "", **kwargs) -> ListPage:
    request = RequestFactory().get(f"/liste/{query}")
    options = {"sorts": SORTS, "default_sort": "-date", "filter_class": ParameterFilter}
    return ListPage(request, Parameter.objects.all(), **options | kwargs)


@pytest.fixture
def sixty():
    Parameter.objects.bulk_create(
        Parameter(
            key="a" if number % 2 else "b",
            value=str(number),
            valid_from=date(2026, 1 + number // 28, 1 + number % 28),
            label=f"Ligne {number:02d}",
        )
        for number in range(60)
    )


@pytest.mark.usefixtures("sixty")
@pytest.mark.parametrize(
    ("query", "rows"),
    [("", 25), ("?par=50", 50), ("?par=100", 60), ("?par=7000", 25), ("?par=x", 25)],
)
def test_rows_per_page_are_25_50_or_100(query: str, rows: int):
    assert len(a_list(query).rows) == rows


@pytest.mark.usefixtures("sixty")
@pytest.mark.parametrize(("query", "number"), [("?page=3", 3), ("?page=99", 3), ("?page=x", 1)])
def test_a_page_that_does_not_exist_gives_the_nearest(query: str, number: int):
    assert a_list(query).page.number == number


@pytest.mark.usefixtures("sixty")
def test_the_order_is_whitelisted():
    assert a_list("?tri=intitule").rows[0].label == "Ligne 00"
    assert a_list("?tri=-intitule").rows[0].label == "Ligne 59"
    assert a_list("?tri=value;drop").sort == ("date", True)


@pytest.mark.usefixtures("sixty")
def test_ties_are_settled_by_the_primary_key():
    first, second = (a_list(f"?tri=cle&page={page}").rows for page in (1, 2))
    assert not {row.pk for row in first} & {row.pk for row in second}
    assert "pk" in a_list("?tri=cle").ordered.query.order_by


@pytest.mark.usefixtures("sixty")
def test_a_header_sorts_then_reverses_and_forgets_the_page():
    listing = a_list("?text=ligne&page=2&tri=intitule")
    assert listing.sort_url("intitule") == "/liste/?text=ligne&tri=-intitule"
    assert listing.sort_url("date") == "/liste/?text=ligne&tri=-date"
    html = Template(
        '{% ui_sort_header listing=listing key="intitule" label="Intitulé" %}'
        '{% ui_sort_header listing=listing key="date" label="Date" align="end" %}'
    ).render(Context({"listing": listing}))
    assert html.count("aria-sort") == 1
    assert 'aria-sort="ascending"' in html


@pytest.mark.usefixtures("sixty")
def test_filter_order_and_size_survive_a_change_of_page():
    listing = a_list("?text=ligne&key=a&key=b&tri=cle&par=25")
    assert listing.next_url == "/liste/?text=ligne&key=a&key=b&tri=cle&par=25&page=2"


@pytest.mark.usefixtures("sixty")
def test_each_active_filter_can_be_taken_away_alone():
    listing = a_list("?text=ligne&key=a&key=b&valid_from_after=2026-01-05&page=2&tri=cle")
    assert [(tag.label, tag.value) for tag in listing.tags] == [
        ("Clé", "Lettre A"),
        ("Clé", "Lettre B"),
        ("Texte", "ligne"),
        ("Date", "5 janvier 2026"),
    ]
    assert listing.tags[0].remove_url == (
        "/liste/?text=ligne&key=b&valid_from_after=2026-01-05&tri=cle"
    )
    assert listing.tags[3].remove_url == "/liste/?text=ligne&key=a&key=b&tri=cle"
    assert listing.reset_url == "/liste/?tri=cle"


@pytest.mark.usefixtures("sixty")
def test_an_invalid_filter_gives_nothing_and_says_why():
    listing = a_list("?key=z")
    assert listing.count == 0
    assert listing.form.errors
    assert listing.tags == []


@pytest.mark.usefixtures("sixty")
def test_totals_cover_the_whole_filtered_set():
    listing = a_list("?key=a", totals={"last": Max("valid_from")})
    assert listing.count == 30
    assert listing.totals == {"last": date(2026, 3, 4)}


@pytest.mark.usefixtures("sixty")
def test_the_export_gets_the_filters_and_the_order_but_not_the_page():
    listing = a_list("?key=a&tri=cle&page=2&par=50", export_url="/export.csv")
    assert listing.export_url == "/export.csv?key=a&tri=cle"


@pytest.mark.parametrize("rows", [1, 60])
def test_a_list_costs_two_queries_whatever_its_rows(rows: int, django_assert_num_queries):
    Parameter.objects.bulk_create(
        Parameter(key="a", value="x", valid_from=date(2026 - n // 28, 1, 1 + n % 28))
        for n in range(rows)
    )
    with django_assert_num_queries(2):
        listing = a_list("?key=a&par=50", totals={"last": Max("valid_from")})
        assert len(listing.rows) == min(rows, 50)
        assert listing.count == rows
        Template("{% ui_pagination listing=listing %}{% ui_filter_tags listing=listing %}").render(
            Context({"listing": listing})
        )


@pytest.mark.usefixtures("sixty")
def test_typed_parameters_never_become_markup():
    query = "?text=%22%3E%3Cscript%3E&tri=cle"
    html = Template(
        "{% ui_filters listing=listing %}{% endui_filters %}{% ui_filter_tags listing=listing %}"
        '{% ui_sort_header listing=listing key="cle" label="Clé" %}'
    ).render(Context({"listing": a_list(query)}))
    assert "<script>" not in html
    assert 'name="tri" value="cle"' in html
    assert 'method="get"' in html
