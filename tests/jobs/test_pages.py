"""Pages of long work: followed by its author, seen once, read line by line."""

from io import BytesIO

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.enums import Role
from foundation.documents.services import store_bytes
from foundation.jobs.enums import JobState
from foundation.jobs.registry import Kind, Result, register_kind
from tests.factories import JobFactory, person_with_role
from tests.queries import assert_same_queries


pytestmark = pytest.mark.django_db


@pytest.fixture
def officer(client):
    person = person_with_role(Role.CASE_OFFICER)
    client.force_login(person)
    return person


def finished(author, *, failed=1, done=2, **fields):
    lines = [
        {"key": n, "label": f"2026-{n:04}", "url": f"/d/{n}/", "ok": n > failed, "text": f"t{n}"}
        for n in range(1, failed + done + 1)
    ]
    return JobFactory(
        created_by=author,
        state=JobState.DONE,
        finished_at=timezone.now(),
        done=len(lines),
        total=len(lines),
        result={"lines": lines, "done": done, "failed": failed},
        **fields,
    )


def url(job, name="detail"):
    return reverse(f"jobs:{name}", args=[job.uuid])


def text_of(response):
    return response.content.decode().replace("\u00a0", " ")


def test_a_job_going_on_shows_how_far_it_is_and_asks_again(client, officer):
    job = JobFactory(
        created_by=officer, state=JobState.RUNNING, started_at=timezone.now(), done=42, total=120
    )
    page = text_of(client.get(url(job)))
    assert '<progress value="42"' in page
    assert "42 sur 120" in page
    assert 'hx-trigger="every 2s"' in page
    part = client.get(url(job), headers={"HX-Request": "true", "HX-Target": "progress"})
    assert "<h1" not in text_of(part)
    assert "42 sur 120" in text_of(part)
    assert "HX-Refresh" not in part.headers


def test_the_page_that_followed_it_reloads_when_it_is_over(client, officer):
    job = finished(officer)
    part = client.get(url(job), headers={"HX-Request": "true", "HX-Target": "progress"})
    assert part.headers["HX-Refresh"] == "true"
    assert "hx-trigger" not in text_of(part)


def test_a_result_is_read_line_by_line_failures_first(client, officer):
    job = finished(officer, failed=2, done=3)
    page = text_of(client.get(url(job)))
    assert "3 faits" in page
    assert "2 en échec" in page
    assert page.index("t2") < page.index("t3")
    assert 'href="/d/4/"' in page
    only = text_of(client.get(f"{url(job)}?voir=echecs"))
    assert "t2" in only
    assert "t4" not in only


def test_a_long_result_comes_in_pages(client, officer):
    job = finished(officer, failed=0, done=250)
    assert text_of(client.get(url(job))).count("data-row") == 100
    assert text_of(client.get(f"{url(job)}?page=3")).count("data-row") == 50
    assert client.get(f"{url(job)}?page=zzz&par=-1").status_code == 200


def test_a_failed_job_says_why(client, officer):
    job = JobFactory(created_by=officer, state=JobState.FAILED, error="Le disque est plein.")
    assert "Le disque est plein." in text_of(client.get(url(job)))


def file_of(job):
    stored = store_bytes(
        owner=job,
        kind="export",
        name="dossiers.csv",
        content=BytesIO(b"a;b\n").read(),
        media_type="text/csv",
        at=timezone.now(),
        by=job.created_by,
    )
    return reverse("documents:download", args=[stored.uuid])


@pytest.mark.usefixtures("kinds")
def test_its_file_is_handed_out_to_its_author_alone(client, officer):
    register_kind(Kind("test", "Essai", lambda job, at: Result()))
    job = finished(officer)
    link = file_of(job)
    assert link in text_of(client.get(url(job)))
    assert client.get(link).status_code == 200
    client.force_login(person_with_role(Role.UNIT_HEAD))
    assert client.get(link).status_code == 404
    client.force_login(person_with_role(Role.ADMINISTRATOR))
    page = text_of(client.get(url(job)))
    assert link not in page
    assert "Seule la personne qui l’a demandé peut télécharger son fichier." in page
    assert client.get(link).status_code == 404


@pytest.mark.usefixtures("kinds")
@pytest.mark.parametrize("closing", ["may_open", "may_read_file", "unknown"])
def test_its_author_downloads_it_as_long_as_its_kind_lets_them(client, officer, closing):
    refused = {
        "may_open": {"may_open": lambda user: False},
        "may_read_file": {"may_read_file": lambda user, job: False},
    }
    if closing != "unknown":
        register_kind(Kind("test", "Essai", lambda job, at: Result(), **refused[closing]))
    job = finished(officer)
    link = file_of(job)
    page = client.get(url(job))
    assert client.get(link).status_code == 404
    assert link not in text_of(page)
    assert ("Ce fichier ne se télécharge plus" in text_of(page)) == (page.status_code == 200)


def test_nobody_else_may_open_it_but_administrators(client, officer):
    job = finished(person_with_role(Role.UNIT_HEAD))
    assert client.get(url(job)).status_code == 404
    assert client.post(url(job, "seen")).status_code == 404
    assert client.get("/travaux/00000000-0000-4000-8000-000000000000/").status_code == 404
    client.force_login(person_with_role(Role.ADMINISTRATOR))
    page = client.get(url(job))
    assert page.status_code == 200
    assert str(job.created_by) in text_of(page)
    assert url(job, "seen") not in text_of(page)  # their reading is no reading of its author's


def test_opening_a_finished_job_takes_it_off_by_a_post(client, officer):
    job = finished(officer)
    assert f'hx-post="{url(job, "seen")}"' in text_of(client.get(url(job)))
    job.refresh_from_db()
    assert job.seen_at is None  # a GET writes nothing
    assert client.get(url(job, "seen")).status_code == 405
    assert client.post(url(job, "seen")).headers["Location"] == url(job)
    job.refresh_from_db()
    assert job.seen_at is not None
    assert url(job, "seen") not in text_of(client.get(url(job)))
    again = client.post(url(job, "seen"), headers={"HX-Request": "true"})
    assert (again.status_code, again.content) == (200, b"")


@pytest.mark.usefixtures("kinds")
def test_who_left_the_office_keeps_no_export(client, officer):
    register_kind(
        Kind("test", "Essai", lambda job, at: Result(), may_open=lambda user: user.access.is_desk)
    )
    job = finished(officer)
    assert client.get(url(job)).status_code == 200
    officer.role_assignments.all().delete()
    assert client.get(url(job)).status_code == 404


def test_one_lists_one_s_own_jobs(client, officer):
    finished(officer, label="Le mien")
    finished(person_with_role(Role.UNIT_HEAD), label="Pas le mien")
    page = text_of(client.get(reverse("jobs:list")))
    assert "Le mien" in page
    assert "Terminé, avec des échecs" in page
    assert "Pas le mien" not in page


def test_the_empty_list_says_what_will_come(client, officer):
    assert "Aucun travail pour l’instant" in text_of(client.get(reverse("jobs:list")))


def test_the_list_costs_the_same_whatever_its_rows(client, officer):
    assert_same_queries(
        lambda: client.get(f"{reverse('jobs:list')}?par=50"),
        few=lambda: finished(officer),
        many=lambda: [finished(officer) for _ in range(49)],
        row="data-row",
    )


@pytest.mark.parametrize(
    ("role", "words"),
    [
        (Role.CASE_OFFICER, "Un lot lancé depuis les listes"),
        (Role.COORDINATOR, "Un gros export demandé depuis une liste"),
        (Role.READER, "Votre rôle ne lance pas de travail"),
    ],
)
def test_the_empty_list_promises_only_what_one_may_start(client, role, words):
    client.force_login(person_with_role(role))
    assert words in client.get("/travaux/").text
