"""« Pas de réponse » closes a dossier only when nothing came and nobody went on without it."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from accounts.enums import Role
from config.dates import local_date
from config.errors import Refusal
from config.templatetags.fr import date_fr
from foundation.documents.models import StoredFile
from foundation.notifications.models import OutboxMessage
from grants.applications.enums import RedactionReason, ReviewState
from grants.applications.models import Application
from grants.applications.services.corrections import cancel_correction, request_correction
from grants.applications.services.documents import give_document
from grants.applications.services.redaction import redact_file
from grants.calls.models import RequiredDocument
from grants.review.models import OpinionRequest
from grants.review.services.admissibility import propose_rejection
from grants.review.services.closing import ClosingProof, close_without_action, unanswered_since
from grants.review.services.scoring import conclude_review, reopen_instruction
from territories.loading import load_parameters
from tests.documents import samples
from tests.factories import member_of, person_with_role
from tests.review.opinions import ask_coordinator, ask_expert
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


TODAY = {"received_on": f"{timezone.localdate()}"}
WITHDRAWN = {"reason": "withdrawal", "received_by": "letter", "comment": "Lettre jointe."}


def test_a_withdrawal_does_not_come_before_the_filing(client, dossier, officer):
    day = local_date(dossier.submitted_at)
    proof = ClosingProof(received_by="letter", received_on=day - timedelta(days=1))
    with pytest.raises(Refusal) as refusal:
        close_without_action(
            application_id=dossier.pk,
            reason="withdrawal",
            comment="",
            proof=proof,
            by=officer,
            at=NOW,
        )
    assert refusal.value.code == "received_before"
    client.force_login(officer)
    url = reverse("review:close", args=[dossier.reference])
    page = client.post(url, WITHDRAWN | {"received_on": "2020-01-01"})
    assert page.status_code == 422
    assert (
        f"Le dossier a été déposé le {date_fr(day)}"
        in page.context["form"].errors["received_on"][0]
    )
    assert client.post(url, WITHDRAWN | {"received_on": f"{day}"}).status_code == 200


def test_nothing_closes_before_what_the_applicant_will_read_was_read(client, dossier, officer):
    client.force_login(officer)
    url = reverse("review:close", args=[dossier.reference])
    assert "aucun message ne part" in client.post(url, WITHDRAWN | TODAY).text
    member_of(dossier.organisation)
    values = WITHDRAWN | TODAY
    page = client.post(url, values)
    assert (page.status_code, page.context["words"]) == (
        200,
        f"Désistement du demandeur, reçu par courrier le {date_fr(timezone.localdate())}\u00a0: "
        "Lettre jointe.",
    )
    assert "Votre demande" in page.text
    dossier.refresh_from_db()
    assert dossier.review_state == ReviewState.UNDER_REVIEW
    read = page.context["words"]
    changed = client.post(url, values | {"confirm": "1", "read": read, "comment": "Autre."})
    assert changed.status_code == 409
    assert changed.context["words"].endswith("Autre.")
    dossier.refresh_from_db()
    assert dossier.review_state == ReviewState.UNDER_REVIEW
    assert client.post(url, values | {"confirm": "1", "read": read}).status_code == 302
    dossier.refresh_from_db()
    assert (dossier.review_state, dossier.closing_reason) == ("closed_without_action", read)


def test_no_reason_is_said_in_words(client, dossier, officer):
    client.force_login(officer)
    page = client.post(reverse("review:close", args=[dossier.reference]), {"comment": ""})
    assert page.status_code == 422
    assert "Choisissez la raison du classement." in page.text


@pytest.mark.parametrize("end", ["conclude", "reject", "close"])
def test_what_ends_an_instruction_takes_pending_opinions_back_and_says_so(
    client, dossier, officer, end
):
    dossier.officer = officer
    asked, given = ask_coordinator(dossier), ask_expert(dossier)
    OpinionRequest.objects.filter(pk=given.pk).update(state="given")
    client.force_login(officer)
    if end == "close":
        url = reverse("review:close", args=[dossier.reference])
        page = client.post(url, WITHDRAWN | TODAY)
        assert "Un avis est encore attendu" in page.text
        assert str(asked.person) in page.text
        close_without_action(
            application_id=dossier.pk,
            reason="withdrawal",
            comment="",
            proof=ClosingProof(received_by="letter", received_on=timezone.localdate()),
            by=officer,
            at=timezone.now(),
        )
    elif end == "conclude":
        final(dossier, officer, 4, 3, 2, summary="Suffisant.")
        page = client.get(dossier.get_desk_url())
        assert "clore l’instruction annule sa demande" in page.text
        conclude_review(
            application_id=dossier.pk, proposed_amount=100, by=officer, at=timezone.now()
        )
    else:
        page = client.get(reverse("review:tab", args=[dossier.reference, "recevabilite"]))
        assert "sa demande sera annulée" in page.text
        propose_rejection(
            application_id=dossier.pk, reason="Hors du champ.", by=officer, at=timezone.now()
        )
    asked.refresh_from_db()
    given.refresh_from_db()
    assert (asked.state, asked.revoked_by, given.state) == ("revoked", officer, "given")
    assert OutboxMessage.objects.get(kind="opinion_revoked").to == asked.person.email
    event = dossier.events.get(kind="opinion_revoked")
    assert event.comment.startswith(f"{asked.person}\u00a0: ")


def test_a_dossier_that_ended_asks_for_nothing_more(client, dossier, officer):
    statutes_of(dossier, mandatory=True)
    client.force_login(officer)
    assert "Dossier incomplet" in client.get(dossier.get_desk_url()).text
    Application.objects.filter(pk=dossier.pk).update(review_state="closed_without_action")
    assert "Dossier incomplet" not in client.get(dossier.get_desk_url()).text
    tab = client.get(reverse("review:tab", args=[dossier.reference, "pieces"])).text
    assert "Il manque des pièces" not in tab
