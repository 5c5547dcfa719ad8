"""Load the first wording of each kind of letter."""

import json
from datetime import date

from grants.letters.models import LetterTemplate
from territories.reference import FOLDER


def load_templates() -> int:
    """Create the templates of ``letter_templates.json`` that are not there yet.

    An existing one is left alone: the office may have corrected it.

    Returns:
        How many templates the file holds.
    """
    rows = json.loads((FOLDER / "letter_templates.json").read_text(encoding="utf-8"))
    for row in rows:
        LetterTemplate.objects.get_or_create(
            kind=row["kind"],
            sheet=None,
            valid_from=date.fromisoformat(row["valid_from"]),
            defaults={"subject": row["subject"], "body": "\n".join(row["body"])},
        )
    return len(rows)
