"""Who looked at what: last visits, and notes written and corrected since, so that marks show."""

from __future__ import annotations

from datetime import datetime, timedelta

from grants.applications.enums import ReviewState
from grants.applications.models import Application
from grants.review.models import Assignment, AssignmentRole
from grants.review.services.closing import write_note
from grants.review.services.notes import delete_note, edit_note, pin_note
from grants.review.services.visits import record_visit
from portal.demo.actors import Cast
from portal.demo.calls import Year


VISITED_AGO = timedelta(days=3)
KEPT = "Le collège a confirmé par téléphone\u00a0: deux classes de quatrième sont volontaires."
FIRST = "Coordonnatrice jointe le matin, elle rappelle jeudi."
CORRECTED = "Coordonnatrice jointe le matin, elle rappelle vendredi avec l’avis de la commune."


def tell(cast: Cast, year: Year, *, at: datetime) -> int:
    """Let each officer and the head have seen the dossiers in hand three days ago.

    What came later (messages, complements, documents) is marked for them; a colleague leaves a
    note, corrects another and takes one back.

    Returns:
        How many dossiers carry a visit.
    """
    in_hand = Application.objects.filter(
        sheet__campaign=year.campaign,
        review_state__in=[ReviewState.UNDER_REVIEW, ReviewState.CORRECTION_REQUESTED],
        submitted_at__lt=at - VISITED_AGO,
    )
    seen = list(in_hand.order_by("pk"))
    officers = {
        one.application_id: one.person
        for one in Assignment.objects.filter(
            application__in=seen, role=AssignmentRole.OFFICER, ended_at__isnull=True
        ).select_related("person")
    }
    for number, application in enumerate(seen):
        seen_at = at - VISITED_AGO + timedelta(minutes=7 * (number % 40))
        for person in {cast.head, officers.get(application.pk, cast.head)}:
            record_visit(person=person, application_id=application.pk, seen_at=seen_at)
    mine = [one for one in seen if officers.get(one.pk) == cast.officers[0]][:2]
    for application in mine:
        _notes(cast, application, at=at)
    return len(seen)


def _notes(cast: Cast, application: Application, *, at: datetime) -> None:
    """Leave a note that stays above, one corrected a little later, one taken back."""
    written = at - timedelta(days=2)
    kept = write_note(application_id=application.pk, text=KEPT, by=cast.head, at=written)
    pin_note(note_id=kept.pk, is_pinned=True, by=cast.head, at=written)
    corrected = write_note(
        application_id=application.pk, text=FIRST, by=cast.head, at=written + timedelta(hours=3)
    )
    edit_note(
        note_id=corrected.pk,
        text=CORRECTED,
        by=cast.head,
        at=written + timedelta(hours=3, minutes=20),
    )
    taken_back = write_note(
        application_id=application.pk,
        text="Note mise sur le mauvais dossier.",
        by=cast.head,
        at=written + timedelta(hours=5),
    )
    delete_note(note_id=taken_back.pk, by=cast.head, at=written + timedelta(hours=6))
