"""What a batch could not do is tried again: a new job, checked as the first, linked to it."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.enums import Role
from foundation.jobs.enums import JobState
from foundation.jobs.models import Job
from foundation.jobs.running import forget_old_files, run_job
from grants.applications.enums import ReviewState
from grants.applications.models import Application
from grants.applications.services.redaction import redact_words, words_to_mask
from grants.review.batches import running
from grants.review.listing import export
from grants.review.models import Assignment, AssignmentRole, OpinionRequest
from grants.review.services.assignment import assign_officer, declare_conflict
from territories.loading import load_parameters
from tests.factories import person_with_role
from tests.review.batch_world import done, filed, hidden, in_days, launched, text_of, texts


pytestmark = pytest.mark.django_db
NOW = timezone.now()


@pytest.fixture(autouse=True)
def _parameters(db):
    load_parameters()


@pytest.fixture
def head(client):
    person = person_with_role(Role.UNIT_HEAD)
    client.force_login(person)
    return person


@pytest.fixture
def officer():
    return person_with_role(Role.CASE_OFFICER)


def url(job):
    return reverse("jobs:retry", args=[job.uuid])


def page(client, job):
    return client.get(job.get_absolute_url())


def half_done(client, officer, **values):
    """Run a batch of two dossiers, of which a colleague takes the first meanwhile."""
    moved, still = filed(2)
    values = {"to": officer.pk, "reason": "Départ de Jean Dupont", **values}
    job = launched(client, "affecter", [moved, still], **values)
    other = person_with_role(Role.CASE_OFFICER)
    assign_officer(application_id=moved.pk, person=other, by=other, at=timezone.now())
    done(job)
    assert [ok for ok, _ in texts(job)] == [False, True]
    return job, moved, still


def press(client, job):
    return client.post(url(job), {"cle": hidden(page(client, job), "cle")})


def resumed(client, job):
    answer = press(client, job)
    assert answer.status_code == 302, text_of(answer)
    return Job.objects.get(uuid=answer.headers["Location"].split("/")[-2])


def test_the_failures_alone_are_tried_again_with_what_was_typed(client, head, officer):
    job, moved, still = half_done(client, officer)
    assert "Reprendre les échecs" in text_of(page(client, job))
    again = resumed(client, job)
    assert (again.total, again.label) == (1, "Affecter\u00a0: 1 dossier (reprise)")
    assert text_of(page(client, again)).count(job.get_absolute_url()) == 1
    done(again)
    assert texts(again) == [(True, f"Affecté à {officer}.")]
    last = Assignment.objects.get(
        application=moved, role=AssignmentRole.OFFICER, ended_at__isnull=True
    )
    assert last.person == officer
    assert moved.events.get(kind="reassigned").comment == "Départ de Jean Dupont"
    assert still.events.filter(kind="assign").count() == 1
    first = text_of(page(client, job))
    assert again.get_absolute_url() in first
    assert "Reprendre les échecs" not in first


def test_it_is_resumed_once(client, head, officer):
    job, *_ = half_done(client, officer)
    key = hidden(page(client, job), "cle")
    answers = [client.post(url(job), {"cle": key}) for _ in range(2)]
    assert answers[0].headers["Location"] == answers[1].headers["Location"]
    other_key = client.post(url(job), {"cle": "00000000-0000-4000-8000-000000000001"})
    assert other_key.status_code == 409
    assert "Ces échecs sont déjà repris." in text_of(other_key)
    assert Job.objects.count() == 2


@pytest.mark.parametrize("key", ["", "x", "0" * 400])
def test_a_button_without_its_key_does_nothing(client, head, officer, key):
    job, *_ = half_done(client, officer)
    assert client.post(url(job), {"cle": key}).status_code == 409
    assert Job.objects.count() == 1


def test_each_is_checked_again_when_its_turn_comes(client, head, officer):
    job, moved, _still = half_done(client, officer)
    again = resumed(client, job)
    declare_conflict(person=officer, application=moved, reason="Proche", at=NOW)
    done(again)
    assert texts(again) == [(False, f"{officer} a déclaré un déport.")]
    assert again.failures == 1


def test_what_cannot_be_done_today_either_is_not_launched(client, head, officer):
    job, moved, _still = half_done(client, officer)
    Application.objects.filter(pk=moved.pk).update(review_state=ReviewState.AWARDED)
    answer = press(client, job)
    assert answer.status_code == 409
    assert "Rien ne peut être repris aujourd’hui : À l’état « Attribué »" in text_of(answer)
    assert "Reprendre les échecs" in text_of(answer)
    assert Job.objects.count() == 1


def test_the_role_is_asked_again(client, head, officer):
    job, *_ = half_done(client, officer)
    key = hidden(page(client, job), "cle")
    again = press(client, job)
    assert again.status_code == 302
    head.role_assignments.all().delete()
    assert client.post(url(job), {"cle": key}).status_code == 404
    waiting = Job.objects.get(resumes=job)
    assert texts(done(waiting)) == [(False, "Votre rôle ne permet plus cet acte.")]


def test_only_its_author_resumes_it(client, head, officer):
    job, *_ = half_done(client, officer)
    client.force_login(person_with_role(Role.ADMINISTRATOR))
    assert "Reprendre les échecs" not in text_of(page(client, job))
    answer = client.post(url(job), {"cle": "00000000-0000-4000-8000-000000000001"})
    assert answer.status_code == 404
    client.force_login(person_with_role(Role.UNIT_HEAD))
    assert client.post(url(job)).status_code == 404


def test_it_is_not_offered_without_failures_nor_by_what_cannot(client, head, officer):
    whole = done(launched(client, "affecter", filed(1), to=officer.pk))
    assert whole.payload == {}
    assert "Reprendre les échecs" not in text_of(page(client, whole))
    answer = client.post(url(whole), {"cle": "00000000-0000-4000-8000-000000000001"})
    assert "Ce travail n’a rien à reprendre" in text_of(answer)
    export = Job.objects.create(
        kind="desk-export",
        label="Export",
        scope="x",
        state=JobState.FAILED,
        payload={"query": "liste=tous"},
        created_by=head,
        created_at=NOW,
    )
    assert "Reprendre les échecs" not in text_of(page(client, export))
    answer = client.post(url(export), {"cle": "00000000-0000-4000-8000-000000000002"})
    assert "Ce travail ne se reprend pas." in text_of(answer)


def test_nothing_more_than_the_failures_is_kept_nor_for_ever(client, head, officer):
    job, moved, _still = half_done(client, officer)
    assert list(job.payload["dossiers"]) == [str(moved.pk)]
    forget_old_files(at=timezone.now() + timedelta(days=29))
    job.refresh_from_db()
    assert job.payload
    forget_old_files(at=timezone.now() + timedelta(days=31))
    job.refresh_from_db()
    assert job.payload == {}
    assert "Reprendre les échecs" not in text_of(page(client, job))


def test_what_was_chosen_may_be_gone(client, head, officer):
    job, *_ = half_done(client, officer)
    Job.objects.filter(pk=job.pk).update(
        payload={**job.payload, "values": {"to": "999999", "reason": "x"}}
    )
    answer = press(client, job)
    assert answer.status_code == 409
    assert "Ce qui avait été choisi n’existe plus" in text_of(answer)


# --- Redaction ------------------------------------------------------------------------------------
def redact(dossier, by, words="Jean Dupont"):
    return redact_words(
        application_id=dossier.pk,
        words=words_to_mask(words),
        reason="minor",
        by=by,
        at=timezone.now(),
    )


def an_opinion_batch(
    client, dossiers, question="Que pensez-vous de Jean Dupont ?", email="jean.dupont@example.org"
):
    return launched(
        client,
        "avis",
        dossiers,
        source="expert",
        expert_name="Jean Dupont",
        expert_email=email,
        question=question,
        due_on=in_days(10),
    )


def test_words_are_masked_in_a_batch_that_waits(client, head, officer):
    dossiers = filed(2, review_state=ReviewState.UNDER_REVIEW)
    job = an_opinion_batch(client, dossiers)
    logged = redact(dossiers[0], head)
    assert logged.place.startswith("Travail «")
    job.refresh_from_db()
    assert "Dupont" not in str(job.payload)
    assert job.payload["values"]["source"] == "expert"
    assert job.payload["values"]["expert"][1] == ""


def test_codes_of_the_portal_are_never_masked(client, head, officer):
    (dossier,) = filed(1)
    job = launched(client, "affecter", [dossier], to=officer.pk, reason=f"{officer.pk} manual ab")
    before = job.payload["dossiers"]
    redact(dossier, head, words="manual")
    job.refresh_from_db()
    assert job.payload["values"] == {"to": str(officer.pk), "reason": f"{officer.pk} [masqué] ab"}
    assert job.payload["dossiers"] == before
    assert texts(done(job)) == [(True, f"Affecté à {officer}.")]


def test_words_are_masked_in_a_batch_that_is_running(client, head, officer, monkeypatch):
    """Its worker holds the job in memory: it reads its row again before each dossier."""
    from foundation.jobs import items

    dossiers = filed(2)
    job = launched(client, "affecter", dossiers, to=officer.pk, reason="Départ de Jean Dupont")
    keep = items._keep

    def between(job, written):
        keep(job, written)
        if len(written.result["lines"]) == 1:
            redact(dossiers[1], head)

    monkeypatch.setattr(items, "_keep", between)
    done(job)
    assert [ok for ok, _ in texts(job)] == [True, True]
    first, second = (one.events.get(kind="assign").comment for one in dossiers)
    assert (first, second) == ("Départ de Jean Dupont", "Départ de [masqué]")


def test_words_are_masked_in_the_lines_of_a_result(client, head, officer, monkeypatch):
    from foundation.jobs import items

    dossiers = filed(2, review_state=ReviewState.UNDER_REVIEW)
    job = an_opinion_batch(client, dossiers, "Votre avis ?", "expert@example.org")
    keep = items._keep

    def last(job, written):
        keep(job, written)
        if len(written.result["lines"]) == 2:  # nothing is left to do but the end
            redact(dossiers[0], head)

    monkeypatch.setattr(items, "_keep", last)
    done(job)
    assert OpinionRequest.objects.get(application=dossiers[0]).expert_name == "[masqué]"
    assert (job.state, job.failures) == (JobState.DONE, 0)
    assert "Dupont" not in str(job.result)


def test_an_expert_whose_address_holds_the_words_is_masked_too(client, head, officer):
    dossiers = filed(1, review_state=ReviewState.UNDER_REVIEW)
    done(an_opinion_batch(client, dossiers))
    redact(dossiers[0], head)
    asked = OpinionRequest.objects.get(application=dossiers[0])
    assert (asked.expert_name, asked.expert_email) == ("[masqué]", "masque@masque.invalid")


def test_words_are_masked_in_what_waits_to_be_resumed(client, head, officer):
    job, moved, _still = half_done(client, officer)
    redact(moved, head)
    job.refresh_from_db()
    assert job.payload["values"]["reason"] == "Départ de [masqué]"
    done(resumed(client, job))
    assert moved.events.get(kind="reassigned").comment == "Départ de [masqué]"


def test_a_batch_on_other_dossiers_is_left(client, head, officer):
    (dossier,) = filed(1)
    job = launched(client, "affecter", filed(1), to=officer.pk, reason="Départ de Jean Dupont")
    assign_officer(
        application_id=dossier.pk, person=officer, by=head, at=NOW, reason="Pour Jean Dupont"
    )
    redact(dossier, head)
    job.refresh_from_db()
    assert "Dupont" in job.payload["values"]["reason"]
    assert job.kind == running.KIND


def test_words_masked_while_a_list_is_being_written_are_not_in_its_file(
    client, head, officer, monkeypatch
):
    dossiers = filed(2, title="Le club de Jean Dupont")
    job = export.start_export(person=head, query="liste=tous", extension="xlsx", at=NOW)
    write = export.WRITERS["xlsx"]

    def slow(*args):
        count = write(*args)
        if not dossiers[0].redactions.exists():
            redact(dossiers[0], head)
        return count

    monkeypatch.setitem(export.WRITERS, "xlsx", slow)
    run_job(job_id=job.pk, at=timezone.now())
    assert not job.files.exists()
    done(job)
    assert (job.state, job.files.count()) == (JobState.DONE, 1)
    redact(dossiers[1], head)
    assert not job.files.exists()
    job.refresh_from_db()
    assert "ont été masqués depuis" in job.result["text"]
