"""The antivirus gate, against a scanner that speaks ClamAV's language on a real Unix socket."""

import re
import socket
import socketserver
import struct
import threading
from datetime import timedelta
from io import BytesIO

import pytest
from django.core.files.base import ContentFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.enums import Role
from config.errors import Refusal
from foundation.documents import antivirus
from foundation.documents.antivirus import ScanFailedError, ScannerDownError, scan
from foundation.documents.downloads import check_download
from foundation.documents.enums import ScanState
from foundation.documents.models import StoredFile
from foundation.documents.services import scan_file, store_upload, waiting_files
from foundation.documents.tasks import scan_file_task, scan_waiting_files
from foundation.notifications.models import OutboxMessage
from foundation.parameters.selectors import value_on
from grants.applications.checks import missing_document_labels
from grants.applications.mail_kinds import MAIL_KINDS
from grants.applications.models import Application, ApplicationDocument, Message
from grants.applications.services.documents import give_document
from partners.models import OrganisationDocument
from partners.selectors import valid_documents
from tests.applications.dossiers import a_draft, load_parameters
from tests.documents import samples
from tests.factories import (
    BankDetailsFactory,
    CallSheetFactory,
    FiledApplicationFactory,
    OrganisationDocumentFactory,
    UserFactory,
    member_of,
    person_with_role,
)


NOW = timezone.now()
INFECTED = samples.PDF.replace(b"trailer", samples.EICAR + b"trailer")


class Clamd(socketserver.StreamRequestHandler):
    """Speaks ``INSTREAM``; ``server.manner`` says how it behaves this time."""

    def handle(self):
        manner = self.server.manner
        if manner == "hang up":
            return
        if manner == "too large":
            self.rfile.read(2000)
            self.wfile.write(b"INSTREAM size limit exceeded. ERROR\0")
            return
        content = self.read_stream()
        if manner == "silent":
            self.server.released.wait(5)
            return
        answer = (
            b"stream: Eicar-Test-Signature FOUND\0"
            if samples.EICAR in content
            else (b"stream: OK\0")
        )
        self.wfile.write(
            {"half": answer[:5], "error": b"stream: Can't read. ERROR\0"}.get(
                manner, b"PONG\0" if manner == "odd" else answer
            )
        )

    def read_stream(self) -> bytes:
        assert self.rfile.read(10) == b"zINSTREAM\0"
        content = b""
        while size := struct.unpack("!I", self.rfile.read(4))[0]:
            content += self.rfile.read(size)
        return content


class UnixServer(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True


@pytest.fixture
def clamd(settings, tmp_path, monkeypatch):
    path = str(tmp_path / "clamd.ctl")
    with UnixServer(path, Clamd) as server:
        server.manner, server.released = "", threading.Event()
        threading.Thread(target=server.serve_forever, daemon=True).start()
        settings.CLAMAV_SOCKET = path
        monkeypatch.setattr(antivirus, "TIMEOUT", 0.3)
        yield server
        server.released.set()
        server.shutdown()


@pytest.fixture(autouse=True)
def _parameters(db):
    load_parameters()


def given(owner=None, *, content=samples.PDF, by=None, name="statuts.pdf"):
    return store_upload(
        owner=owner or FiledApplicationFactory(),
        kind="bylaws",
        upload=ContentFile(content, name=name),
        by=by or UserFactory(),
        at=NOW,
    )


# --- What is said on the socket -------------------------------------------------------------------
@pytest.mark.parametrize(
    ("content", "state"), [(samples.PDF, ScanState.CLEAN), (INFECTED, ScanState.INFECTED)]
)
def test_the_scanner_answers(clamd, content, state):
    assert scan(BytesIO(content)) == state


def test_a_large_file_goes_in_pieces(clamd):
    content = samples.PDF + b"\n" * (10 * 1024 * 1024 - len(samples.PDF))
    assert scan(BytesIO(content)) == ScanState.CLEAN


@pytest.mark.parametrize("manner", ["hang up", "silent", "half", "odd"])
def test_anything_but_a_whole_answer_is_no_answer(clamd, manner):
    clamd.manner = manner
    with pytest.raises(ScannerDownError) as caught:
        scan(BytesIO(samples.PDF))
    assert not isinstance(caught.value, ScanFailedError)


def test_a_file_the_scanner_cannot_read_is_told_apart(clamd):
    clamd.manner = "error"
    with pytest.raises(ScanFailedError):
        scan(BytesIO(samples.PDF))


def test_a_scanner_that_stops_reading_fails_that_file_only(clamd):
    clamd.manner = "too large"
    with pytest.raises(ScannerDownError):
        scan(BytesIO(samples.PDF + b"\n" * 8_000_000))


@pytest.mark.parametrize("address", ["/nowhere/clamd.ctl", "127.0.0.1:1", "nonsense"])
def test_a_scanner_that_is_away_is_down(settings, address):
    settings.CLAMAV_SOCKET = address
    with pytest.raises(ScannerDownError):
        scan(BytesIO(samples.PDF))


def test_a_socket_where_nobody_listens_is_down(settings, tmp_path):
    path = str(tmp_path / "dead.ctl")
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(path)
    settings.CLAMAV_SOCKET = path
    with pytest.raises(ScannerDownError):
        scan(BytesIO(samples.PDF))


# --- The gate -------------------------------------------------------------------------------------
pytestmark = pytest.mark.django_db


def test_a_file_waits_then_is_clean_and_handed_out(clamd):
    stored = given()
    assert stored.scan_state == ScanState.PENDING
    with pytest.raises(Refusal) as caught:
        check_download(stored)
    assert caught.value.code == "quarantine"
    assert scan_file(stored_file_id=stored.pk, at=NOW) == ScanState.CLEAN
    stored.refresh_from_db()
    check_download(stored)


@pytest.mark.parametrize("unscanned", [True, False])
def test_an_infected_file_is_handed_out_to_nobody(clamd, client, settings, unscanned):
    settings.DOWNLOAD_UNSCANNED = unscanned
    application = FiledApplicationFactory()
    stored = given(application, content=INFECTED)
    scan_file(stored_file_id=stored.pk, at=NOW)
    for person in (
        member_of(application.organisation),
        person_with_role(Role.CASE_OFFICER),
        person_with_role(Role.ADMINISTRATOR),
    ):
        client.force_login(person)
        assert client.get(f"/fichiers/{stored.uuid}/").status_code == 403


def test_the_settings_of_production_fail_closed(settings):
    settings.CLAMAV_SOCKET, settings.DOWNLOAD_UNSCANNED = "", False
    stored = given()
    assert stored.scan_state == ScanState.NOT_SCANNED
    with pytest.raises(Refusal) as caught:
        check_download(stored)
    assert caught.value.code == "not_scanned"


def test_who_sent_an_infected_file_is_told_once(clamd):
    person = UserFactory()
    stored = given(by=person, content=INFECTED, name="liste.pdf")
    scan_file(stored_file_id=stored.pk, at=NOW)
    scan_file(stored_file_id=stored.pk, at=NOW)
    mail = OutboxMessage.objects.get(kind="infected")
    assert mail.to == person.email
    assert mail.subject == "Fichier refusé par l’antivirus\u00a0: liste.pdf"
    assert "remplacez le fichier par une copie saine" in mail.text
    assert f"s’adresse au compte {person.email}" in mail.text
    assert mail.reply_to == value_on("office.email", timezone.localdate())
    assert "infected" in {one.kind for one in MAIL_KINDS}


def infected_mail(owner, by) -> OutboxMessage:
    scan_file(stored_file_id=given(owner, content=INFECTED, by=by).pk, at=NOW)
    return OutboxMessage.objects.get(kind="infected")


@pytest.mark.parametrize("side", ["applicant", "office"])
def test_the_mail_of_a_dossier_says_where_the_file_is(clamd, side):
    application = FiledApplicationFactory()
    document = ApplicationDocument.objects.create(
        application=application, label="Carnet", added_at=NOW
    )
    office = side == "office"
    by = person_with_role(Role.CASE_OFFICER) if office else member_of(application.organisation)
    mail = infected_mail(document, by)
    assert f"de la pièce «\u00a0Carnet\u00a0» du dossier {application.reference}." in mail.text
    assert ("/instruction/" in mail.text) == office
    assert ("Votre demande n’est pas remise en cause." in mail.text) != office
    assert mail.related == application  # a redaction finds it


@pytest.mark.parametrize("side", ["applicant", "office"])
def test_the_mail_of_a_message_asks_no_document(clamd, side):
    application = FiledApplicationFactory()
    message = Message.objects.create(
        application=application, side=side, author=UserFactory(), text="Voici", sent_at=NOW
    )
    mail = infected_mail(message, message.author)
    assert "joint à un message" in mail.text
    assert "pièce est à fournir" not in mail.text
    assert ("/instruction/" in mail.text) == (side == "office")


def test_the_mail_of_a_body_s_file_speaks_of_the_body(clamd):
    document = OrganisationDocumentFactory(label="Nos statuts")
    mail = infected_mail(document, document.added_by)
    assert f"«\u00a0Nos statuts\u00a0» de l’organisation {document.organisation}" in mail.text
    assert reverse("partners:documents", args=[document.organisation_id]) in mail.text
    assert "demande" not in mail.text


def test_the_mail_of_an_account_s_proof_leads_to_the_account(clamd):
    details = BankDetailsFactory()
    mail = infected_mail(details, details.given_by)
    assert reverse("partners:bank", args=[details.organisation_id]) in mail.text
    assert details.iban not in mail.text


def test_an_infected_document_of_a_filed_dossier_is_given_again(clamd):
    load_parameters()
    sheet = CallSheetFactory(state="draft", published_at=None)
    required = sheet.documents.create(kind="bylaws", label="Statuts")
    type(sheet).objects.filter(pk=sheet.pk).update(state="published", published_at=NOW)
    sheet.refresh_from_db()
    draft = a_draft(sheet=sheet)
    application = FiledApplicationFactory(
        sheet=draft.sheet, organisation=draft.organisation, created_by=draft.created_by
    )
    member = draft.created_by
    document = ApplicationDocument.objects.create(
        application=application, required=required, label="Statuts", added_at=NOW
    )
    stored = given(document, content=INFECTED, by=member)
    scan_file(stored_file_id=stored.pk, at=NOW)
    document.refresh_from_db()
    assert document.state == "refused"
    assert "copie saine" in document.refusal_reason
    assert application.events.get(kind="document_infected").visible_to_applicant
    application.refresh_from_db()
    assert application.documents_due_on == timezone.localdate(NOW) + timedelta(days=30)
    assert application.documents_asked_at == NOW
    give_document(
        application_id=application.pk,
        required_id=required.pk,
        label="",
        upload=ContentFile(samples.PDF, name="sain.pdf"),
        by=member,
        at=NOW,
    )
    document.refresh_from_db()
    assert document.state == "to_check"


def locks_of(stored) -> list[str]:
    """Scan a file; return the tables that were locked or written, in order."""
    with CaptureQueriesContext(connection) as seen:
        scan_file(stored_file_id=stored.pk, at=NOW)
    found = (
        re.search(r'(?:FOR NO KEY UPDATE OF|^UPDATE) "(\w+)"', query["sql"])
        for query in seen.captured_queries
    )
    return [match[1] for match in found if match]


def test_the_dossier_is_locked_before_its_infected_file(clamd):
    """A redaction locks the dossier, then its files: the other order would be a deadlock."""
    document = ApplicationDocument.objects.create(
        application=FiledApplicationFactory(), label="Statuts", added_at=NOW
    )
    locked = locks_of(given(document, content=INFECTED))
    assert locked.index("applications_application") < locked.index("documents_storedfile")


def test_the_body_is_locked_before_its_infected_file(clamd):
    locked = locks_of(given(a_kept_document(), content=INFECTED))
    assert locked.index("partners_organisation") < locked.index("documents_storedfile")


def a_kept_document(kind="statuts", **fields) -> OrganisationDocument:
    return OrganisationDocumentFactory(kind=kind, **fields)


@pytest.mark.parametrize("kind", ["statuts", "mandat", "rib"])
@pytest.mark.parametrize("state", ["to_check", "accepted"])
def test_an_infected_document_of_a_body_is_refused(clamd, kind, state):
    document = a_kept_document(kind, state=state)
    scan_file(stored_file_id=given(document, content=INFECTED).pk, at=NOW)
    document.refresh_from_db()
    assert (document.state, document.checked_by) == ("refused", None)
    assert "copie saine" in document.refusal_reason
    assert not valid_documents(document.organisation, NOW.date()).exists()


def test_a_former_document_of_a_body_stays_as_it_was(clamd):
    document = a_kept_document(ended_at=NOW)
    scan_file(stored_file_id=given(document, content=INFECTED).pk, at=NOW)
    document.refresh_from_db()
    assert document.state == "to_check"


def test_an_account_whose_proof_is_infected_is_refused(clamd):
    details = BankDetailsFactory(state="checked", checked_by=UserFactory())
    scan_file(stored_file_id=given(details, content=INFECTED).pk, at=NOW)
    details.refresh_from_db()
    assert (details.state, details.checked_by) == ("refused", None)
    assert "copie saine" in details.refusal_reason


def test_a_document_replaced_meanwhile_is_not_refused(clamd):
    document = ApplicationDocument.objects.create(
        application=FiledApplicationFactory(), label="Statuts", added_at=NOW
    )
    stored = given(document, content=INFECTED)
    given(document)
    scan_file(stored_file_id=stored.pk, at=NOW)
    document.refresh_from_db()
    assert document.state == "to_check"


# --- A scanner that is away -----------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_a_dead_scanner_never_blocks_a_filing(settings):
    settings.CLAMAV_SOCKET = "/nowhere/clamd.ctl"
    load_parameters()
    draft = a_draft()
    document = give_document(
        application_id=draft.pk,
        required_id=None,
        label="Devis",
        upload=ContentFile(samples.PDF, name="devis.pdf"),
        by=draft.created_by,
        at=NOW,
    )
    assert document.file.scan_state == ScanState.PENDING
    assert scan_waiting_files() == 0


def test_a_file_that_cannot_be_read_holds_no_other_back(clamd, monkeypatch):
    first, second = given(), given()
    real = antivirus.scan
    calls = []

    def failing_once(content):
        calls.append(1)
        if len(calls) == 1:
            raise ScanFailedError("damaged")
        return real(content)

    monkeypatch.setattr(antivirus, "scan", failing_once)
    assert scan_waiting_files() == 1
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.scan_state, second.scan_state) == (ScanState.PENDING, ScanState.CLEAN)


def test_files_sent_before_there_was_an_antivirus_are_scanned_too(settings, clamd):
    path = settings.CLAMAV_SOCKET
    settings.CLAMAV_SOCKET = ""
    old = given()
    assert not waiting_files().exists()
    settings.CLAMAV_SOCKET = path
    new = given()
    assert list(waiting_files()) == [new, old]
    assert scan_waiting_files() == 2
    assert not waiting_files().exists()


def test_a_file_gone_before_its_scan_is_no_error(clamd):
    stored = given()
    stored.file.delete(save=False)
    scan_file_task(stored.pk)
    scan_file_task(stored.pk + 1000)
    assert scan_waiting_files() == 0


def test_the_office_sees_what_waits_and_since_when(client, clamd):
    client.force_login(person_with_role(Role.ADMINISTRATOR))
    page = client.get(reverse("documents:scan_list")).content.decode()
    assert "Rien n’attend" in page
    stored = given()
    StoredFile.objects.filter(pk=stored.pk).update(uploaded_at=NOW - timedelta(days=2))
    page = client.get(reverse("documents:scan_list")).content.decode()
    assert "1 fichier, depuis le" in page
    assert "Analyse en attente" in page
    assert "fichier attend l’antivirus" in client.get("/a-faire/").content.decode()


def test_an_infected_document_of_a_draft_is_listed_before_the_deposit(clamd):
    load_parameters()
    sheet = CallSheetFactory(state="draft", published_at=None)
    required = sheet.documents.create(kind="bylaws", label="Statuts")
    type(sheet).objects.filter(pk=sheet.pk).update(state="published", published_at=NOW)
    sheet.refresh_from_db()
    draft = a_draft(sheet=sheet)
    document = give_document(
        application_id=draft.pk,
        required_id=required.pk,
        label="",
        upload=ContentFile(INFECTED, name="statuts.pdf"),
        by=draft.created_by,
        at=NOW,
    )
    assert missing_document_labels(Application.objects.get(pk=draft.pk)) == []
    scan_file(stored_file_id=document.file.pk, at=NOW)
    assert missing_document_labels(Application.objects.get(pk=draft.pk)) == ["Statuts"]
    assert not draft.events.filter(kind="document_infected").exists()
