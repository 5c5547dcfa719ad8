"""The public pages, and the way home."""

from tests.policies import EVERYONE, Policy


POLICY = {
    "portal:home": Policy(public=True),
    "portal:after_sign_in": Policy(roles=EVERYONE),
    "portal:accessibility": Policy(public=True),
    "portal:legal": Policy(public=True),
    "portal:privacy": Policy(public=True),
    "portal:site_map": Policy(public=True),
    "portal:help": Policy(public=True),
    "portal:gallery": Policy(public=True),
}
