"""Somebody leaves a body: what they hold is said, somebody manages after them, they see no more."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.enums import Role
from config.errors import Refusal
from foundation.notifications.models import OutboxMessage
from grants.letters.reference import load_templates
from partners.enums import FlagKind, MembershipState, Right
from partners.holdings import holdings_of
from partners.models import Membership, OrganisationFlag
from partners.services.memberships import change_rights, end_membership
from territories.loading import load_parameters
from tests.factories import (
    ApplicationFactory,
    FiledApplicationFactory,
    MembershipFactory,
    member_of,
    person_with_role,
)
from tests.partners.test_two_at_once import at_once
from tests.policies import APPLICANT, STRANGER, all_policies


pytestmark = pytest.mark.django_db
POLICIES = all_policies()


@pytest.fixture
def manager():
    return MembershipFactory()


def leave(membership, **values) -> Membership:
    values = {"by": membership.user, "at": timezone.now()} | values
    return end_membership(membership_id=membership.pk, **values)


def open_flag(organisation) -> OrganisationFlag | None:
    return organisation.flags.filter(kind=FlagKind.NO_MANAGER, handled_at__isnull=True).first()


# --- Who manages afterwards -----------------------------------------------------------------------
def test_the_last_manager_names_a_successor_who_is_told(manager, settings):
    settings.SITE_URL = "https://maillage.example"
    other = MembershipFactory(organisation=manager.organisation, rights=["edit"])
    leave(manager, successor_id=other.pk)
    other.refresh_from_db()
    assert other.rights == ["manage", "edit"]
    assert open_flag(manager.organisation) is None
    message = OutboxMessage.objects.get(kind="named-manager")
    page = reverse("partners:organisation_detail", args=[manager.organisation_id])
    assert (message.to, message.reply_to) == (other.user.email, manager.user.email)
    assert message.subject == f"Vous gérez désormais {manager.organisation}"
    assert message.text.replace("\u00a0", " ") == (
        "Bonjour,\n\n"
        f"{manager.user} vous confie la gestion d’{manager.organisation} sur Maillage : ses "
        "membres et leurs droits, sa fiche, ses invitations.\n\n"
        f"Sa page : https://maillage.example{page}\n\n"
        "Maillage\n"
        "Portail de la prévention et de la citoyenneté du Département des Hauts-de-Seine\n"
    )


def test_the_last_manager_may_leave_it_to_the_office_which_names_somebody(manager):
    other = MembershipFactory(organisation=manager.organisation, rights=["edit"])
    leave(manager, to_office=True)
    flag = open_flag(manager.organisation)
    assert flag.text == f"{manager.user} a quitté l’organisation, que plus personne ne gère."
    head = person_with_role(Role.UNIT_HEAD)
    change_rights(
        by=head, membership_id=other.pk, rights=[Right.MANAGE, Right.EDIT], at=timezone.now()
    )
    assert open_flag(manager.organisation) is None


def test_the_office_that_removes_the_last_manager_flags_it(manager):
    leave(manager, by=person_with_role(Role.ADMINISTRATOR))
    assert open_flag(manager.organisation) is not None


def test_a_successor_is_a_member(manager):
    waiting = MembershipFactory(organisation=manager.organisation, state=MembershipState.PENDING)
    for pk in (waiting.pk, MembershipFactory().pk, manager.pk):
        with pytest.raises(Refusal) as refused:
            leave(manager, successor_id=pk)
        assert refused.value.code == "unknown_successor"


def test_who_does_not_manage_leaves_at_once(manager):
    editor = MembershipFactory(organisation=manager.organisation, rights=["edit"])
    leave(editor)
    assert open_flag(manager.organisation) is None


def test_a_mandate_ends_with_the_membership(manager):
    mandate = manager.mandates.create(
        organisation=manager.organisation,
        kind="mandat",
        label="Mandat",
        added_at=timezone.now(),
        added_by=manager.user,
    )
    leave(manager, to_office=True)
    mandate.refresh_from_db()
    assert mandate.ended_at is not None


@pytest.mark.django_db(transaction=True)
def test_the_successor_leaves_while_being_named(manager):
    other = MembershipFactory(organisation=manager.organisation, rights=["edit"])
    outcomes = at_once(lambda: leave(manager, successor_id=other.pk), lambda: leave(other))
    left = Membership.objects.filter(state=MembershipState.ENDED).count()
    if outcomes == ["ok", "unknown_successor"]:
        assert left == 1
    else:  # named first: they are then the last manager
        assert outcomes == ["last_manager", "ok"]
        assert Membership.objects.with_right(Right.MANAGE).get() == other


# --- What they hold -------------------------------------------------------------------------------
def test_the_page_says_what_the_person_holds(client: Client, manager):
    draft = ApplicationFactory(
        organisation=manager.organisation, created_by=manager.user, title="Ateliers du soir"
    )
    assert draft.is_draft
    client.force_login(manager.user)
    url = reverse("partners:membership_end", args=[manager.organisation_id, manager.pk])
    page = client.get(url).content.decode()
    assert "Personne d’autre ne gère les membres et la fiche" in page
    assert "Personne d’autre ne peut attester les demandes" in page
    assert "Ateliers du soir" in page
    assert "Qui gérera l’organisation ensuite" in page
    answer = client.post(url)
    assert answer.status_code == 422
    assert "Choisissez qui gérera l’organisation." in answer.content.decode()
    assert client.post(url, {"manager": "office"})["Location"] == reverse("partners:space")
    draft.refresh_from_db()
    assert draft.organisation_id == manager.organisation_id


def test_what_waits_for_the_only_signatory_is_named(manager):
    filed = FiledApplicationFactory(
        organisation=manager.organisation, attested_at=None, attested_by=None
    )
    names = [holding.names for holding in holdings_of(manager, timezone.localdate())]
    assert [filed.reference] in names
    member_of(manager.organisation, Right.SIGN)
    assert [filed.reference] not in [
        holding.names for holding in holdings_of(manager, timezone.localdate())
    ]


def test_a_manager_removes_a_colleague_without_being_asked_who_manages(client: Client, manager):
    other = MembershipFactory(organisation=manager.organisation)
    client.force_login(manager.user)
    url = reverse("partners:membership_end", args=[manager.organisation_id, other.pk])
    assert "Qui gérera" not in client.get(url).content.decode()
    client.post(url)
    other.refresh_from_db()
    assert other.state == MembershipState.ENDED


# --- An ex-member sees nothing --------------------------------------------------------------------
@pytest.fixture
def letter_templates(db) -> None:
    load_parameters()
    load_templates()


@pytest.mark.usefixtures("letter_templates")
@pytest.mark.parametrize(
    "name",
    sorted(
        name
        for name, policy in POLICIES.items()
        if policy.make and APPLICANT in policy.roles and STRANGER not in policy.roles
    ),
)
def test_an_ex_member_is_let_in_nowhere(client: Client, name: str):
    policy = POLICIES[name]
    target = policy.make()
    if target.applicant is None or not target.applicant.memberships.exists():
        pytest.skip("not reached through a membership")
    Membership.objects.filter(user=target.applicant).update(state=MembershipState.ENDED)
    client.force_login(target.applicant)
    url = reverse(name, kwargs=target.kwargs) + target.query
    for method in policy.methods:
        answer = getattr(client, method)(url, target.data) if method == "post" else client.get(url)
        assert answer.status_code in {403, 404}, f"{method} {url}: {answer.status_code}"
        if target.canary:
            assert target.canary not in answer.content.decode(errors="replace")
