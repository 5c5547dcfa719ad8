"""Files are kept once, privately, and never without their row."""

import hashlib
import socketserver
import struct
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction
from django.utils import timezone

from config.errors import Refusal
from foundation.documents.antivirus import ScannerDownError
from foundation.documents.downloads import check_download
from foundation.documents.enums import ScanState
from foundation.documents.models import StoredFile
from foundation.documents.services import (
    delete_lost_files,
    scan_file,
    store_bytes,
    store_upload,
)
from foundation.documents.tasks import scan_waiting_files
from territories.loading import load_parameters
from tests.documents import samples
from tests.factories import FiledApplicationFactory, UserFactory, member_of


def upload(owner, *, content: bytes = samples.PDF, name: str = "statuts.pdf", by=None):
    return store_upload(
        owner=owner,
        kind="statutes",
        upload=ContentFile(content, name=name),
        by=by or UserFactory(),
        at=timezone.now(),
    )


@pytest.fixture
def dossier(db):
    return FiledApplicationFactory()


def test_a_file_is_stored_under_its_identifier_with_its_digest(dossier):
    stored = upload(dossier, name="../Mes statuts.pdf")
    stored.refresh_from_db()
    assert stored.original_name == "Mes statuts.pdf"
    assert Path(stored.file.name).name == stored.uuid.hex
    assert stored.file.read() == samples.PDF
    assert stored.sha256 == hashlib.sha256(samples.PDF).hexdigest()
    assert stored.size == len(samples.PDF)
    assert stored.owner == dossier


@pytest.mark.django_db(transaction=True)
def test_a_rollback_takes_the_file_away():
    dossier = FiledApplicationFactory()
    with transaction.atomic():
        path = Path(upload(dossier).file.path)
        assert path.exists()
        transaction.set_rollback(True)
    assert not path.exists()
    assert not StoredFile.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_rolled_back_savepoint_takes_its_file_only():
    dossier = FiledApplicationFactory()
    with transaction.atomic():
        kept = Path(upload(dossier).file.path)
        with transaction.atomic():
            lost = Path(upload(dossier).file.path)
            transaction.set_rollback(True)
    assert kept.exists()
    assert not lost.exists()


def test_bytes_that_a_killed_process_left_without_a_row_go_after_an_hour(dossier):
    delete_lost_files(at=timezone.now() + timedelta(days=1))  # what other tests rolled back
    kept = upload(dossier)
    storage = kept.file.storage
    lost = storage.save(f"0f/{'0f' * 16}", ContentFile(b"bytes of a row never committed"))
    not_ours = storage.save("0f/LISEZ-MOI.txt", ContentFile(b"put there by somebody"))
    now = timezone.now()
    assert delete_lost_files(at=now + timedelta(minutes=50)) == 0
    assert storage.exists(lost)
    delete_lost_files(at=now + timedelta(minutes=70))
    assert not storage.exists(lost)
    assert storage.exists(kept.file.name)
    assert storage.exists(not_ours)
    storage.delete(not_ours)


def test_an_issued_document_exists_once(dossier):
    def issue(kind):
        return store_bytes(
            owner=dossier,
            kind=kind,
            name="lettre.pdf",
            content=samples.PDF,
            media_type="application/pdf",
            at=timezone.now(),
        )

    issue("generated")
    issue("signed")
    with pytest.raises(IntegrityError, match="issued_once"), transaction.atomic():
        issue("generated")
    issue("export")
    issue("export")


# --- Download ---------------------------------------------------------------------------------
def test_a_download_is_an_attachment_that_no_cache_keeps(client, dossier):
    member = member_of(dossier.organisation)
    stored = upload(dossier, name='Décision "finale" 😀.pdf', by=member)
    client.force_login(member)
    response = client.get(f"/fichiers/{stored.uuid}/")
    assert response.status_code == 200
    assert b"".join(response.streaming_content) == samples.PDF
    disposition = response["Content-Disposition"]
    assert disposition.startswith("attachment; filename*=utf-8''D%C3%A9cision")
    assert disposition.isascii()
    assert response["Content-Type"] == "application/pdf"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in response["Cache-Control"]


def test_a_member_of_another_body_does_not_learn_that_the_file_exists(client, dossier):
    stored = upload(dossier)
    client.force_login(member_of(FiledApplicationFactory().organisation))
    assert client.get(f"/fichiers/{stored.uuid}/").status_code == 404


def test_a_file_whose_owner_nobody_declared_is_shown_to_nobody(client, db):
    owner = UserFactory()
    stored = upload(owner)
    client.force_login(owner)
    assert client.get(f"/fichiers/{stored.uuid}/").status_code == 404


def test_a_row_without_its_file_is_not_found(client, dossier):
    member = member_of(dossier.organisation)
    stored = upload(dossier)
    Path(stored.file.path).unlink()
    client.force_login(member)
    assert client.get(f"/fichiers/{stored.uuid}/").status_code == 404


@pytest.mark.parametrize(
    ("state", "code", "status"),
    [
        (ScanState.PENDING, "quarantine", 409),
        (ScanState.INFECTED, "infected", 403),
        (ScanState.NOT_SCANNED, "not_scanned", 403),
    ],
)
def test_the_antivirus_gate_fails_closed(client, dossier, settings, state, code, status):
    settings.DOWNLOAD_UNSCANNED = False
    member = member_of(dossier.organisation)
    stored = upload(dossier, by=member)
    StoredFile.objects.filter(pk=stored.pk).update(scan_state=state)
    stored.refresh_from_db()
    with pytest.raises(Refusal) as caught:
        check_download(stored)
    assert (caught.value.code, caught.value.status) == (code, status)
    client.force_login(member)
    response = client.get(f"/fichiers/{stored.uuid}/")
    assert response.status_code == status
    assert caught.value.sentence in response.content.decode()


def test_what_the_portal_made_needs_no_antivirus(dossier, settings):
    settings.DOWNLOAD_UNSCANNED = False
    check_download(
        store_bytes(
            owner=dossier,
            kind="export",
            name="a.pdf",
            content=samples.PDF,
            media_type="application/pdf",
            at=timezone.now(),
        )
    )


# --- Antivirus: a scanner that speaks ClamAV's language ------------------------------------------
class Clamd(socketserver.StreamRequestHandler):
    def handle(self):
        assert self.rfile.read(10) == b"zINSTREAM\0"
        content = b""
        while size := struct.unpack("!I", self.rfile.read(4))[0]:
            content += self.rfile.read(size)
        self.wfile.write(self.server.answer(content))


def clean_or_eicar(content: bytes) -> bytes:
    return b"stream: Eicar FOUND\0" if samples.EICAR in content else b"stream: OK\0"


@pytest.fixture
def clamd(settings):
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Clamd) as server:
        server.answer = clean_or_eicar
        threading.Thread(target=server.serve_forever, daemon=True).start()
        settings.CLAMAV_SOCKET = f"127.0.0.1:{server.server_address[1]}"
        yield server
        server.shutdown()


@pytest.mark.parametrize(
    ("content", "state"),
    [
        (samples.PDF, ScanState.CLEAN),
        (samples.PDF.replace(b"trailer", samples.EICAR + b"trailer"), ScanState.INFECTED),
    ],
)
def test_the_scanner_decides(dossier, clamd, content, state):
    load_parameters()
    stored = upload(dossier, content=content)
    assert stored.scan_state == ScanState.PENDING
    assert scan_file(stored_file_id=stored.pk, at=timezone.now()) == state
    stored.refresh_from_db()
    assert stored.scan_state == state


def test_a_dead_scanner_blocks_no_filing_and_leaves_the_file_in_quarantine(dossier, settings):
    settings.CLAMAV_SOCKET = "/nowhere/clamd.ctl"
    stored = upload(dossier)
    with pytest.raises(ScannerDownError):
        scan_file(stored_file_id=stored.pk, at=timezone.now())
    assert scan_waiting_files() == 0
    stored.refresh_from_db()
    assert stored.scan_state == ScanState.PENDING


def test_the_sweeper_catches_up_when_the_scanner_is_back(dossier, clamd):
    stored = [upload(dossier) for _ in range(3)]
    assert scan_waiting_files() == 3
    assert {StoredFile.objects.get(pk=s.pk).scan_state for s in stored} == {ScanState.CLEAN}


def test_an_odd_answer_is_not_a_pass(dossier, clamd):
    clamd.answer = lambda content: b"INSTREAM size limit exceeded. ERROR\0"
    with pytest.raises(ScannerDownError):
        scan_file(stored_file_id=upload(dossier).pk, at=timezone.now())
