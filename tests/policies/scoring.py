"""Scores: the acts of a reader, the sheet of a dossier, how scores spread."""

from tests.policies import ADMINISTRATOR, CASE_OFFICER, UNIT_HEAD, Policy
from tests.policies.review import a_dossier


POLICY = {
    # Nobody but the readers named: tests/review/test_scoring_pages.py lets them in.
    "review:reconfirm_score": Policy(roles=set(), methods=("post",), make=a_dossier),
    # A coordinator reads it once the vote is recorded: tests/review/test_score_everywhere.py.
    "review:summary_pdf": Policy(roles={CASE_OFFICER, UNIT_HEAD, ADMINISTRATOR}, make=a_dossier),
    "review:score_spread": Policy(roles={CASE_OFFICER, UNIT_HEAD, ADMINISTRATOR}),
}
