"""What a dossier waits for from the desk: the same conditions for « À faire » and for the lists."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from foundation.documents.enums import FileState
from grants.applications.enums import CorrectionState, MessageSide, PaperState, ReviewState
from grants.applications.models import (
    Application,
    ApplicationDocument,
    CorrectionRequest,
    Deposit,
    Message,
    OfficeEdit,
    OfficeEditState,
)
from grants.review.enums import THIRD, TO_INSTRUCT, UNDECIDED
from grants.review.models import Assignment, AssignmentRole, Review, ReviewProgress
from grants.review.permissions import recused_from, scores_hidden_from


if TYPE_CHECKING:
    from accounts.models import User


class Waiting(StrEnum):
    """Words of the address; the values are those of the filter « À traiter »."""

    MESSAGE = "message"
    DOCUMENTS = "pieces"
    ANSWER = "complements"
    ATTESTATION = "attestation"
    MY_EDIT = "modification"
    THIRD_READER = "troisieme"
    OLDER_READING = "confirmer"
    LETTER = "courrier"


WAITING_LABELS = {
    Waiting.MESSAGE: "Message à lire",
    Waiting.DOCUMENTS: "Pièces à vérifier",
    Waiting.ANSWER: "Compléments reçus, à relire",
    Waiting.ATTESTATION: "Attestation en retard",
    Waiting.MY_EDIT: "Ma modification à terminer",
    Waiting.THIRD_READER: "Troisième lecture à confier",
    Waiting.OLDER_READING: "Ma notation à confirmer",
    Waiting.LETTER: "Courrier de décision à générer",
}


def waiting_for(
    applications: QuerySet[Application], what: str, user: User, *, on: date
) -> QuerySet[Application]:
    """Keep the dossiers that wait for one thing.

    Args:
        applications: Where to look.
        what: One of :class:`Waiting`.
        user: Who looks: a score hidden from them gives nothing away.
        on: Today.
    """
    return applications.filter(_conditions(user, on)[Waiting(what)])


def _conditions(user: User, on: date) -> dict[Waiting, Q]:
    unread = Message.objects.filter(
        application=OuterRef("pk"), side=MessageSide.APPLICANT, read_at__isnull=True
    )
    to_check = ApplicationDocument.objects.filter(
        application=OuterRef("pk"), state=FileState.TO_CHECK
    )
    answers = CorrectionRequest.objects.filter(application=OuterRef("pk")).order_by("-number")
    last_is_answered = answers.filter(
        pk=Subquery(
            CorrectionRequest.objects.filter(application=OuterRef("application"))
            .order_by("-number")
            .values("pk")[:1]
        ),
        state=CorrectionState.ANSWERED,
    )
    third = Assignment.objects.filter(
        application=OuterRef("pk"), role=AssignmentRole.READER, rank=THIRD, ended_at__isnull=True
    )
    last = Deposit.objects.filter(application=OuterRef("application")).order_by("-number")
    older = Review.objects.filter(
        application=OuterRef("pk"), reviewer=user, state=ReviewProgress.FINAL
    ).exclude(deposit=Subquery(last.values("pk")[:1]))
    under_review = Q(review_state=ReviewState.UNDER_REVIEW)
    my_edits = OfficeEdit.objects.filter(
        application=OuterRef("pk"), author=user, state=OfficeEditState.OPEN
    )
    return {
        Waiting.MESSAGE: Q(Exists(unread)),
        Waiting.DOCUMENTS: Q(Exists(to_check), review_state__in=TO_INSTRUCT),
        Waiting.ANSWER: Q(Exists(last_is_answered)) & under_review,
        Waiting.ATTESTATION: Q(
            attested_at__isnull=True, attestation_due_on__lt=on, review_state__in=UNDECIDED
        ),
        Waiting.MY_EDIT: Q(Exists(my_edits)),
        Waiting.THIRD_READER: under_review
        & Q(~Exists(third), score_summary__needs_third=True)
        & ~scores_hidden_from(user),
        Waiting.OLDER_READING: Q(Exists(older)) & under_review & ~recused_from(user),
        Waiting.LETTER: Q(paper_state=PaperState.TO_GENERATE),
    }
