"""Pages of the account and of the bodies in a real browser, with axe: empty, full, in error."""

import pytest
from django.urls import reverse
from playwright.sync_api import Page

from accounts.enums import Role
from foundation.parameters.models import Parameter
from partners.enums import IdentifierState, MembershipState
from tests.browser.visiting import look, sign_in
from tests.factories import (
    PASSWORD,
    MembershipFactory,
    OrganisationFactory,
    RoleAssignmentFactory,
    TerritoryFactory,
    UserFactory,
    member_of,
    person_with_role,
    siret_of,
)


pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def _parameters():
    for key, value in {
        "notification_consent.version": "2026-1",
        "deemed_notified.days": "15",
        "office.email": "service@essai.example",
    }.items():
        Parameter.objects.create(key=key, value=value, valid_from="2017-01-01")


def test_signing_in_and_up(page: Page, live_server):
    user = UserFactory()
    page.goto(live_server.url + reverse("account_login"))
    look(page, "connexion")
    page.get_by_label("Adresse e-mail").fill(user.email)
    page.get_by_label("Mot de passe").fill("pas le bon du tout")
    page.get_by_role("main").get_by_role("button", name="Se connecter").click()
    page.get_by_text("ne convient pas").first.wait_for()
    look(page, "connexion-erreur")
    page.get_by_label("Mot de passe").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Se connecter").click()
    page.get_by_text("Commencez par votre organisation").wait_for()


def test_the_pages_before_signing_in(page: Page, live_server):
    for name, url in {
        "inscription": "account_signup",
        "mot-de-passe-oublie": "account_reset_password",
        "lien-envoye": "account_reset_password_done",
        "confirmation-envoyee": "account_email_verification_sent",
    }.items():
        page.goto(live_server.url + reverse(url))
        look(page, name)
    page.goto(live_server.url + reverse("account_confirm_email", args=["perime"]))
    look(page, "lien-perime")
    page.goto(live_server.url + reverse("account_signup"))
    page.get_by_role("button", name="Créer mon compte").click()
    page.get_by_text("points sont à corriger").wait_for()
    look(page, "inscription-erreur")


def test_the_account_pages(page: Page, live_server):
    user = UserFactory()
    sign_in(page, live_server, user)
    for name, url in {
        "profil": "accounts:profile",
        "adresse": "account_email",
        "mot-de-passe": "account_change_password",
        "double": "mfa_index",
        "deconnexion": "account_logout",
    }.items():
        page.goto(live_server.url + reverse(url))
        look(page, name)
    page.goto(live_server.url + reverse("mfa_activate_totp"))
    look(page, "qui-etes-vous")
    page.get_by_label("Mot de passe").fill(PASSWORD)
    page.get_by_role("button", name="Continuer").click()
    page.get_by_text("Avec elle, lisez ce code carré").wait_for()
    look(page, "double-activer")


def test_the_space_and_the_way_to_a_body(page: Page, live_server):
    user = UserFactory()
    sign_in(page, live_server, user)
    page.goto(live_server.url + reverse("partners:space"))
    look(page, "espace-vide")
    page.get_by_role("link", name="Trouver mon organisation").click()
    page.get_by_role("heading", name="Trouver mon organisation").wait_for()
    look(page, "recherche")
    page.get_by_label("SIRET, SIREN").fill("73282932000047")
    page.get_by_role("button", name="Chercher").click()
    page.get_by_text("est inexact").first.wait_for()
    look(page, "recherche-erreur")
    OrganisationFactory(legal_name="Les Passerelles du quartier", city="Bagneux")
    page.get_by_label("SIRET, SIREN").fill("passerelles")
    page.get_by_role("button", name="Chercher").click()
    page.get_by_text("1 organisation trouvée").wait_for()
    look(page, "recherche-trouvee")
    page.get_by_role("link", name="Rejoindre").click()
    page.get_by_role("heading", name="Rejoindre Les Passerelles").wait_for()
    look(page, "rejoindre")
    page.get_by_label("Votre fonction").fill("Trésorière")
    page.get_by_role("button", name="Envoyer la demande").click()
    page.get_by_text("Votre demande est envoyée").wait_for()
    page.goto(live_server.url + reverse("partners:organisation_create"))
    look(page, "creation")
    page.get_by_role("button", name="Créer l’organisation").click()
    page.get_by_text("points sont à corriger").wait_for()
    look(page, "creation-erreur")
    page.get_by_label("Nature").select_option("association")
    page.get_by_label("Dénomination").fill("Les Ateliers du canal")
    page.get_by_label("SIRET", exact=True).fill(siret_of(500321))
    page.get_by_label("Ville").fill("Clichy")
    page.get_by_label("Votre fonction").fill("Présidente")
    page.get_by_role("radio", name="Représentant légal (").check()
    page.get_by_label("J’atteste sur l’honneur").check()
    page.get_by_role("button", name="Créer l’organisation").click()
    page.get_by_text("est enregistrée").wait_for()
    look(page, "organisation-neuve")
    page.goto(live_server.url + reverse("partners:space"))
    look(page, "espace")


def test_the_pages_of_a_body(page: Page, live_server):
    user = UserFactory(first_name="Awa", last_name="Diallo")
    organisation = OrganisationFactory(legal_name="Les Passerelles du quartier", city="Bagneux")
    MembershipFactory(user=user, organisation=organisation)
    other = member_of(organisation, "edit", function="Coordinatrice de projet")
    pending = MembershipFactory(
        organisation=organisation, state=MembershipState.PENDING, rights=[], function="Trésorière"
    )
    sign_in(page, live_server, user)
    pages = {
        "organisation": reverse("partners:organisation_detail", args=[organisation.pk]),
        "fiche": reverse("partners:organisation_edit", args=[organisation.pk]),
        "accord": reverse("partners:consent", args=[organisation.pk]),
        "demande": reverse("partners:membership", args=[organisation.pk, pending.pk]),
        "membre": reverse(
            "partners:membership", args=[organisation.pk, other.memberships.get().pk]
        ),
    }
    for name, url in pages.items():
        page.goto(live_server.url + url)
        look(page, name)


def test_the_administrators_pages(page: Page, live_server):
    administrator = person_with_role(Role.ADMINISTRATOR)
    RoleAssignmentFactory(
        role=Role.COORDINATOR,
        territory=TerritoryFactory(number=7),
        title="Coordonnatrice du territoire 7",
    )
    member_of(OrganisationFactory(identifier_state=IdentifierState.TO_CHECK))
    waiting = MembershipFactory(state=MembershipState.PENDING, rights=[])
    sign_in(page, live_server, administrator)
    for name, url in {
        "roles": reverse("accounts:role_list"),
        "roles-aucun": reverse("accounts:role_list") + "?q=personne+du+tout",
        "role": reverse("accounts:role_assign"),
        "role-fin": reverse("accounts:role_end", args=[administrator.role_assignments.get().pk]),
        "organisations": reverse("partners:admin_list"),
        "demandes": reverse("partners:pending_list"),
        "demande-service": reverse(
            "partners:membership", args=[waiting.organisation_id, waiting.pk]
        ),
    }.items():
        page.goto(live_server.url + url)
        look(page, name)
    page.goto(live_server.url + reverse("accounts:role_assign"))
    page.get_by_role("button", name="Attribuer ce rôle").click()
    page.get_by_text("points sont à corriger").wait_for()
    look(page, "role-erreur")
