"""A dossier completed from end to end, with axe: the officer asks, the body answers, both read."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from grants.applications.enums import CorrectionState, ReviewState
from grants.applications.models import CorrectionRequest
from grants.calls.models import RequiredDocument
from tests.applications.correcting import ask, officer_of, under_review
from tests.applications.dossiers import fresh
from tests.browser.visiting import look, sign_in


pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_an_officer_asks_a_body_completes_an_officer_reads(page: Page, live_server):
    application = under_review()
    RequiredDocument.objects.create(
        sheet=application.sheet, kind="statuts", label="Statuts signés", mandatory=True
    )
    officer, applicant = officer_of(application), application.created_by
    desk = f"{live_server.url}/instruction/{application.reference}"
    ours = f"{live_server.url}/dossiers/{application.reference}"

    # The officer picks, adds a ready sentence, previews, sends.
    sign_in(page, live_server, officer)
    page.goto(f"{desk}/complements/")
    expect(page.get_by_role("checkbox", name="Statuts signés")).to_be_checked()
    page.get_by_role("button", name="Envoyer la demande").click()
    expect(page.get_by_text("Dites au demandeur ce qu’il doit compléter.").first).to_be_visible()
    look(page, "complements-erreur")
    page.locator("summary", has_text="Projet").click()
    page.get_by_role("checkbox", name="Description de l’action").check()
    page.locator("summary", has_text="Budget").click()
    page.locator("input[value=budget]").check()
    page.get_by_label("Phrase prête").select_option(index=5)
    page.get_by_role("button", name="Ajouter au message").click()
    expect(page.get_by_label("Votre message")).to_contain_text("rythme, encadrement")
    page.get_by_role("button", name="Aperçu du message").click()
    expect(page.get_by_role("heading", name="Aperçu du message")).to_be_visible()
    look(page, "complements-apercu")
    page.get_by_role("button", name="Envoyer la demande").click()
    expect(page.get_by_text("La demande est envoyée au demandeur.")).to_be_visible()
    look(page, "complements-en-cours")

    # The body sees it on its dossier, types, is told twice that nothing is sent.
    sign_in(page, live_server, applicant)
    page.goto(f"{ours}/")
    page.get_by_role("link", name="Voir ce qui est demandé").click()
    expect(page.get_by_text("Vos compléments ne sont pas encore envoyés.")).to_be_visible()
    look(page, "completer")
    page.get_by_role("link", name="Projet", exact=True).click()
    expect(page.get_by_label("Objectifs")).to_be_disabled()
    expect(page.locator("form[data-portal-kept]")).to_be_visible()  # the script listens
    page.get_by_label("Description de l’action").fill(
        "Deux ateliers par semaine, le mercredi et le samedi, avec une éducatrice."
    )
    page.get_by_label("Description de l’action").blur()
    expect(page.locator("#autosave")).to_contain_text("Enregistré à")
    assert fresh(application).description == "Deux ateliers par semaine."
    look(page, "completer-projet")
    page.goto(f"{ours}/completer/pieces/")
    look(page, "completer-pieces")
    page.goto(f"{ours}/completer/envoyer/")
    expect(page.locator("ins").first).to_contain_text("le mercredi et le samedi")
    look(page, "completer-envoyer")
    page.get_by_role("button", name="Envoyer mes compléments").click()
    expect(page.get_by_text("Vos compléments sont envoyés au service.")).to_be_visible()
    look(page, "depots")
    assert fresh(application).review_state == ReviewState.UNDER_REVIEW

    # The officer finds the tab marked, compares, accepts.
    sign_in(page, live_server, officer)
    page.goto(f"{desk}/projet/")
    expect(page.get_by_role("heading", name="Modifié depuis le dépôt précédent")).to_be_visible()
    look(page, "onglet-modifie")
    page.get_by_role("link", name="Comparer les dépôts").click()
    expect(page.get_by_role("heading", name="Du dépôt 1 au dépôt 2")).to_be_visible()
    look(page, "comparer")
    page.goto(f"{desk}/complements/")
    page.get_by_role("button", name="Accepter les compléments").click()
    expect(page.get_by_text("Les compléments sont acceptés.")).to_be_visible()
    assert application.corrections.get().state == CorrectionState.ACCEPTED


def test_a_delay_that_is_over_is_readable_on_both_sides(page: Page, live_server):
    application = under_review()
    correction = ask(application, "projet.starts_on", "public")
    late = timezone.localdate() - timedelta(days=3)
    CorrectionRequest.objects.filter(pk=correction.pk).update(
        first_due_on=late,
        due_on=late,
        invalid_values={"projet": {"starts_on": "mi-mars"}},
        saved_sections={"projet": timezone.now().isoformat()},
    )
    sign_in(page, live_server, officer_of(application))
    page.goto(f"{live_server.url}/instruction/{application.reference}/complements/")
    look(page, "complements-depasse")
    page.goto(f"{live_server.url}/instruction/?liste=en-attente")
    look(page, "liste-en-attente")
    sign_in(page, live_server, application.created_by)
    page.goto(f"{live_server.url}/dossiers/{application.reference}/completer/envoyer/")
    expect(page.get_by_role("heading", name="À corriger avant l’envoi")).to_be_visible()
    look(page, "completer-a-corriger")
    page.get_by_role("link", name="mi-mars").click()
    expect(page.get_by_label("Début de l’action")).to_have_value("mi-mars")
    look(page, "completer-projet-erreur")
