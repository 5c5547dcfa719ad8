"""A compulsory text of which nothing can be seen is refused by every service."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import timezone

from accounts.enums import Role
from config.errors import Refusal
from grants.applications.services.messages import send_message
from grants.calls.grids.content import GridContent
from grants.calls.grids.services import create_grid
from grants.review.listing.saved import save_view
from grants.review.models import Opinion
from grants.review.services.assignment import assign_officer, assign_reader
from grants.review.services.closing import write_note
from grants.review.services.notes import edit_note
from grants.review.services.opinions import ExpertInput, revoke_opinion
from grants.review.services.scoring import conclude_review, finalise_review, reopen_review
from territories.loading import load_parameters
from tests.factories import person_with_role
from tests.review.opinions import ask_coordinator, ask_expert, give
from tests.review.world import final, read_by, under_review


pytestmark = pytest.mark.django_db
NOW = timezone.now()
NOTHING = "\u200b\ufeff \u2060\n\u00ad\u2800\u202e\u200d"


@pytest.fixture
def head():
    return person_with_role(Role.UNIT_HEAD)


@pytest.fixture
def officer():
    return person_with_role(Role.CASE_OFFICER)


@pytest.fixture
def dossier(officer, head):
    load_parameters()
    dossier = under_review(officer, head)
    dossier.officer = officer
    return dossier


def refused(service, **arguments) -> str:
    with pytest.raises(Refusal) as refusal:
        service(**arguments)
    return refusal.value.code


def test_notes_and_messages(dossier, officer):
    here = {"application_id": dossier.pk, "at": NOW}
    assert refused(write_note, text=NOTHING, by=officer, **here) == "empty"
    note = write_note(text="Vu", by=officer, **here)
    assert refused(edit_note, note_id=note.pk, text=NOTHING, by=officer, at=NOW) == "empty"
    message = {"side": "office", "author": officer, "text": NOTHING}
    assert refused(send_message, **message, **here) == "empty_text"


def test_reasons_and_summaries(dossier, officer, head):
    here = {"application_id": dossier.pk, "at": NOW}
    other = person_with_role(Role.CASE_OFFICER)
    handed = {"person": other, "by": head, "reason": NOTHING}
    assert refused(assign_officer, **handed, **here) == "reason_needed"
    read_by(dossier, officer, 3, 3, 3, summary=NOTHING)
    assert refused(finalise_review, by=officer, **here) == "incomplete"
    final(dossier, officer, 3, 3, 3, summary="Bon projet.")
    assert refused(reopen_review, by=officer, reason=NOTHING, **here) == "reason_missing"


def test_no_third_reading_without_saying_why(officer, head):
    load_parameters()
    dossier = under_review(officer, head, readers=2)
    assign_reader(application_id=dossier.pk, person=head, rank=2, by=head, at=NOW)
    final(dossier, officer, 1, 1, 1, summary="Faible")
    final(dossier, head, 5, 5, 5, summary="Fort")
    asked = {"application_id": dossier.pk, "proposed_amount": 4000, "by": head, "at": NOW}
    assert refused(conclude_review, reason=NOTHING, **asked) == "third_missing"


def test_opinions(dossier):
    nobody = ExpertInput(NOTHING, "d.vidal@expertise.example", "")
    assert refused(ask_expert, dossier=dossier, expert=nobody) == "name_missing"
    hidden = ExpertInput("Domi\u202enique\u200b Vidal", "d.vidal@expertise.example", NOTHING)
    asked = ask_expert(dossier, hidden)
    assert (asked.expert_name, asked.expert_function) == ("Dominique Vidal", "")
    asked = ask_coordinator(dossier)
    assert refused(give, asked=asked, position="unfavourable", text=NOTHING)
    assert not Opinion.objects.filter(given_at__isnull=False).exists()
    gone = {"request_id": asked.pk, "reason": NOTHING, "by": dossier.officer, "at": NOW}
    assert refused(revoke_opinion, **gone) == "reason_missing"


def test_names(head):
    view = {"person": head, "name": NOTHING, "query": "", "at": NOW}
    assert refused(save_view, **view) == "invalid"
    admin = person_with_role(Role.ADMINISTRATOR)
    assert refused(create_grid, content=GridContent(NOTHING), by=admin) == "invalid"


def test_services_ask_is_blank_whether_a_text_is_empty():
    root = Path(settings.BASE_DIR)
    bare = re.compile(r"(?:not|if) [\w.]+\.strip\(\)")
    services = [p for p in root.glob("*/**/*.py") if "services" in str(p.relative_to(root))]
    ours = [p for p in services if p.parts[len(root.parts)] in {"grants", "partners", "accounts"}]
    assert len(ours) > 30
    assert [str(p) for p in ours if bare.search(p.read_text(encoding="utf-8"))] == []
