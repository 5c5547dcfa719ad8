import pytest
from django.http import HttpRequest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.enums import Role
from partners import panels
from partners.enums import IdentifierState, MembershipState
from partners.models import Membership, Organisation
from tests.factories import (
    MembershipFactory,
    OrganisationFactory,
    UserFactory,
    member_of,
    person_with_role,
    siret_of,
)
from tests.queries import assert_same_queries


pytestmark = pytest.mark.django_db

NEW = {
    "kind": "association",
    "legal_name": "Les Passerelles",
    "siret": siret_of(500999),
    "city": "Bagneux",
    "postal_code": "92220",
    "function": "Présidente",
    "capacity": "representative",
    "declaration": "on",
}


@pytest.fixture
def person(client: Client):
    user = UserFactory()
    client.force_login(user)
    return user


def test_an_empty_space_leads_to_the_search(client: Client, person):
    page = client.get(reverse("partners:space")).content.decode()
    assert "Commencez par votre organisation" in page
    assert f'href="{reverse("partners:join_search")}"' in page


def test_from_a_siret_nobody_has_to_a_new_body(client: Client, person):
    page = client.get(reverse("partners:join_search"), {"q": NEW["siret"]}).content.decode()
    create = f"{reverse('partners:organisation_create')}?siret={NEW['siret']}"
    assert f'href="{create}"' in page
    assert f'value="{NEW["siret"]}"' in client.get(create).content.decode()
    answer = client.post(create, NEW)
    made = Organisation.objects.get()
    assert answer["Location"] == reverse("partners:organisation_detail", args=[made.pk])
    assert made.created_by == person


def test_a_new_body_leads_back_to_the_page_that_needed_it(client: Client, person):
    create = reverse("partners:organisation_create")
    answer = client.post(f"{create}?next=/appels/2031/C1/deposer/", NEW)
    assert answer["Location"] == "/appels/2031/C1/deposer/"


def test_a_new_body_never_leads_to_another_site(client: Client, person):
    create = reverse("partners:organisation_create")
    answer = client.post(f"{create}?next=https://ailleurs.example/", NEW)
    made = Organisation.objects.get()
    assert answer["Location"] == reverse("partners:organisation_detail", args=[made.pk])


def test_a_wrong_creation_keeps_what_was_typed(client: Client, person):
    answer = client.post(reverse("partners:organisation_create"), NEW | {"siret": "73282932000047"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Ce numéro SIRET est inexact" in page
    assert 'value="73282932000047"' in page
    assert 'value="Les Passerelles"' in page
    assert 'href="#id_siret"' in page


def test_without_any_number_the_siret_field_says_so(client: Client, person):
    answer = client.post(reverse("partners:organisation_create"), NEW | {"siret": ""})
    assert answer.status_code == 422
    assert "Sans SIRET, indiquez le numéro RNA" in answer.content.decode()


def test_a_double_offers_to_join(client: Client, person):
    twin = OrganisationFactory(siret=NEW["siret"], legal_name="Déjà Là")
    answer = client.post(reverse("partners:organisation_create"), NEW)
    assert answer.status_code == 409
    assert reverse("partners:join", args=[twin.pk]) in answer.content.decode()


def test_a_body_is_created_once_when_sent_twice(client: Client, person):
    client.post(reverse("partners:organisation_create"), NEW)
    assert client.post(reverse("partners:organisation_create"), NEW).status_code == 409
    assert Organisation.objects.count() == 1


def test_joining_from_the_search(client: Client, person):
    organisation = OrganisationFactory(legal_name="Les Passerelles")
    page = client.get(reverse("partners:join_search"), {"q": "passerelles"}).content.decode()
    join = reverse("partners:join", args=[organisation.pk])
    assert f'href="{join}"' in page
    client.post(join, {"function": "Trésorière"})
    membership = person.memberships.get()
    assert membership.state == MembershipState.PENDING
    page = client.get(reverse("partners:space")).content.decode()
    assert "Demande en attente" in page
    assert reverse("partners:organisation_detail", args=[organisation.pk]) not in page
    client.post(reverse("partners:request_withdraw", args=[membership.pk]))
    membership.refresh_from_db()
    assert membership.state == MembershipState.ENDED


def test_a_wrong_number_is_explained(client: Client, person):
    answer = client.get(reverse("partners:join_search"), {"q": "73282932000047"})
    assert answer.status_code == 422
    assert "Ce numéro SIRET est inexact" in answer.content.decode()


def test_the_search_is_limited(client: Client, person, settings):
    settings.REQUEST_LIMITS = {"organisation_search": (2, 60)}
    url = reverse("partners:join_search")
    answers = [client.get(url, {"q": "club"}).status_code for _ in range(3)]
    assert answers == [200, 200, 429]
    assert client.get(url).status_code == 200


def test_the_private_page_of_another_body_does_not_exist(client: Client, person):
    organisation = OrganisationFactory()
    url = reverse("partners:organisation_detail", args=[organisation.pk])
    for state in (MembershipState.PENDING, MembershipState.ENDED, MembershipState.REFUSED):
        membership = MembershipFactory(user=person, organisation=organisation, state=state)
        assert client.get(url).status_code == 404, state
        membership.delete()
    MembershipFactory(user=person, organisation=organisation)
    assert client.get(url).status_code == 200


def test_a_membership_is_not_reached_through_another_body(client: Client, person):
    mine = MembershipFactory(user=person)
    other = MembershipFactory(state=MembershipState.PENDING)
    url = reverse("partners:membership", args=[mine.organisation_id, other.pk])
    assert client.get(url).status_code == 404


def test_a_manager_answers_on_the_page(client: Client, person):
    mine = MembershipFactory(user=person)
    asked = MembershipFactory(
        organisation=mine.organisation, state=MembershipState.PENDING, rights=[]
    )
    detail = client.get(reverse("partners:organisation_detail", args=[mine.organisation_id]))
    page_of = reverse("partners:membership", args=[mine.organisation_id, asked.pk])
    assert page_of in detail.content.decode()
    refuse = reverse("partners:membership_refuse", args=[mine.organisation_id, asked.pk])
    assert client.post(refuse, {"reason": ""}).status_code == 422
    accept = reverse("partners:membership_accept", args=[mine.organisation_id, asked.pk])
    assert client.post(accept, {"rights": ["root"]}).status_code == 422
    assert client.post(accept, {"rights": ["edit"]}).status_code == 302
    assert client.post(accept, {"rights": ["manage"]}).status_code == 409
    asked.refresh_from_db()
    assert asked.rights == ["edit"]


def test_the_last_manager_leaves_somebody_in_charge(client: Client, person):
    mine = MembershipFactory(user=person)
    url = reverse("partners:membership_end", args=[mine.organisation_id, mine.pk])
    assert "Quitter cette organisation" in client.get(url).content.decode()
    answer = client.post(url)
    assert answer.status_code == 422
    assert "Choisissez qui gérera l’organisation." in answer.content.decode()
    mine.refresh_from_db()
    assert mine.is_active


def test_a_coordinator_reads_a_body_and_changes_nothing(client: Client):
    organisation = OrganisationFactory()
    client.force_login(person_with_role(Role.COORDINATOR))
    url = reverse("partners:organisation_detail", args=[organisation.pk])
    page = client.get(url)
    assert page.status_code == 200
    assert "Modifier la fiche" not in page.content.decode()


def test_the_consent_page_gives_replaces_and_takes_back(client: Client, person):
    mine = MembershipFactory(user=person)
    url = reverse("partners:consent", args=[mine.organisation_id])
    page = client.get(url).content.decode()
    assert "15 jours après l’envoi" in page
    assert "Texte 2026-1" in page
    assert client.post(url, {"email": "a@essai.example"}).status_code == 422
    assert client.post(url, {"email": "a@essai.example", "agreed": "on"}).status_code == 302
    assert "Accord en vigueur" in client.get(url).content.decode()
    client.post(reverse("partners:consent_revoke", args=[mine.organisation_id]))
    again = client.post(reverse("partners:consent_revoke", args=[mine.organisation_id]))
    assert again.status_code == 409


def test_the_office_lists_filters_and_counts(client: Client):
    client.force_login(person_with_role(Role.ADMINISTRATOR))
    organisation = OrganisationFactory(legal_name="École de la Mémoire", siret=siret_of(500012))
    member_of(organisation)
    member_of(organisation)
    MembershipFactory(organisation=organisation, state=MembershipState.PENDING)
    OrganisationFactory(kind="other", identifier_state=IdentifierState.TO_CHECK)
    url = reverse("partners:admin_list")
    for query in (
        "q=memoire+ecole",
        f"q={siret_of(500012)[:9]}",
        "demandes=oui",
        "nature=association",
    ):
        page = client.get(f"{url}?{query}").content.decode()
        assert page.count("<tr data-row") == 1, query
        assert "École de la Mémoire" in page
    assert client.get(f"{url}?siret=to_check").content.decode().count("<tr data-row") == 1
    listing = client.get(url).context["listing"]
    assert (listing.count, listing.totals) == (2, {"members": 2, "pending": 1})
    pending = client.get(reverse("partners:pending_list")).content.decode()
    assert pending.count("<tr data-row") == 1
    assert "L’organisation" in pending


def _with_people(organisation: Organisation) -> Organisation:
    MembershipFactory(organisation=organisation)
    MembershipFactory(organisation=organisation, state=MembershipState.PENDING)
    return organisation


def test_the_lists_of_the_office_cost_the_same_with_fifty_rows(client: Client):
    client.force_login(person_with_role(Role.ADMINISTRATOR))
    assert_same_queries(
        lambda: client.get(reverse("partners:admin_list") + "?par=50"),
        few=lambda: _with_people(OrganisationFactory()),
        many=lambda: [_with_people(OrganisationFactory()) for _ in range(49)],
        row="<tr data-row",
    )
    Membership.objects.all().delete()
    assert_same_queries(
        lambda: client.get(reverse("partners:pending_list") + "?par=50"),
        few=lambda: MembershipFactory(state=MembershipState.PENDING),
        many=lambda: MembershipFactory.create_batch(49, state=MembershipState.PENDING),
        row="<tr data-row",
    )


def test_the_space_costs_the_same_with_fifty_bodies(client: Client, person):
    assert_same_queries(
        lambda: client.get(reverse("partners:space")),
        few=lambda: MembershipFactory(user=person),
        many=lambda: MembershipFactory.create_batch(49, user=person),
        row='aria-labelledby="organisation-',
        at_most=14,
    )


def test_panels_of_lower_apps_are_shown_in_order(client: Client, person, monkeypatch):
    monkeypatch.setattr(panels, "_space", [])

    def context(request: HttpRequest, organisation: Organisation | None) -> dict | None:
        return {"title": f"panneau de {request.user.pk}"} if organisation is None else None

    late = panels.Panel("partners/test_panel.html", context, order=20)
    early = panels.Panel("partners/test_early.html", context, order=10)
    for panel in (late, early, late):
        panels.register_space_panel(panel)
    request = HttpRequest()
    request.user = person
    assert [panel.template for panel in panels.space_panels(request)] == [
        "partners/test_early.html",
        "partners/test_panel.html",
    ]


def test_timestamps_of_a_request_are_shown(client: Client, person):
    MembershipFactory(user=person, state=MembershipState.PENDING, asked_at=timezone.now())
    assert "Demandée le" in client.get(reverse("partners:space")).content.decode()


def test_a_creator_who_does_not_sign_is_led_to_invite_who_does(client: Client, person):
    answer = client.post(reverse("partners:organisation_create"), NEW | {"capacity": "none"})
    made = Organisation.objects.get()
    assert answer["Location"] == reverse("partners:invitations", args=[made.pk])
    assert made.memberships.get().rights == ["manage", "edit"]


def test_the_office_adds_a_body_and_invites_who_will_manage_it(client: Client):
    client.force_login(person_with_role(Role.UNIT_HEAD))
    page = reverse("partners:office_create")
    assert client.post(page, {}).status_code == 422
    assert client.post(page, NEW)["Location"] == reverse(
        "partners:invitations", args=[Organisation.objects.get().pk]
    )
    again = client.post(page, NEW)
    assert again.status_code == 409
    assert "est déjà sur le portail" in again.content.decode()
