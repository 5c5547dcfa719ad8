"""Words and files that the office masks are gone from everywhere, and the proofs still hold."""

import json
from datetime import date, timedelta
from decimal import Decimal
from io import BytesIO

import pytest
from django.apps import apps
from django.core.files.base import ContentFile
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader

from accounts.enums import Role
from config.errors import Refusal
from foundation.documents.models import StoredFile
from foundation.documents.services import store_upload
from foundation.notifications.models import OutboxMessage
from grants.applications.enums import MessageSide, ReviewState
from grants.applications.events import append_event, verify_chain
from grants.applications.integrity import deposit_faults
from grants.applications.masking import MASK, Words
from grants.applications.models import (
    AnnualBudgetLine,
    Application,
    ApplicationDocument,
    AudienceCount,
    BudgetLine,
    Commitment,
    ConditionAnswer,
    CorrectionRequest,
    Deposit,
    Event,
    Indicator,
    Message,
    Place,
    Redaction,
    StaffLine,
)
from grants.applications.redactable import is_free_text, registered
from grants.applications.redaction_preflight import preflight
from grants.applications.section_values import from_json, to_json
from grants.applications.sections import LineValue, PlaceValue
from grants.applications.services.messages import send_message
from grants.applications.services.redaction import (
    redact_file,
    redact_words,
    words_to_mask,
)
from grants.applications.snapshot import documents_of, freeze
from grants.calls.models import RequiredDocument
from grants.decisions.models import SessionLine
from grants.letters import services as letter_services
from grants.letters.models import Letter, LetterKind, LetterState
from grants.letters.reference import load_templates
from grants.letters.services import create_letter, generate_letter
from grants.review.models import Assignment, InternalNote
from grants.review.services.assignment import declare_conflict
from grants.review.services.documents import check_document
from territories.loading import load_parameters
from tests.applications.test_events import tamper
from tests.documents import samples
from tests.factories import (
    ApplicationFactory,
    FiledApplicationFactory,
    UserFactory,
    member_of,
    person_with_role,
)


CANARY = "Zoé Canarini"
SPELLINGS = ("Zoé Canarini", "ZOE CANARINI", "Zoé\u00a0Canarini", "zoe-canarini", "ZoéCanarini")
NOW = timezone.now()


@pytest.fixture
def officer(db):
    return person_with_role(Role.CASE_OFFICER)


@pytest.fixture
def dossier(db):
    load_parameters()
    load_templates()
    application = FiledApplicationFactory(
        title=f"Atelier de {CANARY}",
        objectives="Avec ZOE CANARINI et d’autres.",
        contact_email="zoe.canarini@essai.example",
        review_state=ReviewState.UNDER_REVIEW,
        invalid_values={"public": {"girls_count": "deux, dont Zoé Canarini"}},
    )
    member_of(application.organisation)
    return application


def give(owner, *, content=samples.PDF, name="liste.pdf", by=None, kind="liste"):
    return store_upload(
        owner=owner,
        kind=kind,
        upload=ContentFile(content, name=name),
        by=by or UserFactory(),
        at=NOW,
    )


def mask(application, officer, text=CANARY, **options):
    return redact_words(
        application_id=application.pk,
        words=words_to_mask(text, **options),
        reason="minor",
        by=officer,
        at=timezone.now(),
    )


def refile(application, content: dict, number: int = 2) -> Deposit:
    payload, sha256 = freeze(content)
    return Deposit.objects.create(
        application=application,
        number=number,
        payload=payload,
        sha256=sha256,
        filed_at=NOW,
        filed_by=application.created_by,
    )


# --- Words: what is found -------------------------------------------------------------------------
@pytest.mark.parametrize(
    "spelling", [*SPELLINGS, "Zoe\u0301 Canarini", "Z\u200boé Canarini", "Zoé \n    Canarini"]
)
def test_words_are_found_however_they_are_written(spelling):
    assert Words(CANARY).mask(f"Bonjour {spelling}, à demain") == f"Bonjour {MASK}, à demain"


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ("Ali", "Alimentation"),
        ("Ali", "Khali"),
        ("Zoé Canarini", "Canarini Zoé"),
        ("ab", "a .... b"),
    ],
)
def test_other_words_are_left(words, text):
    assert Words(words).mask(text) == text


def test_words_inside_longer_ones_are_found_when_asked():
    assert Words("Ali", inside=True).mask("Khali, Ali") == f"Kh{MASK}, {MASK}"


def test_half_a_ligature_is_not_cut():
    assert Words("coe", inside=True).mask("cœur") == f"{MASK}ur"
    assert Words("co", inside=True).mask("cœur") == "cœur"


def test_the_words_of_the_portal_stay_in_a_document():
    content = {"kind": "project", "planned": "1200.00", "title": "Un project", "on": "2026-01-01"}
    assert Words("project").mask_json(content) == {**content, "title": f"Un {MASK}"}
    assert Words("2026").mask_json(content) == content


@pytest.mark.parametrize(
    "words", ["date", "map", "decimal", "value", "LineValue", "60", "2026", "supplies", "commune"]
)
def test_the_answer_to_a_correction_can_still_be_read(words):
    """Types, dates, amounts and keys of tables are no words; what was typed is."""
    section = {
        "starts_on": date(2026, 3, 1),
        "annual_budget": {"60": Decimal(60), "date": Decimal(2026)},
        "lines": [LineValue("charge", "supplies", Decimal(60), funder="Amis")],
        "places": [PlaceValue("commune", "60", Decimal(60))],
        "answers": {1: f"Un mot : {words}."},
    }
    masked = from_json(Words(words).mask_json(to_json(section)))
    assert masked == {**section, "answers": {1: f"Un mot : {MASK}."}}
    assert Words(words).texts_of(to_json(section)) == [f"Un mot : {words}."]


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("Lea Orsted", "Léa Ørsted"),
        ("Lukasz", "Łukasz"),
        ("Yildiz", "YILDIZ"),
        ("Yıldız", "Yildiz"),
    ],
)
def test_letters_without_decomposition_are_found_as_they_are_typed(typed, written):
    assert words_to_mask(typed).mask(f"Vu avec {written}.") == f"Vu avec {MASK}."


@pytest.mark.parametrize("text", ["", "a", "!!!", "masqué", "x" * 300])
def test_what_cannot_be_looked_for_is_refused(text):
    with pytest.raises(Refusal):
        words_to_mask(text)


# --- The database lets a mask through, nothing else -----------------------------------------------
def with_comment(application, comment="Vu avec Zoé Canarini, 100 % d’accord_"):
    return append_event(application=application, kind="note", actor=None, at=NOW, comment=comment)


@pytest.mark.parametrize(
    "changes",
    [
        {"comment": "Vu avec Paul, 100 % d’accord_"},
        {"comment": "Vu avec [masqué], 99 % d’accord_"},
        {"comment": "[masqué] et bien plus"},
        {"comment": "Vu avec [masqué], 100 % d’accordé"},
        {"comment": ""},
        {"kind": "autre"},
        {"comment": "Vu avec [masqué], 100 % d’accord_", "kind": "autre"},
        {"comment": "Vu avec [masqué], 100 % d’accord_", "comment_digest": "x"},
    ],
)
def test_an_event_changes_only_by_a_mask(dossier, changes):
    event = with_comment(dossier)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        Event.objects.filter(pk=event.pk).update(**changes)


def test_a_masked_comment_passes(dossier):
    event = with_comment(dossier)
    masked = "Vu avec [masqué], 100 % d’accord_"
    assert Event.objects.filter(pk=event.pk).update(comment=masked) == 1


def deposit_change(content: dict, **more) -> dict:
    payload, sha256 = freeze(content)
    return {"payload": payload, "redacted_at": NOW, "redacted_sha256": sha256, **more}


@pytest.mark.parametrize(
    "changes",
    [
        deposit_change({"title": "Tout autre chose"}),
        deposit_change({"title": "Avec [masqué]", "more": "1"}),
        deposit_change({"title": "Avec Zoé Canarini"}),
        deposit_change({"title": "Avec [masqué]"}, redacted_at=None),
        deposit_change({"title": "Avec [masqué]"}, redacted_sha256="0" * 64),
        deposit_change({"title": "Avec [masqué]"}, number=9),
        deposit_change({"title": "Avec [masqué]"}, sha256="0" * 64),
        {"redacted_at": NOW},
    ],
)
def test_a_deposit_changes_only_by_a_mask(dossier, changes):
    deposit = refile(dossier, {"title": "Avec Zoé Canarini"})
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        Deposit.objects.filter(pk=deposit.pk).update(**changes)


def test_a_deposit_is_masked_again_later_never_earlier(dossier):
    deposit = refile(dossier, {"title": "Avec Zoé Canarini et Paul"})
    rows = Deposit.objects.filter(pk=deposit.pk)
    rows.update(**deposit_change({"title": "Avec [masqué] et Paul"}))
    twice = deposit_change({"title": "Avec [masqué] et [masqué]"})
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        rows.update(**{**twice, "redacted_at": NOW - timedelta(days=1)})
    assert rows.update(**twice) == 1


def test_deposits_and_events_are_never_deleted(dossier):
    for model in (Deposit, Event):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            model.objects.filter(application=dossier).delete()


# --- Everywhere -----------------------------------------------------------------------------------
def every_text_of_the_database() -> str:
    """Return every text, JSON and binary value of every table."""
    found = []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name, data_type FROM information_schema.columns "
            "WHERE table_schema = 'public' AND data_type IN "
            "('text', 'character varying', 'jsonb', 'bytea', 'ARRAY')"
        )
        for table, column, kind in cursor.fetchall():
            value = f'"{column}"'
            text = f"convert_from({value}, 'UTF8')" if kind == "bytea" else f"{value}::text"
            cursor.execute(f'SELECT string_agg({text}, chr(10)) FROM "{table}"')  # noqa: S608
            found.append(cursor.fetchone()[0] or "")
    return "\n".join(found)


def every_text_of_the_files() -> str:
    found = []
    for stored in StoredFile.objects.all():
        with stored.file.open("rb") as content:
            raw = content.read()
        found.append(raw.decode("latin-1"))
        if raw.startswith(b"%PDF") and stored.kind == "generated":
            reader = PdfReader(BytesIO(raw))
            found += [page.extract_text() for page in reader.pages]
            found.append(str(reader.metadata))
    return "\n".join(found)


def fill_everything(application: Application, officer) -> None:
    """Write the words in every place of a dossier where somebody can type."""
    member = application.created_by
    text = "Vu avec Zoé Canarini."
    ConditionAnswer.objects.create(
        application=application, position=1, condition="Une condition", answer=text
    )
    Indicator.objects.create(
        application=application, position=1, label=text, planned="zoe canarini", actual=CANARY
    )
    BudgetLine.objects.create(
        application=application, side="charge", account="supplies", funder=f"Don de {CANARY}"
    )
    document = ApplicationDocument.objects.create(
        application=application, label=f"Bulletin de {CANARY}", refusal_reason=text, added_at=NOW
    )
    give(document, name="Bulletin Zoé Canarini.pdf", by=member)
    correction = CorrectionRequest.objects.create(
        application=application,
        number=1,
        message=text,
        fields=["projet.title"],
        first_due_on=NOW.date(),
        due_on=NOW.date(),
        asked_at=NOW,
        asked_by=officer,
        overlay={"projet": {"title": text, "kind": "project", "list": [CANARY]}},
        invalid_values={"public": {"girls_count": CANARY}},
    )
    append_event(
        application=application, kind="note", actor=officer, at=NOW, comment=correction.message
    )
    send_message(
        application_id=application.pk,
        side=MessageSide.OFFICE,
        author=officer,
        text=f"Bonjour, qui est {CANARY} ?",
        at=NOW,
    )
    InternalNote.objects.create(application=application, author=officer, text=text, written_at=NOW)
    refile(
        application,
        {
            "project": {"title": f"Atelier de {CANARY}", "kind": "project"},
            "documents": [{"label": "Autre", "name": "Zoé Canarini.pdf", "sha256": "a" * 64}],
        },
    )
    for field in Application._meta.concrete_fields:
        is_ours = field.name not in {"reference", "title", "contact_email"}
        if is_ours and is_free_text(field) and not field.null and field.max_length is None:
            value = {"x": CANARY} if field.get_internal_type() == "JSONField" else text
            if field.name != "saved_sections":
                Application.objects.filter(pk=application.pk).update(**{field.name: value})
    application.refresh_from_db()


def test_masked_words_are_nowhere_any_more(dossier, officer):
    fill_everything(dossier, officer)
    receipt = create_letter(
        application=dossier, kind=LetterKind.RECEIPT, context={}, at=NOW, by=None
    )
    assert generate_letter(letter_id=receipt.pk, at=NOW)
    before = every_text_of_the_database() + every_text_of_the_files()
    assert Words(CANARY).count(before) > 20
    assert CANARY in before
    mask(dossier, officer)
    receipt.refresh_from_db()
    assert receipt.state == LetterState.TO_GENERATE
    assert generate_letter(letter_id=receipt.pk, at=NOW)
    after = every_text_of_the_database() + every_text_of_the_files()
    assert Words(CANARY, inside=True).excerpts(after) == []
    assert MASK in every_text_of_the_files()
    assert verify_chain(Application.objects.get(pk=dossier.pk)) == []
    assert list(deposit_faults()) == []


def test_the_preflight_names_every_place_and_changes_nothing(dossier, officer):
    fill_everything(dossier, officer)
    before = every_text_of_the_database()
    found = preflight(dossier, words_to_mask(CANARY))
    assert every_text_of_the_database() == before
    places = {trace.place for trace in found.masked}
    assert {
        "Intitulé",
        "Objectifs",
        "Réponse",
        "Indicateur, indicateur",
        "Budget, financeur",
        "Pièce, intitulé",
        "Pièce, nom d’origine",
        "Demande de compléments, ce qui est demandé",
        "Message",
        "Note",
        "Historique, commentaire",
        "Dépôt n° 2",
    } <= places
    assert not any(Words(CANARY).count(place) for place in places)
    assert found.left == []
    assert found.count >= len(places)


def test_only_what_was_asked_changes(dossier, officer):
    other = FiledApplicationFactory(title=f"Autre dossier de {CANARY}")
    before = Application.objects.filter(pk=dossier.pk).values().get()
    mask(dossier, officer)
    after = Application.objects.filter(pk=dossier.pk).values().get()
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {
        "title",
        "objectives",
        "contact_email",
        "invalid_values",
        "version",
        "updated_at",
    }
    assert after["title"] == f"Atelier de {MASK}"
    other.refresh_from_db()
    assert CANARY in other.title


def test_a_redaction_is_logged_and_told_without_the_words(dossier, officer):
    mask(dossier, officer)
    rows = Redaction.objects.filter(application=dossier)
    assert {row.place for row in rows} >= {"Intitulé", "Objectifs"}
    assert {row.by for row in rows} == {officer}
    assert {row.reason for row in rows} == {"données personnelles d’un mineur"}
    assert len({row.removed_digest for row in rows}) == 1
    event = dossier.events.get(kind="redacted")
    assert event.visible_to_applicant
    told = Message.objects.get(application=dossier)
    assert "Intitulé" in told.text
    mail = OutboxMessage.objects.get(kind="message")
    everything = f"{event.comment}{event.data}{told.text}{mail.subject}{mail.text}"
    assert Words("Canarini", inside=True).count(everything) == 0


def test_notes_of_the_office_are_masked_without_a_word_to_the_applicant(officer, db):
    load_parameters()
    application = FiledApplicationFactory()
    InternalNote.objects.create(
        application=application, author=officer, text=CANARY, written_at=NOW
    )
    mask(application, officer)
    assert InternalNote.objects.get().text == MASK
    assert not Message.objects.exists()
    assert not application.events.get(kind="redacted").visible_to_applicant


def test_a_second_time_finds_nothing(dossier, officer):
    mask(dossier, officer)
    with pytest.raises(Refusal) as caught:
        mask(dossier, officer)
    assert caught.value.code == "not_found"
    assert dossier.events.filter(kind="redacted").count() == 1


def test_other_words_are_masked_later_and_the_chain_still_holds(dossier, officer):
    with_comment(dossier, "Zoé Canarini et Paul Dupont")
    refile(dossier, {"title": "Zoé Canarini et Paul Dupont"})
    mask(dossier, officer)
    mask(dossier, officer, "paul dupont")
    assert dossier.events.get(kind="note").comment == f"{MASK} et {MASK}"
    assert json.loads(bytes(dossier.deposits.get(number=2).payload)) == {
        "title": f"{MASK} et {MASK}"
    }
    assert verify_chain(Application.objects.get(pk=dossier.pk)) == []
    assert list(deposit_faults()) == []


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE applications_deposit SET payload = 'x' WHERE number = 2",
        "UPDATE applications_deposit SET redacted_sha256 = sha256 WHERE number = 2",
        "UPDATE applications_deposit SET payload = 'x', redacted_sha256 = "
        "encode(sha256('x'), 'hex') WHERE number = 2",
        "UPDATE applications_deposit SET redacted_at = now(), redacted_sha256 = sha256 "
        "WHERE number = 1",
    ],
)
def test_a_masked_deposit_tampered_with_shows(dossier, officer, sql):
    refile(dossier, {"title": f"Atelier de {CANARY}"})
    mask(dossier, officer)
    assert list(deposit_faults()) == []
    tamper(sql)
    assert list(deposit_faults())


@pytest.mark.parametrize("comment", ["Vu avec Paul", "[masqué]", "", "Vu avec [masqué] [masqué]."])
def test_a_masked_comment_tampered_with_shows(dossier, officer, comment):
    event = with_comment(dossier, "Vu avec Zoé Canarini.")
    mask(dossier, officer)
    assert verify_chain(Application.objects.get(pk=dossier.pk)) == []
    tamper("UPDATE applications_event SET comment = %s WHERE id = %s", comment, event.pk)
    assert "comment" in " ".join(verify_chain(Application.objects.get(pk=dossier.pk)))


def test_a_signed_letter_is_not_changed_and_the_preflight_says_so(dossier, officer):
    letter = create_letter(
        application=dossier, kind=LetterKind.RECEIPT, context={}, at=NOW, by=None
    )
    generate_letter(letter_id=letter.pk, at=NOW)
    give(letter, kind="signed", by=officer)
    found = preflight(dossier, words_to_mask(CANARY))
    assert [trace.remark for trace in found.left] == [
        "Ce courrier est signé\u00a0: il ne se modifie plus."
    ]
    before = Letter.objects.filter(pk=letter.pk).values().get()
    mask(dossier, officer)
    assert Letter.objects.filter(pk=letter.pk).values().get() == before
    assert letter.files.count() == 2


def test_the_profile_and_linked_dossiers_are_named_but_left(dossier, officer):
    body = dossier.organisation
    type(body).objects.filter(pk=body.pk).update(legal_name=f"Amis de {CANARY}")
    renewal = FiledApplicationFactory(
        organisation=body, renewal_of=dossier, title=f"Suite, {CANARY}"
    )
    dossier.refresh_from_db()
    found = preflight(Application.objects.get(pk=dossier.pk), words_to_mask(CANARY))
    assert {trace.place for trace in found.left} == {
        "Profil de l’organisation",
        f"Dossier {renewal.reference}",
    }


def a_renewal_draft(dossier, **fields) -> Application:
    return ApplicationFactory(
        organisation=dossier.organisation,
        renewal_of=dossier,
        saved_sections={"projet": "2031-01-01T00:00:00+00:00"},
        **fields,
    )


def test_words_copied_into_a_renewal_draft_do_not_come_back(dossier, officer):
    draft = a_renewal_draft(dossier, title=f"Suite, {CANARY}", objectives="Avec ZOE CANARINI.")
    found = preflight(dossier, words_to_mask(CANARY))
    assert found.drafts == 1
    assert not any(
        "Suite" in excerpt.before for trace in found.masked for excerpt in trace.excerpts
    )
    mask(dossier, officer)
    before, draft = draft, Application.objects.get(pk=draft.pk)
    assert (draft.title, draft.objectives) == (f"Suite, {MASK}", f"Avec {MASK}.")
    assert draft.version == before.version + 1
    assert draft.saved_sections != before.saved_sections  # an open page does not write them back
    assert "votre brouillon qui renouvelle ce dossier" in Message.objects.get().text


def test_a_renewal_draft_without_the_words_is_left(dossier, officer):
    draft = a_renewal_draft(dossier, title="Suite")
    before = Application.objects.filter(pk=draft.pk).values().get()
    mask(dossier, officer)
    assert Application.objects.filter(pk=draft.pk).values().get() == before
    assert "brouillon" not in Message.objects.get().text


def test_mails_already_sent_are_counted(dossier, officer):
    send_message(
        application_id=dossier.pk,
        side=MessageSide.OFFICE,
        author=officer,
        text=f"Qui est {CANARY} ?",
        at=NOW,
    )
    assert preflight(dossier, words_to_mask(CANARY)).mails_sent == 0
    OutboxMessage.objects.update(sent_at=NOW, state="sent")
    found = preflight(dossier, words_to_mask(CANARY))
    assert found.mails_sent == OutboxMessage.objects.count()


def test_who_may_not_mask_is_refused(dossier):
    for person in (dossier.created_by, person_with_role(Role.COORDINATOR)):
        with pytest.raises(Refusal) as caught:
            mask(dossier, person)
        assert caught.value.code == "not_allowed"
    dossier.refresh_from_db()
    assert CANARY in dossier.title


def test_an_administrator_masks_words_and_a_file(dossier):
    administrator = person_with_role(Role.ADMINISTRATOR)
    document = ApplicationDocument.objects.create(application=dossier, label="Carnet", added_at=NOW)
    stored = give(document)
    mask(dossier, administrator)
    mask_file(dossier, stored, administrator)
    told = Message.objects.filter(application=dossier, author=administrator)
    assert told.count() == 2
    assert OutboxMessage.objects.filter(kind="message").count() == 2
    assert not StoredFile.objects.filter(pk=stored.pk).exists()


def test_every_model_of_a_dossier_is_declared():
    """A new table that hangs on a dossier is looked at, or excused here with its reason."""
    declared = {rows.model for rows in registered()}
    excused = {
        Event: "its comments are masked through the trigger",
        Deposit: "its bytes are masked through the trigger",
        Letter: "grants/letters/redaction.py",
        # No column that people type in.
        Place: "",
        AudienceCount: "",
        StaffLine: "",
        AnnualBudgetLine: "",
        Commitment: "",
        Assignment: "",
        SessionLine: "",
    }
    hanging = {Application}
    for _ in range(3):
        hanging |= {
            model
            for model in apps.get_models()
            for field in model._meta.concrete_fields
            if field.is_relation and field.related_model in hanging
        }
    forgotten = {
        model
        for model in hanging - declared - set(excused)
        if any(is_free_text(f) for f in model._meta.concrete_fields)
    }
    assert forgotten == set()


def test_a_letter_masked_while_it_is_being_made_is_not_stored(dossier, officer, monkeypatch):
    letter = create_letter(
        application=dossier, kind=LetterKind.RECEIPT, context={}, at=NOW, by=None
    )
    render = letter_services.render_letter

    def slow(made):
        content = render(made)
        mask(dossier, officer)
        return content

    monkeypatch.setattr(letter_services, "render_letter", slow)
    assert not generate_letter(letter_id=letter.pk, at=NOW)
    assert not letter.files.exists()
    monkeypatch.undo()
    assert generate_letter(letter_id=letter.pk, at=NOW)
    assert CANARY not in every_text_of_the_files()


# --- A file ---------------------------------------------------------------------------------------
SECRET = b"un carnet de notes"


def mask_file(application, stored, officer):
    return redact_file(
        application_id=application.pk,
        stored_id=stored.pk,
        reason="minor",
        by=officer,
        at=timezone.now(),
    )


@pytest.mark.django_db(transaction=True)
def test_a_masked_file_is_gone_and_its_place_says_so(officer):
    load_parameters()
    application = FiledApplicationFactory()
    member = member_of(application.organisation)
    document = ApplicationDocument.objects.create(
        application=application, label=f"Carnet de {CANARY}", added_at=NOW
    )
    content = samples.PDF.replace(b"trailer", b"%" + SECRET + b"\ntrailer")
    stored = give(document, content=content, name="Carnet Zoé Canarini.pdf", by=member)
    copy = give(document, content=content, name="copie.pdf", by=member)
    refile(
        application,
        {
            "documents": [
                {"label": document.label, "name": stored.original_name, "sha256": stored.sha256},
                {"label": "Statuts", "name": "statuts.pdf", "sha256": "b" * 64},
            ]
        },
    )
    paths = [one.file.path for one in (stored, copy)]
    storage = stored.file.storage
    mask_file(application, stored, officer)
    assert not any(storage.exists(path) for path in paths)
    assert not StoredFile.objects.filter(sha256=stored.sha256).exists()
    document.refresh_from_db()
    assert document.redacted_at is not None
    assert document.label == "Pièce masquée"
    assert document.state == "refused"
    kept = json.loads(bytes(application.deposits.get(number=2).payload))["documents"]
    assert kept[0] == {"label": MASK, "name": MASK, "sha256": stored.sha256}
    assert kept[1]["name"] == "statuts.pdf"
    assert list(deposit_faults()) == []
    assert verify_chain(application) == []
    assert "Canarini" not in every_text_of_the_database()
    assert "son contenu est effacé" in Message.objects.get().text


def test_the_label_that_the_sheet_gave_stays_in_deposits(dossier, officer):
    required = RequiredDocument.objects.create(sheet=dossier.sheet, kind="bylaws", label="Statuts")
    document = ApplicationDocument.objects.create(
        application=dossier, required=required, label="Statuts", added_at=NOW
    )
    other = ApplicationDocument.objects.create(
        application=dossier, label="Carnet de Zoé", added_at=NOW
    )
    stored = give(document)
    give(other)  # the same file, under words of the applicant
    refile(dossier, {"documents": documents_of([document, other])})
    mask_file(dossier, stored, officer)
    kept = json.loads(bytes(dossier.deposits.get(number=2).payload))["documents"]
    assert [(one["label"], one["name"]) for one in kept] == [("Statuts", MASK), (MASK, MASK)]


def test_the_history_keeps_no_digest_that_could_be_guessed(dossier, officer):
    document = ApplicationDocument.objects.create(application=dossier, label="Carnet", added_at=NOW)
    stored = give(document)
    mask_file(dossier, stored, officer)
    data = dossier.events.get(kind="redacted").data
    assert len(data["files"]) == 1
    assert stored.sha256 not in json.dumps(data)
    assert data["files"] == [Redaction.objects.get().removed_digest]


def test_nobody_accepts_a_masked_document(officer):
    load_parameters()
    application = FiledApplicationFactory()
    document = ApplicationDocument.objects.create(
        application=application, label="Statuts", added_at=NOW, redacted_at=NOW
    )
    with pytest.raises(Refusal) as refused:
        check_document(document_id=document.pk, state="accepted", reason="", by=officer, at=NOW)
    assert refused.value.code == "masked"


def test_a_file_joined_to_a_message_is_masked(dossier, officer):
    message = send_message(
        application_id=dossier.pk, side="office", author=officer, text="Voici.", at=NOW
    )
    stored = give(message, by=officer)
    mask_file(dossier, stored, officer)
    message.refresh_from_db()
    assert message.text == "Voici.\n\n(Fichier joint masqué par le service.)"
    assert not message.files.exists()


def test_a_file_of_another_dossier_is_not_touched(dossier, officer):
    other = FiledApplicationFactory()
    document = ApplicationDocument.objects.create(application=other, label="X", added_at=NOW)
    stored = give(document)
    with pytest.raises(Refusal) as caught:
        mask_file(dossier, stored, officer)
    assert caught.value.code == "not_found"
    assert StoredFile.objects.filter(pk=stored.pk).exists()


# --- Pages ----------------------------------------------------------------------------------------
def address(application) -> str:
    return reverse("review:redact", args=[application.reference])


def test_the_page_previews_then_masks(client, dossier, officer):
    client.force_login(officer)
    form = {"words": CANARY, "reason": "minor", "step": "words"}
    page = client.post(address(dossier), form)
    assert page.status_code == 200
    html = page.content.decode()
    assert "Intitulé" in html
    assert "<mark>Zoé Canarini</mark>" in html
    dossier.refresh_from_db()
    assert CANARY in dossier.title
    done = client.post(address(dossier), {**form, "step": "words-confirm"})
    assert done.status_code == 302
    assert "canarini" not in done["Location"].lower()
    dossier.refresh_from_db()
    assert CANARY not in dossier.title
    again = client.post(address(dossier), {**form, "step": "words-confirm"})
    assert again.status_code == 409


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"words": "a", "reason": "minor"}, "Écrivez au moins deux lettres ou chiffres."),
        ({"words": "Introuvable", "reason": "minor"}, "Ces mots ne sont nulle part"),
        ({"words": CANARY}, "Ce champ est obligatoire."),
        ({"words": "x" * 201, "reason": "minor"}, "au plus 200"),
    ],
)
def test_the_page_says_what_is_wrong(client, dossier, officer, form, sentence):
    client.force_login(officer)
    page = client.post(address(dossier), {**form, "step": "words"})
    assert page.status_code == 422
    assert sentence in page.content.decode()


def test_the_page_previews_then_masks_a_file(client, dossier, officer):
    document = ApplicationDocument.objects.create(
        application=dossier, label="Photo de classe", added_at=NOW
    )
    stored = give(document, name="classe.pdf")
    client.force_login(officer)
    form = {"fichier-stored": stored.pk, "fichier-reason": "minor", "step": "file"}
    page = client.post(address(dossier), form).content.decode()
    assert "classe.pdf" in page
    assert StoredFile.objects.filter(pk=stored.pk).exists()
    done = client.post(address(dossier), {**form, "step": "file-confirm"})
    assert done.status_code == 302
    assert not StoredFile.objects.filter(pk=stored.pk).exists()


def test_the_page_says_that_a_draft_renews_the_dossier(client, dossier, officer):
    client.force_login(officer)
    form = {"words": CANARY, "reason": "minor", "step": "words"}
    sentence = "brouillon renouvelle ce dossier"
    assert sentence not in client.post(address(dossier), form).content.decode()
    a_renewal_draft(dossier)
    assert sentence in client.post(address(dossier), form).content.decode()


def test_who_stands_aside_masks_nothing(client, dossier, officer):
    declare_conflict(person=officer, application=dossier, reason="Proche", at=NOW)
    client.force_login(officer)
    form = {"words": CANARY, "reason": "minor", "step": "words-confirm"}
    assert client.get(address(dossier)).status_code == 403
    assert client.post(address(dossier), form).status_code == 403
    dossier.refresh_from_db()
    assert CANARY in dossier.title
    page = client.get(dossier.get_desk_url())
    assert address(dossier) not in page.content.decode()


def test_a_draft_is_not_found(client, officer, db):
    client.force_login(officer)
    assert client.get("/instruction/2031-9999/masquer/").status_code == 404


def test_the_page_costs_the_same_with_one_file_and_with_fifty(client, dossier, officer):
    client.force_login(officer)
    member = member_of(dossier.organisation)

    def add(count: int) -> None:
        for _ in range(count):
            document = ApplicationDocument.objects.create(
                application=dossier, label="Pièce", added_at=NOW
            )
            give(document, by=member)

    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            page = client.get(address(dossier))
        assert page.status_code == 200
        return len(seen)

    add(1)
    client.get(address(dossier))  # content types are cached once
    one = queries()
    add(49)
    assert queries() == one <= 25
    assert client.get(address(dossier)).content.decode().count("liste.pdf") == 50


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("mandatory", [True, False])
def test_a_masked_document_is_awaited_again_when_the_sheet_demands_it(officer, mandatory):
    load_parameters()
    application = FiledApplicationFactory(documents_due_on=None)
    required = RequiredDocument.objects.create(
        sheet=application.sheet, kind="statuts", label="Statuts", mandatory=mandatory
    )
    document = ApplicationDocument.objects.create(
        application=application, required=required, label="Statuts", added_at=NOW
    )
    stored = give(document, content=samples.PDF, by=member_of(application.organisation))
    mask_file(application, stored, officer)
    application.refresh_from_db()
    assert (application.documents_due_on is not None) is mandatory
