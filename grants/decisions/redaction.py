"""Where a decision speaks of a dossier: a redaction goes there too."""

from grants.applications.redactable import Rows, register_rows
from grants.decisions.models import Decision


def register() -> None:
    """Declare the rows of this app; the applicant may not know yet that there is a decision."""
    skip = frozenset({"deliberation_number"})
    register_rows(Rows(Decision, where="décision", skip=skip, is_office_only=True))
