"""The wait for documents ends with the paper that completes the dossier, whatever comes after."""

from datetime import date, timedelta

import pytest
from dateutil.relativedelta import relativedelta
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from config.dates import local_date
from foundation.documents.models import StoredFile
from grants.applications.enums import RedactionReason
from grants.applications.events import verify_chain
from grants.applications.models import Application
from grants.applications.services import documents
from grants.applications.services.completing import answer_correction
from grants.applications.services.documents import give_document
from grants.applications.services.filing import submit_application
from grants.applications.services.redaction import redact_file
from grants.applications.silence import SilenceClock, clock_of, with_clock
from grants.applications.silence_query import silence_due_on, silence_suspended_until
from grants.review.services.assignment import assign_officer
from grants.review.services.documents import check_document
from tests.applications.correcting import ask, officer_of
from tests.applications.dossiers import a_complete_draft, fresh, load_letters
from tests.documents import samples
from tests.factories import person_with_role


pytestmark = pytest.mark.django_db
NOW = timezone.now()
TODAY = local_date(NOW)
FAR = TODAY + timedelta(days=55)


@pytest.fixture
def dossier() -> Application:
    """Return a dossier filed today without its statutes and its accounts, given to an officer."""
    load_letters()
    draft = a_complete_draft()
    for position, label in enumerate(("Statuts", "Comptes"), start=7):
        draft.sheet.documents.create(
            position=position, kind=label.lower(), label=label, mandatory=True
        )
    draft.sheet.documents.create(position=9, kind="budget", label="Budget signé", mandatory=False)
    filed = submit_application(application_id=draft.pk, by=draft.created_by, at=NOW)
    head, officer = person_with_role("unit_head"), person_with_role("case_officer")
    assign_officer(application_id=filed.pk, person=officer, by=head, at=NOW)
    return fresh(filed)


def after(days: int):
    return NOW + timedelta(days=days)


def give(dossier: Application, label: str, *, day: int):
    """Join a paper of the sheet, or another one, so many days after filing."""
    content = samples.PDF + f"% {label}".encode()  # masking a file masks its twins
    required = dossier.sheet.documents.filter(label=label).first()
    return give_document(
        application_id=dossier.pk,
        required_id=required.pk if required else None,
        label=label,
        upload=SimpleUploadedFile("piece.pdf", content, content_type="application/pdf"),
        by=dossier.created_by,
        at=after(day),
    )


def check(document, state: str, *, day: int) -> None:
    check_document(
        document_id=document.pk,
        state=state,
        reason="Illisible" if state == "refused" else "",
        by=officer_of(document.application),
        at=after(day),
    )


def clock(dossier: Application, *, on: date = FAR) -> SilenceClock:
    """Return the clock, once sure that the lists would show the same."""
    rows = with_clock(Application.objects, on=on)
    rows = rows.annotate(due=silence_due_on(on), suspended=silence_suspended_until(on))
    row = rows.get(pk=dossier.pk)
    found = clock_of(row, list(row.corrections.order_by("number")), on=on)
    assert (row.due, row.suspended) == (found.due_on, found.suspended_until)
    assert found.due_on == TODAY + relativedelta(months=2) + timedelta(days=found.days_suspended)
    assert verify_chain(fresh(dossier)) == []
    return found


@pytest.fixture(params=["written", "worked out"])
def ends(request, monkeypatch) -> str:
    """Write the end of each wait, or let the history be one from before it was."""
    if request.param == "worked out":
        monkeypatch.setattr(documents, "end_of_wait", lambda application: {})
    return request.param


def test_papers_joined_once_it_is_complete_change_nothing(dossier, ends):
    give(dossier, "Statuts", day=1)
    assert clock(dossier, on=local_date(after(1))).suspended_since == TODAY
    give(dossier, "Comptes", day=2)
    assert clock(dossier).days_suspended == 2
    give(dossier, "Procès-verbal", day=9)
    give(dossier, "Budget signé", day=14)
    assert clock(dossier).days_suspended == 2


def test_only_the_paper_that_completes_it_tells_that_the_wait_is_over(dossier):
    give(dossier, "Statuts", day=1)
    give(dossier, "Autre", day=1)
    give(dossier, "Comptes", day=2)
    give(dossier, "Budget signé", day=14)
    told = [event.data for event in dossier.events.filter(kind="document_added")]
    assert [data.get("awaited_since") for data in told] == [None, None, TODAY.isoformat(), None]
    assert told[2]["awaited_until"] == (TODAY + timedelta(days=30)).isoformat()


def test_the_file_of_a_correction_counts_in_its_own_wait_only(dossier, ends):
    give(dossier, "Statuts", day=1)
    give(dossier, "Comptes", day=2)
    budget = dossier.sheet.documents.get(label="Budget signé")
    ask(dossier, f"pieces.{budget.pk}", at=after(10))
    give(dossier, "Budget signé", day=12)
    answer_correction(application_id=dossier.pk, by=dossier.created_by, at=after(12))
    assert clock(dossier).days_suspended == 4


def test_a_correction_asked_while_documents_are_awaited_shares_their_days(dossier, ends):
    budget = dossier.sheet.documents.get(label="Budget signé")
    ask(dossier, f"pieces.{budget.pk}", at=after(3))
    give(dossier, "Statuts", day=4)
    give(dossier, "Comptes", day=5)
    give(dossier, "Budget signé", day=8)
    answer_correction(application_id=dossier.pk, by=dossier.created_by, at=after(8))
    give(dossier, "Procès-verbal", day=20)
    assert clock(dossier).days_suspended == 8


def test_each_wait_for_a_document_asked_again_counts(dossier, ends):
    give(dossier, "Statuts", day=1)
    give(dossier, "Comptes", day=2)
    for refused_on, given_on in ((10, 13), (20, 24)):
        check(dossier.documents.get(label="Statuts"), "refused", day=refused_on)
        give(dossier, "Procès-verbal", day=refused_on + 1)
        give(dossier, "Statuts", day=given_on)
    give(dossier, "Procès-verbal", day=40)
    # Without the ends written, only the first wait and the last are known.
    assert clock(dossier).days_suspended == (2 + 3 + 4 if ends == "written" else 2 + 4)


def test_a_refusal_taken_back_ends_the_wait(dossier):
    give(dossier, "Statuts", day=0)
    document = give(dossier, "Comptes", day=0)
    check(document, "refused", day=5)
    assert clock(dossier, on=local_date(after(6))).suspended_since == local_date(after(5))
    check(document, "accepted", day=8)
    assert clock(dossier, on=local_date(after(9))).suspended_since is None
    assert fresh(dossier).documents_due_on is None
    assert clock(dossier).days_suspended == 3
    give(dossier, "Procès-verbal", day=20)
    assert clock(dossier).days_suspended == 3


def test_an_acceptance_ends_no_wait_for_another_document(dossier):
    document = give(dossier, "Statuts", day=1)
    check(document, "accepted", day=2)
    assert fresh(dossier).documents_due_on is not None
    assert clock(dossier, on=local_date(after(3))).suspended_since == TODAY


@pytest.mark.django_db(transaction=True)
def test_a_file_masked_afterwards_opens_another_wait_and_keeps_the_first(dossier, ends):
    give(dossier, "Statuts", day=1)
    document = give(dossier, "Comptes", day=2)
    redact_file(
        application_id=dossier.pk,
        stored_id=StoredFile.objects.filter(object_id=document.pk).get().pk,
        reason=RedactionReason.values[0],
        by=officer_of(dossier),
        at=after(10),
    )
    assert clock(dossier, on=local_date(after(11))).suspended_since == local_date(after(10))
    give(dossier, "Comptes", day=14)
    give(dossier, "Statuts signés", day=30)
    assert clock(dossier).days_suspended == 2 + 4


def test_a_wait_written_over_an_older_history_leaves_the_older_one(dossier, monkeypatch):
    with monkeypatch.context() as earlier:
        earlier.setattr(documents, "end_of_wait", lambda application: {})
        give(dossier, "Statuts", day=1)
        document = give(dossier, "Comptes", day=2)
    check(document, "refused", day=10)
    give(dossier, "Comptes", day=13)
    give(dossier, "Procès-verbal", day=20)
    assert clock(dossier).days_suspended == 2 + 3
