"""The officers' desk."""

from django.utils import timezone

from accounts.enums import Role
from foundation.parameters.models import Parameter
from grants.applications.models import ApplicationDocument
from grants.review.services.assignment import assign_officer, declare_conflict
from tests.factories import (
    FiledApplicationFactory,
    GridFactory,
    OrganisationFactory,
    member_of,
    person_with_role,
)
from tests.policies import ADMINISTRATOR, CASE_OFFICER, COORDINATOR, UNIT_HEAD, Policy, Target


CANARY = "CANARI-INSTRUCTION"
DESK = {CASE_OFFICER, UNIT_HEAD}
WHO_READS = DESK | {ADMINISTRATOR, COORDINATOR}
BOTH = ("get", "post")
NOW = timezone.now()


def parameters() -> Target:
    for key, value in (
        ("review.gap_points", "20"),
        ("correction.days", "15"),
        ("correction.sentences", "Merci de joindre les pièces."),
    ):
        Parameter.objects.get_or_create(key=key, valid_from="2017-01-01", defaults={"value": value})
    return Target()


def a_dossier(**kwargs) -> Target:
    """A dossier under review, with its officer and a grid."""
    parameters()
    application = FiledApplicationFactory(title=CANARY, sheet__readers=1, sheet__grid=GridFactory())
    officer = person_with_role(Role.CASE_OFFICER)
    head = person_with_role(Role.UNIT_HEAD)
    assign_officer(application_id=application.pk, person=officer, by=head, at=NOW)
    return Target(
        kwargs={"reference": application.reference, **kwargs},
        applicant=member_of(application.organisation),
        outsider=member_of(OrganisationFactory()),  # a member of another body
        canary=CANARY,
    )


def a_tab() -> Target:
    return a_dossier(slug="echanges")


def a_document() -> Target:
    target = a_dossier()
    application = FiledApplicationFactory._meta.model.objects.get(**target.kwargs)
    document = ApplicationDocument.objects.create(
        application=application, label="Statuts", added_at=NOW
    )
    return Target(
        kwargs={**target.kwargs, "pk": document.pk},
        applicant=target.applicant,
        outsider=target.outsider,
        canary=CANARY,
    )


def a_conflict() -> Target:
    target = a_dossier()
    application = FiledApplicationFactory._meta.model.objects.get(**target.kwargs)
    conflict = declare_conflict(
        person=person_with_role(Role.CASE_OFFICER), application=application, reason="", at=NOW
    )
    return Target(
        kwargs={**target.kwargs, "pk": conflict.pk},
        applicant=target.applicant,
        outsider=target.outsider,
        canary=CANARY,
    )


def _acts(roles: set[str]) -> Policy:
    return Policy(roles=roles, methods=("post",), make=a_dossier)


POLICY = {
    "review:desk": Policy(roles=WHO_READS),
    "review:paper_filing": Policy(roles=DESK, methods=BOTH),
    "review:application": Policy(roles=WHO_READS, make=a_dossier),
    "review:dossier_pdf": Policy(roles=WHO_READS, make=a_dossier),
    "review:tab": Policy(roles=WHO_READS, make=a_tab),
    "review:assign": _acts(DESK),
    "review:reader": _acts({UNIT_HEAD}),
    "review:unassign": _acts({UNIT_HEAD}),
    "review:note": _acts(DESK),
    "review:message": _acts(DESK),
    "review:read": _acts(DESK),
    "review:document": Policy(roles=DESK, methods=("post",), make=a_document),
    "review:conflict": Policy(roles=WHO_READS, methods=BOTH, make=a_dossier),
    "review:conflict_withdraw": Policy(
        roles={UNIT_HEAD, ADMINISTRATOR}, methods=BOTH, make=a_conflict
    ),
    "review:close": Policy(roles=DESK, methods=BOTH, make=a_dossier),
    "review:redact": Policy(roles=DESK | {ADMINISTRATOR}, methods=BOTH, make=a_dossier),
    # Nobody but the readers named: tests/review/test_pages.py lets them in.
    "review:score": _acts(set()),
    "review:running_total": _acts(set()),
    "review:reopen_score": _acts(set()),
    "review:deposits": Policy(roles=WHO_READS, make=a_dossier),
    "review:correction_ask": _acts(DESK),
    "review:correction_extend": _acts(DESK),
    "review:correction_stop": _acts(DESK),
    "review:correction_accept": _acts(DESK),
    "review:conclude": _acts({UNIT_HEAD}),
    "review:reopen": _acts({UNIT_HEAD}),
}
