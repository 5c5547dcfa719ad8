"""A dossier as one ZIP file: what is in it, what is not, and that it says so."""

import hashlib
import io
import os
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import override_settings
from django.urls import reverse
from django.utils import timezone

from accounts.enums import Role
from foundation.documents.enums import ScanState
from foundation.documents.models import StoredFile
from foundation.documents.services import store_upload
from grants.applications.archive import contents_of, stream
from grants.applications.enums import MessageSide
from grants.applications.models import Application, ApplicationDocument
from grants.applications.selectors import with_dossier
from grants.applications.services.messages import send_message
from grants.calls.models import RequiredDocument
from grants.review.services.closing import write_note
from partners.models import BankDetails
from tests.applications.correcting import officer_of, under_review
from tests.factories import person_with_role


pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.4\n%%EOF\n"


def now():
    return timezone.now()


def upload(name="statuts.pdf", content=PDF):
    return SimpleUploadedFile(name, content, "application/pdf")


@pytest.fixture
def dossier():
    return under_review()


def a_document(dossier, label="Statuts", name="statuts.pdf", content=PDF, **fields):
    document = ApplicationDocument.objects.create(
        application=dossier, label=label, added_at=now(), **fields
    )
    store_upload(
        owner=document, kind="piece", upload=upload(name, content), by=dossier.created_by, at=now()
    )
    StoredFile.objects.update(scan_state=ScanState.CLEAN)
    return document


def taken(client, dossier, person=None) -> zipfile.ZipFile:
    client.force_login(person or officer_of(dossier))
    response = client.get(reverse("review:dossier_zip", args=[dossier.reference]))
    assert response.status_code == 200
    assert response.streaming
    assert f"dossier-{dossier.reference}.zip" in response["Content-Disposition"]
    return zipfile.ZipFile(io.BytesIO(b"".join(response.streaming_content)))


def notice(archive) -> str:
    return archive.read("lisez-moi.txt").decode()


def test_it_holds_the_pdf_the_files_and_the_thread(client, dossier):
    a_document(dossier)
    send_message(
        application_id=dossier.pk,
        side=MessageSide.OFFICE,
        author=officer_of(dossier),
        text="Pouvez-vous préciser ?",
        files=[upload("plan.pdf")],
        at=now(),
    )
    StoredFile.objects.update(scan_state=ScanState.CLEAN)
    archive = taken(client, dossier)
    assert archive.testzip() is None
    assert archive.namelist() == [
        f"dossier-{dossier.reference}.pdf",
        "echanges/echanges.txt",
        "pieces/01-Statuts.pdf",
        "echanges/01-plan.pdf",
        "lisez-moi.txt",
        "empreintes.sha256",
    ]
    assert archive.read(f"dossier-{dossier.reference}.pdf").startswith(b"%PDF-")
    assert "Pouvez-vous préciser ?" in archive.read("echanges/echanges.txt").decode()


def test_the_digests_are_those_of_the_files(client, dossier):
    a_document(dossier)
    archive = taken(client, dossier)
    lines = archive.read("empreintes.sha256").decode().splitlines()
    told = {path: digest for digest, path in (line.split("  ", 1) for line in lines)}
    assert set(told) == set(archive.namelist()) - {"empreintes.sha256"}
    for path, digest in told.items():
        assert hashlib.sha256(archive.read(path)).hexdigest() == digest


def test_neither_notes_nor_scores_are_in_it(client, dossier):
    write_note(application_id=dossier.pk, text="CANARI-NOTE", by=officer_of(dossier), at=now())
    archive = taken(client, dossier)
    assert not [name for name in archive.namelist() if b"CANARI-NOTE" in archive.read(name)]


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (ScanState.INFECTED, "refusé par l’antivirus"),
        (ScanState.PENDING, "en attente du contrôle de l’antivirus"),
        (ScanState.NOT_SCANNED, "non contrôlé par un antivirus"),
    ],
)
@override_settings(DOWNLOAD_UNSCANNED=False)
def test_what_the_antivirus_did_not_pass_is_left_out_and_said(client, dossier, state, words):
    a_document(dossier)
    StoredFile.objects.update(scan_state=state)
    archive = taken(client, dossier)
    assert "pieces/01-Statuts.pdf" not in archive.namelist()
    assert f"pieces/01-Statuts.pdf\u00a0: {words}" in notice(archive)


def test_the_bank_proof_is_for_who_may_read_it(client, dossier):
    asked = RequiredDocument.objects.create(sheet=dossier.sheet, kind="bank-details", label="RIB")
    bank = BankDetails.objects.create(
        organisation=dossier.organisation,
        holder="Association",
        iban="FR7630006000011234567890189",
        bic="AGRIFRPP",
        state="checked",
        given_at=now(),
        given_by=dossier.created_by,
    )
    store_upload(owner=bank, kind="rib", upload=upload(), by=dossier.created_by, at=now())
    a_document(dossier, label="RIB", required=asked)
    coordinator = person_with_role(Role.COORDINATOR)
    archive = taken(client, dossier, coordinator)
    assert "pieces/01-RIB.pdf" not in archive.namelist()
    assert "coordonnées bancaires" in notice(archive)
    assert "pieces/01-RIB.pdf" in taken(client, dossier).namelist()


def test_a_file_gone_from_the_server_is_said_and_the_rest_given(client, dossier):
    document = a_document(dossier)
    document.file.file.delete(save=False)
    StoredFile.objects.update(file="aa/gone")
    archive = taken(client, dossier)
    assert archive.testzip() is None
    assert "introuvable sur le serveur" in notice(archive)


def test_what_is_too_heavy_is_named(dossier):
    a_document(dossier)
    whole = with_dossier(Application.objects).get(pk=dossier.pk)
    found = contents_of(whole, officer_of(dossier), at=now(), max_bytes=3)
    assert [path for path, _reason in found.left_out] == ["pieces/01-Statuts.pdf"]
    assert "trop volumineux" in found.left_out[0][1]


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("../../etc/passwd", "01-"),
        ("Statuts / annexe", "01-Statuts - annexe.pdf"),
        ("CON", "01-"),
        ("x" * 200, "01-"),
        ("Bilan 2025.pdf", "01-Bilan 2025.pdf"),
        ("\u202egnp.exe", "01-"),
    ],
)
def test_names_are_harmless(client, dossier, label, name):
    a_document(dossier, label=label)
    found = [one for one in taken(client, dossier).namelist() if one.startswith("pieces/")]
    assert len(found) == 1
    assert found[0].startswith(f"pieces/{name}")
    assert found[0].count("/") == 1
    assert ".." not in found[0]
    assert found[0].endswith(".pdf")
    assert len(found[0]) < 110


def test_it_is_sent_while_it_is_made(dossier):
    a_document(dossier, content=b"%PDF-1.4\n" + os.urandom(3_000_000) + b"\n%%EOF\n")
    whole = with_dossier(Application.objects).get(pk=dossier.pk)
    chunks = list(stream(contents_of(whole, officer_of(dossier), at=now()), title="T", at=now()))
    assert len(chunks) > 10
    assert max(map(len, chunks)) < 1_000_000


def test_a_dossier_out_of_reach_gives_no_file(client, dossier):
    for person in (dossier.created_by, person_with_role(Role.SCHOOL)):
        client.force_login(person)
        url = reverse("review:dossier_zip", args=[dossier.reference])
        assert client.get(url).status_code == 404


def test_who_sees_the_account_masked_takes_no_bank_proof(client, dossier):
    """Whatever the file: the one in the dossier need not be that of the account."""
    required = RequiredDocument.objects.create(
        sheet=dossier.sheet, kind="bank-details", label="RIB"
    )
    Application.objects.filter(pk=dossier.pk).update(whole_department=True)
    document = a_document(dossier, label="RIB", name="rib.pdf", required=required)
    coordinator = person_with_role(Role.COORDINATOR)
    archive = taken(client, dossier, coordinator)
    assert not [name for name in archive.namelist() if "RIB" in name]
    assert "coordonnées bancaires" in notice(archive)
    download = reverse("documents:download", args=[document.file.uuid])
    assert client.get(download).status_code == 404
    page = client.get(reverse("review:tab", args=[dossier.reference, "pieces"]))
    assert page.status_code == 200
    assert download not in page.content.decode()
    for person in (officer_of(dossier), dossier.created_by):
        client.force_login(person)
        assert client.get(download).status_code == 200
    assert any("RIB" in name for name in taken(client, dossier).namelist())
