"""Saved views, columns and files of the desk's lists."""

import io
import re
from datetime import timedelta

import openpyxl
import pytest
from django.core.files.storage import default_storage
from django.http import QueryDict
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.enums import Role
from foundation.jobs.models import Job, SavedView
from foundation.jobs.running import run_job, take_job
from foundation.jobs.services import LeaseLostError
from grants.applications.enums import ReviewState
from grants.applications.events import append_event
from grants.applications.models import Application
from grants.review.listing import export
from grants.review.listing.columns import COLUMNS
from grants.review.listing.desk import DeskList
from grants.review.listing.saved import MOST_VIEWS, save_view
from grants.review.models import Assignment, AssignmentRole, Visit
from grants.review.services.assignment import assign_reader, declare_conflict
from territories.loading import load_parameters
from tests.factories import FiledApplicationFactory, TerritoryFactory, person_with_role
from tests.review.world import final, under_review


pytestmark = pytest.mark.django_db
NOW = timezone.now()
DESK = reverse("review:desk")


@pytest.fixture(autouse=True)
def _parameters(db):
    load_parameters()


@pytest.fixture
def head(client):
    user = person_with_role(Role.UNIT_HEAD)
    client.force_login(user)
    return user


def text_of(response) -> str:
    return response.content.decode()


# --- Views ----------------------------------------------------------------------------------------
def test_a_view_brings_the_list_back_with_its_columns(client, head):
    FiledApplicationFactory(title="Théâtre", requested_amount=4000)
    FiledApplicationFactory(title="Sport", requested_amount=900)
    query = "liste=tous&montant_min=1000&tri=demande&col=etat.demande&page=3&inconnu=1"
    saved = client.post(reverse("review:view_save"), {"nom": "Gros dossiers", "liste": query})
    view = SavedView.objects.get()
    assert (view.person, view.list_key, view.name) == (head, "desk", "Gros dossiers")
    assert "page" not in view.query
    assert "inconnu" not in view.query
    page = client.get(saved["Location"])
    listing = page.context["listing"]
    assert [row["application"].title for row in page.context["rows"]] == ["Théâtre"]
    assert [column.key for column in listing.columns] == ["etat", "demande"]
    assert page.context["view"] == view
    assert f"vue={view.pk}" in listing.query


def test_a_view_says_that_the_list_is_no_longer_what_it_keeps(client, head):
    query = "liste=tous&montant_min=1000&col=demande.etat"
    view = client.post(reverse("review:view_save"), {"nom": "Gros dossiers", "liste": query})
    for address, changed in (
        (view["Location"], False),
        (f"{view['Location']}&page=1", False),
        (view["Location"].replace("1000", "2000"), True),
        (f"{view['Location']}&tri=demande", True),
        (f"{DESK}?vue={SavedView.objects.get().pk}", True),
    ):
        page = client.get(address)
        assert ("Gros dossiers (modifiée)" in text_of(page)) is changed, address
        assert ("Remplacer «" in text_of(page)) is changed, address


def test_a_view_is_replaced_renamed_and_deleted(client, head):
    view = save_view(person=head, name="Une", query="liste=tous", at=NOW)
    client.post(reverse("review:view_replace", args=[view.pk]), {"liste": "liste=instruits"})
    client.post(reverse("review:view_rename", args=[view.pk]), {"nom": "Deux"})
    view.refresh_from_db()
    assert (view.name, view.query) == ("Deux", "liste=instruits")
    assert "Deux" in text_of(client.get(reverse("review:view_list")))
    client.post(reverse("review:view_delete", args=[view.pk]))
    assert not SavedView.objects.exists()
    assert "Aucune vue enregistrée" in text_of(client.get(reverse("review:view_list")))


@pytest.mark.parametrize(
    ("name", "status", "sentence"),
    [
        ("  ", 422, "Donnez un nom à la vue."),
        ("x" * 81, 422, "80"),
        ("Prise", 409, "s’appelle déjà"),
    ],
)
def test_a_name_refused_is_given_back_with_its_reason(client, head, name, status, sentence):
    save_view(person=head, name="Prise", query="", at=NOW)
    page = client.post(reverse("review:view_save"), {"nom": name, "liste": "liste=tous"})
    assert page.status_code == status
    assert sentence in text_of(page)
    assert 'value="liste=tous"' in text_of(page)
    assert SavedView.objects.count() == 1


def test_views_are_counted_and_belong_to_one_person(client, head):
    for number in range(MOST_VIEWS):
        save_view(person=head, name=f"Vue {number}", query="", at=NOW)
    page = client.post(reverse("review:view_save"), {"nom": "De trop", "liste": ""})
    assert page.status_code == 422
    other = Client()
    other.force_login(person_with_role(Role.UNIT_HEAD))
    mine = SavedView.objects.first()
    assert other.post(reverse("review:view_delete", args=[mine.pk])).status_code == 404
    assert "Vue 1" not in text_of(other.get(DESK))
    assert SavedView.objects.count() == MOST_VIEWS


def test_a_view_may_hold_anything_that_an_address_may(client, head):
    for query in ("tri=--x&col=rien.note", "q=" + "é" * 9000, "%00", "liste=&q=%26%7C!"):
        SavedView.objects.all().delete()
        saved = client.post(reverse("review:view_save"), {"nom": "Vue", "liste": query})
        if saved.status_code == 302:
            assert client.get(saved["Location"]).status_code in {200, 400}


# --- Columns and marks ----------------------------------------------------------------------------
def test_the_columns_are_those_of_the_address(client, head):
    FiledApplicationFactory()
    page = client.get(DESK, {"liste": "tous", "col": ["communes", "etat", "inconnue"]})
    assert [c.key for c in page.context["listing"].columns] == ["communes", "etat"]
    assert '<input type="hidden" name="col" value="communes.etat">' in text_of(page)
    usual = client.get(DESK, {"liste": "tous", "col": "inconnue"}).context["listing"]
    assert [c.key for c in usual.columns][:2] == ["demandeur", "etat"]


def test_what_another_changed_since_my_visit_is_marked_and_filtered(client, head):
    moved, still, mine, never = FiledApplicationFactory.create_batch(4)
    now = timezone.now()
    for one in (moved, still, mine):
        Visit.objects.create(person=head, application=one, seen_at=now)
    later = now + timedelta(minutes=5)
    append_event(application=moved, kind="message_sent", actor=moved.created_by, at=later)
    append_event(application=mine, kind="message_sent", actor=head, at=later)
    append_event(application=never, kind="message_sent", actor=never.created_by, at=later)
    page = client.get(DESK, {"liste": "tous", "modifie": "oui"})
    assert [row["application"] for row in page.context["rows"]] == [moved]
    assert text_of(client.get(DESK, {"liste": "tous"})).count('class="k-moved"') == 1


def test_references_of_five_digits_come_after_those_of_four(client, head):
    for reference in ("2031-9999", "2031-10000", "2032-0001"):
        FiledApplicationFactory(reference=reference)
    page = client.get(DESK, {"liste": "tous", "tri": "reference"})
    shown = [row["application"].reference for row in page.context["rows"]]
    assert shown == ["2031-9999", "2031-10000", "2032-0001"]


def test_dossiers_without_officer_are_found(client, head):
    alone, held = FiledApplicationFactory.create_batch(2)
    Assignment.objects.create(
        application=held,
        person=head,
        role=AssignmentRole.OFFICER,
        assigned_by=head,
        assigned_at=NOW,
    )
    page = client.get(DESK, {"liste": "tous", "charge": "aucun"})
    assert [row["application"] for row in page.context["rows"]] == [alone]
    assert "Sans chargé d’instruction" in [tag.value for tag in page.context["listing"].tags]


def test_a_list_of_fifty_dossiers_stays_light(client, head):
    FiledApplicationFactory.create_batch(50, title="Un intitulé de longueur ordinaire, au collège")
    page = client.get(DESK, {"liste": "tous", "par": "50"})
    assert text_of(page).count("<tr data-row") == 50
    assert len(page.content) < 150 * 1024
    every = ".".join(column.key for column in COLUMNS)
    wide = client.get(DESK, {"liste": "tous", "par": "50", "col": every})
    assert len(wide.content) < 150 * 1024


def test_the_last_pages_are_read_from_the_end(client, head):
    FiledApplicationFactory.create_batch(5)
    pages = []
    whole = DeskList(head, QueryDict("liste=tous"), on=NOW.date())
    for number in (1, 2, 3):
        part = DeskList(head, QueryDict(f"liste=tous&page={number}"), on=NOW.date())
        part.size = 2
        pages += [row.pk for row in part.rows]
    assert pages == [row.pk for row in whole.rows]


def test_each_state_on_the_page_has_its_drawing(client, head):
    for state in (ReviewState.SUBMITTED, ReviewState.EVALUATED):
        FiledApplicationFactory(review_state=state)
    page = text_of(client.get(DESK, {"liste": "tous"}))
    named = set(re.findall(r'<use href="#(icon-[a-z-]+)"', page))
    assert len(named) == 2
    assert named == set(re.findall(r'<symbol id="(icon-[a-z-]+)"', page))


# --- Files ----------------------------------------------------------------------------------------
@pytest.fixture
def short(monkeypatch):
    """A long list is one of three dossiers."""
    monkeypatch.setattr(export, "MOST_ROWS_AT_ONCE", 2)
    monkeypatch.setattr("grants.review.views.desk.MOST_ROWS_AT_ONCE", 2)


def test_a_long_workbook_is_a_job_whose_file_holds_the_list(client, head, short):
    made = FiledApplicationFactory.create_batch(3)
    query = "liste=tous&tri=reference&col=demande"
    page = client.get(f"{reverse('review:desk_export', args=['xlsx'])}?{query}")
    assert "se prépare à part" in text_of(page)
    asked = client.post(reverse("review:desk_export_job", args=["xlsx"]), {"liste": query})
    job = Job.objects.get()
    assert asked["Location"] == reverse("jobs:detail", args=[job.uuid])
    again = client.post(reverse("review:desk_export_job", args=["xlsx"]), {"liste": query})
    assert again["Location"] == asked["Location"]  # the same file, once at a time
    result = run(job)
    assert result.done == 3
    stored = job.files.get()
    with default_storage.open(stored.file.name) as file:
        sheet = openpyxl.load_workbook(io.BytesIO(file.read()))["Dossiers"]
    rows = list(sheet.iter_rows(values_only=True))
    assert rows[0] == ("Référence", "Intitulé", "Demandé")
    assert [row[0] for row in rows[1:]] == [one.reference for one in made]
    run(job)  # taken up again after its worker died: nothing twice
    assert job.files.count() == 1


def run(job: Job):
    Job.objects.filter(pk=job.pk).update(state="running")
    return export.run_export(Job.objects.get(pk=job.pk), timezone.now())


def test_totals_say_what_they_leave_out(client, head):
    """On the page and in the workbook, one knows that amounts one may not read are not added."""
    aside = FiledApplicationFactory(requested_amount=100, proposed_amount=70)
    FiledApplicationFactory(requested_amount=100, proposed_amount=30)
    declare_conflict(person=head, application=aside, reason="Lien", at=NOW)
    words = "hors 1 dossier dont vous ne lisez pas les montants"
    assert f"proposé\u00a0: {words}" in text_of(client.get(DESK, {"liste": "tous"}))
    answer = client.get(reverse("review:desk_export", args=["xlsx"]), {"liste": "tous"})
    book = openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content)))
    sums = {row[0]: row[1] for row in book["Totaux"].iter_rows(values_only=True)}
    assert sums["Proposé"] == 30
    assert f"Total proposé\u00a0: {words}" in sums


def test_an_empty_list_makes_no_job(client, head):
    answer = client.post(reverse("review:desk_export_job", args=["ods"]), {"liste": "liste=tous"})
    assert answer.status_code == 422
    assert not Job.objects.exists()


def test_a_file_written_later_holds_what_its_author_may_still_see(client, head, short):
    made = FiledApplicationFactory.create_batch(3, proposed_amount=4321)
    query = "liste=tous&col=propose"
    client.post(reverse("review:desk_export_job", args=["xlsx"]), {"liste": query})
    declare_conflict(person=head, application=made[0], reason="Proche", at=NOW)
    job = Job.objects.get()
    run(job)
    with default_storage.open(job.files.get().file.name) as file:
        sheet = openpyxl.load_workbook(io.BytesIO(file.read()))["Dossiers"]
    shown = {row[0]: row[2] for row in sheet.iter_rows(values_only=True, min_row=2)}
    assert shown[made[0].reference] is None
    assert shown[made[1].reference] == 4321


def written_for(person, **start):
    """Return the address of a finished export of the whole list."""
    asked = {"query": "liste=tous&col=note", "extension": "xlsx", "at": NOW} | start
    job = export.start_export(person=person, **asked)
    assert run_job(job_id=job.pk, at=timezone.now())
    return reverse("documents:download", args=[job.files.get().uuid]), job.get_absolute_url()


def test_a_file_is_closed_to_its_author_once_they_stand_aside(client, head):
    mine, other = FiledApplicationFactory.create_batch(2)
    declare_conflict(person=head, application=other, reason="Proche", at=NOW)
    link, page = written_for(head)
    assert client.get(link).status_code == 200  # written without the other's scores
    declare_conflict(person=head, organisation=mine.organisation, reason="Proche", at=NOW)
    assert client.get(link).status_code == 404
    assert "Ce fichier ne se télécharge plus" in text_of(client.get(page))
    again, _ = written_for(head)
    assert client.get(again).status_code == 200


def test_a_file_is_closed_to_its_author_while_they_read_blind(client, head):
    officer = person_with_role(Role.CASE_OFFICER)
    dossier = under_review(officer, head, readers=2)
    second = person_with_role(Role.CASE_OFFICER)
    link, _ = written_for(second)
    client.force_login(second)
    assert client.get(link).status_code == 200
    assign_reader(application_id=dossier.pk, person=second, rank=2, by=head, at=NOW)
    assert client.get(link).status_code == 404
    final(dossier, second, 3, 3, 3, summary="Bien")
    assert client.get(link).status_code == 200


def test_a_file_is_closed_to_its_author_who_may_no_longer_open_its_dossiers(client, head):
    territory = TerritoryFactory()
    coordinator = person_with_role(Role.COORDINATOR, territory=territory)
    FiledApplicationFactory(whole_department=True)
    link, _ = written_for(coordinator, query="liste=tous")
    client.force_login(coordinator)
    assert client.get(link).status_code == 200
    Application.objects.update(whole_department=False)
    assert client.get(link).status_code == 404


def test_a_worker_thought_dead_hangs_no_file(head, monkeypatch):
    FiledApplicationFactory()
    job = export.start_export(person=head, query="liste=tous", extension="ods", at=NOW)
    held = take_job(job_id=job.pk, at=NOW)
    write = export.WRITERS["ods"]

    def slow(*args):
        count = write(*args)
        Job.objects.update(lease_until=NOW + timedelta(days=1))  # another worker took it up
        return count

    monkeypatch.setitem(export.WRITERS, "ods", slow)
    with pytest.raises(LeaseLostError):
        export.run_export(held, NOW)
    assert not job.files.exists()


def test_a_csv_begins_before_any_dossier_is_read(client, head, django_assert_num_queries):
    FiledApplicationFactory()
    answer = client.get(reverse("review:desk_export", args=["csv"]), {"liste": "tous"})
    lines = iter(answer.streaming_content)
    with django_assert_num_queries(0):
        assert next(lines).decode().startswith("\ufeffRéférence;Intitulé;")
    with django_assert_num_queries(2):  # the keys, then the values
        assert len(list(lines)) == 1


def test_cells_are_no_formulas_in_any_file(client, head):
    FiledApplicationFactory(title='=HYPERLINK("http://mal.example")')
    text = b"".join(
        client.get(reverse("review:desk_export", args=["csv"]), {"liste": "tous"}).streaming_content
    ).decode()
    assert "'=HYPERLINK" in text
    assert ";=HYPERLINK" not in text
