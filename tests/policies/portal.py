"""The public pages, the way home, and the pages that gather."""

from tests.policies import COORDINATOR, EVERYONE, Policy, Target
from tests.portal.actions import a_decision, an_action


def a_public_action() -> Target:
    return Target(kwargs={"reference": an_action().application.reference})


def some_dossiers() -> Target:
    a_decision(title="CANARI-DOSSIER")
    return Target(kwargs={"extension": "csv"}, canary="CANARI-DOSSIER")


POLICY = {
    "portal:home": Policy(public=True),
    "portal:after_sign_in": Policy(roles=EVERYONE),
    "portal:accessibility": Policy(public=True),
    "portal:legal": Policy(public=True),
    "portal:privacy": Policy(public=True),
    "portal:site_map": Policy(public=True),
    "portal:help": Policy(public=True),
    "portal:gallery": Policy(public=True),
    "portal:todo": Policy(roles=EVERYONE),
    "portal:digest": Policy(roles=EVERYONE, methods=("get", "post")),
    "portal:action_list": Policy(public=True),
    "portal:action_detail": Policy(public=True, make=a_public_action),
    "portal:coordinator_home": Policy(roles={COORDINATOR}),
    "portal:coordinator_applications": Policy(roles={COORDINATOR}),
    "portal:coordinator_export": Policy(roles={COORDINATOR}, make=some_dossiers),
}
