"""Where the office writes about a dossier: a redaction goes there too."""

from grants.applications.redactable import Rows, register_rows
from grants.review.models import (
    AdmissibilityCheck,
    ConflictOfInterest,
    InternalNote,
    Opinion,
    OpinionRequest,
    RejectionProposal,
    Review,
    Score,
)


def register() -> None:
    """Declare the rows of this app. Marks are not shown: a reader may not have to see them."""
    register_rows(Rows(InternalNote, is_office_only=True))
    register_rows(Rows(AdmissibilityCheck, where="recevabilité", is_office_only=True))
    register_rows(Rows(RejectionProposal, is_office_only=True))
    register_rows(Rows(Review, where="notation", is_office_only=True, is_private=True))
    register_rows(
        Rows(Score, "review__application", where="notation", is_office_only=True, is_private=True)
    )
    register_rows(Rows(ConflictOfInterest, where="déport", is_office_only=True, is_private=True))
    register_rows(
        Rows(
            OpinionRequest,
            where="demande d’avis",
            skip=frozenset({"token_digest"}),
            address="masque@masque.invalid",  # an expert has one: a table constraint
            is_office_only=True,
        )
    )
    register_rows(
        Rows(Opinion, "request__application", where="avis", is_office_only=True, is_private=True)
    )
