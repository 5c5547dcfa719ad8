"""The diagram of docs/architecture.md says what the table of transitions says.

To write it again after a change of the table:
``python -m config.embedded run -- python -m pytest tests/house/test_workflow_diagram.py`` with
``MAILLAGE_WRITE_DIAGRAM=1``.
"""

import os
import re

from django.conf import settings

from grants.applications.enums import ReviewState
from grants.applications.workflow import TRANSITIONS, Transition


PAGE = settings.BASE_DIR / "docs" / "architecture.md"
BLOCK = re.compile(r"(<!-- workflow -->\n```mermaid\n).*?(```\n<!-- /workflow -->)", re.DOTALL)
ENDS = (
    ReviewState.AWARDED,
    ReviewState.REJECTED,
    ReviewState.WITHDRAWN,
    ReviewState.CLOSED_WITHOUT_ACTION,
)


def diagram() -> str:
    """Return the table of transitions as a Mermaid state diagram."""
    lines = ["stateDiagram-v2", "    [*] --> draft"]
    lines += [f"    {state.value}: {state.label}" for state in ReviewState]
    for move in TRANSITIONS.values():
        words = f"{move.label} *" if move.needs_reason else move.label
        for source in (state for state in ReviewState if state in move.sources):
            lines.append(f"    {source.value} --> {move.target.value}: {words}")
    lines += [f"    {state.value} --> [*]" for state in ENDS]
    return "\n".join(lines) + "\n"


def test_the_diagram_is_drawn_from_the_table():
    text = PAGE.read_text(encoding="utf-8")
    found = BLOCK.search(text)
    assert found, "the markers of the diagram are gone"
    wanted = BLOCK.sub(lambda match: match[1] + diagram() + match[2], text)
    if os.environ.get("MAILLAGE_WRITE_DIAGRAM"):
        PAGE.write_text(wanted, encoding="utf-8")
    assert text == wanted, "run it with MAILLAGE_WRITE_DIAGRAM=1 and look at the change"


def test_the_ends_are_the_states_that_lead_nowhere():
    """A vote is an end once told: until then it is corrected."""
    rows = [move for key, move in TRANSITIONS.items() if key != Transition.CORRECT_VOTE]
    sources = {state for move in rows for state in move.sources}
    assert set(ENDS) == {state for state in ReviewState if state not in sources}
