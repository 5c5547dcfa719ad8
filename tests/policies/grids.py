"""The grid builder: the administrator writes, the unit head reads and duplicates."""

from tests.factories import GridFactory
from tests.policies import ADMINISTRATOR, UNIT_HEAD, Policy, Target


READERS = {UNIT_HEAD, ADMINISTRATOR}
WRITERS = {ADMINISTRATOR}
BOTH = ("get", "post")
SECRET = "Canari de la grille"


def a_grid() -> Target:
    return Target(kwargs={"pk": GridFactory(name=SECRET).pk}, canary=SECRET)


POLICY = {
    "calls:grid_list": Policy(roles=READERS),
    "calls:grid_create": Policy(roles=WRITERS, methods=BOTH),
    "calls:grid_preview": Policy(roles=READERS, methods=("post",)),
    "calls:grid_detail": Policy(roles=READERS, make=a_grid),
    "calls:grid_edit": Policy(roles=WRITERS, methods=BOTH, make=a_grid),
    "calls:grid_duplicate": Policy(roles=READERS, methods=BOTH, make=a_grid),
    "calls:grid_delete": Policy(roles=WRITERS, methods=BOTH, make=a_grid),
}
