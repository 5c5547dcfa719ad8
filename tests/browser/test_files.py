"""Files and redactions in a real browser: axe on each page, progress, a cut, a retry, no script."""

import os
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from accounts.enums import Role
from foundation.documents.enums import ScanState
from foundation.documents.models import StoredFile
from foundation.documents.services import store_upload
from grants.applications.models import ApplicationDocument
from grants.applications.services.documents import give_document
from grants.applications.services.redaction import redact_words, words_to_mask
from grants.calls.services.templates import set_template
from tests.applications.dossiers import a_draft, a_sheet, load_letters
from tests.browser.axe import assert_accessible
from tests.browser.visiting import sign_in
from tests.documents import samples
from tests.factories import FiledApplicationFactory, member_of, person_with_role


pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
NOW = timezone.now()
SHOTS = os.environ.get("FILES_SHOTS", "")


def look(page: Page, name: str) -> None:
    """Check a page as it stands, wide and narrow; photograph it when asked."""
    for width in (1280, 390, 320):
        page.set_viewport_size({"width": width, "height": 900})
        too_wide = "() => document.documentElement.scrollWidth > window.innerWidth"
        assert not page.evaluate(too_wide), f"{name} is too wide at {width}"
        if SHOTS and width != 320:
            page.screenshot(path=Path(SHOTS) / f"{name}-{width}.png", full_page=True)
    assert_accessible(page)
    page.set_viewport_size({"width": 1280, "height": 900})


@pytest.fixture
def draft():
    """A draft whose sheet asks four documents, one with a blank file; one was given, infected."""
    load_letters()
    sheet = a_sheet(state="draft", published_at=None)
    head = person_with_role(Role.UNIT_HEAD)
    for position, (kind, label, mandatory) in enumerate(
        (
            ("bylaws", "Statuts signés", True),
            ("annual-budget", "Budget prévisionnel de l’organisation", True),
            ("rib", "RIB au nom de l’organisation", True),
            ("support", "Lettre de soutien du collège", False),
        )
    ):
        document = sheet.documents.create(
            kind=kind,
            label=label,
            mandatory=mandatory,
            position=position,
            help_text="Datés et signés, tels que déclarés en préfecture." if not position else "",
        )
        if kind == "annual-budget":
            content = ContentFile(samples.excel(), name="Budget à remplir.xlsx")
            set_template(document_id=document.pk, upload=content, by=head, at=NOW)
    type(sheet).objects.filter(pk=sheet.pk).update(state="published", published_at=NOW)
    sheet.refresh_from_db()
    application = a_draft(sheet=sheet)
    rib = sheet.documents.get(kind="rib")
    give_document(
        application_id=application.pk,
        required_id=rib.pk,
        label="",
        upload=ContentFile(samples.PDF, name="RIB.pdf"),
        by=application.created_by,
        at=NOW,
    )
    StoredFile.objects.filter(original_name="RIB.pdf").update(scan_state=ScanState.INFECTED)
    return application


def pieces(live_server, draft) -> str:
    return f"{live_server.url}/dossiers/brouillon/{draft.uuid}/pieces/"


def field(page: Page, draft, kind: str):
    return page.locator(f"#id_document_{draft.sheet.documents.get(kind=kind).pk}")


def test_files_are_sent_cut_retried_and_refused(page: Page, live_server, draft, tmp_path):
    sign_in(page, live_server, draft.created_by)
    page.goto(pieces(live_server, draft))
    look(page, "pieces")
    good = tmp_path / "Statuts.pdf"
    good.write_bytes(samples.PDF)
    bylaws = field(page, draft, "bylaws")
    card = page.locator("[data-portal-piece]").first
    # The network fails: a file, sent as soon as it is chosen, stays chosen.
    page.route("**/pieces/", lambda route: route.abort())
    field(page, draft, "support").set_input_files(good)
    bylaws.set_input_files(good)
    expect(card.get_by_role("status")).to_contain_text("La connexion s’est interrompue")
    look(page, "pieces-coupure")
    assert bylaws.evaluate("field => field.files[0].name") == "Statuts.pdf"
    page.unroute("**/pieces/")
    # A slow answer: progress, and a way out.
    waiting = []
    page.route("**/pieces/", lambda route: waiting.append(route))
    card.get_by_role("button", name="Réessayer").click()
    expect(card.locator("progress")).to_be_visible()
    look(page, "pieces-envoi")
    card.get_by_role("button", name="Annuler l’envoi").click()
    expect(card.get_by_role("status")).to_contain_text("Envoi annulé")
    page.unroute("**/pieces/")
    card.get_by_role("button", name="Joindre", exact=True).click()
    expect(card.get_by_role("status")).to_contain_text("La pièce est jointe")
    expect(card.get_by_role("link", name="Statuts.pdf")).to_be_visible()
    # What was chosen for another document is still there.
    chosen = field(page, draft, "support").evaluate("field => field.files[0]?.name")
    assert chosen == "Statuts.pdf"
    # A false PDF: the sentence names the document, beside its field.
    false = tmp_path / "faux.pdf"
    false.write_bytes(b"<html></html>")
    budget = field(page, draft, "annual-budget")
    budget.set_input_files(false)
    expect(page.locator("#pieces-erreurs")).to_contain_text("n’est pas un vrai fichier PDF")
    expect(field(page, draft, "annual-budget")).to_be_focused()
    look(page, "pieces-erreur")


def test_a_wrong_format_is_said_before_it_is_sent(page: Page, live_server, draft, tmp_path):
    sign_in(page, live_server, draft.created_by)
    page.goto(pieces(live_server, draft))
    other = tmp_path / "note.txt"
    other.write_text("texte")
    field(page, draft, "bylaws").set_input_files(other)
    card = page.locator("[data-portal-piece]").first
    expect(card.get_by_role("status")).to_contain_text("n’est pas accepté")
    page.context.clear_cookies()
    good = tmp_path / "Statuts.pdf"
    good.write_bytes(samples.PDF)
    field(page, draft, "bylaws").set_input_files(good)
    expect(card.get_by_role("status")).to_contain_text("Vous n’êtes plus connecté")


def test_a_chosen_file_is_never_left_behind_without_a_word(
    page: Page, live_server, draft, tmp_path
):
    sign_in(page, live_server, draft.created_by)
    page.goto(pieces(live_server, draft))
    expect(page.get_by_text("Un fichier part dès que vous le choisissez.")).to_be_visible()
    good = tmp_path / "Statuts.pdf"
    good.write_bytes(samples.PDF)
    field(page, draft, "bylaws").set_input_files(good)
    expect(page.get_by_role("link", name="Statuts.pdf")).to_be_visible()
    page.locator("#id_document_other").set_input_files(good)
    expect(page.locator("#carte-other").get_by_role("status")).to_contain_text("pas encore envoyé")
    with page.expect_event("dialog") as asked:
        page.once("dialog", lambda dialog: dialog.dismiss())
        page.get_by_role("link", name="Continuer").click(no_wait_after=True)
    assert asked.value.type == "beforeunload"
    assert page.url == pieces(live_server, draft)


def test_a_file_is_given_and_taken_out_without_script(
    browser: Browser, live_server, draft, tmp_path
):
    context = browser.new_context(java_script_enabled=False, locale="fr-FR")
    page = context.new_page()
    sign_in(page, live_server, draft.created_by)
    page.goto(pieces(live_server, draft))
    good = tmp_path / "Statuts.pdf"
    good.write_bytes(samples.PDF)
    field(page, draft, "bylaws").set_input_files(good)
    card = page.locator("[data-portal-piece]").first
    card.get_by_role("button", name="Joindre", exact=True).click()
    expect(page.get_by_role("link", name="Statuts.pdf")).to_be_visible()
    page.get_by_role("link", name="Retirer la pièce Statuts signés").click()
    expect(page.get_by_role("heading", name="Retirer cette pièce")).to_be_visible()
    page.get_by_role("button", name="Retirer la pièce").click()
    expect(page.get_by_role("link", name="Statuts.pdf")).to_have_count(0)
    context.close()


# --- The office -----------------------------------------------------------------------------------
@pytest.fixture
def filed():
    load_letters()
    application = FiledApplicationFactory(
        title="Ateliers de remobilisation avec Zoé Canarini",
        objectives="Accueillir Zoé Canarini et onze autres collégiens exclus, deux fois par "
        "semaine, avec une éducatrice.",
        review_state="under_review",
    )
    member = member_of(application.organisation)
    document = ApplicationDocument.objects.create(
        application=application, label="Bulletin de Zoé Canarini", added_at=NOW
    )
    store_upload(
        owner=document,
        kind="autre",
        upload=ContentFile(samples.PDF, name="Bulletin Zoé Canarini.pdf"),
        by=member,
        at=NOW,
    )
    return application


def test_words_and_files_are_masked(page: Page, live_server, filed):
    sign_in(page, live_server, person_with_role(Role.CASE_OFFICER))
    page.goto(f"{live_server.url}/instruction/{filed.reference}/masquer/")
    look(page, "masquer")
    page.get_by_role("button", name="Voir où ils sont").click()
    expect(page.get_by_role("alert")).to_be_visible()
    look(page, "masquer-erreur")
    page.get_by_label("Mots à masquer").fill("zoe canarini")
    page.get_by_label("Données personnelles d’un mineur").first.check()
    page.get_by_role("button", name="Voir où ils sont").click()
    expect(page.locator("mark").first).to_have_text("Zoé Canarini")
    look(page, "masquer-avant")
    page.get_by_role("button", name="Masquer pour de bon").click()
    expect(page.get_by_text("Les mots sont masqués")).to_be_visible()
    look(page, "masquer-historique")
    page.goto(f"{live_server.url}/instruction/{filed.reference}/masquer/")
    page.locator("#id_fichier-stored").select_option(index=1)
    page.get_by_label("Données personnelles d’un mineur").last.check()
    page.get_by_role("button", name="Vérifier avant de masquer").click()
    look(page, "masquer-fichier")
    page.get_by_role("button", name="Masquer pour de bon").click()
    expect(page.get_by_text("Le fichier est masqué")).to_be_visible()
    page.goto(f"{live_server.url}/instruction/{filed.reference}/pieces/")
    look(page, "pieces-masquee")


def test_the_pages_of_templates_and_of_the_antivirus(page: Page, live_server, draft):
    sign_in(page, live_server, person_with_role(Role.ADMINISTRATOR))
    page.goto(f"{live_server.url}/fichiers/antivirus/")
    look(page, "antivirus")
    copy = a_sheet(state="draft", published_at=None)
    document = copy.documents.create(kind="budget", label="Budget")
    page.goto(f"{live_server.url}/campagnes/fiches/{copy.pk}/pieces/")
    look(page, "modeles")
    page.goto(f"{live_server.url}/campagnes/fiches/{copy.pk}/pieces/{document.pk}/modele/")
    page.get_by_role("button", name="Joindre le modèle").click()
    look(page, "modele-erreur")


def test_the_applicant_reads_that_words_were_masked(page: Page, live_server, filed):
    redact_words(
        application_id=filed.pk,
        words=words_to_mask("Zoé Canarini"),
        reason="minor",
        by=person_with_role(Role.CASE_OFFICER),
        at=NOW,
    )
    sign_in(page, live_server, member_of(filed.organisation))
    page.goto(f"{live_server.url}/dossiers/{filed.reference}/echanges/")
    expect(page.get_by_text("Le service a masqué des mots")).to_be_visible()
    assert "Canarini" not in page.content()
