"""The summary sheets of many dossiers in one PDF: what is in it, for whom, and for how long."""

import io
import re
from decimal import Decimal
from itertools import pairwise

import pytest
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader

from accounts.enums import Role
from foundation.jobs.enums import JobState
from foundation.jobs.models import Job
from foundation.jobs.running import run_job
from foundation.jobs.selectors import may_read_files
from foundation.jobs.services import progress
from foundation.parameters.models import Parameter
from grants.applications.enums import ReviewState
from grants.applications.models import Application
from grants.applications.services.redaction import redact_words, words_to_mask
from grants.decisions.services.sessions import add_line
from grants.review.batches import sheets
from grants.review.batches.selection import ASIDE
from grants.review.models import Opinion, OpinionPosition, OpinionRequest, OpinionSource
from grants.review.services.assignment import assign_reader, declare_conflict
from territories.loading import load_parameters
from tests.factories import EnvelopeFactory, SessionFactory, person_with_role
from tests.queries import assert_same_queries
from tests.review.batch_world import batch_url, choose, confirm, done, filed, text_of, texts
from tests.review.world import final, under_review


pytestmark = pytest.mark.django_db
NOW = timezone.now()
MARK = "CANARI-LECTURE"


@pytest.fixture(autouse=True)
def _parameters(db):
    load_parameters()


@pytest.fixture
def officer():
    return person_with_role(Role.CASE_OFFICER)


@pytest.fixture
def head(client):
    person = person_with_role(Role.UNIT_HEAD)
    client.force_login(person)
    return person


def concluded(officer, head, title, *, summary=MARK, state=ReviewState.EVALUATED, amount=5000):
    dossier = under_review(officer, head, title=title)
    final(dossier, officer, 4, 3, 1, summary=summary, amount=amount)
    Application.objects.filter(pk=dossier.pk).update(
        review_state=state, proposed_amount=Decimal(amount)
    )
    dossier.refresh_from_db()
    return dossier


def asked(client, dossiers, **more):
    """Go through the pages, return the job, not run yet."""
    answer = confirm(client, choose(client, "fiches", dossiers, **more))
    assert answer.status_code == 302, text_of(answer)
    return Job.objects.get(uuid=answer.headers["Location"].split("/")[-2])


def pdf_of(job):
    with job.files.get().file.open("rb") as content:
        return PdfReader(io.BytesIO(content.read()))


def words_on(pages):
    return " ".join(" ".join(page.extract_text().split()) for page in pages).replace("\u00a0", " ")


def outline(reader):
    """Return (title, page, level) of each bookmark."""
    found = []

    def walk(entries, level):
        for entry in entries:
            if isinstance(entry, list):
                walk(entry, level + 1)
            else:
                page = reader.get_destination_page_number(entry) + 1
                found.append((entry.title.replace("\u00a0", " "), page, level))

    walk(reader.outline, 1)
    return found


# --- Before ---------------------------------------------------------------------------------------
def test_the_check_says_which_dossiers_have_a_sheet_and_why_not(client, head, officer):
    ready = concluded(officer, head, "Prêt")
    aside = concluded(officer, head, "Déport")
    declare_conflict(person=head, application=aside, reason="Proche", at=NOW)
    blind = concluded(officer, head, "Lecture à rendre", state=ReviewState.UNDER_REVIEW)
    assign_reader(
        application_id=blind.pk,
        person=head,
        rank=2,
        by=person_with_role(Role.UNIT_HEAD),
        at=NOW,
    )
    Application.objects.filter(pk=blind.pk).update(review_state=ReviewState.EVALUATED)
    open_one = under_review(officer, head, title="En cours")
    gone = concluded(officer, head, "Retiré", state=ReviewState.WITHDRAWN)
    dossiers = (ready, aside, blind, open_one, gone)
    response = choose(client, "fiches", dossiers, liste="liste=tous&q=atelier")
    page = text_of(response)
    assert "Lancer pour 1 dossier" in page
    assert ASIDE in page
    assert "Votre lecture n’est pas définitive" in page
    assert "À l’état « En instruction » : son instruction n’est pas close." in page
    assert "À l’état « Désistement » : il ne va pas en séance." in page
    assert "Dossiers choisis dans la liste « Tous »" in page
    assert "Un seul PDF pour la séance" in page


def test_who_does_not_instruct_asks_no_file(client, officer, head):
    dossier = concluded(officer, head, "Prêt")
    for role, status in ((Role.COORDINATOR, 403), (Role.ADMINISTRATOR, 403), (Role.READER, 403)):
        client.force_login(person_with_role(role))
        assert choose(client, "fiches", [dossier]).status_code == status


def test_the_check_costs_the_same_whatever_the_dossiers(client, head):
    dossiers = []
    assert_same_queries(
        lambda: choose(client, "fiches", dossiers),
        few=lambda: dossiers.extend(filed(1, review_state=ReviewState.EVALUATED)),
        many=lambda: dossiers.extend(filed(49, review_state=ReviewState.EVALUATED)),
        row="data-row",
    )


# --- The file -------------------------------------------------------------------------------------
def test_one_file_holds_a_cover_a_list_of_pages_a_table_and_the_sheets(client, head, officer):
    dossiers = [concluded(officer, head, f"Atelier {n}", amount=4000 + n) for n in (1, 2, 3)]
    asked_of = OpinionRequest.objects.create(
        application=dossiers[0],
        source=OpinionSource.COORDINATOR,
        person=person_with_role(Role.COORDINATOR),
        asked_by=head,
        asked_at=NOW,
        due_on=NOW.date(),
    )
    Opinion.objects.create(
        request=asked_of,
        deposit=dossiers[0].deposits.latest("number"),
        position=OpinionPosition.RESERVE,
        text="À revoir.",
        given_at=NOW,
        updated_at=NOW,
    )
    job = done(asked(client, dossiers, liste="liste=instruits"))
    assert (job.state, job.failures) == (JobState.DONE, 0), job.error
    reader = pdf_of(job)
    cover, contents, table = (words_on([page]) for page in reader.pages[:3])
    assert "Fiches de synthèse" in cover
    assert "Dossiers choisis dans la liste « Instruits »" in cover
    assert f"pour {head}" in cover
    pages = {title: page for title, page, level in outline(reader) if level == 2}
    for dossier in dossiers:
        page = pages[f"Fiche {dossier.reference} : {dossier.title}"]
        assert words_on([reader.pages[page - 1]]).startswith(f"Fiche {dossier.reference}")
        assert re.search(rf"{dossier.reference}, .*?{dossier.title}[ .]+{page}\b", contents)
        assert dossier.reference in table
    assert "Favorable avec réserve" in table
    assert "4 001 €" in table
    assert "12 006 €" in table  # the total proposed
    assert pages["Sommaire"] == 2
    assert pages["Tableau récapitulatif"] == 3
    # Each sheet says who it is at the foot of its pages.
    first = reader.pages[pages[f"Fiche {dossiers[0].reference} : Atelier 1"] - 1]
    assert f"Dossier {dossiers[0].reference}" in words_on([first])


def test_the_file_is_tagged_with_one_title_and_no_heading_skipped(client, head, officer):
    job = done(asked(client, [concluded(officer, head, "Atelier")]))
    reader = pdf_of(job)
    root = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert str(root["/Lang"]).startswith("fr")
    tags = []

    def walk(entry):
        entry = entry.get_object()
        if isinstance(entry, list):
            for one in entry:
                walk(one)
        elif hasattr(entry, "get"):
            if entry.get("/S"):
                tags.append(entry["/S"])
            if "/K" in entry:
                walk(entry["/K"])

    walk(root["/StructTreeRoot"]["/K"])
    assert tags.count("/H1") == 1
    assert {"/H2", "/H3", "/Table", "/TH", "/Link", "/L"} <= set(tags)
    levels = [int(tag[2]) for tag in tags if tag[:2] == "/H" and tag[2:].isdigit()]
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_the_sheet_of_the_file_is_the_one_of_the_dossier(client, head, officer):
    dossier = concluded(officer, head, "Atelier")
    alone = client.get(reverse("review:summary_pdf", args=[dossier.reference]))
    one = words_on(PdfReader(io.BytesIO(alone.content)).pages)
    many = words_on(pdf_of(done(asked(client, [dossier]))).pages[3:])
    assert MARK in one
    for words in ("1. Recevabilité", "Comment se calcule la note", "72", "3. Avis"):
        assert (words in one) == (words in many), words
    assert MARK in many


def test_hostile_titles_are_read_as_they_were_typed(client, head, officer):
    title = "<script>alert(1)</script> « Été » \u202e 🎉 & Cie"
    job = done(asked(client, [concluded(officer, head, title)]))
    assert "<script>alert(1)</script>" in words_on(pdf_of(job).pages)


def test_many_dossiers_make_several_files_each_bounded(client, head, officer):
    Parameter.objects.filter(key=sheets.MOST).update(value="2")
    dossiers = [concluded(officer, head, f"Atelier {n}") for n in range(3)]
    job = asked(client, dossiers)
    done(job)
    assert job.state != JobState.DONE
    assert job.files.count() == 1
    done(job)
    assert (job.state, job.files.count()) == (JobState.DONE, 2)
    assert list(job.files.order_by("pk").values_list("original_name", flat=True)) == [
        f"fiches-de-synthese-{timezone.localdate():%Y-%m-%d}-{n}-sur-2.pdf" for n in (1, 2)
    ]
    assert "3 fiches en 2 fichiers : un fichier en contient 2 au plus." in text_of(
        client.get(job.get_absolute_url())
    )
    assert texts(job) == [(True, f"Sa fiche est dans le fichier {n} sur 2.") for n in (1, 1, 2)]


def test_a_long_file_renews_its_lease_while_it_is_laid_out(client, head, officer, monkeypatch):
    job = asked(client, [concluded(officer, head, "Atelier")])
    monkeypatch.setattr(sheets, "SIGN_SECONDS", -1)
    signs = []
    monkeypatch.setattr(
        sheets, "progress", lambda job, done: signs.append(done) or progress(job, done)
    )
    done(job)
    assert job.state == JobState.DONE
    assert len(signs) > len(pdf_of(job).pages)


def test_a_file_stops_when_another_worker_took_its_job(client, head, officer, monkeypatch):
    job = asked(client, [concluded(officer, head, "Atelier")])
    monkeypatch.setattr(sheets, "SIGN_SECONDS", -1)
    read = sheets.read_sheets

    def stolen(*args, **kwargs):
        found = read(*args, **kwargs)
        Job.objects.filter(pk=job.pk).update(lease_until=timezone.now())
        return found

    monkeypatch.setattr(sheets, "read_sheets", stolen)
    assert not run_job(job_id=job.pk, at=timezone.now())
    assert not job.files.exists()


# --- Who reads what -------------------------------------------------------------------------------
def test_what_is_hidden_when_the_job_runs_is_not_in_the_file(client, head, officer):
    kept, lost, reopened = (concluded(officer, head, title) for title in ("Gardé", "Perdu", "Rouv"))
    job = asked(client, [kept, lost, reopened])
    declare_conflict(person=head, application=lost, reason="Proche", at=NOW)
    Application.objects.filter(pk=reopened.pk).update(review_state=ReviewState.UNDER_REVIEW)
    done(job)
    assert [ok for ok, _ in texts(job)] == [True, False, False]
    assert texts(job)[1:] == [
        (False, ASIDE),
        (False, "À l’état « En instruction » : son instruction n’est pas close."),
    ]
    words = words_on(pdf_of(job).pages)
    assert kept.reference in words
    for one in (lost, reopened):
        assert one.reference not in words
        assert one.title not in words


def test_a_job_without_any_sheet_says_so(client, head, officer):
    dossier = concluded(officer, head, "Seul")
    job = asked(client, [dossier])
    declare_conflict(person=head, application=dossier, reason="Proche", at=NOW)
    done(job)
    assert job.state == JobState.FAILED
    assert not job.files.exists()
    assert "Aucune de ces fiches" in text_of(client.get(job.get_absolute_url()))


def test_who_left_the_desk_gets_no_file(client, head, officer):
    job = asked(client, [concluded(officer, head, "Seul")])
    head.role_assignments.all().delete()
    done(job)
    assert job.state == JobState.FAILED
    assert not job.files.exists()


@pytest.mark.parametrize("closing", ["recusal", "body", "reading", "role"])
def test_the_file_closes_when_one_sheet_may_no_longer_be_read(client, head, officer, closing):
    dossier, other = (concluded(officer, head, title) for title in ("Un", "Deux"))
    job = done(asked(client, [dossier, other]))
    link = reverse("documents:download", args=[job.files.get().uuid])
    assert client.get(link).status_code == 200
    colleague = person_with_role(Role.UNIT_HEAD)
    assert not may_read_files(colleague, job)
    if closing == "recusal":
        declare_conflict(person=head, application=dossier, reason="Proche", at=NOW)
    elif closing == "body":
        declare_conflict(person=head, organisation=other.organisation, reason="Proche", at=NOW)
    elif closing == "reading":
        Application.objects.filter(pk=dossier.pk).update(review_state=ReviewState.UNDER_REVIEW)
        assign_reader(application_id=dossier.pk, person=head, rank=2, by=colleague, at=NOW)
    else:
        head.role_assignments.all().delete()
    assert client.get(link).status_code == 404


def test_two_people_ask_the_same_sheets_at_the_same_time(client, head, officer):
    dossier = concluded(officer, head, "Un")
    first = asked(client, [dossier])
    again = confirm(client, choose(client, "fiches", [dossier]))
    assert again.status_code == 409
    client.force_login(officer)
    assert asked(client, [dossier]).pk != first.pk


def test_what_was_searched_does_not_outlive_the_job(client, head, officer):
    job = asked(client, [concluded(officer, head, "Atelier")], liste="liste=tous&q=Dupond")
    assert "Dupond" in str(job.payload)
    done(job)
    assert set(job.payload) == {"written"}


# --- Redaction ------------------------------------------------------------------------------------
def redact(dossier, by, words="Jean Dupont"):
    redact_words(
        application_id=dossier.pk,
        words=words_to_mask(words),
        reason="minor",
        by=by,
        at=timezone.now(),
    )


def test_a_redaction_withdraws_the_files_that_hold_the_dossier(
    client, head, officer, django_capture_on_commit_callbacks
):
    dossier = concluded(officer, head, "Atelier", summary="Jean Dupont y va")
    other = concluded(officer, head, "Autre")
    job, apart = done(asked(client, [dossier, other])), done(asked(client, [other]))
    stored = job.files.get()
    with django_capture_on_commit_callbacks(execute=True):
        redact(dossier, head)
    assert not job.files.exists()
    assert not stored.file.storage.exists(stored.file.name)
    assert apart.files.exists()
    assert "des mots d’un de ses dossiers ont été masqués depuis" in text_of(
        client.get(job.get_absolute_url())
    )


def test_words_masked_while_the_file_is_being_written_are_not_in_it(
    client, head, officer, monkeypatch
):
    dossier = concluded(officer, head, "Atelier", summary="Jean Dupont y va")
    job = asked(client, [dossier])
    book = sheets.book_pdf

    def slow(*args, **kwargs):
        content = book(*args, **kwargs)
        if not job.files.exists() and "Dupont" in args[0][0].html:
            redact(dossier, head)
        return content

    monkeypatch.setattr(sheets, "book_pdf", slow)
    done(job)
    assert not job.files.exists()
    done(job)
    assert job.state == JobState.DONE
    words = words_on(pdf_of(job).pages)
    assert "[masqué]" in words
    assert "Dupont" not in words


# --- From a session -------------------------------------------------------------------------------
def test_a_session_gives_the_sheets_of_its_list(client, head, officer):
    session, envelope = SessionFactory(), EnvelopeFactory()
    listed, apart = (concluded(officer, head, title) for title in ("Inscrit", "À part"))
    add_line(session_id=session.pk, application_id=listed.pk, envelope=envelope, by=head, at=NOW)
    page = text_of(client.get(session.get_absolute_url()))
    assert batch_url("fiches") in page
    checked = choose(client, "fiches", [], source="seance", source_cle=session.pk)
    assert listed.reference in text_of(checked)
    assert apart.reference not in text_of(checked)
    answer = confirm(client, checked)
    job = done(Job.objects.get(uuid=answer.headers["Location"].split("/")[-2]))
    cover = words_on(pdf_of(job).pages[:1])
    assert session.get_kind_display() in cover


@pytest.mark.parametrize("key", ["", "0", "999999", "abc", "9" * 30, "1' OR 1=1"])
def test_an_unknown_session_gets_a_sentence(client, head, key):
    answer = client.post(batch_url("fiches"), {"source": "seance", "source_cle": key})
    assert answer.status_code == 422
    assert "n’existe plus" in text_of(answer)
    other = client.post(batch_url("fiches"), {"source": "rien", "source_cle": "1"})
    assert other.status_code == 422
