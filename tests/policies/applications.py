"""Who opens what of the applicant's side: their own body, nobody else, the office neither."""

from dataclasses import replace

from grants.applications.models import Application, ApplicationDocument, Message
from tests.applications.correcting import asked_again
from tests.applications.dossiers import a_complete_draft, a_sheet, load_parameters
from tests.applications.renewals import a_renewed_draft, last_years_dossier, this_years_sheet
from tests.factories import FiledApplicationFactory, OrganisationFactory, member_of
from tests.policies import APPLICANT, EVERYONE, Policy, Target


CANARY = "CANARI-DOSSIER"


def a_call() -> Target:
    sheet = a_sheet()
    return Target(kwargs={"year": sheet.campaign.fiscal_year, "code": sheet.code})


def a_draft_of_ours() -> Target:
    load_parameters()
    application = a_complete_draft()
    type(application).objects.filter(pk=application.pk).update(title=CANARY)
    return Target(
        kwargs={"uuid": application.uuid},
        applicant=application.created_by,
        outsider=member_of(OrganisationFactory()),
        canary=CANARY,
    )


def a_section_of_ours() -> Target:
    target = a_draft_of_ours()
    return Target(
        kwargs={**target.kwargs, "section": "projet"},
        applicant=target.applicant,
        outsider=target.outsider,
        canary=CANARY,
        data={"title": "Titre", "kind": "project", "version": ""},
    )


def a_document_of_ours() -> Target:
    target = a_draft_of_ours()
    draft = target.applicant.memberships.get().organisation.applications.get()
    document = ApplicationDocument.objects.create(
        application=draft, label=CANARY, added_at=draft.created_at
    )
    return Target(
        kwargs={**target.kwargs, "pk": document.pk},
        applicant=target.applicant,
        outsider=target.outsider,
        canary=CANARY,
    )


def a_dossier_of_ours() -> Target:
    load_parameters()
    application = FiledApplicationFactory(title=CANARY, sheet=a_sheet())
    Message.objects.create(
        application=application,
        side="office",
        author=application.created_by,
        text=CANARY,
        sent_at=application.submitted_at,
    )
    return Target(
        kwargs={"reference": application.reference},
        applicant=member_of(application.organisation),
        outsider=member_of(OrganisationFactory()),
        canary=CANARY,
        data={"text": "Bonjour"},
    )


def a_tab_of_ours() -> Target:
    target = a_dossier_of_ours()
    return replace(target, kwargs={**target.kwargs, "slug": "echanges"})


def a_call_to_print() -> Target:
    load_parameters()
    return a_call()


def a_past_dossier_of_ours() -> Target:
    load_parameters()
    application = last_years_dossier(title=CANARY)
    sheet = this_years_sheet()
    return Target(
        kwargs={"reference": application.reference},
        applicant=member_of(application.organisation),
        outsider=member_of(OrganisationFactory()),
        canary=CANARY,
        data={"sheet": sheet.pk},
    )


def a_renewed_draft_of_ours() -> Target:
    load_parameters()
    draft = a_renewed_draft(previous=last_years_dossier(title=CANARY))
    return Target(
        kwargs={"uuid": draft.uuid},
        applicant=draft.created_by,
        outsider=member_of(OrganisationFactory()),
        canary=CANARY,
    )


def a_correction_of_ours(**kwargs) -> Target:
    """A dossier that the office asks to complete."""
    application = asked_again("projet.title")
    Application.objects.filter(pk=application.pk).update(title=CANARY)
    return Target(
        kwargs={"reference": application.reference, **kwargs},
        applicant=application.created_by,
        outsider=member_of(OrganisationFactory()),
        canary=CANARY,
    )


OURS = {APPLICANT}
BOTH = ("get", "post")

POLICY = {
    "applications:prepare": Policy(public=True, make=a_call),
    "applications:start": Policy(roles=EVERYONE, make=a_call),
    "applications:list": Policy(roles=EVERYONE),
    "applications:draft": Policy(roles=OURS, make=a_draft_of_ours, private=True),
    "applications:verify": Policy(roles=OURS, make=a_draft_of_ours, private=True),
    "applications:section": Policy(roles=OURS, make=a_section_of_ours, private=True, methods=BOTH),
    "applications:renew": Policy(
        roles=OURS, make=a_past_dossier_of_ours, private=True, methods=BOTH
    ),
    "applications:renewed": Policy(roles=OURS, make=a_renewed_draft_of_ours, private=True),
    "applications:document_reuse": Policy(
        roles=OURS, make=a_draft_of_ours, private=True, methods=("post",)
    ),
    "applications:document_keep": Policy(
        roles=OURS, make=a_document_of_ours, private=True, methods=("post",)
    ),
    "applications:submit": Policy(roles=OURS, make=a_draft_of_ours, private=True, methods=BOTH),
    "applications:delete": Policy(roles=OURS, make=a_draft_of_ours, private=True, methods=BOTH),
    "applications:document_remove": Policy(
        roles=OURS, make=a_document_of_ours, private=True, methods=BOTH
    ),
    "applications:mail_help": Policy(public=True),
    "applications:blank_form": Policy(public=True, make=a_call_to_print),
    "applications:draft_pdf": Policy(roles=OURS, make=a_draft_of_ours, private=True),
    "applications:dossier_pdf": Policy(roles=OURS, make=a_dossier_of_ours, private=True),
    "applications:tab": Policy(roles=OURS, make=a_tab_of_ours, private=True),
    "applications:detail": Policy(roles=OURS, make=a_dossier_of_ours, private=True),
    "applications:receipt": Policy(roles=OURS, make=a_dossier_of_ours, private=True),
    "applications:correction": Policy(roles=OURS, make=a_correction_of_ours, private=True),
    "applications:correction_section": Policy(
        roles=OURS,
        make=lambda: a_correction_of_ours(section="projet"),
        private=True,
        methods=BOTH,
    ),
    "applications:correction_send": Policy(
        roles=OURS, make=a_correction_of_ours, private=True, methods=BOTH
    ),
    "applications:deposits": Policy(roles=OURS, make=a_correction_of_ours, private=True),
    "applications:attest": Policy(roles=OURS, make=a_dossier_of_ours, private=True, methods=BOTH),
    "applications:withdraw": Policy(roles=OURS, make=a_dossier_of_ours, private=True, methods=BOTH),
    "applications:document_add": Policy(
        roles=OURS, make=a_dossier_of_ours, private=True, methods=("post",)
    ),
    "applications:message_send": Policy(
        roles=OURS, make=a_dossier_of_ours, private=True, methods=("post",)
    ),
    "applications:messages_read": Policy(
        roles=OURS, make=a_dossier_of_ours, private=True, methods=("post",)
    ),
}
