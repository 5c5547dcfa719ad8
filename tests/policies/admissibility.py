"""The admissibility of a dossier, at the desk."""

from tests.policies import Policy
from tests.policies.review import DESK, a_dossier


POLICY = {
    "review:admissibility_answer": Policy(roles=DESK, methods=("post",), make=a_dossier),
    "review:admissibility_reject": Policy(roles=DESK, methods=("post",), make=a_dossier),
}
