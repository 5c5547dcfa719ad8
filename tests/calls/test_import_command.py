"""``manage.py import_call_sheets``: dry by default, everything or nothing, the same twice."""

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.enums import Role
from config.text import fold
from grants.calls.enums import CampaignState, SheetState
from grants.calls.importer.result import FIELD_NAMES
from grants.calls.models import CallSheet, Campaign
from grants.calls.services import imports
from grants.calls.services.sheets import create_sheet
from territories.models import Framework
from tests.calls.importer_helpers import REFERENCE, SHEETS
from tests.calls.reference import load_places
from tests.factories import person_with_role


pytestmark = pytest.mark.django_db
SAMPLE = REFERENCE / "call_sheets_sample.txt"


@pytest.fixture(autouse=True)
def _places():
    load_places()


def run(file: Path | str, *options: str, year: int = 2027) -> str:
    out = StringIO()
    call_command("import_call_sheets", str(file), "--campaign", str(year), *options, stdout=out)
    return out.getvalue()


def test_dry_run_says_everything_and_writes_nothing():
    said = run(SAMPLE)
    assert not Campaign.objects.exists()
    assert not CallSheet.objects.exists()
    for words in (
        "Fiches lues : 7",
        "Fiche 1 · C1 · à créer",
        "Titre : Rendre les droits lisibles pour tous",
        "« Gennevilliers » → Gennevilliers (92036)",
        "Âges : 11 à 15 ans",
        "7 à créer",
        "Essai : rien n’a été écrit.",
    ):
        assert words in said
    assert said.count("⚠") == 7


def test_apply_writes_the_seven_sheets_as_drafts():
    said = run(SAMPLE, "--apply")
    assert "7 créée(s)" in said
    campaign = Campaign.objects.get()
    assert (campaign.fiscal_year, campaign.state) == (2027, CampaignState.DRAFT)
    sheets = {sheet.code: sheet for sheet in campaign.sheets.all()}
    assert list(sheets) == ["C1", "C2", "C3", "C4", "PC5", "PC6", "PC7"]
    assert {sheet.state for sheet in sheets.values()} == {SheetState.DRAFT}
    first, third, fourth = sheets["C1"], sheets["C3"], sheets["C4"]
    assert {c.name for c in first.communes.all()} == {"Gennevilliers", "Villeneuve-la-Garenne"}
    assert [n.name for n in first.neighbourhoods.all()] == ["Agnettes"]
    assert (third.age_min, third.age_max, third.target_public) == (16, 25, "16-25 ans")
    assert fourth.whole_department
    assert first.source_file_name == "call_sheets_sample.txt"
    assert first.source_title_lines == (
        "APPEL A PROJETS PREVENTION ET CITOYENNETE 2027\nFICHE ACTION"
    )
    assert sheets["PC7"].expected_results == ""
    assert not any(sheet.themes.exists() for sheet in sheets.values())


def test_applying_twice_changes_nothing():
    run(SAMPLE, "--apply")
    before = list(CallSheet.objects.order_by("pk").values())
    said = run(SAMPLE, "--apply")
    assert "0 créée(s), 0 remplacée(s), 7 laissée(s)" in said
    assert "La fiche C1 existe déjà en brouillon dans cette campagne" in said
    assert list(CallSheet.objects.order_by("pk").values()) == before
    assert Campaign.objects.count() == 1


def test_drafts_are_replaced_when_asked_and_published_sheets_never():
    run(SAMPLE, "--apply")
    CallSheet.objects.filter(code__in=["C1", "C2"]).update(title="Retouché")
    CallSheet.objects.filter(code="C2").update(
        state=SheetState.PUBLISHED,
        opens_at=timezone.now(),
        closes_at=timezone.now() + timezone.timedelta(days=1),
        published_at=timezone.now(),
    )
    said = run(SAMPLE, "--apply", "--replace-drafts")
    assert "6 remplacée(s), 1 laissée(s)" in said
    assert "La fiche C2 existe déjà et elle est publiée\u00a0: elle ne change pas." in said
    assert CallSheet.objects.get(code="C1").title == "Rendre les droits lisibles pour tous"
    assert CallSheet.objects.get(code="C2").title == "Retouché"


def test_a_failure_halfway_writes_nothing(monkeypatch):
    calls = []

    def failing(**values):
        calls.append(values)
        if len(calls) == 4:
            raise RuntimeError("coupure")
        return create_sheet(**values)

    monkeypatch.setattr(imports, "create_sheet", failing)
    with pytest.raises(RuntimeError, match="coupure"):
        run(SAMPLE, "--apply")
    assert not CallSheet.objects.exists()
    assert not Campaign.objects.exists()


def test_title_lines_that_name_a_framework_become_one(tmp_path):
    text = (SHEETS / "contrat_de_ville.txt").read_text(encoding="utf-8")
    file = tmp_path / "fiches.txt"
    file.write_text(text.replace("2015-2020", "2014-2019"), encoding="utf-8")
    run(file, "--apply")
    sheet = CallSheet.objects.order_by("pk").first()
    assert str(sheet.framework) == "CONTRAT DE VILLE 2014-2019"
    assert sheet.framework.kind == Framework.Kind.CITY_CONTRACT
    count = Framework.objects.count()
    run(file, "--apply", year=2028)
    assert Framework.objects.count() == count


def test_a_known_framework_is_not_doubled():
    known = Framework.objects.get(name="Contrat de ville", year_from=2015, year_to=2020)
    run(SHEETS / "contrat_de_ville.txt", "--apply")
    assert CallSheet.objects.order_by("pk").first().framework == known


@pytest.mark.parametrize("name", sorted(p.name for p in SHEETS.glob("*.txt")))
def test_every_file_of_ours_is_written_whole(name):
    dry = run(SHEETS / name)
    assert not CallSheet.objects.exists()
    run(SHEETS / name, "--apply")
    expected = (SHEETS / name).with_suffix(".expected.json")
    wanted = json.loads(expected.read_text(encoding="utf-8"))
    rows = list(CallSheet.objects.order_by("pk"))
    assert [row.title for row in rows] == [sheet["title"] for sheet in wanted["sheets"]]
    taken = set()
    for row, sheet in zip(rows, wanted["sheets"], strict=True):
        assert row.code == ("" if sheet["code"] in taken else sheet["code"])
        taken.add(sheet["code"])
        for field in (*FIELD_NAMES, "whole_department", "age_min", "age_max"):
            assert getattr(row, field) == sheet[field], field
        keys = {(kind, key) for _, kind, keys in sheet["places"] for key in keys}
        assert {("commune", c.pk) for c in row.communes.all()} | {
            ("neighbourhood", n.pk) for n in row.neighbourhoods.all()
        } == {place for place in keys if place[0] != "department"}
        assert row.source_title_lines == "\n".join(sheet["source_title_lines"])
        framework = row.framework
        assert fold(framework.name if framework else "") == fold(sheet["framework_name"])
        if sheet["framework_period"]:
            assert [framework.year_from, framework.year_to] == sheet["framework_period"]
    doubts = sum(len(sheet["doubts"]) for sheet in wanted["sheets"]) + len(wanted["report"])
    assert dry.count("⚠") >= doubts
    before = list(CallSheet.objects.order_by("pk").values())
    run(SHEETS / name, "--apply")
    assert list(CallSheet.objects.order_by("pk").values()) == before


def test_the_same_code_twice_in_a_file_loses_no_sheet(tmp_path):
    text = SAMPLE.read_text(encoding="utf-8").replace("citoyenneté C2", "citoyenneté C1")
    file = tmp_path / "fiches.txt"
    file.write_text(text, encoding="utf-8")
    said = run(file, "--apply")
    assert "Le code C1 est celui de deux fiches de ce fichier" in said
    assert CallSheet.objects.count() == 7
    assert CallSheet.objects.filter(code="").count() == 1
    assert "7 laissée(s)" in run(file, "--apply")
    assert CallSheet.objects.count() == 7


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("fiches.pdf", b"%PDF-1.7", "ni un fichier .txt ni un fichier .docx"),
        ("fiches.docx", b"pas un zip", "abîmé"),
        ("fiches.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "mot de passe"),
        ("fiches.txt", b"", "Aucune fiche"),
        ("fiches.txt", b"%PDF-1.7 deguise", "n’est pas du texte"),
        ("fiches.txt", b"Bonjour, rien ici.", "Aucune fiche"),
    ],
)
def test_an_unreadable_file_is_refused_with_a_sentence(tmp_path, name, content, sentence):
    file = tmp_path / name
    file.write_bytes(content)
    with pytest.raises(CommandError, match=sentence):
        run(file, "--apply")
    assert not Campaign.objects.exists()


def test_a_missing_file_and_an_odd_year_are_refused():
    with pytest.raises(CommandError, match="introuvable"):
        run("/nulle/part.txt")
    with pytest.raises(CommandError, match="plausible"):
        run(SAMPLE, year=20270)


def test_two_campaigns_of_a_year_ask_which():
    Campaign.objects.create(fiscal_year=2027, name="Une")
    Campaign.objects.create(fiscal_year=2027, name="Deux")
    with pytest.raises(CommandError, match="précisez --name"):
        run(SAMPLE, "--apply")
    run(SAMPLE, "--apply", "--name", "Deux")
    assert Campaign.objects.get(name="Deux").sheets.count() == 7


def test_hostile_text_is_kept_as_text(tmp_path, client):
    text = (
        "FICHE ACTION\n\nPILIER CONCERNÉ : <script>alert(1)</script> C1\n"
        "ORIENTATION / ENJEU : <img src=x onerror=alert(2)>\n"
        "OBJECTIF OPÉRATIONNEL :\n- {{ request }} {% now 'Y' %}\n- =cmd|' /C calc'!A0\n"
        "TERRITOIRES CONCERNÉS : '; DROP TABLE calls_callsheet; --\n"
        "PUBLIC CONCERNÉ : 👩‍👧 de 11 à 15 ans\n"
    )
    file = tmp_path / "fiches.txt"
    file.write_text(text, encoding="utf-8")
    run(file, "--apply")
    sheet = CallSheet.objects.get()
    client.force_login(person_with_role(Role.CASE_OFFICER))
    page = client.get(f"/campagnes/fiches/{sheet.pk}/").content.decode()
    assert "<script>alert(1)" not in page
    assert "<img src=x" not in page
    assert "&lt;img src=x onerror=alert(2)&gt;" in page
    assert "{{ request }}" in page
