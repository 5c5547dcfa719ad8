"""The addresses that machines ask."""

from tests.policies import Policy


POLICY = {
    "healthz": Policy(public=True),
    "readyz": Policy(public=True),
}
