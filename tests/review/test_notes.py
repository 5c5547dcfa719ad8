"""Notes between colleagues: corrected for a while, taken back with a trace, pinned."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.enums import Role
from config.errors import Refusal
from grants.review.models import InternalNote
from grants.review.services.assignment import declare_conflict
from grants.review.services.closing import write_note
from grants.review.services.notes import delete_note, edit_note, pin_note
from territories.loading import load_parameters
from tests.factories import member_of, person_with_role
from tests.review.world import under_review


pytestmark = pytest.mark.django_db
NOW = timezone.now()
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _parameters(db):
    load_parameters()


@pytest.fixture
def officer():
    return person_with_role(Role.CASE_OFFICER)


@pytest.fixture
def head():
    return person_with_role(Role.UNIT_HEAD)


@pytest.fixture
def application(officer, head):
    return under_review(officer, head)


@pytest.fixture
def note(application, officer) -> InternalNote:
    return write_note(application_id=application.pk, text="Vu la directrice.", by=officer, at=NOW)


def refused(service, **arguments) -> str:
    with pytest.raises(Refusal) as refusal:
        service(**arguments)
    return refusal.value.code


def test_one_corrects_one_s_own_note_for_an_hour(note, officer):
    edit_note(note_id=note.pk, text=" Vu la cheffe. ", by=officer, at=NOW + HOUR)
    note.refresh_from_db()
    assert (note.text, note.edited_at) == ("Vu la cheffe.", NOW + HOUR)
    late = NOW + HOUR + timedelta(seconds=1)
    assert refused(edit_note, note_id=note.pk, text="Non", by=officer, at=late) == "too_late"
    assert refused(edit_note, note_id=note.pk, text=" ", by=officer, at=NOW) == "empty"


def test_a_correction_that_changes_nothing_is_not_said(note, officer):
    edit_note(note_id=note.pk, text=note.text, by=officer, at=NOW)
    note.refresh_from_db()
    assert note.edited_at is None


def test_nobody_touches_the_words_of_another(note, head):
    assert refused(edit_note, note_id=note.pk, text="X", by=head, at=NOW) == "not_author"
    assert refused(delete_note, note_id=note.pk, by=head, at=NOW) == "not_author"


def test_a_note_taken_back_leaves_its_author_and_dates(note, officer):
    pin_note(note_id=note.pk, is_pinned=True, by=officer, at=NOW)
    delete_note(note_id=note.pk, by=officer, at=NOW + 50 * HOUR)
    note.refresh_from_db()
    assert (note.text, note.pinned_at, note.author) == ("", None, officer)
    assert note.deleted_at == NOW + 50 * HOUR
    for service, more in (
        (edit_note, {"text": "X"}),
        (delete_note, {}),
        (pin_note, {"is_pinned": 1}),
    ):
        assert refused(service, note_id=note.pk, by=officer, at=NOW, **more) == "deleted"


def test_a_colleague_pins_a_note_above_the_others(application, note, officer, head):
    later = write_note(application_id=application.pk, text="Après", by=head, at=NOW + HOUR)
    assert list(application.internal_notes.all()) == [later, note]
    pin_note(note_id=note.pk, is_pinned=True, by=head, at=NOW)
    assert list(application.internal_notes.all()) == [note, later]
    pin_note(note_id=note.pk, is_pinned=False, by=officer, at=NOW)
    assert list(application.internal_notes.all()) == [later, note]


@pytest.mark.parametrize("service", [edit_note, delete_note, pin_note])
def test_who_stands_aside_or_is_not_of_the_desk_does_nothing(application, note, officer, service):
    more = {edit_note: {"text": "X"}, delete_note: {}, pin_note: {"is_pinned": True}}[service]
    reader = person_with_role(Role.ADMINISTRATOR)
    assert refused(service, note_id=note.pk, by=reader, at=NOW, **more) == "not_allowed"
    declare_conflict(person=officer, application=application, reason="Proche", at=NOW)
    assert refused(service, note_id=note.pk, by=officer, at=NOW, **more) == "recused"


# --- The page -------------------------------------------------------------------------------------
def signed_in(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def change(user, note, act, **data):
    url = reverse("review:note_change", args=[note.application.reference, note.pk])
    return signed_in(user).post(url, {"acte": act, **data})


def shown(user, note) -> str:
    return signed_in(user).get(note.application.get_desk_url()).content.decode()


def test_the_page_corrects_pins_and_takes_back(note, officer, head):
    assert "Corriger" in shown(officer, note)
    assert "Corriger" not in shown(head, note)
    assert change(officer, note, "corriger", text="Vu la principale.").status_code == 302
    assert "Vu la principale." in shown(head, note)
    assert ", corrigée le" in shown(head, note)
    assert change(head, note, "epingler").status_code == 302
    assert "Épinglée" in shown(officer, note)
    assert change(head, note, "desepingler").status_code == 302
    assert change(officer, note, "supprimer").status_code == 302
    page = shown(head, note)
    assert "Vu la principale." not in page
    assert ", supprimée par son auteur le" in page


def test_a_refused_correction_keeps_what_was_typed(note, officer):
    empty = change(officer, note, "corriger", text="")
    assert empty.status_code == 422
    InternalNote.objects.update(written_at=NOW - 2 * HOUR)
    late = change(officer, note, "corriger", text="Mes mots à ne pas perdre")
    assert late.status_code == 409
    assert "Mes mots à ne pas perdre" in late.content.decode()
    assert "écrivez-en une nouvelle" in late.content.decode()


def test_another_s_note_and_an_unknown_act_are_refused(note, officer, head):
    assert change(head, note, "supprimer").status_code == 403
    assert change(officer, note, "encadrer").status_code == 400
    other = under_review(officer, head)
    url = reverse("review:note_change", args=[other.reference, note.pk])
    assert signed_in(officer).post(url, {"acte": "supprimer"}).status_code == 404


def test_who_stands_aside_reads_no_note_and_posts_none(application, note, officer):
    for person in (officer, person_with_role(Role.ADMINISTRATOR)):
        assert "Vu la directrice." in shown(person, note)
        declare_conflict(person=person, application=application, reason="Proche", at=NOW)
        page = shown(person, note)
        assert "Vu la directrice." not in page
        assert "Notes internes" not in page
        assert change(person, note, "epingler").status_code == 403


def test_applicants_and_coordinators_never_read_a_note(application, note):
    assert "Vu la directrice." not in shown(person_with_role(Role.COORDINATOR), note)
    client = signed_in(member_of(application.organisation))
    for url in (application.get_absolute_url(), application.get_desk_url()):
        assert "Vu la directrice." not in client.get(url).content.decode()


def test_a_note_sent_twice_is_written_once(client, application, officer):
    client.force_login(officer)
    page = client.get(application.get_desk_url()).text
    key = re.search(r'name="request_key" value="([0-9a-f-]{36})"', page)[1]
    url = reverse("review:note", args=[application.reference])
    for _ in range(2):
        answer = client.post(url, {"text": "Vu la directrice.", "request_key": key})
        assert answer.status_code == 302
    assert application.internal_notes.count() == 1
    client.post(url, {"text": "Vu la directrice.", "request_key": str(uuid4())})
    assert application.internal_notes.count() == 2


def test_a_note_shows_all_it_holds(application, officer):
    written = write_note(
        application_id=application.pk, text="Vu\u202e la\x07 cheffe.\nMerci.", by=officer, at=NOW
    )
    assert written.text == "Vu la cheffe.\nMerci."
    edit_note(note_id=written.pk, text="Re\u2066vu.", by=officer, at=NOW)
    written.refresh_from_db()
    assert written.text == "Revu."
