"""The team of the desk: rules of assignment, replacements."""

from datetime import timedelta

from django.utils import timezone

from accounts.enums import Role
from grants.review.services.replacements import declare_replacement
from grants.review.services.rules import save_rule
from territories.loading import load_parameters
from tests.factories import person_with_role
from tests.policies import CASE_OFFICER, UNIT_HEAD, Policy, Target
from tests.policies.review import WHO_READS, a_dossier


DESK = {CASE_OFFICER, UNIT_HEAD}
HEAD = {UNIT_HEAD}
BOTH = ("get", "post")


def a_rule() -> Target:
    rule = save_rule(
        sheet=None,
        territory=None,
        people=[person_with_role(Role.CASE_OFFICER)],
        by=person_with_role(Role.UNIT_HEAD),
        at=timezone.now(),
    )
    return Target(kwargs={"pk": rule.pk})


def parameters() -> Target:
    load_parameters()
    return Target()


def a_replacement() -> Target:
    parameters()
    today = timezone.localdate()
    replacement = declare_replacement(
        person=person_with_role(Role.CASE_OFFICER, user__last_name="CANARI-ABSENCE"),
        substitute=person_with_role(Role.CASE_OFFICER),
        starts_on=today,
        ends_on=today + timedelta(days=5),
        by=person_with_role(Role.UNIT_HEAD),
        at=timezone.now(),
    )
    return Target(kwargs={"pk": replacement.pk}, canary="CANARI-ABSENCE")


POLICY = {
    "review:late_filing": Policy(roles=HEAD, methods=BOTH),
    "review:dossier_zip": Policy(roles=WHO_READS, make=a_dossier),
    "review:team": Policy(roles=DESK),
    "review:rule_new": Policy(roles=HEAD, methods=BOTH),
    "review:rule_edit": Policy(roles=HEAD, methods=BOTH, make=a_rule),
    "review:rule_move": Policy(roles=HEAD, methods=("post",), make=a_rule),
    "review:rule_delete": Policy(roles=HEAD, methods=BOTH, make=a_rule),
    "review:replacement_new": Policy(roles=DESK, methods=BOTH, make=parameters),
    # Of the head, and of who is away: tests/review/test_replacements.py lets them in.
    "review:replacement_cancel": Policy(roles=HEAD, methods=BOTH, make=a_replacement),
}
