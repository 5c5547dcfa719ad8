"""Who may attest for a body: never by their own hand, never in silence."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.enums import Role
from config.errors import Refusal
from foundation.notifications.models import OutboxMessage
from partners.enums import FlagKind, Right, SigningCapacity
from partners.models import Membership, Organisation
from partners.permissions import may_sign_for, signing_obstacle
from partners.services.invitations import accept_invitation, invite_member
from partners.services.mandates import give_mandate
from partners.services.memberships import (
    accept_membership,
    ask_to_join,
    change_rights,
    end_membership as end,
)
from partners.services.signing import declare_capacity
from tests.factories import (
    MembershipFactory,
    OrganisationFactory,
    UserFactory,
    person_with_role,
)
from tests.partners.test_mandates import a_pdf


pytestmark = pytest.mark.django_db
ALL = ["manage", "edit", "sign"]


@pytest.fixture
def body() -> Organisation:
    return OrganisationFactory(legal_name="Les Passerelles")


@pytest.fixture
def president(body) -> Membership:
    return MembershipFactory(organisation=body, function="Présidente")


@pytest.fixture
def manager(body, president) -> Membership:
    """Manages and does not sign."""
    return MembershipFactory(organisation=body, rights=["manage", "edit"])


def change(row: Membership, by: Membership, rights) -> None:
    change_rights(by=by.user, membership_id=row.pk, rights=rights, at=timezone.now())
    row.refresh_from_db()


def declare(row: Membership, capacity=SigningCapacity.REPRESENTATIVE) -> None:
    declare_capacity(by=row.user, membership_id=row.pk, capacity=capacity, at=timezone.now())


def signs(row: Membership) -> bool:
    return may_sign_for(row.user, row.organisation, timezone.localdate())


def told(kind: str) -> list[str]:
    messages = OutboxMessage.objects.filter(kind=kind)
    return sorted(messages.values_list("to", flat=True))


def flagged(body: Organisation) -> list[str]:
    return list(body.flags.filter(handled_at=None).values_list("kind", flat=True))


# --- Give -----------------------------------------------------------------------------------------
def test_nobody_gives_themself_the_right_to_attest(manager, president, client: Client):
    with pytest.raises(Refusal) as refused:
        change(manager, manager, ALL)
    assert (refused.value.code, refused.value.status) == ("own_signature", 403)
    client.force_login(manager.user)
    url = reverse("partners:membership_rights", args=[manager.organisation_id, manager.pk])
    answer = client.post(url, {"rights": ALL})
    assert answer.status_code == 403
    assert "Personne ne se donne le droit d’attester" in answer.content.decode()
    manager.refresh_from_db()
    assert manager.rights == ["manage", "edit"]
    change(president, president, ["manage", "sign"])
    assert signs(president), "whoever signs already keeps it"


def test_a_right_given_waits_for_the_capacity_which_the_person_says(body, manager, president):
    colleague = MembershipFactory(organisation=body, rights=["edit"])
    change(colleague, manager, ["edit", "sign"])
    assert not signs(colleague)
    obstacle = signing_obstacle(colleague.user, body, timezone.localdate())
    assert obstacle.startswith("Dites d’abord en quelle qualité")
    assert told("signing-proposed") == [colleague.user.email]
    assert flagged(body) == told("new-signatory") == []
    declare(colleague)
    assert signs(colleague)
    assert flagged(body) == [FlagKind.REPRESENTATIVE]
    assert told("new-signatory") == sorted([manager.user.email, president.user.email])
    text = OutboxMessage.objects.filter(kind="new-signatory").first().text
    assert str(colleague.user) in text
    assert "service@essai.example" in text
    with pytest.raises(Refusal) as refused:
        declare(colleague, SigningCapacity.MANDATE)
    assert refused.value.code == "declared"


def test_nobody_says_a_capacity_for_somebody_else(body, manager, president):
    colleague = MembershipFactory(organisation=body, rights=["edit", "sign"], capacity="")
    values = {"membership_id": colleague.pk, "at": timezone.now()}
    with pytest.raises(Refusal) as refused:
        declare_capacity(by=manager.user, capacity="representative", **values)
    assert refused.value.code == "forbidden"
    give_mandate(by=manager.user, upload=a_pdf(), issued_on=None, valid_until=None, **values)
    assert not signs(colleague)
    give_mandate(by=colleague.user, upload=a_pdf(), issued_on=None, valid_until=None, **values)
    assert signs(colleague)
    assert told("new-signatory")


def test_an_invited_signatory_is_flagged_and_told(body, manager, president):
    invited = UserFactory(email="lea@essai.example")
    accepted(manager, invited, "representative")
    assert flagged(body) == [FlagKind.REPRESENTATIVE]
    assert str(manager.user) in body.flags.get().text
    assert told("new-signatory") == sorted([manager.user.email, president.user.email])


def test_one_s_own_second_address_brings_no_right_to_attest(body, manager, president):
    manager.user.emailaddress_set.create(email="autre@essai.example", verified=True)
    with pytest.raises(Refusal) as refused:
        accepted(manager, manager.user, "representative", email="autre@essai.example")
    assert refused.value.code == "own_signature"


def accepted(manager: Membership, user, capacity: str, email: str = "") -> Membership:
    sent = invite_member(
        by=manager.user,
        organisation_id=manager.organisation_id,
        email=email or user.email,
        function="Présidente",
        rights=ALL,
        at=timezone.now(),
    )
    return accept_invitation(
        by=user,
        invitation_id=sent.pk,
        function="Présidente",
        capacity=capacity,
        at=timezone.now(),
    )


@pytest.mark.parametrize(("by_office", "flags"), [(False, [FlagKind.REPRESENTATIVE]), (True, [])])
def test_a_request_accepted_with_a_capacity_takes_effect(
    body, manager, president, by_office, flags
):
    asked = ask_to_join(
        by=UserFactory(),
        organisation_id=body.pk,
        function="Présidente",
        capacity="representative",
        at=timezone.now(),
    )
    by = person_with_role(Role.UNIT_HEAD) if by_office else manager.user
    accept_membership(by=by, membership_id=asked.pk, rights=["sign"], at=timezone.now())
    asked.refresh_from_db()
    assert signs(asked)
    assert flagged(body) == flags
    assert told("new-signatory") == sorted([manager.user.email, president.user.email])


# --- Take -----------------------------------------------------------------------------------------
def test_the_representative_who_is_stripped_is_told_and_the_office_too(body, manager, president):
    other = MembershipFactory(organisation=body, rights=["sign"])
    assert signs(other)
    change(president, manager, ["edit"])
    assert president.capacity == ""
    assert told("rights-taken") == [president.user.email]
    text = OutboxMessage.objects.get(kind="rights-taken").text
    assert "- Gérer les membres et la fiche\n- Attester" in text
    assert flagged(body) == [FlagKind.REPRESENTATIVE]
    change(president, manager, ["edit", "sign"])
    assert not signs(president), "the capacity is said again"


def test_a_representative_who_is_removed_is_told(body, manager, president):
    MembershipFactory(organisation=body, rights=["sign"])
    end(by=manager.user, membership_id=president.pk, at=timezone.now())
    assert told("rights-taken") == [president.user.email]
    assert flagged(body) == [FlagKind.REPRESENTATIVE]


def test_whoever_leaves_by_themself_flags_nothing(body, manager, president):
    end(by=president.user, membership_id=president.pk, at=timezone.now())
    assert flagged(body) == told("rights-taken") == []


def test_the_last_signatory_keeps_the_right_unless_the_office_takes_it(body, manager, president):
    proposed = MembershipFactory(organisation=body, rights=["sign"], capacity="")
    assert not signs(proposed), "named without having answered is not another signatory"
    for act in (
        lambda: change(president, manager, ["manage", "edit"]),
        lambda: end(by=manager.user, membership_id=president.pk, at=timezone.now()),
    ):
        with pytest.raises(Refusal) as refused:
            act()
        assert (refused.value.code, refused.value.status) == ("last_signatory", 409)
    head = person_with_role(Role.UNIT_HEAD)
    values = {"membership_id": president.pk, "at": timezone.now()}
    change_rights(by=head, rights=[Right.MANAGE, Right.EDIT], **values)
    assert flagged(body) == []
    assert told("rights-taken") == [president.user.email]


# --- The page -------------------------------------------------------------------------------------
def test_the_person_answers_on_the_page(client: Client, body, manager, president):
    colleague = MembershipFactory(organisation=body, rights=["edit", "sign"], capacity="")
    client.force_login(colleague.user)
    url = reverse("partners:capacity", args=[body.pk, colleague.pk])
    assert url in client.get(reverse("partners:organisation_detail", args=[body.pk])).text
    assert client.get(url).status_code == 200
    assert client.post(url, {}).status_code == 422
    assert client.post(url, {"capacity": "roi"}).status_code == 422
    mandate = reverse("partners:mandate", args=[body.pk, colleague.pk])
    assert client.post(url, {"capacity": "mandate"})["Location"] == mandate
    assert signs(colleague)
    assert flagged(body) == [FlagKind.MANDATE]
    assert client.get(url).status_code == 302
    assert client.post(url, {"capacity": "representative"}).status_code == 409
