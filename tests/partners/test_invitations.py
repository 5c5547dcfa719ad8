"""Invitations by e-mail: sent, answered once, by the person invited and nobody else."""

import re
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.enums import Role
from accounts.models import User
from config.errors import Refusal
from foundation.notifications.models import OutboxMessage
from partners.enums import (
    FlagKind,
    InvitationState,
    MembershipState,
    Right,
    SigningCapacity,
)
from partners.models import Invitation, Membership, Organisation, OrganisationFlag
from partners.services.invitations import (
    accept_invitation,
    digest_of,
    invite_member,
    resend_invitation,
    revoke_invitation,
)
from partners.services.memberships import change_rights, end_membership
from tests.factories import (
    PASSWORD,
    MembershipFactory,
    OrganisationFactory,
    UserFactory,
    member_of,
    person_with_role,
)
from tests.partners.test_two_at_once import at_once
from tests.queries import assert_same_queries


pytestmark = pytest.mark.django_db

ADDRESS = "invitee@essai.example"


@pytest.fixture
def manager():
    return MembershipFactory()


@pytest.fixture
def invited():
    return UserFactory(email=ADDRESS)


def invite(manager, **values) -> Invitation:
    values = {
        "email": ADDRESS,
        "function": "Trésorière",
        "rights": [Right.EDIT],
        "at": timezone.now(),
        "by": manager.user,
    } | values
    return invite_member(organisation_id=manager.organisation_id, **values)


def token_of(invitation: Invitation) -> str:
    """Return the secret of the last link sent."""
    message = OutboxMessage.objects.filter(kind="invitation", to=invitation.email).latest("pk")
    return re.search(r"/invitation/([\w-]+)/", message.text)[1]


def link_of(invitation: Invitation) -> str:
    return reverse("partners:invitation", args=[token_of(invitation)])


def accept(invitation, by, **values) -> Membership:
    values = {"function": "Trésorière", "at": timezone.now()} | values
    return accept_invitation(by=by, invitation_id=invitation.pk, **values)


def code_of(act, *args, **values) -> str:
    with pytest.raises(Refusal) as refused:
        act(*args, **values)
    return refused.value.code


# --- Invite ---------------------------------------------------------------------------------------
def test_only_the_digest_of_the_link_is_kept(manager):
    invitation = invite(manager)
    token = token_of(invitation)
    assert invitation.token_digest == digest_of(token)
    assert len(token) >= 43
    assert token not in str(Invitation.objects.values().get())


def test_an_invitation_lasts_two_weeks_to_the_end_of_the_day(manager):
    invitation = invite(manager)
    last = timezone.localtime(invitation.expires_at)
    assert last.date() == timezone.localdate() + timedelta(days=14)
    assert (last.hour, last.minute, last.second) == (23, 59, 59)


def test_the_whole_message(manager, settings):
    settings.SITE_URL = "https://maillage.example"
    invitation = invite(manager, rights=[Right.SIGN, Right.EDIT], message="À bientôt !")
    message = OutboxMessage.objects.get(kind="invitation")
    last = timezone.localtime(invitation.expires_at)
    assert (message.to, message.reply_to) == (ADDRESS, manager.user.email)
    assert message.subject == f"{manager.user} vous invite à rejoindre {manager.organisation}"
    lines = [line.replace("\u00a0", " ") for line in message.text.splitlines()]
    assert lines[:4] == [
        "Bonjour,",
        "",
        f"{manager.user} vous invite à rejoindre {manager.organisation} sur Maillage, le portail "
        "où elle demande ses subventions au Département des Hauts-de-Seine.",
        "",
    ]
    assert lines[4:14] == [
        "Votre fonction : Trésorière",
        "Ce que vous pourrez faire :",
        "- Remplir et déposer",
        "- Attester (représentant légal ou mandataire)",
        "",
        "Son message :",
        "",
        "À bientôt !",
        "",
        lines[13],
    ]
    assert lines[13].startswith("Pour répondre, ouvrez ce lien au plus tard le ")
    assert str(last.year) in lines[13]
    assert lines[14:] == [
        "",
        f"https://maillage.example{link_of(invitation)}",
        "",
        f"Connectez-vous, ou créez un compte, avec cette adresse e-mail : {ADDRESS}. Le lien vous "
        "est personnel, ne le transférez pas.",
        "",
        "Vous ne connaissez pas cette organisation ? Ne faites rien : sans réponse de votre part, "
        "rien ne change.",
        "",
        "Maillage",
        "Portail de la prévention et de la citoyenneté du Département des Hauts-de-Seine",
    ]


@pytest.mark.parametrize("who", ["editor", "stranger", "case officer"])
def test_only_a_manager_or_the_office_invites(manager, who):
    by = {
        "editor": lambda: member_of(manager.organisation, Right.EDIT),
        "stranger": UserFactory,
        "case officer": lambda: person_with_role(Role.CASE_OFFICER),
    }[who]()
    assert code_of(invite, manager, by=by) == "forbidden"


def test_somebody_who_is_there_is_not_invited(manager):
    member = MembershipFactory(organisation=manager.organisation).user
    waiting = MembershipFactory(
        organisation=manager.organisation, state=MembershipState.PENDING
    ).user
    assert code_of(invite, manager, email=member.email.upper()) == "already_member"
    assert code_of(invite, manager, email=waiting.email) == "already_asked"


def test_an_address_is_invited_once_at_a_time(manager):
    first = invite(manager)
    assert code_of(invite, manager, email=ADDRESS.upper()) == "already_invited"
    Invitation.objects.update(expires_at=timezone.now() - timedelta(days=1))
    again = invite(manager, rights=[Right.MANAGE])
    assert (again.pk, again.rights) == (first.pk, ["manage"])


def test_the_first_person_of_a_body_must_manage_it():
    organisation, head = OrganisationFactory(), person_with_role(Role.UNIT_HEAD)
    values = {
        "by": head,
        "organisation_id": organisation.pk,
        "email": ADDRESS,
        "function": "",
        "at": timezone.now(),
    }
    assert code_of(invite_member, rights=["edit"], **values) == "manager_needed"
    assert invite_member(rights=["manage"], **values).is_open(timezone.now())


def test_sending_again_changes_the_link(manager, invited, client):
    invitation = invite(manager)
    former = link_of(invitation)
    resend_invitation(by=manager.user, invitation_id=invitation.pk, at=timezone.now())
    assert link_of(invitation) != former
    assert client.get(former).status_code == 404
    assert client.get(link_of(invitation)).status_code == 200


def test_a_closed_invitation_is_neither_sent_again_nor_revoked(manager):
    invitation = invite(manager)
    revoke_invitation(by=manager.user, invitation_id=invitation.pk, at=timezone.now())
    for act in (resend_invitation, revoke_invitation):
        assert (
            code_of(act, by=manager.user, invitation_id=invitation.pk, at=timezone.now())
            == "closed"
        )


# --- Accept ---------------------------------------------------------------------------------------
def test_accepting_gives_the_rights_of_the_invitation(manager, invited):
    invitation = invite(manager)
    membership = accept(invitation, invited, function="  Trésorière\u202e adjointe ")
    assert (membership.state, membership.rights) == (MembershipState.ACTIVE, ["edit"])
    assert membership.function == "Trésorière adjointe"
    assert membership.decided_by == manager.user
    invitation.refresh_from_db()
    assert (invitation.state, invitation.accepted_by) == (InvitationState.ACCEPTED, invited)
    told = OutboxMessage.objects.get(kind="invitation-accepted")
    assert (told.to, told.reply_to) == (manager.user.email, ADDRESS)
    assert told.subject == f"{invited} a rejoint {manager.organisation}"


def test_the_message_to_who_invited_in_whole(manager, invited, settings):
    settings.SITE_URL = "https://maillage.example"
    membership = accept(invite(manager), invited)
    page = reverse("partners:membership", args=[manager.organisation_id, membership.pk])
    text = OutboxMessage.objects.get(kind="invitation-accepted").text.replace("\u00a0", " ")
    assert text == (
        "Bonjour,\n\n"
        f"{invited} (Trésorière, {ADDRESS}) a accepté votre invitation et fait partie "
        f"d’{manager.organisation} sur Maillage.\n\n"
        "Ses droits :\n- Remplir et déposer\n\n"
        f"Pour les changer : https://maillage.example{page}\n\n"
        "Maillage\n"
        "Portail de la prévention et de la citoyenneté du Département des Hauts-de-Seine\n"
    )


def test_the_right_to_sign_needs_a_capacity(manager, invited):
    rights = [Right.EDIT, Right.SIGN]
    without = accept(invite(manager, rights=rights), invited)
    assert without.rights == ["edit"]
    other = UserFactory(email="autre@essai.example")
    signing = accept(
        invite(manager, rights=rights, email=other.email),
        other,
        capacity=SigningCapacity.REPRESENTATIVE,
    )
    assert (signing.rights, signing.capacity) == (["edit", "sign"], "representative")


def test_signing_by_mandate_is_flagged_to_the_office(manager, invited):
    accept(invite(manager, rights=["sign"]), invited, capacity=SigningCapacity.MANDATE)
    flag = OrganisationFlag.objects.get(kind=FlagKind.MANDATE)
    assert "pas encore donné" in flag.text


def test_a_member_joins_rights_and_keeps_their_own(manager, invited):
    invitation = invite(manager, rights=["manage"])
    own = MembershipFactory(
        user=invited, organisation=manager.organisation, rights=["edit"], function="Bénévole"
    )
    membership = accept(invitation, invited, function="")
    assert (membership.pk, membership.rights) == (own.pk, ["manage", "edit"])
    assert membership.function == "Bénévole"


def test_an_invitation_answers_a_request_that_waited(manager, invited):
    invitation = invite(manager)
    own = MembershipFactory(
        user=invited,
        organisation=manager.organisation,
        rights=[],
        state=MembershipState.PENDING,
    )
    assert accept(invitation, invited).pk == own.pk
    own.refresh_from_db()
    assert (own.state, own.rights) == (MembershipState.ACTIVE, ["edit"])


def test_who_left_may_be_invited_again(manager, invited):
    first = accept(invite(manager), invited)
    end_membership(by=invited, membership_id=first.pk, at=timezone.now())
    again = accept(invite(manager), invited)
    assert again.pk != first.pk


def test_only_a_confirmed_address_accepts(manager):
    invitation = invite(manager)
    pretender = UserFactory()
    EmailAddress.objects.create(user=pretender, email=ADDRESS, verified=False)
    assert code_of(accept, invitation, pretender) == "wrong_account"
    assert code_of(accept, invitation, manager.user) == "wrong_account"


def test_an_invitation_that_ended_is_not_accepted(manager, invited):
    invitation = invite(manager)
    late = invitation.expires_at + timedelta(seconds=1)
    assert code_of(accept, invitation, invited, at=late) == "expired"
    revoke_invitation(by=manager.user, invitation_id=invitation.pk, at=timezone.now())
    assert code_of(accept, invitation, invited) == "revoked"
    again = invite(manager)
    accept(again, invited)
    assert code_of(accept, again, invited) == "accepted"


def test_an_invitation_gives_nothing_once_its_sender_no_longer_manages(manager, invited):
    head = person_with_role(Role.UNIT_HEAD)
    other = MembershipFactory(organisation=manager.organisation)
    kept = invite(other, email="autre@essai.example")
    removed = invite(manager, rights=[Right.MANAGE])
    end_membership(by=head, membership_id=manager.pk, at=timezone.now())
    removed.refresh_from_db()
    kept.refresh_from_db()
    assert (removed.state, kept.state) == (InvitationState.REVOKED, InvitationState.SENT)
    assert code_of(accept, removed, invited) == "revoked"


def test_an_invitation_ends_with_the_right_to_manage(manager, invited):
    MembershipFactory(organisation=manager.organisation)
    invitation = invite(manager, rights=[Right.MANAGE])
    head = person_with_role(Role.UNIT_HEAD)
    change_rights(by=head, membership_id=manager.pk, rights=[Right.EDIT], at=timezone.now())
    assert code_of(accept, invitation, invited) == "revoked"


def test_an_invitation_of_the_office_ends_with_the_role(manager, invited):
    head = person_with_role(Role.UNIT_HEAD)
    invitation = invite(manager, by=head)
    head.role_assignments.all().delete()
    assert code_of(accept, invitation, User.objects.get(pk=invited.pk)) == "revoked"


def test_an_invitation_sent_again_is_of_who_sent_it_again(manager, invited):
    other = MembershipFactory(organisation=manager.organisation)
    invitation = invite(manager)
    resend_invitation(by=other.user, invitation_id=invitation.pk, at=timezone.now())
    end_membership(by=other.user, membership_id=manager.pk, at=timezone.now())
    assert accept(invitation, invited).is_active


def test_a_body_joined_to_another_takes_nobody(manager, invited):
    invitation = invite(manager)
    Organisation.objects.filter(pk=manager.organisation_id).update(
        merged_into=OrganisationFactory()
    )
    assert code_of(accept, invitation, invited) == "merged"
    assert code_of(invite, manager, email="autre@essai.example") == "merged"


# --- The pages of who invites ---------------------------------------------------------------------
def test_a_manager_invites_sends_again_and_takes_back(client: Client, manager):
    client.force_login(manager.user)
    page = reverse("partners:invitations", args=[manager.organisation_id])
    client.post(page, {"email": ADDRESS, "function": "Trésorière", "rights": ["edit"]})
    invitation = Invitation.objects.get()
    text = client.get(page).content.decode()
    assert ADDRESS in text
    assert "Remplir et déposer" in text
    client.post(f"{page}{invitation.pk}/renvoyer/")
    assert OutboxMessage.objects.filter(kind="invitation").count() == 2
    client.post(f"{page}{invitation.pk}/annuler/")
    assert ADDRESS not in client.get(page).content.decode().split("En attente de réponse")[1]


def test_the_form_sent_twice_invites_once(client: Client, manager):
    client.force_login(manager.user)
    page = reverse("partners:invitations", args=[manager.organisation_id])
    key = re.search(r'name="request_key" value="([^"]+)"', client.get(page).content.decode())[1]
    data = {"email": ADDRESS, "rights": ["edit"], "request_key": key}
    answers = [client.post(page, data) for _ in range(2)]
    assert [answer["Location"] for answer in answers] == [page, page]
    assert OutboxMessage.objects.filter(kind="invitation").count() == 1


def test_a_wrong_invitation_keeps_what_was_typed(client: Client, manager):
    client.force_login(manager.user)
    page = reverse("partners:invitations", args=[manager.organisation_id])
    answer = client.post(page, {"email": "pas-une-adresse", "function": "Trésorière"})
    assert answer.status_code == 422
    assert 'value="Trésorière"' in answer.content.decode()
    answer = client.post(page, {"email": manager.user.email})
    assert answer.status_code == 409
    assert "est déjà membre" in answer.content.decode()


def test_invitations_are_limited(client: Client, manager, settings):
    settings.REQUEST_LIMITS = settings.REQUEST_LIMITS | {"invitation": (2, 60)}
    client.force_login(manager.user)
    page = reverse("partners:invitations", args=[manager.organisation_id])
    answers = [client.post(page, {"email": f"a{n}@essai.example"}) for n in range(3)]
    assert [answer.status_code for answer in answers] == [302, 302, 429]


def test_an_invitation_is_not_reached_through_another_body(client: Client, manager):
    invitation, other = invite(manager), MembershipFactory()
    client.force_login(other.user)
    for body in (manager.organisation_id, other.organisation_id):
        page = reverse("partners:invitation_revoke", args=[body, invitation.pk])
        assert client.post(page).status_code == 404


def test_the_list_costs_the_same_with_fifty_invitations(client: Client, manager):
    client.force_login(manager.user)
    page = reverse("partners:invitations", args=[manager.organisation_id])

    assert_same_queries(
        lambda: client.get(page),
        few=lambda: invite(manager),
        many=lambda: [invite(manager, email=f"a{n}@ailleurs.example") for n in range(49)],
        row='<li class="p-line" data-row',
    )


# --- The pages of who is invited ------------------------------------------------------------------
@pytest.mark.parametrize("known", [True, False])
def test_the_link_shows_both_ways_whether_the_account_exists_or_not(client, manager, known):
    if known:
        UserFactory(email=ADDRESS)
    link = link_of(invite(manager))
    page = client.get(link).content.decode()
    assert str(manager.user) in page
    assert str(manager.organisation) in page
    assert "J’ai un compte" in page
    assert "Créer mon compte" in page
    assert f"next={link}".replace("/", "%2F") in page


def test_the_sign_up_form_is_filled_with_the_invited_address(client, manager):
    page = client.get(link_of(invite(manager))).content.decode()
    sign_up = re.search(r'href="([^"]+)">Créer mon compte', page)[1].replace("&amp;", "&")
    assert f'value="{ADDRESS}"' in client.get(sign_up).content.decode()


def test_from_the_link_to_the_account_and_back_to_the_invitation(client, manager):
    link = link_of(invite(manager))
    page = client.get(link).content.decode()
    sign_up = re.search(r'href="([^"]+)">Créer mon compte', page)[1].replace("&amp;", "&")
    client.post(
        sign_up,
        {
            "first_name": "Anne",
            "last_name": "Lestang",
            "email": ADDRESS,
            "password1": PASSWORD,
            "next": link,
        },
    )
    message = OutboxMessage.objects.filter(to=ADDRESS).latest("pk")
    confirm = re.search(r"https?://[^/]+(/\S*confirm\S*)", message.text)[1]
    client.post(confirm)
    assert EmailAddress.objects.get(email=ADDRESS).verified
    answer = client.post(
        reverse("account_login"), {"login": ADDRESS, "password": PASSWORD}, follow=True
    )
    assert answer.redirect_chain[-1][0] == link
    assert "Accepter l’invitation" in answer.content.decode()
    client.post(link, {"function": "Trésorière"})
    assert Membership.objects.get(user=User.objects.get(email=ADDRESS)).rights == ["edit"]


def test_opening_the_link_accepts_nothing(client, manager, invited):
    invitation = invite(manager)
    client.force_login(invited)
    assert "Accepter l’invitation" in client.get(link_of(invitation)).content.decode()
    invitation.refresh_from_db()
    assert invitation.state == InvitationState.SENT


def test_accepting_twice_leads_to_the_body(client, manager, invited):
    invitation = invite(manager)
    link = link_of(invitation)
    client.force_login(invited)
    body = reverse("partners:organisation_detail", args=[manager.organisation_id])
    answers = [client.post(link, {"function": "Trésorière"}) for _ in range(2)]
    assert [answer["Location"] for answer in answers] == [body, body]
    assert Membership.objects.filter(user=invited).count() == 1


def test_who_signs_says_in_what_capacity(client, manager, invited):
    link = link_of(invite(manager, rights=["edit", "sign"]))
    client.force_login(invited)
    answer = client.post(link, {"function": "Trésorière"})
    assert answer.status_code == 422
    assert "Dites en quelle qualité" in answer.content.decode()
    answer = client.post(link, {"function": "Trésorière", "capacity": "mandate"})
    own = Membership.objects.get(user=invited)
    assert answer["Location"] == reverse("partners:mandate", args=[manager.organisation_id, own.pk])


def test_another_account_is_told_and_may_change(client, manager):
    invitation = invite(manager)
    other = UserFactory()
    client.force_login(other)
    answer = client.get(link_of(invitation))
    page = answer.content.decode()
    assert "Cette invitation est pour une autre adresse" in page
    assert "i•••@essai.example" in page
    assert ADDRESS not in page
    assert str(manager.organisation) not in page
    answer = client.post(reverse("account_logout"), {"next": link_of(invitation)})
    assert answer["Location"] == link_of(invitation)
    assert client.post(link_of(invitation), {"function": "x"}).status_code == 200
    assert not Membership.objects.filter(user=other).exists()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"state": "revoked"}, "a été annulée"),
        ({"state": "accepted"}, "a déjà servi"),
        ({"expires_at": timezone.now() - timedelta(days=1)}, "n’est plus valable"),
    ],
)
def test_a_closed_invitation_says_so_calmly(client, manager, change, words):
    link = link_of(invite(manager))
    Invitation.objects.update(**change)
    answer = client.get(link)
    assert answer.status_code == 410
    assert words in answer.content.decode()


def test_a_link_of_nobody_says_so(client):
    answer = client.get(reverse("partners:invitation", args=["a" * 43]))
    assert answer.status_code == 404
    assert "ne mène à aucune invitation" in answer.content.decode()


def test_an_invitation_is_answered_from_ones_own_pages_too(client, manager, invited):
    invitation = invite(manager)
    page = reverse("partners:invitation_mine", args=[invitation.pk])
    client.force_login(UserFactory())
    assert client.get(page).status_code == 404
    client.force_login(invited)
    assert "Accepter l’invitation" in client.get(page).content.decode()
    client.post(page, {"function": "Trésorière"})
    assert Membership.objects.filter(user=invited, state=MembershipState.ACTIVE).exists()


# --- Two at once ----------------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_two_acceptances_at_once_make_one_member(manager, invited):
    invitation = invite(manager)
    acts = [lambda: accept(invitation, invited) for _ in range(2)]
    assert at_once(*acts) == ["accepted", "ok"]
    assert Membership.objects.filter(user=invited).count() == 1


@pytest.mark.django_db(transaction=True)
def test_taken_back_and_accepted_at_once_one_wins(manager, invited):
    invitation = invite(manager)
    outcomes = at_once(
        lambda: accept(invitation, invited),
        lambda: revoke_invitation(by=manager.user, invitation_id=invitation.pk, at=timezone.now()),
    )
    assert outcomes in (["closed", "ok"], ["ok", "revoked"])
