"""A consultant of two bodies chooses which one they work for; it is never a permission."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.enums import Role
from partners.enums import MembershipState
from partners.models import Membership, Organisation
from territories.loading import load_parameters
from tests.factories import (
    ApplicationFactory,
    CallSheetFactory,
    MembershipFactory,
    OrganisationFactory,
    UserFactory,
    person_with_role,
)
from tests.queries import assert_same_queries


pytestmark = pytest.mark.django_db


@pytest.fixture
def consultant():
    return UserFactory()


@pytest.fixture
def bodies(consultant):
    made = [OrganisationFactory(legal_name=name) for name in ("Alpha Jeunesse", "Bêta Quartier")]
    for body in made:
        MembershipFactory(user=consultant, organisation=body)
    return made


@pytest.fixture
def signed_in(client: Client, consultant, bodies):
    client.force_login(consultant)
    return client


def choose(client: Client, body: Organisation | None, **data):
    value = body.pk if body else ""
    return client.post(reverse("partners:choose_body"), {"organisation": value, **data})


def header(client: Client, url: str) -> str:
    page = client.get(url).content.decode()
    return page.split("<header", 1)[1].split("</header>", 1)[0]


def test_the_header_offers_ones_bodies_and_all_of_them(signed_in, bodies):
    shown = header(signed_in, reverse("partners:space"))
    for words in ("Toutes mes organisations", "Alpha Jeunesse", "Bêta Quartier"):
        assert words in shown
    choose(signed_in, bodies[0])
    shown = header(signed_in, reverse("partners:space"))
    assert '<span class="c-menu__name">Alpha Jeunesse</span>' in shown


def test_nothing_is_offered_to_who_has_one_body_or_works_at_the_office(client: Client, bodies):
    for person in (MembershipFactory().user, person_with_role(Role.CASE_OFFICER)):
        client.force_login(person)
        assert "Changer d’organisation" not in client.get(reverse("portal:help")).content.decode()


def test_the_space_and_the_list_are_narrowed_and_widened(signed_in, bodies, consultant):
    for body, title in zip(bodies, ("Ateliers du soir", "Chantiers d’été"), strict=True):
        ApplicationFactory(organisation=body, title=title, created_by=consultant)
    listed = reverse("applications:list")
    assert "Chantiers d’été" in signed_in.get(listed).content.decode()
    choose(signed_in, bodies[0])
    page = signed_in.get(listed).content.decode()
    assert "Ateliers du soir" in page
    assert "Chantiers d’été" not in page
    assert "Seuls sont montrés les dossiers de" in page
    asked = signed_in.get(listed, {"organisation": bodies[1].pk}).content.decode()
    assert "Chantiers d’été" in asked
    space = signed_in.get(reverse("partners:space")).content.decode()
    assert space.count(f'id="organisation-{bodies[0].pk}"') == 1
    assert f'id="organisation-{bodies[1].pk}"' not in space
    choose(signed_in, None)
    assert "Chantiers d’été" in signed_in.get(listed).content.decode()


def test_the_body_chosen_is_proposed_when_a_dossier_begins(signed_in, bodies):
    sheet = CallSheetFactory()
    choose(signed_in, bodies[1])
    url = reverse("applications:start", args=[sheet.campaign.fiscal_year, sheet.code])
    fields = signed_in.get(url).content.decode().split("Pour quelle organisation", 1)[1]
    field = fields.split(f'value="{bodies[1].pk}"', 1)[1].split(">", 1)[0]
    assert "checked" in field


def test_the_choice_is_no_permission(signed_in, bodies, consultant):
    load_parameters()
    draft = ApplicationFactory(organisation=bodies[1], created_by=consultant, title="Chantiers")
    choose(signed_in, bodies[0])
    page = signed_in.get(draft.get_absolute_url())
    assert page.status_code == 200
    assert "Ce dossier <strong>de Bêta Quartier</strong>" in page.content.decode()
    choose(signed_in, bodies[1])
    Membership.objects.filter(organisation=bodies[1]).update(state=MembershipState.ENDED)
    assert signed_in.get(draft.get_absolute_url()).status_code == 404
    assert "Bêta Quartier" not in header(signed_in, reverse("partners:space"))


@pytest.mark.parametrize("value", ["999999", "x", "", "1; --"])
def test_a_body_that_is_not_ones_own_is_not_chosen(signed_in, bodies, value):
    choose(signed_in, bodies[0])
    signed_in.post(reverse("partners:choose_body"), {"organisation": value})
    shown = header(signed_in, reverse("partners:space"))
    assert '<span class="c-menu__name">Mes organisations</span>' in shown


def test_choosing_leads_back_on_this_site_only(signed_in, bodies):
    assert choose(signed_in, bodies[0], next="/dossiers/")["Location"] == "/dossiers/"
    answer = choose(signed_in, bodies[0], next="https://ailleurs.example/")
    assert answer["Location"] == reverse("partners:space")


def test_the_choice_goes_with_the_session(signed_in, bodies, consultant):
    choose(signed_in, bodies[0])
    signed_in.post(reverse("account_logout"))
    signed_in.force_login(consultant)
    assert "Bêta Quartier" in signed_in.get(reverse("partners:space")).content.decode()


def test_an_invitation_waits_on_the_space_and_in_what_is_to_do(client: Client):
    manager, invited = MembershipFactory(), UserFactory()
    manager.organisation.invitations.create(
        email=invited.email,
        token_digest="d" * 64,
        invited_by=manager.user,
        invited_at=manager.asked_at,
        expires_at="2099-01-01T00:00Z",
    )
    client.force_login(invited)
    page = client.get(reverse("partners:space")).content.decode()
    assert f"vous invite à rejoindre {manager.organisation}" in page
    todo = client.get(reverse("portal:todo")).content.decode()
    assert "invitation à rejoindre une organisation" in todo


def test_the_space_costs_the_same_with_fifty_bodies_to_choose_from(client: Client):
    person = MembershipFactory().user
    client.force_login(person)
    assert_same_queries(
        lambda: client.get(reverse("partners:space")),
        few=lambda: MembershipFactory(user=person),
        many=lambda: [MembershipFactory(user=person) for _ in range(48)],
        at_most=20,
    )
