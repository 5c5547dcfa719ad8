"""Sets of states and ranks that the desk's rules share."""

from grants.applications.enums import ReviewState


#: Something is left to do on the dossier before its instruction is concluded.
TO_INSTRUCT = (
    ReviewState.SUBMITTED,
    ReviewState.UNDER_REVIEW,
    ReviewState.CORRECTION_REQUESTED,
)
#: The dossier still changes hands: concluded, it may be reopened by whoever instructs it.
ASSIGNABLE = (*TO_INSTRUCT, ReviewState.EVALUATED)
#: Filed, and waiting for its decision.
UNDECIDED = (*ASSIGNABLE, ReviewState.PROPOSED)

#: The rank of who settles between two readings far apart.
THIRD = 3
RANKS = (1, 2, THIRD)
