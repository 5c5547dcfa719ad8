"""A filed dossier changed by the office."""

from accounts.enums import Role
from grants.applications.services.office_edit import start_edit
from tests.applications.correcting import under_review
from tests.factories import OrganisationFactory, member_of, person_with_role
from tests.policies import UNIT_HEAD, Policy, Target
from tests.policies.review import CANARY, NOW, parameters


BOTH = ("get", "post")


def a_dossier(**kwargs) -> Target:
    parameters()
    application = under_review()
    type(application).objects.filter(pk=application.pk).update(title=CANARY)
    return Target(
        kwargs={"reference": application.reference, **kwargs},
        applicant=member_of(application.organisation),
        outsider=member_of(OrganisationFactory()),
        canary=CANARY,
    )


def an_edit(**kwargs) -> Target:
    target = a_dossier(**kwargs)
    organisation = target.applicant.memberships.get().organisation
    start_edit(
        application_id=organisation.applications.get().pk,
        fields=["projet.title"],
        reason="Erreur de saisie",
        by=person_with_role(Role.UNIT_HEAD),
        at=NOW,
    )
    return target


def a_section() -> Target:
    return an_edit(section="projet")


HEAD = {UNIT_HEAD}  # and who instructs it: tests/review/test_office_edit.py lets them in
POLICY = {
    "review:edit": Policy(roles=HEAD, methods=BOTH, make=a_dossier),
    "review:edit_section": Policy(roles=HEAD, methods=BOTH, make=a_section),
    "review:edit_apply": Policy(roles=HEAD, methods=BOTH, make=an_edit),
    "review:edit_abandon": Policy(roles=HEAD, methods=BOTH, make=an_edit),
}
