"""The importer in the browser: upload, correct, confirm once."""

import html
import io
import threading
import zipfile
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from accounts.enums import Role
from config.errors import Refusal
from grants.calls.importer import read_lines
from grants.calls.models import CallSheet, Campaign, SheetImport
from grants.calls.selectors import gazetteer
from grants.calls.services import confirm_import, start_import
from grants.calls.sheet_files import TEXT_FIELDS, kept_keys, read_entries
from tests.calls.importer_helpers import REFERENCE, SHEETS
from tests.calls.reference import load_places
from tests.factories import CallSheetFactory, person_with_role


pytestmark = pytest.mark.django_db
SAMPLE = REFERENCE / "call_sheets_sample.txt"


@pytest.fixture
def campaign() -> Campaign:
    load_places()
    return Campaign.objects.create(fiscal_year=2027, name="Campagne 2027")


@pytest.fixture
def head(client):
    client.force_login(person_with_role(Role.UNIT_HEAD))
    return client


def upload(client, campaign: Campaign, content: bytes | None = None, name: str = "fiches.txt"):
    content = SAMPLE.read_bytes() if content is None else content
    url = reverse("calls:import_upload", args=[campaign.pk])
    return client.post(url, {"file": SimpleUploadedFile(name, content)})


def typed(response) -> dict:
    """Return what the browser would send back from the preview."""
    data = {}
    for form in response.context["forms"]:
        for bound in form:
            value = bound.value()
            if value is not None and value is not False:
                data[bound.html_name] = value
    return data


def preview(client, campaign: Campaign, **kwargs):
    answer = upload(client, campaign, **kwargs)
    assert answer.status_code == 302, answer.content.decode()
    return answer["Location"], client.get(answer["Location"])


def test_upload_keeps_what_was_read_and_creates_no_sheet(head, campaign):
    url, page = preview(head, campaign)
    assert not CallSheet.objects.exists()
    text = page.content.decode()
    assert "7 fiches, 7 doutes" in text
    assert "Le champ « Territoires concernés » manque dans la fiche." in text.replace("\xa0", " ")
    assert "Agnettes (QPV 2024) («\u00a0Les Agnettes\u00a0»)" in text
    row = SheetImport.objects.get()
    assert (row.file_name, row.confirmed_at) == ("fiches.txt", None)
    assert url in head.get(campaign.get_absolute_url()).content.decode()


def test_an_edited_field_and_an_unticked_place_and_sheet_are_followed(head, campaign):
    url, page = preview(head, campaign)
    data = typed(page)
    data["fiche0-title"] = "Titre corrigé"
    data["fiche0-code"] = "d1"
    data["fiche0-places"] = ["0"]
    data["fiche1-operational_objective"] = "Accueillir\r\n- un"
    del data["fiche6-keep"]
    answer = head.post(url, {**data, "action": "confirm"})
    assert answer.status_code == 302
    assert answer["Location"] == campaign.get_absolute_url()
    assert CallSheet.objects.count() == 6
    first = CallSheet.objects.get(code="D1")
    assert first.title == "Titre corrigé"
    assert [c.name for c in first.communes.all()] == ["Gennevilliers"]
    assert not first.neighbourhoods.exists()
    assert CallSheet.objects.get(code="C2").operational_objective == "Accueillir\n- un"
    assert not CallSheet.objects.filter(code="PC7").exists()


@pytest.mark.parametrize(
    "name", ["trois_cadres.txt", "une_fiche_sans_titre.txt", "douze_fiches.txt"]
)
def test_every_doubt_is_shown_and_what_was_read_is_what_is_written(head, campaign, name):
    payload = read_entries(read_lines(SHEETS / name), gazetteer())
    url, page = preview(head, campaign, content=(SHEETS / name).read_bytes())
    text = html.unescape(page.content.decode())
    for doubt in [d for entry in payload["sheets"] for d in entry["doubts"]] + payload["report"]:
        assert doubt["message"] in text
    assert head.post(url, {**typed(page), "action": "confirm"}).status_code == 302
    for row, entry in zip(CallSheet.objects.order_by("pk"), payload["sheets"], strict=True):
        for field in ("code", "title", *TEXT_FIELDS, "whole_department", "age_min", "age_max"):
            assert getattr(row, field) == entry[field], field
        assert {c.pk for c in row.communes.all()} == set(kept_keys(entry, "commune"))
        assert {n.pk for n in row.neighbourhoods.all()} == set(kept_keys(entry, "neighbourhood"))
        assert row.source_title_lines == "\n".join(entry["title_lines"])
        assert bool(row.framework) is bool(entry["framework_name"])


def test_corrections_are_kept_without_creating(head, campaign):
    url, page = preview(head, campaign)
    answer = head.post(url, {**typed(page), "fiche0-title": "Gardé", "action": "save"})
    assert answer.status_code == 302
    assert not CallSheet.objects.exists()
    assert head.get(url).context["forms"][0]["title"].value() == "Gardé"


def test_a_second_click_creates_nothing_more(head, campaign):
    url, page = preview(head, campaign)
    data = {**typed(page), "action": "confirm"}
    assert head.post(url, data).status_code == 302
    again = head.post(url, data)
    assert again.status_code == 302
    assert again["Location"] == campaign.get_absolute_url()
    assert CallSheet.objects.count() == 7
    assert head.get(url).status_code == 302


def test_an_invalid_field_is_shown_with_what_was_typed(head, campaign):
    url, page = preview(head, campaign)
    data = {**typed(page), "fiche1-age_min": "30", "fiche0-code": "pas bon", "action": "confirm"}
    answer = head.post(url, data)
    assert answer.status_code == 422
    text = answer.content.decode()
    assert "L’âge maximum est plus petit que l’âge minimum." in text
    assert "pas bon" in text
    assert not CallSheet.objects.exists()


def test_a_code_already_there_is_refused_until_the_draft_may_be_replaced(head, campaign):
    CallSheetFactory(campaign=campaign, code="C1", title="Ancien", state="draft", published_at=None)
    url, page = preview(head, campaign)
    data = {**typed(page), "action": "confirm"}
    answer = head.post(url, data)
    assert answer.status_code == 409
    assert "La fiche C1 existe déjà en brouillon" in answer.content.decode()
    assert CallSheet.objects.count() == 1
    answer = head.post(url, {**data, "fiche0-replace": "on"})
    assert answer.status_code == 302
    assert CallSheet.objects.count() == 7
    assert CallSheet.objects.get(code="C1").title == "Rendre les droits lisibles pour tous"


@pytest.mark.django_db(transaction=True)
def test_two_clicks_at_once_create_the_sheets_once():
    load_places()
    campaign = Campaign.objects.create(fiscal_year=2027, name="Campagne 2027")
    person = person_with_role(Role.UNIT_HEAD)
    now = timezone.now()
    row = start_import(
        campaign_id=campaign.pk,
        file_name="fiches.txt",
        payload=read_entries(read_lines(SAMPLE), gazetteer()),
        by=person,
        at=now,
    )
    together = threading.Barrier(2)

    def click(_) -> str:
        try:
            together.wait(timeout=10)
            return f"{len(confirm_import(uuid=row.uuid, by=person, at=now))} créées"
        except Refusal as refusal:
            return refusal.code
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        answers = sorted(pool.map(click, range(2)))
    assert answers == ["7 créées", "confirmed"]
    assert CallSheet.objects.count() == 7


def docx_bomb() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", b"<Types/>")
        archive.writestr("word/document.xml", b"\0" * 200_000_000)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("fiches.exe", b"MZ"),
        ("fiches.txt", b""),
        ("fiches.txt", b"PK\x03\x04 deguise"),
        ("fiches.docx", b"pas un zip"),
        ("fiches.docx", docx_bomb()),
        ("fiches.txt", b"x" * (10 * 1024 * 1024 + 1)),
    ],
    ids=["exe", "vide", "zip-en-txt", "faux-docx", "bombe", "trop-gros"],
)
def test_a_hostile_file_is_refused_with_a_sentence(head, campaign, name, content):
    answer = upload(head, campaign, content, name)
    assert answer.status_code == 422
    assert answer.context["form"].errors["file"]
    assert not SheetImport.objects.exists()


def test_a_file_without_sheets_says_what_to_do(head, campaign):
    url, page = preview(head, campaign, content="Bonjour à tous.".encode())
    assert "Aucune fiche n’a été trouvée dans ce fichier" in page.content.decode()
    answer = head.post(url, {"action": "confirm"})
    assert answer.status_code in {302, 409, 422}
    assert not CallSheet.objects.exists()


def test_a_colleague_of_the_desk_does_not_import(client, campaign):
    client.force_login(person_with_role(Role.CASE_OFFICER))
    assert upload(client, campaign).status_code == 403
