"""The filed dossier in a real browser: axe on every tab, a thread read and answered, no script."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from grants.applications.enums import MessageSide, ReviewState
from grants.applications.models import Application, Message
from grants.applications.services.filing import submit_application
from grants.applications.services.messages import send_message
from grants.calls.models import RequiredDocument
from tests.applications.dossiers import a_complete_draft, a_sheet, fresh, load_letters
from tests.browser.axe import assert_accessible
from tests.browser.visiting import sign_in
from tests.documents.samples import PDF
from tests.factories import (
    FiledApplicationFactory,
    OrganisationFactory,
    member_of,
    person_with_role,
)


pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
TABS = ("demande", "budget", "pieces", "echanges", "historique")


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Open pages that remember what the content policy refused."""
    contexts = []

    def opened(**options) -> Page:
        contexts.append(browser.new_context(locale="fr-FR", **options))
        page = contexts[-1].new_page()
        page.complaints = []
        page.on("console", lambda message: page.complaints.append(message.text))
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        return page

    yield opened
    for context in contexts:
        context.close()


def look(page: Page, url: str, *, status: int = 200) -> None:
    """Check a page with axe, and that it fits the narrowest screen."""
    page.set_viewport_size({"width": 1280, "height": 900})
    answer = page.goto(url)
    assert answer.status == status, url
    assert_accessible(page)
    page.set_viewport_size({"width": 320, "height": 900})
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= 320, f"{url} is {wide} px wide in 320"
    if status == 200:
        assert not page.complaints, page.complaints


@pytest.fixture
def sheet():
    load_letters()
    sheet = a_sheet()
    RequiredDocument.objects.create(sheet=sheet, kind="rib", label="RIB de l’organisme")
    return sheet


@pytest.fixture
def full(sheet) -> Application:
    """A whole dossier, filed, late to be attested, with a thread and its files."""
    draft = a_complete_draft(sheet=sheet)
    submit_application(application_id=draft.pk, by=draft.created_by, at=timezone.now())
    day = timezone.localdate() - timedelta(days=2)
    Application.objects.filter(pk=draft.pk).update(
        attested_at=None, attested_by=None, attestation_due_on=day, documents_due_on=day
    )
    officer = person_with_role("case_officer")
    talk(draft, MessageSide.OFFICE, officer, "Combien d’ateliers ?")
    talk(draft, MessageSide.APPLICANT, draft.created_by, "Douze.", files=("plan.pdf",))
    return fresh(draft)


def talk(dossier, side, author, text: str, files=()) -> None:
    send_message(
        application_id=dossier.pk,
        side=side,
        author=author,
        text=text,
        at=timezone.now(),
        files=[SimpleUploadedFile(name, PDF, "application/pdf") for name in files],
    )


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_tab_passes_axe_full(open_page, live_server, full, theme: str):
    page = open_page(color_scheme=theme)
    sign_in(page, live_server, full.created_by)
    look(page, live_server.url + full.get_absolute_url())
    for slug in TABS:
        look(page, live_server.url + reverse("applications:tab", args=[full.reference, slug]))
    for name in ("receipt", "attest", "withdraw"):
        look(page, live_server.url + reverse(f"applications:{name}", args=[full.reference]))


def test_every_tab_passes_axe_empty_and_decided(open_page, live_server, sheet):
    page = open_page()
    for fields in (
        {"review_state": ReviewState.UNDER_REVIEW},
        {"review_state": ReviewState.REJECTED, "notified_at": timezone.now()},
        {"review_state": ReviewState.CLOSED_WITHOUT_ACTION, "closing_reason": "Demande en double"},
    ):
        dossier = FiledApplicationFactory(sheet=sheet, **fields)
        sign_in(page, live_server, member_of(dossier.organisation))
        look(page, live_server.url + dossier.get_absolute_url())
    for slug in TABS:
        look(page, live_server.url + reverse("applications:tab", args=[dossier.reference, slug]))


def test_the_pages_around_a_dossier_pass_axe(open_page, live_server, full):
    page = open_page()
    look(page, live_server.url + reverse("applications:mail_help"))
    editor = member_of(full.organisation, "edit")
    sign_in(page, live_server, editor)
    attest = live_server.url + reverse("applications:attest", args=[full.reference])
    look(page, attest)
    expect(page.get_by_role("heading", name="Qui peut attester ?")).to_be_visible()
    stranger = member_of(OrganisationFactory())
    sign_in(page, live_server, stranger)
    look(page, attest, status=404)
    expect(page.get_by_text(stranger.email)).to_be_visible()
    page.get_by_role("button", name="Se connecter avec un autre compte").click()
    expect(page).to_have_url(re.compile(r"/compte/login/\?next=/dossiers/.+/attester/$"))


def test_opening_the_thread_marks_it_read_and_an_answer_carries_files(
    open_page, live_server, full, tmp_path: Path
):
    page = open_page()
    sign_in(page, live_server, full.created_by)
    page.goto(live_server.url + reverse("applications:tab", args=[full.reference, "echanges"]))
    expect(page.get_by_text("Messages marqués comme lus.")).to_be_visible()
    assert not Message.objects.filter(side="office", read_at__isnull=True).exists()
    for name in ("devis.pdf", "planning.pdf"):
        (tmp_path / name).write_bytes(PDF)
    page.get_by_label("Votre message").fill("Voici.")
    page.get_by_label("Pièces jointes").set_input_files(
        [tmp_path / "devis.pdf", tmp_path / "planning.pdf"]
    )
    page.get_by_role("button", name="Envoyer au service").dblclick()
    expect(page.get_by_text("Votre message est envoyé au service.")).to_be_visible()
    expect(page.get_by_role("link", name="devis.pdf")).to_be_visible()
    assert Message.objects.filter(text="Voici.").count() == 1
    (tmp_path / "faux.pdf").write_bytes(b"MZ")
    page.get_by_label("Votre message").fill("Encore.")
    page.get_by_label("Pièces jointes").set_input_files([tmp_path / "faux.pdf"])
    page.get_by_role("button", name="Envoyer au service").click()
    expect(page.get_by_role("alert")).to_contain_text("faux.pdf")
    expect(page.get_by_label("Votre message")).to_have_value("Encore.")
    assert_accessible(page)


def test_without_script_a_button_marks_as_read(open_page, live_server, full):
    page = open_page(java_script_enabled=False)
    sign_in(page, live_server, full.created_by)
    page.goto(live_server.url + reverse("applications:tab", args=[full.reference, "echanges"]))
    page.get_by_role("button", name="Marquer comme lu").click()
    expect(page.get_by_text("À lire")).to_have_count(0)
    expect(page.get_by_role("button", name="Marquer comme lu")).to_have_count(0)


def test_the_office_reply_half_typed_comes_back(open_page, live_server, full):
    page = open_page()
    officer = person_with_role("case_officer")
    sign_in(page, live_server, officer)
    address = live_server.url + reverse("review:tab", args=[full.reference, "echanges"])
    look(page, address)
    page.get_by_label("Votre message").fill("Merci, et pour le RIB ?")
    page.goto("about:blank")
    page.goto(address)
    expect(page.get_by_label("Votre message")).to_have_value("Merci, et pour le RIB ?")
