"""Invitations, mandates, departures and doubles in a real browser: axe empty, full and in error."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from accounts.enums import Role
from foundation.parameters.models import Parameter
from partners.enums import InvitationState, SigningCapacity
from partners.models import Invitation, Membership
from partners.services.invitations import digest_of
from partners.services.mandates import give_mandate
from tests.browser.axe import assert_accessible
from tests.browser.visiting import sign_in
from tests.documents.samples import PDF
from tests.factories import (
    FiledApplicationFactory,
    MembershipFactory,
    OrganisationFactory,
    UserFactory,
    person_with_role,
)


pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
TOKEN = "t" * 43


@pytest.fixture(autouse=True)
def _parameters(transactional_db):
    for key, value in {"office.email": "service@essai.example", "invitation.days": "14"}.items():
        Parameter.objects.get_or_create(key=key, valid_from="2017-01-01", defaults={"value": value})


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Open pages that remember what the content policy refused."""
    contexts = []

    def opened(theme: str = "light") -> Page:
        contexts.append(browser.new_context(color_scheme=theme, locale="fr-FR"))
        page = contexts[-1].new_page()
        page.complaints = []
        page.on("console", lambda message: page.complaints.append(message.text))
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        return page

    yield opened
    for context in contexts:
        context.close()


@pytest.fixture
def manager() -> Membership:
    return MembershipFactory(organisation__legal_name="Les Passerelles")


def an_invitation(manager: Membership, email: str, **values) -> Invitation:
    at = timezone.now()
    values = {
        "function": "Trésorière",
        "rights": ["edit", "sign"],
        "message": "À bientôt\u00a0!",
        "token_digest": digest_of(email),
        "invited_by": manager.user,
        "invited_at": at,
        "expires_at": at + timedelta(days=14),
    } | values
    return manager.organisation.invitations.create(email=email, **values)


def look(page: Page, url: str = "", *, status: int = 200) -> None:
    """Check a page, or the one that stands, with axe, and that it fits a phone."""
    page.set_viewport_size({"width": 1280, "height": 900})
    if url:
        assert page.goto(url).status == status
    assert_accessible(page)
    page.set_viewport_size({"width": 320, "height": 900})
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= 320, f"{page.url} is {wide} px wide in 320"
    told = [text for text in page.complaints if "Failed to load resource" not in text]
    assert not told, told


def send(page: Page, label: str) -> None:
    with page.expect_navigation():
        page.get_by_role("button", name=label, exact=True).click()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_pages_of_invitations_pass_axe(open_page, live_server, manager, theme):
    page = open_page(theme)
    sign_in(page, live_server, manager.user)
    listed = live_server.url + reverse("partners:invitations", args=[manager.organisation_id])
    look(page, listed)
    an_invitation(manager, "premiere@essai.example")
    an_invitation(
        manager,
        "une-adresse-vraiment-tres-longue-pour-un-petit-ecran@essai.example",
        expires_at=timezone.now() - timedelta(days=1),
    )
    look(page, listed)
    page.get_by_label("Adresse e-mail").fill("pas-une-adresse")
    page.evaluate("document.querySelector('main form').noValidate = true")
    send(page, "Envoyer l’invitation")
    look(page)


def test_the_pages_of_a_link_pass_axe(open_page, live_server, manager):
    invited = UserFactory(email="invitee@essai.example")
    row = an_invitation(manager, invited.email, token_digest=digest_of(TOKEN))
    link = live_server.url + reverse("partners:invitation", args=[TOKEN])
    page = open_page()
    look(page, link)
    look(page, live_server.url + reverse("partners:invitation", args=["x" * 43]), status=404)
    for change in ({"state": InvitationState.REVOKED}, {"expires_at": timezone.now()}):
        Invitation.objects.filter(pk=row.pk).update(**change)
        look(page, link, status=410)
        row.save()
    sign_in(page, live_server, UserFactory())
    look(page, link)
    sign_in(page, live_server, invited)
    look(page, link)
    send(page, "Accepter l’invitation")
    look(page)
    look(page, live_server.url + reverse("partners:space"))


def test_an_invitation_is_accepted_with_the_keyboard_alone(open_page, live_server, manager):
    invited = UserFactory(email="invitee@essai.example")
    an_invitation(manager, invited.email, token_digest=digest_of(TOKEN))
    page = open_page()
    sign_in(page, live_server, invited)
    page.goto(live_server.url + reverse("partners:invitation", args=[TOKEN]))
    page.get_by_label("Votre fonction").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Vous faites partie de Les Passerelles")).to_be_visible()
    assert page.complaints == []


def test_mandates_and_departures_pass_axe(open_page, live_server, manager):
    holder = MembershipFactory(organisation=manager.organisation, capacity=SigningCapacity.MANDATE)
    page, body = open_page(), manager.organisation_id
    mandate = live_server.url + reverse("partners:mandate", args=[body, holder.pk])
    sign_in(page, live_server, holder.user)
    look(page, mandate)
    page.evaluate("document.querySelector('main form').noValidate = true")
    send(page, "Envoyer le mandat")
    look(page)
    give_mandate(
        by=holder.user,
        membership_id=holder.pk,
        upload=SimpleUploadedFile("mandat.pdf", PDF, "application/pdf"),
        issued_on=None,
        valid_until=timezone.localdate(),
        at=timezone.now(),
    )
    sign_in(page, live_server, person_with_role(Role.CASE_OFFICER))
    look(page, mandate)
    Membership.objects.filter(pk=holder.pk).update(rights=["edit"])
    sign_in(page, live_server, manager.user)
    leave = live_server.url + reverse("partners:membership_end", args=[body, manager.pk])
    look(page, leave)
    send(page, "Quitter")
    look(page)


def test_the_switcher_passes_axe_and_works_by_itself(open_page, live_server, manager):
    other = MembershipFactory(user=manager.user, organisation__legal_name="Quartier Libre")
    page = open_page()
    sign_in(page, live_server, manager.user)
    page.goto(live_server.url + reverse("partners:space"))
    page.set_viewport_size({"width": 1280, "height": 900})
    page.locator("summary", has_text="Mes organisations").click()
    look(page)
    page.set_viewport_size({"width": 1280, "height": 900})
    page.get_by_role("button", name="Quartier Libre").click()
    expect(page.get_by_text("Vous travaillez pour Quartier Libre")).to_be_visible()
    look(page)
    assert other.organisation.legal_name in page.locator("header").text_content()
    assert page.complaints == []


def test_the_pages_of_doubles_pass_axe(open_page, live_server):
    kept = OrganisationFactory(legal_name="Les Passerelles", city="Bagneux")
    double = OrganisationFactory(legal_name="Passerelles", city="Bagneux")
    FiledApplicationFactory(organisation=double)
    MembershipFactory(organisation=double)
    page = open_page()
    sign_in(page, live_server, person_with_role(Role.ADMINISTRATOR))
    choose = live_server.url + reverse("partners:merge_choose")
    look(page, choose)
    look(page, f"{choose}?q=passerelles&doublon={double.pk}")
    look(page, live_server.url + reverse("partners:merge_confirm", args=[double.pk, kept.pk]))
    page.evaluate("document.querySelector('main form').noValidate = true")
    send(page, "Réunir ces deux fiches")
    look(page)
    look(page, live_server.url + reverse("partners:office_create"))
