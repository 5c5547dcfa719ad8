from uuid import uuid4

from tests.policies import CASE_OFFICER, UNIT_HEAD, Policy, Target


def a_dossier_to_assign() -> Target:
    from territories.loading import load_parameters
    from tests.factories import FiledApplicationFactory, member_of

    load_parameters()
    dossier = FiledApplicationFactory(title="CANARI-LOT")
    return Target(
        kwargs={"slug": "affecter"},
        applicant=member_of(dossier.organisation),
        canary=dossier.reference,
        data={"dossier": [str(dossier.pk)]},
    )


def a_step() -> Target:
    target = a_dossier_to_assign()
    target.kwargs["uuid"] = uuid4()  # nobody's: each answers that it is no longer kept (409)
    return target


POLICY = {
    "review:batch": Policy(
        roles={CASE_OFFICER, UNIT_HEAD}, methods=("get", "post"), make=a_dossier_to_assign
    ),
    "review:batch_step": Policy(
        roles={CASE_OFFICER, UNIT_HEAD},
        methods=("get", "post"),
        make=a_step,
    ),
}
