import pytest
from django.utils import timezone

from accounts.enums import Role
from config.errors import Refusal
from foundation.notifications.models import OutboxMessage
from partners.enums import MembershipState, Right
from partners.models import Membership, Organisation
from partners.services.memberships import (
    accept_membership,
    ask_to_join,
    change_rights,
    end_membership,
    refuse_membership,
)
from tests.factories import (
    MembershipFactory,
    OrganisationFactory,
    UserFactory,
    member_of,
    person_with_role,
)


pytestmark = pytest.mark.django_db


def ask(organisation, by=None) -> Membership:
    return ask_to_join(
        by=by or UserFactory(first_name="Inès", last_name="Roy", email="ines@essai.example"),
        organisation_id=organisation.pk,
        function="Trésorière",
        at=timezone.now(),
    )


def test_the_managers_are_told_of_a_request():
    organisation = OrganisationFactory(legal_name="Les Passerelles")
    manager = member_of(organisation, Right.MANAGE)
    member_of(organisation, Right.EDIT)
    membership = ask(organisation)
    assert membership.is_pending
    assert membership.rights == []
    message = OutboxMessage.objects.get()
    assert message.to == manager.email
    assert message.subject == "Inès Roy demande à rejoindre Les Passerelles"
    assert message.text.startswith(
        "Bonjour,\n\nInès Roy (Trésorière, ines@essai.example) demande à rejoindre "
        "Les Passerelles sur Maillage.\n"
    )
    address = f"/espace/organisations/{organisation.pk}/membres/{membership.pk}/\n"
    assert address in message.text


def test_the_office_is_told_when_nobody_manages_the_body():
    ask(OrganisationFactory())
    assert OutboxMessage.objects.get().to == "service@essai.example"


def test_asking_twice_makes_one_request():
    organisation, user = OrganisationFactory(), UserFactory()
    ask(organisation, user)
    with pytest.raises(Refusal) as refused:
        ask(organisation, user)
    assert (refused.value.code, refused.value.status) == ("already_asked", 409)
    assert Membership.objects.count() == OutboxMessage.objects.count() == 1


def test_a_refused_person_may_ask_again():
    organisation, user = OrganisationFactory(), UserFactory()
    manager = member_of(organisation)
    first = ask(organisation, user)
    refuse_membership(by=manager, membership_id=first.pk, reason="Inconnue", at=timezone.now())
    assert ask(organisation, user).pk != first.pk


def test_a_manager_accepts_and_chooses_the_rights():
    organisation = OrganisationFactory(legal_name="Les Passerelles")
    manager = member_of(organisation)
    membership = ask(organisation)
    at = timezone.now()
    accept_membership(by=manager, membership_id=membership.pk, rights=["sign", "edit"], at=at)
    membership.refresh_from_db()
    assert membership.is_active
    assert membership.rights == ["edit", "sign"]
    assert (membership.decided_by, membership.decided_at) == (manager, at)
    message = OutboxMessage.objects.get(kind="membership-accepted")
    assert message.to == "ines@essai.example"
    assert message.subject == "Vous êtes membre des Passerelles"
    assert "Vos droits\u00a0:\n- Remplir et déposer\n- Attester" in message.text
    assert "&" not in message.text


def test_a_request_is_answered_once():
    organisation = OrganisationFactory()
    manager = member_of(organisation)
    membership = ask(organisation)
    accept_membership(by=manager, membership_id=membership.pk, rights=[], at=timezone.now())
    for act in (
        lambda: accept_membership(
            by=manager, membership_id=membership.pk, rights=[], at=timezone.now()
        ),
        lambda: refuse_membership(
            by=manager, membership_id=membership.pk, reason="Non", at=timezone.now()
        ),
    ):
        with pytest.raises(Refusal) as refused:
            act()
        assert (refused.value.code, refused.value.status) == ("not_pending", 409)
    assert OutboxMessage.objects.filter(kind="membership-accepted").count() == 1


def test_a_refusal_carries_its_reason():
    organisation = OrganisationFactory()
    manager = member_of(organisation)
    membership = ask(organisation)
    with pytest.raises(Refusal) as refused:
        refuse_membership(by=manager, membership_id=membership.pk, reason=" ", at=timezone.now())
    assert refused.value.code == "reason_needed"
    refuse_membership(
        by=manager, membership_id=membership.pk, reason="Vous avez quitté", at=timezone.now()
    )
    assert "Vous avez quitté" in OutboxMessage.objects.get(kind="membership-refused").text
    membership.refresh_from_db()
    assert membership.state == MembershipState.REFUSED


@pytest.mark.parametrize("who", ["member", "stranger", "other manager", "case officer"])
def test_only_a_manager_or_the_office_answers(who):
    organisation = OrganisationFactory()
    by = {
        "member": lambda: member_of(organisation, Right.EDIT, Right.SIGN),
        "stranger": UserFactory,
        "other manager": lambda: member_of(OrganisationFactory()),
        "case officer": lambda: person_with_role(Role.CASE_OFFICER),
    }[who]()
    membership = ask(organisation)
    with pytest.raises(Refusal) as refused:
        accept_membership(by=by, membership_id=membership.pk, rights=["edit"], at=timezone.now())
    assert (refused.value.code, refused.value.status) == ("forbidden", 403)


@pytest.mark.parametrize("role", [Role.UNIT_HEAD, Role.ADMINISTRATOR])
def test_the_office_accepts_the_first_member_as_a_manager(role):
    membership = ask(OrganisationFactory(kind="commune", siret=None, siren="219200029"))
    by = person_with_role(role)
    with pytest.raises(Refusal) as refused:
        accept_membership(by=by, membership_id=membership.pk, rights=["edit"], at=timezone.now())
    assert refused.value.code == "manager_needed"
    accept_membership(
        by=by, membership_id=membership.pk, rights=["manage", "edit"], at=timezone.now()
    )


def test_a_body_keeps_a_manager_unless_the_office_says_otherwise():
    organisation = OrganisationFactory()
    last = MembershipFactory(organisation=organisation)
    values = {"membership_id": last.pk, "at": timezone.now()}
    for act in (
        lambda: change_rights(by=last.user, rights=["edit"], **values),
        lambda: end_membership(by=last.user, **values),
    ):
        with pytest.raises(Refusal) as refused:
            act()
        assert (refused.value.code, refused.value.status) == ("last_manager", 409)
    change_rights(by=last.user, rights=["manage", "sign"], **values)
    end_membership(by=person_with_role(Role.UNIT_HEAD), **values)
    assert not Membership.objects.active().exists()


def test_a_member_leaves_and_sees_nothing_any_more():
    organisation = OrganisationFactory()
    member_of(organisation)
    leaving = MembershipFactory(organisation=organisation, rights=["edit"])
    assert Organisation.objects.visible_to(leaving.user).exists()
    end_membership(by=leaving.user, membership_id=leaving.pk, at=timezone.now())
    assert not Organisation.objects.visible_to(leaving.user).exists()
    assert not Organisation.objects.startable_by(leaving.user).exists()
    with pytest.raises(Refusal) as refused:
        end_membership(by=leaving.user, membership_id=leaving.pk, at=timezone.now())
    assert refused.value.code == "not_active"


def test_a_waiting_person_sees_nothing_but_may_start_a_dossier():
    membership = ask(OrganisationFactory())
    assert not Organisation.objects.visible_to(membership.user).exists()
    assert Organisation.objects.startable_by(membership.user).get() == membership.organisation


def test_starting_a_dossier_needs_the_right_to_edit():
    organisation = OrganisationFactory()
    assert not Organisation.objects.startable_by(member_of(organisation, Right.SIGN)).exists()
    assert Organisation.objects.startable_by(member_of(organisation, Right.EDIT)).exists()


def test_a_person_withdraws_their_own_request_only():
    organisation = OrganisationFactory()
    manager = member_of(organisation)
    membership = ask(organisation)
    with pytest.raises(Refusal):
        end_membership(by=manager, membership_id=membership.pk, at=timezone.now())
    end_membership(by=membership.user, membership_id=membership.pk, at=timezone.now())
    membership.refresh_from_db()
    assert membership.state == MembershipState.ENDED
