"""The desk in figures."""

from tests.policies import ADMINISTRATOR, CASE_OFFICER, COORDINATOR, UNIT_HEAD, Policy, Target


WHO_COUNTS = {CASE_OFFICER, UNIT_HEAD, ADMINISTRATOR, COORDINATOR}


def a_file() -> Target:
    return Target(kwargs={"table": "delais", "extension": "csv"})


POLICY = {
    "review:statistics": Policy(roles=WHO_COUNTS),
    "review:statistics_file": Policy(roles=WHO_COUNTS, make=a_file),
}
