"""Hostile files at every door: refused with their sentence, or kept under a clean name."""

import html
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.enums import Role
from foundation.documents.models import StoredFile
from grants.applications.models import ApplicationDocument
from territories.loading import load_parameters
from tests.applications.dossiers import a_draft, load_letters
from tests.documents import samples
from tests.documents.hostile import CASES, Case
from tests.factories import (
    CallSheetFactory,
    FiledApplicationFactory,
    OrganisationFactory,
    member_of,
    person_with_role,
)
from tests.letters.conftest import a_filed_dossier, a_letter
from tests.partners.test_document_store import form_data as store_form


pytestmark = pytest.mark.django_db
BOUNDARY = "----hostile"


def body_of(case: Case, required: int | None, content: bytes) -> bytes:
    """Write the request by hand: a client would tidy the name."""
    name = case.name.replace("\\", "\\\\").replace('"', '\\"').encode()
    fields = b""
    if required is not None:
        fields = (
            f"--{BOUNDARY}\r\nContent-Disposition: form-data; "
            f'name="required_id"\r\n\r\n{required}\r\n'
        ).encode()
    head = (
        b'--%s\r\nContent-Disposition: form-data; name="file"; filename="%s"\r\n'
        b"Content-Type: %s\r\n\r\n" % (BOUNDARY.encode(), name, case.media_type.encode())
    )
    return fields + head + content + f"\r\n--{BOUNDARY}--\r\n".encode()


def stored_bytes() -> set[Path]:
    storage = StoredFile._meta.get_field("file").storage
    return {path for path in Path(storage.location).rglob("*") if path.is_file()}


@pytest.fixture
def asked():
    sheet = CallSheetFactory(state="draft", published_at=None)
    required = sheet.documents.create(kind="bylaws", label="Statuts")
    type(sheet).objects.filter(pk=sheet.pk).update(state="published", published_at=timezone.now())
    sheet.refresh_from_db()
    application = a_draft(sheet=sheet)
    return application, required


def test_there_are_more_than_a_hundred_of_them():
    assert len(CASES) > 100
    assert len({case.what for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.what)
def test_a_hostile_file_is_refused_with_its_sentence_or_kept_clean(asked, case):
    application, required = asked
    client = Client()
    client.force_login(application.created_by)
    before, content = stored_bytes(), case.content()
    response = client.generic(
        "POST",
        reverse("applications:section", args=[application.uuid, "pieces"]),
        body_of(case, required.pk, content),
        content_type=f"multipart/form-data; boundary={BOUNDARY}",
    )
    kept = list(StoredFile.objects.all())
    if case.stored is not None:
        assert response.status_code == 302, html.unescape(response.content.decode())[-3000:]
        assert [stored.original_name for stored in kept] == [case.stored]
        assert kept[0].file.read() == content
        return
    assert response.status_code == 422
    page = html.unescape(response.content.decode())
    assert f"«\u00a0Statuts\u00a0»\u00a0: {case.sentence}" in page
    assert kept == []
    assert not ApplicationDocument.objects.exists()
    assert stored_bytes() == before


@pytest.mark.parametrize("name", ["a\x00b.pdf", "a\r\nX-Evil: 1.pdf", ""])
def test_names_that_break_the_request_break_nothing_else(asked, name):
    application, required = asked
    client = Client()
    client.force_login(application.created_by)
    case = Case("broken", name, lambda: samples.PDF)
    response = client.generic(
        "POST",
        reverse("applications:section", args=[application.uuid, "pieces"]),
        body_of(case, required.pk, samples.PDF),
        content_type=f"multipart/form-data; boundary={BOUNDARY}",
    )
    assert response.status_code in {302, 400, 422}
    for stored in StoredFile.objects.all():
        assert stored.original_name.isprintable()
        assert "evil" not in response.headers


# --- The other doors: a sample of each kind of refusal --------------------------------------------
SAMPLE = [
    case
    for case in CASES
    if case.what
    in {
        "HTML as PDF",
        "program behind a PDF",
        "bomb in a stream",
        "launches a program",
        "locked PDF",
        "nothing",
        "right-to-left override",
    }
]


def sent(case: Case) -> SimpleUploadedFile:
    return SimpleUploadedFile(case.name, case.content(), content_type=case.media_type)


def check_door(client, url: str, field: str, case: Case, data: dict, *, only_pdf=False) -> None:
    before, rows = stored_bytes(), StoredFile.objects.count()
    response = client.post(url, {**data, field: sent(case)})
    if case.stored is not None:
        assert response.status_code == 302, html.unescape(response.content.decode())[-3000:]
        newest = StoredFile.objects.order_by("-pk").first()
        assert newest.original_name == case.stored
        return
    assert response.status_code == 422, case.what
    page = html.unescape(response.content.decode())
    if not (only_pdf and case.why == "extension"):
        assert case.sentence in page or "vide" in page
    assert StoredFile.objects.count() == rows
    assert stored_bytes() == before


@pytest.mark.parametrize("case", SAMPLE, ids=lambda case: case.what)
def test_at_the_door_of_the_messages(client, case):
    load_letters()
    application = FiledApplicationFactory()
    client.force_login(member_of(application.organisation))
    url = reverse("applications:message_send", args=[application.reference])
    check_door(client, url, "files", case, {"text": "Voici la pièce."})
    assert application.messages.count() == (1 if case.stored else 0)


@pytest.mark.parametrize("case", SAMPLE, ids=lambda case: case.what)
def test_at_the_door_of_the_desk_messages(client, case):
    load_letters()
    application = FiledApplicationFactory()
    client.force_login(person_with_role(Role.CASE_OFFICER))
    url = reverse("review:message", args=[application.reference])
    check_door(client, url, "files", case, {"text": "Voici la pièce."})


@pytest.mark.parametrize("case", SAMPLE, ids=lambda case: case.what)
def test_at_the_door_of_the_templates(client, case):
    sheet = CallSheetFactory(state="draft", published_at=None)
    required = sheet.documents.create(kind="budget", label="Budget")
    client.force_login(person_with_role(Role.UNIT_HEAD))
    url = reverse("calls:document_template", args=[sheet.pk, required.pk])
    check_door(client, url, "file", case, {})


def test_a_file_that_is_kept_is_handed_out_as_an_attachment(asked):
    application, required = asked
    client = Client()
    client.force_login(application.created_by)
    url = reverse("applications:section", args=[application.uuid, "pieces"])
    name = 'a"b\u202e<script>.pdf'
    client.post(url, {"required_id": required.pk, "file": ContentFile(samples.PDF, name=name)})
    stored = StoredFile.objects.get()
    response = client.get(f"/fichiers/{stored.uuid}/")
    assert response["Content-Disposition"].startswith("attachment")
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "\u202e" not in response["Content-Disposition"]


@pytest.mark.parametrize("case", SAMPLE, ids=lambda case: case.what)
def test_at_the_door_of_the_body_s_documents(client, case):
    load_parameters()
    body = OrganisationFactory()
    client.force_login(member_of(body))
    url = reverse("partners:document_add", args=[body.pk])
    data = store_form(label="Mes statuts")
    data.pop("file", None)
    check_door(client, url, "file", case, data)
    assert body.documents.count() == (1 if case.stored else 0)


@pytest.mark.parametrize("case", SAMPLE, ids=lambda case: case.what)
def test_at_the_door_of_the_signed_letters(client, case):
    load_letters()
    letter = a_letter(a_filed_dossier())
    client.force_login(person_with_role(Role.UNIT_HEAD))
    url = reverse("letters:sign", args=[letter.reference])
    check_door(client, url, "file", case, {}, only_pdf=True)
