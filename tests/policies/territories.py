"""The pages of the territories: open to everybody."""

from tests.factories import CommuneFactory
from tests.policies import Policy, Target


def a_territory() -> Target:
    return Target(kwargs={"number": CommuneFactory().territory_id})


def a_commune() -> Target:
    return Target(kwargs={"slug": CommuneFactory().slug})


POLICY = {
    "territories:map": Policy(public=True),
    "territories:detail": Policy(public=True, make=a_territory),
    "territories:commune": Policy(public=True, make=a_commune),
    "territories:sources": Policy(public=True),
}
