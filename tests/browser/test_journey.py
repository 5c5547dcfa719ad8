"""The main job from end to end, as each person does it: from a new account to the year's export.

Every page on the way goes through axe; the console of every browser stays silent, so that no rule
of the content security policy is broken. The worker's part is played by the function that its task
calls; that a real worker does it too is proved by ``tests/letters/test_worker.py``.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import call_command
from django.utils import timezone
from playwright.sync_api import Browser, Locator, Page, expect

from accounts.enums import Role
from accounts.models import User
from foundation.notifications.models import OutboxMessage
from grants.applications.events import verify_chain
from grants.applications.models import Application
from grants.calls.models import CallSheet, Campaign
from grants.calls.services.sheets import edit_sheet
from grants.decisions.models import Decision
from grants.letters.models import Letter
from grants.letters.services import due_letters, generate_letter
from portal.demo.actors import invented_siret
from territories.models import Commune
from tests.applications.dossiers import a_complete_draft, a_sheet, load_letters
from tests.browser.axe import assert_accessible
from tests.documents.samples import PDF
from tests.factories import PASSWORD, RoleAssignmentFactory, UserFactory


pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SAMPLE = Path("fixtures/reference/call_sheets_sample.txt")
ADDRESS = "aminata.solvignes@passerelle.example"
TITLE = "Un accueil pour les collégiens exclus"
BODY = "La Passerelle des collégiens"
# A request replaced by a newer one (hx-sync="this:replace") is stopped on purpose; htmx logs it.
STOPPED = ("htmx:afterRequest", "htmx:sendAbort")


class Person:
    """Somebody at their own browser: nothing is shared with the others but the portal."""

    def __init__(self, browser: Browser, site: str) -> None:
        self.context = browser.new_context(
            base_url=site, locale="fr-FR", timezone_id="Europe/Paris", accept_downloads=True
        )
        self.page: Page = self.context.new_page()
        self.complaints: list[str] = []
        self.page.on("console", lambda message: self.hear(message.text))
        self.page.on("pageerror", lambda error: self.hear(str(error)))

    @property
    def main(self) -> Locator:
        return self.page.get_by_role("main")

    def hear(self, text: str) -> None:
        if not text.startswith(STOPPED):
            self.complaints.append(text)

    def look(self, heading: str | re.Pattern | None = None) -> None:
        """Check the page as it stands: its title, axe, a silent console."""
        self.page.wait_for_load_state("networkidle")
        if heading is not None:
            title = self.page.get_by_role("heading", level=1)
            expect(title).to_contain_text(heading, timeout=20_000)
        assert_accessible(self.page)
        assert not self.complaints, f"{self.page.url}: {self.complaints}"

    def go(self, address: str, heading: str | re.Pattern | None = None) -> None:
        answer = self.page.goto(address)
        assert answer is not None
        assert answer.status == 200, f"{address}: {answer.status}"
        self.look(heading)

    def press(self, name: str, heading: str | re.Pattern | None = None) -> None:
        """Press the first button of the page's content that bears these words."""
        self.main.get_by_role("button", name=name).first.click()
        self.look(heading)

    def follow(self, name: str, heading: str | re.Pattern | None = None) -> None:
        """Follow the first link of the page's content that bears these words."""
        self.main.get_by_role("link", name=name).first.click()
        self.look(heading)

    def fill(self, **fields: str) -> None:
        """Fill fields by their names."""
        for name, value in fields.items():
            self.page.locator(f"[name='{name}']").fill(value)

    def sign_in(self, user: User) -> None:
        self.go("/compte/login/", "Se connecter")
        self.page.get_by_label("Adresse e-mail").fill(user.email)
        self.page.get_by_label("Mot de passe").fill(PASSWORD)
        self.main.get_by_role("button", name="Se connecter").click()
        self.page.get_by_role("button", name="Se connecter").wait_for(state="detached")
        self.look()


@pytest.fixture
def meet(browser: Browser, live_server) -> Iterator:
    """Give a browser of their own to the people of the story."""
    people: list[Person] = []

    def someone(user: User | None = None) -> Person:
        person = Person(browser, live_server.url)
        people.append(person)
        if user is not None:
            person.sign_in(user)
        return person

    yield someone
    for person in people:
        person.context.close()


@pytest.fixture
def office(db) -> dict[str, User]:
    """The reference data, the people of the office, and an imported sheet ready to publish."""
    call_command("load_reference", verbosity=0)
    bagneux = Commune.objects.get(name="Bagneux")
    staff = {
        "head": RoleAssignmentFactory(role=Role.UNIT_HEAD).user,
        "officer": RoleAssignmentFactory(
            user=UserFactory(first_name="Ysé", last_name="Lormont"), role=Role.CASE_OFFICER
        ).user,
        "coordinator": RoleAssignmentFactory(
            role=Role.COORDINATOR, territory=bagneux.territory
        ).user,
        "administrator": RoleAssignmentFactory(role=Role.ADMINISTRATOR).user,
    }
    year = timezone.localdate().year + 1
    call_command("import_call_sheets", str(SAMPLE), campaign=year, apply=True, verbosity=0)
    now = timezone.now()
    for sheet in CallSheet.objects.filter(code="C2"):
        edit_sheet(
            sheet_id=sheet.pk,
            fields={
                "opens_at": now - timedelta(days=1),
                "closes_at": now + timedelta(days=20),
                "readers": 1,
                "contact_name": "Unité Prévention et citoyenneté",
                "contact_email": "prevention@essai.example",
            },
            by=staff["head"],
        )
    return staff


def test_from_a_new_account_to_the_years_export(meet, office):
    publish_the_sheet(meet(office["head"]))
    applicant = meet()
    sign_up(applicant)
    create_the_body(applicant)
    fill_the_dossier(applicant)
    reference = file_the_dossier(applicant)
    review_the_dossier(meet(office["officer"]), reference, office["officer"])
    head = meet(office["head"])
    put_it_to_the_vote(head, reference)
    sign_and_notify(head, reference, applicant)
    open_the_decision(applicant, reference)
    find_the_action(meet(office["coordinator"]), meet())
    export_the_year(meet(office["administrator"]), reference)


def publish_the_sheet(head: Person) -> None:
    sheet = CallSheet.objects.get(code="C2")
    head.go("/campagnes/", "Campagnes")
    head.go(sheet.campaign.get_absolute_url())
    head.go(f"/campagnes/fiches/{sheet.pk}/")
    head.go(f"/campagnes/fiches/{sheet.pk}/publier/", "Publier la fiche")
    head.press("Publier la fiche C2")
    sheet.refresh_from_db()
    assert sheet.state == "published"


def sign_up(applicant: Person) -> None:
    applicant.go("/")
    applicant.go("/compte/signup/", "Créer un compte")
    applicant.fill(first_name="Aminata", last_name="Solvignes", email=ADDRESS, password1=PASSWORD)
    applicant.press("Créer mon compte", "Consultez votre messagerie")
    message = OutboxMessage.objects.get(to=ADDRESS)
    link = re.search(r"https?://\S+?(/compte/\S+)", message.text)
    assert link, message.text
    applicant.go(link[1], "Confirmer votre adresse")
    applicant.press("Confirmer cette adresse")
    if "/login/" in applicant.page.url:
        applicant.fill(login=ADDRESS, password=PASSWORD)
        applicant.press("Se connecter")
    applicant.go("/espace/", "Mon espace")


def create_the_body(applicant: Person) -> None:
    siret = invented_siret(777)
    applicant.follow("Trouver mon organisation", "Trouver mon organisation")
    applicant.fill(q=siret)
    applicant.press("Chercher")
    applicant.follow("Créer cette organisation", "Créer une organisation")
    assert applicant.page.locator("[name=siret]").input_value().replace(" ", "") == siret
    applicant.page.get_by_label("Nature").select_option("association")
    applicant.fill(legal_name=BODY, city="Bagneux", postal_code="92220", function="Présidente")
    applicant.page.get_by_role("radio", name="Représentant légal (").check()
    applicant.page.get_by_label("J’atteste sur l’honneur").check()
    applicant.press("Créer l’organisation", BODY)
    applicant.go("/espace/", "Mon espace")
    applicant.follow("Recevoir les décisions par e-mail", "Décisions par e-mail")
    applicant.fill(email=ADDRESS)
    applicant.page.get_by_label("Nous acceptons de recevoir").check()
    applicant.press("Donner notre accord")


def fill_the_dossier(applicant: Person) -> None:
    page, sheet = applicant.page, CallSheet.objects.get(code="C2")
    applicant.go("/appels/", "Appels à projets")
    applicant.go(sheet.get_absolute_url(), sheet.title)
    applicant.follow("Ce qu’il faut préparer", "Ce qu’il faut préparer")
    applicant.follow("Commencer", "Déposer une demande")
    page.get_by_label(BODY).check()
    applicant.press("Commencer", "Brouillon sans titre")
    applicant.follow("Demandeur", "Demandeur")
    applicant.fill(contact_function="Directrice", public_aid_amount="12 000")
    applicant.press("Enregistrer et continuer", "Projet")
    fill_the_project(applicant, sheet)
    applicant.press("Enregistrer et continuer", "Lieux")
    page.get_by_label("Bagneux", exact=True).check()
    applicant.press("Enregistrer et continuer", "Public")
    applicant.fill(count_11_15="60", girls_count="25", boys_count="35", qpv_rate="40")
    applicant.press("Enregistrer et continuer", "Moyens et partenaires")
    fill_the_means(applicant)
    applicant.press("Enregistrer et continuer", "Évaluation")
    fill_the_evaluation(applicant)
    applicant.press("Enregistrer et continuer", "Budget")
    page.get_by_label("Achats matières et fournitures").fill("1 500")
    page.get_by_label("Rémunération").first.fill("10 500")
    applicant.fill(requested_amount="8 000")
    page.get_by_label("Autofinancement").fill("4 000")
    page.keyboard.press("Tab")
    expect(page.locator("#id_balance")).to_have_text("Le budget est équilibré.")
    applicant.press("Enregistrer et continuer", "Pièces")
    upload = page.locator(".a-document input[type=file]").first
    upload.set_input_files(
        {"name": "statuts.pdf", "mimeType": "application/pdf", "buffer": PDF},
    )
    expect(page.get_by_text("statuts.pdf")).to_be_visible()
    applicant.follow("Continuer", "Engagements")
    for box in page.locator(".a-statement input[type=checkbox]").all():
        box.check()
    applicant.press("Enregistrer")


def fill_the_project(applicant: Person, sheet: CallSheet) -> None:
    year = sheet.campaign.fiscal_year
    applicant.fill(
        title=TITLE,
        objectives="Que les élèves exclus reviennent en classe préparés.",
        description="Un accueil de jour, quatre matinées et deux après-midi par semaine.",
        starts_on=f"{year}-02-01",
        ends_on=f"{year}-12-15",
    )
    for answer in applicant.page.locator("textarea[name^='answer_']").all():
        answer.fill("Oui, dès la rentrée.")


def fill_the_means(applicant: Person) -> None:
    applicant.fill(
        staff_volunteers_people="6",
        staff_employees_people="2",
        staff_employees_fte="1,5",
        means="Deux éducateurs à mi-temps.",
        partners_text="Les deux collèges de Bagneux.",
    )


def fill_the_evaluation(applicant: Person) -> None:
    applicant.fill(evaluation_method="Un point chaque mois avec les collèges.")
    for label in applicant.page.locator("[name^='indicator_'][name$='_label']").all():
        if label.input_value():
            row = label.get_attribute("name").removesuffix("_label")
            applicant.page.locator(f"[name='{row}_planned']").fill("80 %")


def file_the_dossier(applicant: Person) -> str:
    applicant.go("/dossiers/", "Mes dossiers")
    applicant.follow(TITLE, TITLE)
    applicant.go(f"{applicant.page.url}verifier/", "Vérifier le dossier")
    expect(applicant.page.get_by_text("Rien ne s’oppose au dépôt")).to_be_visible()
    applicant.follow("Relire et déposer", "Relire et déposer")
    applicant.press("Déposer le dossier", "Votre dossier est déposé")
    make_letters()
    dossier = Application.objects.get(title=TITLE)
    assert OutboxMessage.objects.filter(to=ADDRESS, kind="receipt").count() == 1
    applicant.page.reload()
    applicant.look()
    with applicant.page.expect_download() as download:
        applicant.main.locator("a[href^='/fichiers/']").first.click()
    assert Path(download.value.path()).read_bytes().startswith(b"%PDF-")
    applicant.follow("Ouvrir le dossier", TITLE)
    return dossier.reference


def review_the_dossier(officer: Person, reference: str, user: User) -> None:
    officer.go("/a-faire/", "À faire")
    officer.go("/instruction/?liste=tous", "Instruction")
    officer.follow(TITLE, TITLE)
    officer.press("M’affecter ce dossier", TITLE)
    for slug in ("projet", "budget", "pieces", "historique", "echanges", "decision"):
        officer.go(f"/instruction/{reference}/{slug}/", TITLE)
    officer.go(f"/instruction/{reference}/recevabilite/", TITLE)
    for yes in officer.main.locator("input[type=radio][value='yes']").all():
        yes.check()
    officer.press("Enregistrer les réponses", TITLE)
    officer.go(f"/instruction/{reference}/notation/", TITLE)
    for card in officer.page.locator(".r-criterion").all():
        card.locator("input[type=radio][value='4']").check()
        card.locator("textarea").fill("Le projet répond au besoin.")
    officer.fill(proposed_amount="7 000", summary="Projet solide, public identifié.")
    officer.press("Rendre définitive", TITLE)
    officer.go(f"/instruction/{reference}/", TITLE)
    officer.page.locator("#conclure [name=proposed_amount]").fill("7 000")
    officer.press("Clore l’instruction", TITLE)
    assert Application.objects.get(reference=reference).review_state == "evaluated"


def put_it_to_the_vote(head: Person, reference: str) -> None:
    campaign = Campaign.objects.get()
    head.go("/a-faire/", "À faire")
    expect(head.main).to_contain_text(TITLE)
    head.go("/enveloppes/nouvelle/", "Nouvelle enveloppe")
    head.fill(fiscal_year=str(campaign.fiscal_year), name="Prévention", amount="50 000")
    head.press("Enregistrer")
    head.go("/enveloppes/", "Enveloppes")
    head.go("/seances/", "Séances")
    head.follow("Nouvelle séance", "Nouvelle séance")
    head.fill(
        held_on=timezone.localdate().isoformat(),
        place="Nanterre",
        report_number="27.042",
        report_title="Prévention et citoyenneté",
        deliberation_number="2027-CP-42",
    )
    head.press("Enregistrer", "Commission permanente du")
    head.follow("Inscrire des dossiers", "Inscrire des dossiers")
    head.page.get_by_label("Enveloppe").select_option(f"{label_of_the_envelope()}")
    head.page.get_by_label(reference).check()
    head.press("Inscrire les dossiers cochés", "Commission permanente du")
    head.follow("Saisir le vote", "Enregistrer le vote")
    head.fill(amount="6 500", conditions="Rencontrer chaque collège avant l’ouverture.")
    head.press("Enregistrer le vote", "Commission permanente du")
    assert Decision.objects.get().awarded_amount == 6500


def label_of_the_envelope() -> str:
    return f"{Campaign.objects.get().fiscal_year} · Prévention"


def sign_and_notify(head: Person, reference: str, applicant: Person) -> None:
    head.press("Générer 1 courrier", "Commission permanente du")
    make_letters()
    letter = Letter.objects.get(kind="award")
    head.go("/courriers/", "Courriers")
    head.go(f"/courriers/{letter.reference}/", letter.reference)
    with letter.pdf.file.open("rb") as file:
        signed = file.read() + b"\n%%EOF\n"
    head.page.locator("input[type=file]").set_input_files(
        {"name": "signe.pdf", "mimeType": "application/pdf", "buffer": signed}
    )
    head.press("Joindre le fichier signé", letter.reference)
    applicant.go(f"/dossiers/{reference}/", TITLE)
    expect(applicant.main).to_contain_text("En cours d’examen")
    expect(applicant.main).not_to_contain_text("6 500")
    before = OutboxMessage.objects.filter(to=ADDRESS).count()
    head.go(f"/decisions/{Decision.objects.get().pk}/notifier/", "Notifier la décision")
    head.press("Notifier")
    assert OutboxMessage.objects.filter(to=ADDRESS).count() == before + 1


def open_the_decision(applicant: Person, reference: str) -> None:
    applicant.go(f"/dossiers/{reference}/", TITLE)
    expect(applicant.main).to_contain_text(re.compile(r"6\s500\s€"))
    with applicant.page.expect_download() as download:
        applicant.main.get_by_role("button", name="Ouvrir le courrier signé").click()
    assert Path(download.value.path()).read_bytes().endswith(b"\n%%EOF\n")
    applicant.page.reload()
    applicant.look(TITLE)
    assert Decision.objects.get().opened_at is not None
    assert verify_chain(Application.objects.get(reference=reference)) == []


def find_the_action(coordinator: Person, passer_by: Person) -> None:
    coordinator.go("/coordination/", "Territoire 7")
    expect(coordinator.main).to_contain_text(TITLE)
    coordinator.go("/coordination/dossiers/", "Dossiers")
    expect(coordinator.main).to_contain_text(TITLE)
    passer_by.go("/communes/bagneux/", "Bagneux")
    passer_by.follow(TITLE, TITLE)
    passer_by.go("/actions/", "Actions financées")
    expect(passer_by.main).to_contain_text(TITLE)
    letter = Letter.objects.get(kind="award")
    passer_by.go("/verifier/", "Vérifier")
    passer_by.fill(code=letter.check_code)
    passer_by.press("Vérifier")
    expect(passer_by.page.get_by_text("Authentique", exact=True)).to_be_visible()


def export_the_year(administrator: Person, reference: str) -> None:
    year = Campaign.objects.get().fiscal_year
    administrator.go(f"/rapports/?exercice={year}", "Rapports")
    with administrator.page.expect_download() as download:
        administrator.main.get_by_role("link", name="Fichier CSV").click()
    text = Path(download.value.path()).read_text(encoding="utf-8-sig")
    rows = [
        row for row in csv.DictReader(io.StringIO(text), delimiter=";") if reference in row.values()
    ]
    assert len(rows) == 1
    assert TITLE in rows[0].values()
    assert any(re.sub(r"\D.*", "", value or "") == "6500" for value in rows[0].values())


def make_letters() -> None:
    """Do what the worker does for every letter that waits."""
    now = timezone.now() + timedelta(minutes=30)
    for letter in list(due_letters(now)):
        assert generate_letter(letter_id=letter.pk, at=now)


def test_a_dossier_is_filed_with_the_keyboard_alone(meet, live_server, db):
    load_letters()
    draft = a_complete_draft(sheet=a_sheet())
    person = meet(draft.created_by)
    page = person.page
    person.go(draft.get_absolute_url(), draft.title)
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("Aller au contenu")
    page.keyboard.press("Enter")
    tab_to(page, page.get_by_role("link", name="Relire et déposer"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Relire et déposer")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    tab_to(page, page.get_by_role("button", name="Déposer le dossier"))
    page.keyboard.press("Enter")
    person.look("Votre dossier est déposé")


def tab_to(page: Page, target: Locator) -> None:
    """Press the tab key until an element has the focus, seen at each step."""
    for _ in range(60):
        if target.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
        focused = page.locator(":focus")
        marks = focused.evaluate(
            "e => [getComputedStyle(e).outlineStyle, getComputedStyle(e).boxShadow]"
        )
        assert marks != ["none", "none"], focused.evaluate("element => element.outerHTML")
    raise AssertionError("the focus never reached it")
