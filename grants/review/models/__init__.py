"""The office's work on dossiers."""

from grants.review.models.admissibility import (
    AdmissibilityAnswer,
    AdmissibilityCheck,
    RejectionProposal,
)
from grants.review.models.assigning import (
    Assignment,
    AssignmentMode,
    AssignmentRole,
    AssignmentRule,
    ConflictOfInterest,
    Replacement,
)
from grants.review.models.desk import InternalNote, Visit
from grants.review.models.opinions import (
    Opinion,
    OpinionPosition,
    OpinionRequest,
    OpinionSource,
    OpinionState,
    SharedDocument,
)
from grants.review.models.scoring import Review, ReviewProgress, Score, ScoreSummary


__all__ = [
    "AdmissibilityAnswer",
    "AdmissibilityCheck",
    "Assignment",
    "AssignmentMode",
    "AssignmentRole",
    "AssignmentRule",
    "ConflictOfInterest",
    "InternalNote",
    "Opinion",
    "OpinionPosition",
    "OpinionRequest",
    "OpinionSource",
    "OpinionState",
    "RejectionProposal",
    "Replacement",
    "Review",
    "ReviewProgress",
    "Score",
    "ScoreSummary",
    "SharedDocument",
    "Visit",
]
