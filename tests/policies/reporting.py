"""Reports: the unit head and the administrators, nobody else for now."""

from tests.factories import FiledApplicationFactory
from tests.policies import ADMINISTRATOR, UNIT_HEAD, Policy, Target


READERS = {ADMINISTRATOR, UNIT_HEAD}


def a_year(extension: str):
    def make() -> Target:
        application = FiledApplicationFactory(title="CANARI-DOSSIER")
        year = application.sheet.campaign.fiscal_year
        return Target(kwargs={"year": year, "extension": extension}, canary="CANARI-DOSSIER")

    return make


POLICY = {
    "reporting:home": Policy(roles=READERS),
    "reporting:export": Policy(roles=READERS, make=a_year("csv")),
}
