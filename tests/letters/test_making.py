"""The PDF of a letter is made once, whoever dies in between."""

import hashlib
import io
from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.db import IntegrityError, OperationalError, connection, transaction
from pypdf import PdfReader, PdfWriter

from config.errors import Refusal
from foundation.documents.models import StoredFile
from foundation.documents.pdf import PdfNotValidError
from grants.letters import hooks, services
from grants.letters.models import Letter, LetterKind, LetterState
from grants.letters.services import (
    BACKOFF,
    LEASE,
    MAX_ATTEMPTS,
    create_letter,
    due_letters,
    generate_letter,
    retry_letter,
    sign_letter,
)
from grants.letters.tasks import generate_letter_task, sweep_letters
from tests.documents.samples import PDF, picture
from tests.factories import person_with_role
from tests.letters.conftest import AT, AWARD, a_letter


@pytest.fixture
def letter(dossier) -> Letter:
    return a_letter(dossier, made=False)


@pytest.fixture
def head(db):
    return person_with_role("unit_head")


def fail(letter):
    raise PdfNotValidError(["ua1 RULE: broken"])


def test_a_made_letter_is_ready_and_stored_with_its_digest(letter):
    assert generate_letter(letter_id=letter.pk, at=AT)
    letter.refresh_from_db()
    assert (letter.state, letter.ready_at, letter.lease_until) == ("ready", AT, None)
    assert letter.pdf.original_name == "2027-0042-AT1.pdf"
    assert len(PdfReader(io.BytesIO(letter.pdf.file.read())).pages) == 2


def test_a_made_letter_is_never_made_again(letter):
    assert generate_letter(letter_id=letter.pk, at=AT)
    assert not generate_letter(letter_id=letter.pk, at=AT + timedelta(days=1))
    assert not generate_letter_task(letter.pk)
    assert letter.files.count() == 1


def test_a_letter_being_made_is_left_alone_until_its_lease_ends(letter, monkeypatch):
    monkeypatch.setattr(services, "render_letter", lambda letter: 1 / 0)
    monkeypatch.setattr(services, "_keep_failure", lambda *args: None)  # as if killed
    assert not generate_letter(letter_id=letter.pk, at=AT)
    monkeypatch.undo()
    assert not due_letters(AT + LEASE - timedelta(seconds=1)).exists()
    assert not generate_letter(letter_id=letter.pk, at=AT + LEASE - timedelta(seconds=1))
    assert generate_letter(letter_id=letter.pk, at=AT + LEASE)
    assert letter.files.count() == 1


def test_two_workers_past_their_lease_store_one_file(letter, monkeypatch):
    """The slow one comes back when the other has finished."""
    render = services.render_letter

    def slow(letter):
        monkeypatch.setattr(services, "render_letter", render)
        assert generate_letter(letter_id=letter.pk, at=AT + LEASE)
        return render(letter)

    monkeypatch.setattr(services, "render_letter", slow)
    assert not generate_letter(letter_id=letter.pk, at=AT)
    assert letter.files.count() == 1


def test_a_failure_is_kept_and_tried_again_later_and_later(letter, monkeypatch):
    monkeypatch.setattr(services, "render_letter", fail)
    at = AT
    for attempt in range(1, MAX_ATTEMPTS + 1):
        assert not generate_letter(letter_id=letter.pk, at=at)
        letter.refresh_from_db()
        assert (letter.state, letter.attempts) == ("failed", attempt)
        assert letter.error == "PdfNotValidError: ua1 RULE: broken"
        assert letter.lease_until == at + BACKOFF * 2 ** (attempt - 1)
        at = letter.lease_until
    assert not due_letters(at + timedelta(days=30)).exists()
    assert not letter.files.exists()


def test_a_failed_letter_is_made_once_somebody_asks_again(letter, monkeypatch, head):
    monkeypatch.setattr(services, "render_letter", fail)
    Letter.objects.update(attempts=MAX_ATTEMPTS - 1)
    assert not generate_letter(letter_id=letter.pk, at=AT)
    monkeypatch.undo()
    assert not generate_letter(letter_id=letter.pk, at=AT + timedelta(days=1))
    retry_letter(letter_id=letter.pk, by=head, at=AT)
    assert generate_letter(letter_id=letter.pk, at=AT)
    with pytest.raises(Refusal, match="pas en échec"):
        retry_letter(letter_id=letter.pk, by=head, at=AT)


def test_the_sweeper_makes_what_was_forgotten(dossier):
    letters = [a_letter(dossier, kind, made=False) for kind in ("award", "rejection", "receipt")]
    assert sweep_letters() == 3
    assert sweep_letters() == 0
    assert {Letter.objects.get(pk=one.pk).state for one in letters} == {LetterState.READY}


def test_the_database_itself_refuses_a_second_file(letter):
    generate_letter(letter_id=letter.pk, at=AT)
    with pytest.raises(IntegrityError), transaction.atomic():
        services.store_bytes(
            owner=letter,
            kind="generated",
            name="a.pdf",
            content=PDF,
            media_type="application/pdf",
            at=AT,
        )


def test_what_is_hooked_on_a_ready_letter_shares_its_transaction(letter, monkeypatch):
    def broken(*, letter, at):
        raise RuntimeError("hook")

    monkeypatch.setattr(hooks, "on_ready", [broken])
    assert not generate_letter(letter_id=letter.pk, at=AT)
    assert not StoredFile.objects.exists()
    letter.refresh_from_db()
    assert (letter.state, letter.error) == ("failed", "RuntimeError: hook")


def test_a_busy_database_is_no_failure_of_the_letter(letter, monkeypatch):
    def busy(*args):
        raise OperationalError

    monkeypatch.setattr(services, "lock_application", busy)
    with pytest.raises(OperationalError):
        generate_letter(letter_id=letter.pk, at=AT)
    letter.refresh_from_db()
    assert letter.state == LetterState.TO_GENERATE


def test_the_worker_is_woken_after_the_commit(
    dossier, django_capture_on_commit_callbacks, monkeypatch
):
    sent = []
    monkeypatch.setattr(
        services.celery, "send_task", lambda name, args, **_: sent.append((name, args))
    )
    with django_capture_on_commit_callbacks() as callbacks:
        letter = create_letter(application=dossier, kind="award", context=AWARD, at=AT, by=None)
        assert sent == []
    for callback in callbacks:
        callback()
    assert sent == [(services.GENERATE_TASK, [letter.pk])]
    assert generate_letter_task.name == services.GENERATE_TASK


@pytest.mark.django_db(transaction=True)
def test_rendering_holds_no_lock(monkeypatch):
    """Another connection writes on the row while a letter is rendered."""
    from grants.letters.reference import load_templates
    from territories.loading import load_parameters
    from tests.letters.conftest import a_filed_dossier

    load_parameters()
    load_templates()
    letter = a_letter(a_filed_dossier(), made=False)

    def render(letter):
        assert not connection.in_atomic_block
        return PDF

    monkeypatch.setattr(services, "render_letter", render)
    assert generate_letter(letter_id=letter.pk, at=AT)


# --- Sign ----------------------------------------------------------------------------------------
def signed_pdf(letter: Letter) -> bytes:
    writer = PdfWriter(clone_from=io.BytesIO(letter.pdf.file.read()))
    writer.add_metadata({"/Signed": "yes"})
    target = io.BytesIO()
    writer.write(target)
    return target.getvalue()


def sign(letter: Letter, by, content: bytes | None = None, name: str = "signé.pdf") -> Letter:
    content = signed_pdf(letter) if content is None else content
    return sign_letter(letter_id=letter.pk, upload=ContentFile(content, name=name), by=by, at=AT)


@pytest.fixture
def ready(letter) -> Letter:
    generate_letter(letter_id=letter.pk, at=AT)
    letter.refresh_from_db()
    return letter


def test_the_signed_file_is_kept_to_the_byte(ready, head):
    content = signed_pdf(ready)
    letter = Letter.objects.get(pk=sign(ready, head, content).pk)
    assert (letter.state, letter.signed_at) == ("signed", AT)
    assert letter.signed_file.file.read() == content
    assert letter.pdf is not None
    assert letter.signed_file.sha256 == hashlib.sha256(content).hexdigest()


def test_a_signed_file_may_be_replaced_and_the_former_is_kept(ready, head):
    sign(ready, head)
    sign(ready, head, signed_pdf(ready) + b"\n%%EOF\n")
    sign(ready, head, signed_pdf(ready) + b"\n\n%%EOF\n")
    kinds = sorted(Letter.objects.get(pk=ready.pk).files.values_list("kind", flat=True))
    assert kinds == ["generated", "signed", "signed_replaced", "signed_replaced"]


def test_what_is_hooked_on_a_signature_knows_who_signed(ready, head, monkeypatch):
    seen = []
    monkeypatch.setattr(hooks, "on_signed", [lambda **given: seen.append(given)])
    sign(ready, head)
    assert seen == [{"letter": ready, "at": AT, "by": head}]


@pytest.mark.parametrize(
    ("content", "name", "code"),
    [(picture("PNG"), "scan.png", "extension"), (b"", "vide.pdf", "empty")],
    ids=["picture", "empty"],
)
def test_only_a_pdf_is_accepted(ready, head, content, name, code):
    with pytest.raises(Refusal) as caught:
        sign(ready, head, content, name)
    assert caught.value.code == code
    ready.refresh_from_db()
    assert ready.state == "ready"


def test_the_unsigned_file_is_not_a_signed_one(ready, head):
    with pytest.raises(Refusal) as caught:
        sign(ready, head, ready.pdf.file.read())
    assert caught.value.code == "not_signed"
    assert Letter.objects.get(pk=ready.pk).signed_file is None


@pytest.mark.parametrize("role", ["case_officer", "coordinator", "reader"])
def test_others_than_the_head_do_not_sign(ready, role):
    with pytest.raises(Refusal) as caught:
        sign(ready, person_with_role(role))
    assert (caught.value.code, caught.value.status) == ("not_allowed", 403)


@pytest.mark.parametrize("state", ["to_generate", "failed", "notified", "opened"])
def test_a_letter_is_signed_between_ready_and_notified(ready, head, state):
    content = signed_pdf(ready)
    Letter.objects.filter(pk=ready.pk).update(state=state)
    with pytest.raises(Refusal) as caught:
        sign(ready, head, content)
    assert (caught.value.code, caught.value.status) == ("wrong_state", 409)


def test_a_superseded_letter_and_a_receipt_are_not_signed(ready, head, dossier):
    a_letter(dossier, made=False)
    with pytest.raises(Refusal, match="remplacé"):
        sign(ready, head)
    receipt = a_letter(dossier, LetterKind.RECEIPT)
    with pytest.raises(Refusal, match="ne se signe pas"):
        sign(receipt, head)
