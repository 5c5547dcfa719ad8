from dataclasses import replace

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from foundation.parameters.models import Parameter
from partners.enums import IdentifierState, MembershipState
from partners.models import Invitation, Membership, Organisation
from partners.services.flags import raise_flag
from partners.services.invitations import digest_of, invite_member
from partners.services.mandates import give_mandate
from tests.factories import (
    BankDetailsFactory,
    MembershipFactory,
    OrganisationDocumentFactory,
    OrganisationFactory,
    UserFactory,
    member_of,
)
from tests.policies import (
    ADMINISTRATOR,
    APPLICANT,
    CASE_OFFICER,
    EVERYONE,
    OFFICE,
    UNIT_HEAD,
    Policy,
    Target,
)


CANARY = "CANARI-ORGANISATION"
DIRECTORY = {UNIT_HEAD, ADMINISTRATOR}


def _parameters() -> None:
    for key, value in {
        "notification_consent.version": "2026-1",
        "deemed_notified.days": "15",
        "office.email": "service@essai.example",
        "invitation.days": "14",
    }.items():
        Parameter.objects.get_or_create(key=key, valid_from="2017-01-01", defaults={"value": value})


def a_body(**fields) -> Target:
    _parameters()
    organisation = OrganisationFactory(legal_name=CANARY, email="nous@essai.example", **fields)
    return Target(
        kwargs={"pk": organisation.pk},
        applicant=member_of(organisation),
        outsider=member_of(OrganisationFactory()),  # a member of another body
        canary=CANARY,
        data={"function": "Trésorière", "email": "nous@essai.example", "agreed": "on"},
    )


def a_body_to_check() -> Target:
    return a_body(identifier_state=IdentifierState.TO_CHECK)


def a_body_to_join() -> Target:
    target = a_body()
    return Target(kwargs=target.kwargs, data=target.data)


def a_body_with_consent() -> Target:
    from partners.models import NotificationConsent

    target = a_body()
    NotificationConsent.objects.create(
        organisation_id=target.kwargs["pk"],
        email="nous@essai.example",
        text_version="2026-1",
        given_by=target.applicant,
        given_at=timezone.now(),
    )
    return target


def a_member() -> Target:
    return _membership(MembershipState.ACTIVE)


def a_request() -> Target:
    return _membership(MembershipState.PENDING)


def _membership(state: str) -> Target:
    target = a_body()
    row = MembershipFactory(organisation_id=target.kwargs["pk"], state=state, function=CANARY)
    return Target(
        kwargs={"pk": target.kwargs["pk"], "membership_pk": row.pk},
        applicant=target.applicant,
        outsider=target.outsider,
        canary=CANARY,
        data={"rights": ["manage", "edit"], "reason": "Inconnue chez nous"},
    )


def an_own_request() -> Target:
    row = MembershipFactory(state=MembershipState.PENDING, rights=[])
    return Target(kwargs={"pk": row.pk}, applicant=row.user, outsider=UserFactory())


def a_body_that_invites() -> Target:
    target = a_body()
    return replace(target, data={"email": "nouvelle@essai.example", "rights": ["edit"]})


def an_invitation() -> Target:
    target = a_body()
    sent = invite_member(
        by=target.applicant,
        organisation_id=target.kwargs["pk"],
        email="invitee@essai.example",
        function="Trésorière",
        rights=["edit"],
        at=timezone.now(),
    )
    return replace(target, kwargs={**target.kwargs, "invitation_pk": sent.pk}, data={})


def an_invitation_of_mine() -> Target:
    sent = Invitation.objects.get(pk=an_invitation().kwargs["invitation_pk"])
    invited = UserFactory(email=sent.email)
    return Target(
        kwargs={"pk": sent.pk},
        applicant=invited,
        outsider=sent.invited_by,
        canary=CANARY,
        data={"function": "Trésorière"},
    )


def a_link() -> Target:
    target = an_invitation()
    token = "c" * 43
    Invitation.objects.filter(pk=target.kwargs["invitation_pk"]).update(
        token_digest=digest_of(token)
    )
    return Target(kwargs={"token": token})


def a_member_who_signs() -> Target:
    target = a_member()
    Membership.objects.filter(pk=target.kwargs["membership_pk"]).update(
        capacity="mandate", function="Directrice"
    )
    return replace(target, data={"upload": _a_pdf()})


def a_right_to_take_up() -> Target:
    row = MembershipFactory(capacity="", organisation__legal_name=CANARY)
    return Target(
        kwargs={"pk": row.organisation_id, "membership_pk": row.pk},
        applicant=row.user,
        outsider=member_of(row.organisation),  # a manager answers for nobody else
        canary=CANARY,
        data={"capacity": "representative"},
    )


def a_mandate_to_check() -> Target:
    target = a_member_who_signs()
    row = Membership.objects.get(pk=target.kwargs["membership_pk"])
    give_mandate(
        by=row.user,
        membership_id=row.pk,
        upload=_a_pdf(),
        issued_on=None,
        valid_until=None,
        at=timezone.now(),
    )
    return replace(target, data={"reason": "Non signé"})


def _a_pdf() -> SimpleUploadedFile:
    pdf = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
    return SimpleUploadedFile("mandat.pdf", pdf, "application/pdf")


MEMBERSHIP = {"roles": {APPLICANT, *DIRECTORY}, "private": True}

POLICY = {
    "partners:space": Policy(roles=EVERYONE),
    "partners:join_search": Policy(roles=EVERYONE),
    "partners:join": Policy(roles=EVERYONE, methods=("get", "post"), make=a_body_to_join),
    "partners:organisation_create": Policy(roles=EVERYONE, methods=("get", "post")),
    "partners:choose_body": Policy(roles=EVERYONE, methods=("post",)),
    "partners:request_withdraw": Policy(
        roles={APPLICANT}, methods=("post",), make=an_own_request, private=True
    ),
    "partners:organisation_detail": Policy(roles={APPLICANT, *OFFICE}, make=a_body, private=True),
    "partners:organisation_edit": Policy(make=a_body, methods=("get", "post"), **MEMBERSHIP),
    "partners:consent": Policy(
        roles={APPLICANT}, methods=("get", "post"), make=a_body, private=True
    ),
    "partners:consent_revoke": Policy(
        roles={APPLICANT}, methods=("post",), make=a_body_with_consent, private=True
    ),
    "partners:membership": Policy(make=a_request, **MEMBERSHIP),
    "partners:membership_accept": Policy(make=a_request, methods=("post",), **MEMBERSHIP),
    "partners:membership_refuse": Policy(make=a_request, methods=("post",), **MEMBERSHIP),
    "partners:membership_rights": Policy(make=a_member, methods=("post",), **MEMBERSHIP),
    "partners:membership_end": Policy(make=a_member, methods=("get", "post"), **MEMBERSHIP),
    "partners:capacity": Policy(
        roles={APPLICANT}, methods=("get", "post"), make=a_right_to_take_up, private=True
    ),
    "partners:invitations": Policy(make=a_body_that_invites, methods=("get", "post"), **MEMBERSHIP),
    "partners:invitation_resend": Policy(make=an_invitation, methods=("post",), **MEMBERSHIP),
    "partners:invitation_revoke": Policy(make=an_invitation, methods=("post",), **MEMBERSHIP),
    "partners:invitation_mine": Policy(
        roles={APPLICANT}, methods=("get", "post"), make=an_invitation_of_mine, private=True
    ),
    "partners:invitation": Policy(public=True, make=a_link),
    "partners:mandate": Policy(
        roles={APPLICANT, CASE_OFFICER, *DIRECTORY}, make=a_member_who_signs, private=True
    ),
    "partners:mandate_accept": Policy(
        roles={CASE_OFFICER, *DIRECTORY}, methods=("post",), make=a_mandate_to_check, private=True
    ),
    "partners:mandate_refuse": Policy(
        roles={CASE_OFFICER, *DIRECTORY}, methods=("post",), make=a_mandate_to_check, private=True
    ),
    "partners:admin_list": Policy(roles=DIRECTORY),
    "partners:pending_list": Policy(roles=DIRECTORY),
    "partners:identifier_confirm": Policy(roles=DIRECTORY, methods=("post",), make=a_body_to_check),
}


# --- Profile, bank details, documents -----------------------------------------------------------
DESK = {CASE_OFFICER, UNIT_HEAD}


def a_profile() -> Target:
    """A body whose profile is filled; the data of a POST fits none of its forms exactly."""
    target = a_body()
    return Target(
        kwargs=target.kwargs,
        applicant=target.applicant,
        outsider=target.outsider,
        canary=CANARY,
        data={"people-TOTAL_FORMS": "0", "people-INITIAL_FORMS": "0"},
    )


def a_bank_account() -> Target:
    target = a_body()
    row = BankDetailsFactory(organisation_id=target.kwargs["pk"], holder=CANARY)
    return Target(
        kwargs={**target.kwargs, "bank_pk": row.pk},
        applicant=target.applicant,
        outsider=target.outsider,
        canary=CANARY,
        data={"reason": "Le titulaire n’est pas l’association"},
    )


def a_document() -> Target:
    target = a_body()
    row = OrganisationDocumentFactory(organisation_id=target.kwargs["pk"], label=CANARY)
    return Target(
        kwargs={**target.kwargs, "document_pk": row.pk},
        applicant=target.applicant,
        outsider=target.outsider,
        canary=CANARY,
        data={"reason": "Page manquante", "seen": "to_check"},
    )


def a_flag() -> Target:
    target = a_body()
    flag = raise_flag(
        organisation=Organisation.objects.get(pk=target.kwargs["pk"]),
        kind="representative",
        text=CANARY,
        by=target.applicant,
        at=timezone.now(),
    )
    return Target(
        kwargs={"flag_pk": flag.pk},
        applicant=target.applicant,
        outsider=target.outsider,
        canary=CANARY,
    )


FILLED = {
    "roles": {APPLICANT, *DIRECTORY},
    "private": True,
    "methods": ("get", "post"),
}

POLICY |= {
    "partners:representatives": Policy(make=a_profile, **FILLED),
    "partners:human_means": Policy(make=a_profile, **FILLED),
    "partners:affiliations": Policy(make=a_profile, **FILLED),
    "partners:year_accounts": Policy(make=a_profile, **FILLED),
    "partners:bank": Policy(roles={APPLICANT, *OFFICE}, make=a_body, private=True),
    "partners:bank_edit": Policy(make=a_body, **FILLED),
    "partners:bank_verify": Policy(
        roles=DIRECTORY, methods=("post",), make=a_bank_account, private=True
    ),
    "partners:bank_refuse": Policy(
        roles=DIRECTORY, methods=("post",), make=a_bank_account, private=True
    ),
    "partners:documents": Policy(roles={APPLICANT, *OFFICE}, make=a_body, private=True),
    "partners:document_add": Policy(make=a_body, **FILLED),
    "partners:document_replace": Policy(make=a_document, **FILLED),
    "partners:document_remove": Policy(make=a_document, **FILLED),
    "partners:document_check": Policy(roles=DESK, make=a_document, private=True),
    "partners:document_accept": Policy(
        roles=DESK, methods=("post",), make=a_document, private=True
    ),
    "partners:document_refuse": Policy(
        roles=DESK, methods=("post",), make=a_document, private=True
    ),
    "partners:flag_handle": Policy(
        roles={*DESK, ADMINISTRATOR}, methods=("post",), make=a_flag, private=True
    ),
    "partners:to_check": Policy(roles={*DESK, ADMINISTRATOR}),
    "partners:to_check_bank": Policy(roles={*DESK, ADMINISTRATOR}),
    "partners:to_check_flags": Policy(roles={*DESK, ADMINISTRATOR}),
}


# --- The office's own acts on bodies --------------------------------------------------------------
def two_bodies() -> Target:
    target = a_body()
    return replace(
        target,
        kwargs={"source_pk": OrganisationFactory().pk, "target_pk": target.kwargs["pk"]},
        data={"reason": "La même"},
    )


POLICY |= {
    "partners:office_create": Policy(roles=DIRECTORY, methods=("get", "post")),
    "partners:merge_choose": Policy(roles={ADMINISTRATOR}),
    "partners:merge_confirm": Policy(
        roles={ADMINISTRATOR}, methods=("get", "post"), make=two_bodies
    ),
}
