"""The desk in a real browser, with axe: empty, full, in error, on a phone, at the keyboard."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.enums import Role
from accounts.models import User
from foundation.documents.services import store_upload
from grants.applications.chart_of_accounts import DEPARTMENT
from grants.applications.enums import BudgetSide, MessageSide
from grants.applications.models import (
    Application,
    ApplicationDocument,
    AudienceCount,
    BudgetLine,
    ConditionAnswer,
    Place,
)
from grants.applications.services.messages import send_message
from grants.calls.models import Criterion, RequiredDocument
from grants.review.services.assignment import assign_reader
from grants.review.services.closing import write_note
from territories.loading import load_parameters
from tests.browser.visiting import PICTURES, look, sign_in
from tests.factories import (
    CommuneFactory,
    FiledApplicationFactory,
    UserFactory,
    member_of,
    person_with_role,
)
from tests.review.world import final, read_by, under_review


pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
CRITERIA = (
    ("Réponse au besoin identifié par la fiche", "Le projet part-il d’un besoin constaté ?"),
    ("Partenariat local et maillage du territoire", "Qui porte l’action avec le demandeur ?"),
    ("Qualité de l’évaluation prévue", ""),
)
LEVELS = [
    "Rien dans le dossier",
    "Évoqué sans précision",
    "Présent, mais fragile",
    "Convenable",
    "Solide et argumenté",
    "Exemplaire, à faire connaître",
]


def person(role: str, first_name: str, last_name: str) -> User:
    user = UserFactory(first_name=first_name, last_name=last_name)
    return person_with_role(role, user=user)


@pytest.fixture
def head(db) -> User:
    load_parameters()
    return person(Role.UNIT_HEAD, "Hélène", "Garnier")


@pytest.fixture
def officer(db) -> User:
    return person(Role.CASE_OFFICER, "Malika", "Benali")


@pytest.fixture
def second(db) -> User:
    return person(Role.CASE_OFFICER, "Thomas", "Lefèvre")


@pytest.fixture
def dossier(head, officer, second) -> Application:
    """A dossier with something in every part, two readers, none final."""
    application = under_review(
        officer,
        head,
        readers=2,
        title="Ateliers théâtre et médiation pour raccrocher au collège",
        organisation__legal_name="Association Les Passerelles de Bagneux",
        whole_department=False,
        requested_amount=Decimal(8000),
        objectives="Redonner confiance à des élèves de quatrième exclus temporairement.\n\n"
        "Associer les familles et l’équipe éducative à chaque étape.",
        description="Un cycle de douze séances, deux représentations, un bilan partagé.",
        starts_on=date(2031, 1, 8),
        ends_on=date(2031, 6, 30),
        documents_due_on=timezone.localdate() + timedelta(days=20),
    )
    for criterion, (label, help_text) in zip(
        application.sheet.grid.criteria.all(), CRITERIA, strict=True
    ):
        Criterion.objects.filter(pk=criterion.pk).update(
            label=label, help_text=help_text, level_sentences=LEVELS
        )
    for position, name in enumerate(("Bagneux", "Fontenay-aux-Roses")):
        commune = CommuneFactory(name=name, territory__number=7)
        Place.objects.create(
            application=application, position=position, commune=commune, territories=[7]
        )
    for band, count in (("11_15", 24), ("16_17", 6)):
        AudienceCount.objects.create(application=application, band=band, count=count)
    ConditionAnswer.objects.create(
        application=application,
        position=1,
        condition="L’action se déroule en lien avec au moins un collège.",
        answer="Convention signée avec le collège Joliot-Curie.",
    )
    ConditionAnswer.objects.create(
        application=application, position=2, condition="Une restitution publique est prévue."
    )
    for side, account, amount, ours in (
        (BudgetSide.CHARGE, "60", 12000, False),
        (BudgetSide.INCOME, DEPARTMENT, 8000, True),
        (BudgetSide.INCOME, "70", 4000, False),
    ):
        BudgetLine.objects.create(
            application=application,
            side=side,
            account=account,
            planned_amount=Decimal(amount),
            is_this_request=ours,
        )
    RequiredDocument.objects.create(
        sheet=application.sheet, position=1, label="Comptes annuels approuvés", mandatory=True
    )
    for label, state, reason in (
        ("Statuts signés", "to_check", ""),
        ("Relevé d’identité bancaire", "refused", "Le titulaire n’est pas l’association."),
        ("Rapport d’activité", "accepted", ""),
    ):
        a_document(application, officer, label, state, reason)
    write_note(
        application_id=application.pk,
        text="Vu la directrice en comité local : projet attendu par le collège.",
        by=officer,
        at=timezone.now(),
    )
    assign_reader(application_id=application.pk, person=second, rank=2, by=head, at=timezone.now())
    return application


def a_document(application: Application, by: User, label: str, state: str, reason: str) -> None:
    document = ApplicationDocument.objects.create(
        application=application,
        label=label,
        state=state,
        refusal_reason=reason,
        added_at=timezone.now(),
    )
    upload = SimpleUploadedFile(f"{label}.pdf", b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\n%%EOF\n")
    store_upload(owner=document, kind="document", upload=upload, by=by, at=timezone.now())


def tab(live_server, application: Application, slug: str = "") -> str:
    if slug in {"", "resume"}:
        return live_server.url + application.get_desk_url()
    return live_server.url + reverse("review:tab", args=[application.reference, slug])


def test_the_list_empty_full_and_filtered(page: Page, live_server, head, officer, dossier):
    desk = live_server.url + reverse("review:desk")
    sign_in(page, live_server, head)
    page.goto(desk)
    look(page, "instruction-vide")
    for number in range(12):
        FiledApplicationFactory(
            title=f"Médiation de rue et accompagnement scolaire n° {number}",
            requested_amount=Decimal(3500 + 250 * number),
            attested_at=None if number == 3 else timezone.now(),
        )
    page.goto(desk)
    look(page, "instruction-a-affecter")
    second = dossier.assignments.get(rank=2).person
    final(dossier, officer, 5, 4, 4, summary="Un projet attendu.")
    final(dossier, second, 2, 2, 3, summary="Partenariat à consolider.")
    page.goto(f"{desk}?liste=tous")
    look(page, "instruction-tous")
    page.goto(f"{desk}?liste=tous&q=introuvable")
    look(page, "instruction-sans-resultat")
    page.goto(f"{desk}?liste=tous&etat=submitted&montant_min=abc")
    look(page, "instruction-filtre-invalide")
    page.goto(f"{desk}?liste=tous")
    page.get_by_label("Recherche").fill("theatre")
    page.get_by_role("button", name="Appliquer").click()
    page.wait_for_url("**q=theatre**")
    assert "liste=tous" in page.url
    assert page.locator("[data-row]").count() == 1
    page.locator("[data-row] a").first.click()
    page.wait_for_url(f"**{dossier.get_desk_url()}?*")
    expect(page.get_by_role("heading", level=1)).to_have_text(dossier.title)


@pytest.mark.parametrize(
    "slug", ["resume", "projet", "budget", "pieces", "decision", "echanges", "historique"]
)
def test_each_tab_full_and_bare(page: Page, live_server, head, dossier, slug):
    member = member_of(dossier.organisation)
    send_message(
        application_id=dossier.pk,
        side=MessageSide.APPLICANT,
        author=member,
        text="Bonjour, avez-vous bien reçu notre nouveau RIB ?",
        at=timezone.now(),
    )
    sign_in(page, live_server, head)
    page.goto(tab(live_server, dossier, slug))
    look(page, f"dossier-{slug}")
    page.goto(tab(live_server, FiledApplicationFactory(title=""), slug))
    look(page, f"dossier-{slug}-nu")


@pytest.mark.parametrize("role", [Role.COORDINATOR, Role.ADMINISTRATOR])
def test_read_only_pages(page: Page, live_server, dossier, role):
    sign_in(page, live_server, person_with_role(role))
    for slug in ("resume", "echanges", "historique"):
        page.goto(tab(live_server, dossier, slug))
        look(page, f"lecture-{role}-{slug}")


def test_acts_in_error(page: Page, live_server, officer, dossier):
    sign_in(page, live_server, officer)
    second = dossier.assignments.get(rank=2).person
    final(dossier, officer, 4, 4, 4, summary="Un projet attendu.")
    final(dossier, second, 4, 3, 4, summary="Bien entouré.")
    page.goto(tab(live_server, dossier))
    page.get_by_label("Montant proposé par l’unité").fill("beaucoup")
    page.get_by_role("button", name="Clore l’instruction").click()
    page.wait_for_selector("[data-portal-error-summary]")
    look(page, "dossier-resume-erreur")
    page.goto(tab(live_server, dossier, "pieces"))
    page.get_by_text("Refuser Statuts signés…").click()
    page.get_by_role("button", name="Refuser la pièce").first.click()
    page.wait_for_selector("[data-portal-error-summary]")
    look(page, "dossier-pieces-erreur")
    page.goto(tab(live_server, dossier, "echanges"))
    page.get_by_role("button", name="Envoyer le message").click()
    page.wait_for_selector("[data-portal-error-summary]")
    look(page, "dossier-echanges-erreur")


def test_scoring_at_the_keyboard(page: Page, live_server, officer, second, dossier):
    read_by(dossier, officer, 4, 4, 4, summary="Brouillon de la première lectrice.")
    sign_in(page, live_server, second)
    page.goto(tab(live_server, dossier, "notation"))
    look(page, "notation-vide")
    first = page.locator("fieldset").filter(has_text="Réponse au besoin").first
    first.get_by_role("radio").first.focus()
    for _ in range(4):
        page.keyboard.press("ArrowDown")
    expect(page.locator("#total")).to_contain_text("80")
    expect(page.locator("#total")).to_contain_text("1 critère sur 3")
    page.get_by_role("button", name="Rendre définitive").click()
    page.wait_for_selector("[data-portal-error-summary]")
    expect(page.locator(".c-errors")).to_be_focused()
    assert first.get_by_role("radio").nth(4).is_checked()
    look(page, "notation-erreur")


def test_scores_side_by_side(page: Page, live_server, head, officer, second, dossier):
    final(dossier, officer, 5, 4, 4, summary="Un projet attendu, bien entouré.")
    sign_in(page, live_server, officer)
    page.goto(tab(live_server, dossier, "notation"))
    page.get_by_text("Rouvrir ma notation").click()
    page.get_by_role("button", name="Rouvrir", exact=True).click()
    page.wait_for_selector("[data-portal-error-summary]")
    look(page, "notation-reouverture-erreur")
    final(dossier, second, 2, 2, 3, summary="Le partenariat reste à consolider.")
    sign_in(page, live_server, head)
    page.goto(tab(live_server, dossier, "notation"))
    expect(page.get_by_text("une troisième lecture est demandée")).to_be_visible()
    look(page, "notation-comparee")
    page.goto(tab(live_server, dossier))
    look(page, "dossier-resume-note")
    if PICTURES:
        page.emulate_media(color_scheme="dark")
        page.goto(tab(live_server, dossier, "notation"))
        page.screenshot(path=f"{PICTURES}/notation-sombre.png", full_page=True)


def test_scoring_without_script(browser, live_server, officer, dossier):
    context = browser.new_context(java_script_enabled=False, locale="fr-FR")
    page = context.new_page()
    sign_in(page, live_server, officer)
    page.goto(tab(live_server, dossier, "notation"))
    for number in range(3):
        page.locator("fieldset").nth(number).get_by_text("Convenable").click()
    page.get_by_role("button", name="Enregistrer le brouillon").first.click()
    expect(page.locator("#total")).to_contain_text("60")
    expect(page.get_by_text("Brouillon de notation enregistré.")).to_be_visible()
    context.close()


def test_pages_that_ask_before_acting(page: Page, live_server, officer, dossier):
    sign_in(page, live_server, officer)
    for name in ("conflict", "close"):
        page.goto(live_server.url + reverse(f"review:{name}", args=[dossier.reference]))
        look(page, name)
    page.get_by_role("button", name="Continuer").click()
    page.wait_for_selector("[data-portal-error-summary]")
    look(page, "close-erreur")


def test_paper_filing_empty_and_in_error(page: Page, live_server, officer, head):
    for name in ("Antony", "Bagneux", "Bourg-la-Reine", "Clichy", "Ville-d’Avray"):
        CommuneFactory(name=name)
    sign_in(page, live_server, officer)
    page.goto(live_server.url + reverse("review:paper_filing"))
    look(page, "depot-papier")
    page.get_by_role("button", name="Enregistrer le dépôt").click()
    page.wait_for_selector("[data-portal-error-summary]")
    look(page, "depot-papier-erreur")
