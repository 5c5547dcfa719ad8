"""« Pas de réponse » closes a dossier only when nothing came and nobody went on without it."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from accounts.enums import Role
from config.dates import local_date
from config.errors import Refusal
from foundation.documents.models import StoredFile
from grants.applications.enums import RedactionReason, ReviewState
from grants.applications.models import Application
from grants.applications.services.corrections import cancel_correction, request_correction
from grants.applications.services.documents import give_document
from grants.applications.services.redaction import redact_file
from grants.calls.models import RequiredDocument
from grants.review.services.closing import close_without_action, unanswered_since
from grants.review.services.scoring import conclude_review, reopen_instruction
from territories.loading import load_parameters
from tests.documents import samples
from tests.factories import member_of, person_with_role
from tests.review.world import final, under_review


pytestmark = pytest.mark.django_db
NOW = timezone.now()
DAYS_GIVEN = 5


@pytest.fixture(autouse=True)
def _parameters():
    load_parameters()


def after(days: int):
    return NOW + timedelta(days=days)


@pytest.fixture
def officer():
    return person_with_role(Role.CASE_OFFICER)


@pytest.fixture
def dossier(officer):
    return under_review(officer, person_with_role(Role.UNIT_HEAD))


def ask(dossier: Application, officer, *fields: str, day: int = 0) -> None:
    request_correction(
        application_id=dossier.pk,
        fields=list(fields) or ["projet.title"],
        message="Complétez.",
        due_on=local_date(after(day + DAYS_GIVEN)),
        by=officer,
        at=after(day),
    )


def resume(dossier: Application, officer, *, day: int, reason: str = "") -> None:
    cancel_correction(application_id=dossier.pk, reason=reason, by=officer, at=after(day))


def join(dossier: Application, required: RequiredDocument | None, *, day: int):
    return give_document(
        application_id=dossier.pk,
        required_id=required.pk if required else None,
        label="Courrier",
        upload=SimpleUploadedFile("statuts.pdf", samples.PDF, content_type="application/pdf"),
        by=member_of(dossier.organisation),
        at=after(day),
    )


def statutes_of(dossier: Application, *, mandatory: bool = False) -> RequiredDocument:
    return RequiredDocument.objects.create(
        sheet=dossier.sheet, kind="statuts", label="Statuts", mandatory=mandatory
    )


def closes(dossier: Application, officer, *, day: int) -> bool:
    """Tell whether the office may say that no answer came; the page says the same."""
    stored = Application.objects.get(pk=dossier.pk)
    said = unanswered_since(stored, on=local_date(after(day))) is not None
    try:
        close_without_action(
            application_id=dossier.pk, reason="no_answer", comment="", by=officer, at=after(day)
        )
    except Refusal as refusal:
        code = refusal.code
    else:
        code = ""
    assert code in {"", "nothing_asked", "still_time"}
    assert said is (not code)
    return not code


def test_a_request_past_its_date_without_a_paper_closes(dossier, officer):
    ask(dossier, officer)
    assert not closes(dossier, officer, day=5)
    assert closes(dossier, officer, day=6)


def test_a_paper_given_since_is_an_answer(dossier, officer):
    statutes = statutes_of(dossier)
    ask(dossier, officer, f"pieces.{statutes.pk}", day=1)
    join(dossier, statutes, day=3)
    assert not closes(dossier, officer, day=7)
    resume(dossier, officer, day=8)
    assert not closes(dossier, officer, day=9)


def test_a_paper_given_before_is_none(dossier, officer):
    join(dossier, statutes_of(dossier), day=0)
    ask(dossier, officer, day=1)
    assert closes(dossier, officer, day=7)


@pytest.mark.django_db(transaction=True)
def test_a_paper_masked_since_was_an_answer(dossier, officer):
    ask(dossier, officer)
    document = join(dossier, None, day=2)
    redact_file(
        application_id=dossier.pk,
        stored_id=StoredFile.objects.get(object_id=document.pk).pk,
        reason=RedactionReason.MINOR,
        by=officer,
        at=after(3),
    )
    assert not closes(dossier, officer, day=7)


def test_a_lapsed_request_the_office_only_resumed_still_closes(dossier, officer):
    ask(dossier, officer)
    resume(dossier, officer, day=7)
    assert closes(dossier, officer, day=8)


def test_a_lapsed_request_is_forgotten_once_the_office_concluded(dossier, officer):
    ask(dossier, officer)
    resume(dossier, officer, day=7)
    final(dossier, officer, 4, 3, 2, summary="Suffisant.")
    conclude_review(application_id=dossier.pk, proposed_amount=100, by=officer, at=after(8))
    assert not closes(dossier, officer, day=90)
    reopen_instruction(application_id=dossier.pk, by=officer, reason="Relire.", at=after(91))
    assert not closes(dossier, officer, day=92)
    ask(dossier, officer, day=93)  # but another request counts
    assert closes(dossier, officer, day=99)


def test_documents_still_to_come_past_their_date_close_whatever_else_came(dossier, officer):
    statutes_of(dossier, mandatory=True)
    Application.objects.filter(pk=dossier.pk).update(documents_due_on=local_date(after(10)))
    ask(dossier, officer)
    join(dossier, None, day=2)
    assert not closes(dossier, officer, day=7)
    assert closes(dossier, officer, day=11)


def test_the_page_says_that_none_is_past(client, dossier, officer):
    ask(dossier, officer, day=-10)
    url = reverse("review:close", args=[dossier.reference])
    client.force_login(officer)
    assert "aucun ne l’est sur ce dossier" not in client.get(url).content.decode()
    join(dossier, None, day=-1)
    assert "aucun ne l’est sur ce dossier" in client.get(url).content.decode()
    page = client.post(url, {"reason": "no_answer", "comment": ""})
    assert page.status_code == 422
    dossier.refresh_from_db()
    assert dossier.review_state == ReviewState.CORRECTION_REQUESTED
