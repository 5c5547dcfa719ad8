from tests.policies import ADMINISTRATOR, CASE_OFFICER, UNIT_HEAD, Policy, Target


DESK = {CASE_OFFICER, UNIT_HEAD, ADMINISTRATOR}


def a_failed_letter() -> Target:
    from grants.letters.models import LetterState
    from grants.letters.reference import load_templates
    from territories.loading import load_parameters
    from tests.factories import member_of
    from tests.letters.conftest import a_filed_dossier, a_letter

    load_parameters()
    load_templates()
    application = a_filed_dossier(title="CANARI-COURRIER")
    letter = a_letter(application, made=False)
    letter.state = LetterState.FAILED
    letter.save(update_fields=["state"])
    return Target(
        kwargs={"reference": letter.reference},
        applicant=member_of(application.organisation),
        canary="CANARI-COURRIER",
    )


POLICY = {
    "letters:list": Policy(roles=DESK),
    "letters:detail": Policy(roles=DESK, make=a_failed_letter, private=True),
    "letters:sign": Policy(
        roles={UNIT_HEAD, ADMINISTRATOR}, methods=("post",), make=a_failed_letter
    ),
    "letters:retry": Policy(
        roles={UNIT_HEAD, ADMINISTRATOR}, methods=("post",), make=a_failed_letter
    ),
    "letters:check": Policy(public=True, methods=("get",)),
}
