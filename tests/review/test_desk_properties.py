"""Whatever is filtered: files hold the list, totals are their sums, hidden scores move nothing."""

import csv
import io
from decimal import Decimal
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck, given, settings, strategies as st

from grants.applications.enums import FILED_STATES
from grants.applications.models import Application
from grants.review.listing.baskets import BASKETS
from grants.review.listing.columns import COLUMNS, chosen_columns, sorts_for
from grants.review.listing.selection import desk_list
from grants.review.models import ScoreSummary
from grants.review.permissions import scores_hidden_from
from partners.enums import OrganisationKind
from territories.loading import load_parameters
from tests.review.desk_world import Desk, make_desk


pytestmark = pytest.mark.django_db
TODAY = timezone.localdate()
SETTINGS = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
SORT_KEYS = sorted({sort.key for c in COLUMNS if (sort := c.sort)} | {"reference"})


@pytest.fixture
def desk(db) -> Desk:
    load_parameters()
    return make_desk()


def queries(desk: Desk) -> st.SearchStrategy[dict]:
    """Any filters together, any order, any columns, any basket."""

    def one_of(*values: str) -> st.SearchStrategy:
        return st.sampled_from(values)

    amount = st.integers(0, 9000).map(str)
    fields = {
        "q": one_of("theatre", "médiations", "sport famil", "de la", "???", "2031", "-1 & !"),
        "etat": st.lists(one_of(*sorted(FILED_STATES)), min_size=1, max_size=4, unique=True),
        "territoire": one_of("2", "3", "7"),
        "nature": one_of(*OrganisationKind.values),
        "demande": one_of("premiere", "renouvellement"),
        "avis": one_of("recus", "attendus", "aucun"),
        "attente": one_of("retard", "semaine"),
        "silence": one_of("depasse", "mois"),
        "modifie": one_of("oui"),
        "montant_min": amount,
        "montant_max": amount,
        "note_min": st.integers(0, 100).map(str),
        "note_max": st.integers(0, 100).map(str),
        **{name: one_of(*values) for name, values in desk.values.items()},
    }
    places = {
        "liste": one_of(*(basket.slug for basket in BASKETS)),
        "tri": st.tuples(one_of("", "-"), one_of(*SORT_KEYS)).map("".join),
        "col": st.lists(one_of(*(c.key for c in COLUMNS)), min_size=1, unique=True),
    }
    some = st.lists(one_of(*fields), max_size=3, unique=True).flatmap(
        lambda names: st.fixed_dictionaries({name: fields[name] for name in names})
    )
    return st.tuples(some, st.fixed_dictionaries({}, optional=places)).map(
        lambda parts: {**parts[0], **parts[1]}
    )


def amounts(rows: list[dict], label: str) -> Decimal:
    return sum((Decimal(r[label].replace(",", ".")) for r in rows if r.get(label)), Decimal(0))


def signed_in(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


@SETTINGS
@given(data=st.data())
def test_the_file_holds_the_list_in_its_order_and_its_sums_are_the_totals(desk, data):
    query = data.draw(queries(desk))
    user = data.draw(st.sampled_from(desk.people))
    listing = desk_list(user, urlencode(query, doseq=True), on=timezone.localdate())
    rows = [
        dict(zip((c.name for c in listing.file_columns), row, strict=True))
        for row in listing.file_rows()
    ]
    assert len(rows) == listing.count
    assert [row["Référence"] for row in rows] == list(
        listing.ordered.values_list("reference", flat=True)
    )
    labels = {column.sums: column.label for column in listing.columns if column.sums}
    for name, label in labels.items():
        total = sum((row[label] for row in rows if row[label] is not None), Decimal(0))
        assert (listing.totals[name] or 0) == total, name


@SETTINGS
@given(data=st.data())
def test_each_cell_of_the_file_is_the_one_of_the_list(desk, data):
    query = data.draw(queries(desk)) | {"col": ".".join(column.key for column in COLUMNS)}
    user = data.draw(st.sampled_from(desk.people))
    listing = desk_list(user, urlencode(query, doseq=True), on=timezone.localdate())
    on_screen = [[column.read(row) for column in listing.file_columns] for row in listing.rows]
    in_file = [list(row) for row in listing.file_rows()]
    assert in_file[: len(on_screen)] == on_screen


@SETTINGS
@given(data=st.data())
def test_walking_from_neighbour_to_neighbour_is_reading_the_list(desk, data):
    query = data.draw(queries(desk))
    listing = desk_list(
        data.draw(st.sampled_from(desk.people)),
        urlencode(query, doseq=True),
        on=timezone.localdate(),
    )
    ordered = list(listing.ordered)
    references = ["", *(one.reference for one in ordered), ""]
    for position, application in enumerate(ordered, start=1):
        expected = references[position - 1], references[position + 1]
        assert listing.neighbours(application) == expected


@SETTINGS
@given(data=st.data())
def test_a_dossier_out_of_the_list_keeps_the_place_it_would_have(desk, data):
    out, kept = data.draw(st.permutations(desk.applications))[:2]
    on = timezone.localdate()
    order = {
        "liste": "tous",
        "tri": data.draw(st.sampled_from([one.key for one in sorts_for(desk.head)])),
    }
    whole = desk_list(desk.head, urlencode(order), on=on)
    (first, _) = [one.pk for one in whole.ordered if one.pk in {out.pk, kept.pk}]
    listing = desk_list(desk.head, urlencode(order | {"q": kept.reference}), on=on)
    expected = (kept.reference, "") if first == kept.pk else ("", kept.reference)
    assert listing.neighbours(out) == expected


@SETTINGS
@given(data=st.data())
def test_a_hidden_score_moves_nothing(desk, data):
    """Change every score that a person may not see: their list must be the same to the letter."""
    user = data.draw(st.sampled_from([desk.head, desk.officer, desk.coordinator]))
    columns = {"liste": "tous", "col": "etat.propose.note"}  # where a leak would show
    query = urlencode({**data.draw(queries(desk)), **columns}, doseq=True)
    before = as_seen(user, query)
    hidden = Application.objects.filter(scores_hidden_from(user))
    kept = list(ScoreSummary.objects.filter(application__in=hidden))
    assert kept
    amounts_kept = dict(hidden.values_list("pk", "proposed_amount"))
    try:
        for number, one in enumerate(kept):
            ScoreSummary.objects.filter(pk=one.pk).update(
                total=Decimal(number * 7 % 100), needs_third=True
            )
        Application.objects.filter(pk__in=amounts_kept).update(proposed_amount=Decimal("777.77"))
        assert as_seen(user, query) == before
    finally:
        ScoreSummary.objects.bulk_update(kept, ["total", "needs_third"])
        for pk, amount in amounts_kept.items():
            Application.objects.filter(pk=pk).update(proposed_amount=amount)


def as_seen(user, query: str):
    listing = desk_list(user, query, on=timezone.localdate())
    return listing.count, listing.totals, list(listing.file_rows())


def test_coordinators_are_offered_nothing_that_goes_with_scores(desk):
    user = desk.coordinator
    keys = {column.key for column in chosen_columns(["note", "propose", "etat"], "tous", user)}
    assert keys == {"etat"}
    assert not {"note", "propose"} & {sort.key for sort in sorts_for(user)}
    asked = desk_list(user, "note_min=50&tri=-note", on=timezone.localdate())
    assert asked.sort == ("depot", True)
    assert not {"note_min", "note_max"} & set(asked.form.fields)
    assert asked.count == desk_list(user, "", on=timezone.localdate()).count


def test_the_three_files_hold_the_same_rows(desk):
    client = signed_in(desk.head)
    query = {"liste": "tous", "tri": "demande", "col": ["demandeur", "demande", "depot", "note"]}
    listing = client.get(reverse("review:desk"), query).context["listing"]
    files = {
        extension: b"".join(
            client.get(reverse("review:desk_export", args=[extension]), query).streaming_content
        )
        for extension in ("csv", "xlsx", "ods")
    }
    text = files["csv"].decode()
    assert text.startswith("\ufeffRéférence;Intitulé;Demandeur;Déposé;Demandé;Note\r\n")
    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff")), delimiter=";"))
    assert len(rows) == listing.count == len(desk.applications)
    assert amounts(rows, "Demandé") == listing.totals["requested"]
    assert xlsx_rows(files["xlsx"]) == ods_rows(files["ods"])
    assert [row["Référence"] for row in rows] == [row[0] for row in xlsx_rows(files["xlsx"])[1:]]


def xlsx_rows(content: bytes) -> list[list]:
    import openpyxl

    sheet = openpyxl.load_workbook(io.BytesIO(content))["Dossiers"]
    return [[_same(cell) for cell in row] for row in sheet.iter_rows(values_only=True)]


def _same(value):
    if value is None:
        return ""
    if isinstance(value, int | float):
        return f"{float(value):.2f}"
    return f"{value:%Y-%m-%d}" if hasattr(value, "year") else value


def ods_rows(content: bytes) -> list[list]:
    import zipfile

    from lxml import etree

    archive = zipfile.ZipFile(io.BytesIO(content))
    assert archive.infolist()[0].filename == "mimetype"
    assert archive.infolist()[0].compress_type == zipfile.ZIP_STORED
    root = etree.fromstring(archive.read("content.xml"))
    ns = {k: v for k, v in root.nsmap.items() if k}
    table = root.find(".//table:table[@table:name='Dossiers']", ns)
    office = f"{{{ns['office']}}}"
    rows = []
    for row in table.iterfind(".//table:table-row", ns):
        cells = []
        for cell in row.iterfind("table:table-cell", ns):
            match cell.get(f"{office}value-type"):
                case "float":
                    cells.append(f"{float(cell.get(f'{office}value')):.2f}")
                case "date":
                    cells.append(cell.get(f"{office}date-value"))
                case _:
                    cells.append("\n".join(p.text or "" for p in cell.iterfind("text:p", ns)))
        rows.append(cells)
    return rows
