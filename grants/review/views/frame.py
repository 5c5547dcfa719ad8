"""The frame of a dossier's page: three axes, tabs, what comes next, the side box."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from django.http import HttpRequest
from django.utils import timezone

from grants.applications.enums import CorrectionState, ReviewState
from grants.applications.hooks import notified_awards
from grants.applications.models import Application, CorrectionRequest
from grants.applications.silence import clock_of
from grants.applications.workflow import Transition, available
from grants.review.admissibility import standing_proposal
from grants.review.enums import THIRD
from grants.review.facts import facts_of
from grants.review.marks import Marks, deposits_to_compare, marks_of
from grants.review.models import Assignment, AssignmentRole
from grants.review.next_step import Blocker, Step, blockers, next_step
from grants.review.permissions import Standing, acts_for, standing_in
from grants.review.scores import score_sheet
from grants.review.selectors import ENDED
from grants.review.views.frame_tabs import changes_by_tab, tab_slugs, tabs_of
from grants.review.views.scope import open_assignments, tab_url
from grants.review.views.trail import around, trail_of
from grants.review.votes_told import axes_for, headline_for


if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from accounts.models import User
    from grants.applications.differences import SectionChanges


@dataclass(frozen=True)
class Look:
    """Somebody on a tab of a dossier.

    Attributes:
        user: Who looks.
        application: From :func:`grants.review.views.scope.desk_dossier`.
        standing: What they are to it.
        tab: Where they are.
        trail: The list they come from.
        today: The day of the page.
    """

    user: User
    application: Application
    standing: Standing
    tab: str
    trail: str
    today: date


@dataclass(frozen=True)
class People:
    """Who is in charge of a dossier, who reads it, and whether who looks instructs it."""

    assignments: list[Assignment]
    officer: User | None
    readers: list[Assignment]
    in_charge: bool
    stands_in_for: User | None


def page_context(
    request: HttpRequest, application: Application, tab: str, standing: Standing | None = None
) -> dict[str, Any]:
    """Return the frame of a dossier's page: three axes, tabs, side box."""
    look = Look(
        request.user,
        application,
        standing or standing_in(request.user, application),
        tab,
        trail_of(request),
        timezone.localdate(),
    )
    people = _people(look)
    corrections = _corrections(application)
    slugs = tab_slugs(application, look.standing)
    return {
        **_dossier_context(look),
        **_people_context(look, people),
        **_moves_context(look, corrections, slugs),
        **_dates_context(look, corrections),
        **_steps_context(look, people, corrections, slugs),
        "trail": look.trail,
        "around": around(request, application, look.trail, tab) if look.trail else None,
    }


def _dossier_context(look: Look) -> dict[str, Any]:
    """Return the dossier, and what this person may read and do of it."""
    application, user, standing = look.application, look.user, look.standing
    acts = user.access.is_desk and not standing.is_recused
    reads_sheet = standing.reads_scores and look.tab in {"resume", "notation"}
    return {
        "application": application,
        "dossier": application,
        "headline": headline_for(user, application),
        "axes": axes_for(user, application),
        "awarded": _awarded(application),
        "tab": look.tab,
        "standing": standing,
        "may_act": acts,
        "may_read_notes": may_read_notes(user, standing),
        "may_close": acts and Transition.CLOSE in available(application, side="office"),
        "score_sheet": score_sheet(user, application, standing) if reads_sheet else None,
        "rejection": standing_proposal(application)
        if application.rejection_proposed and standing.reads_scores
        else None,
    }


def _people(look: Look) -> People:
    user, standing = look.user, look.standing
    assignments = list(open_assignments(look.application))
    officer = next((a.person for a in assignments if a.role == AssignmentRole.OFFICER), None)
    acting_for = acts_for(user, look.today)
    in_charge = not standing.is_recused and (
        user.access.is_unit_head
        or (user.access.is_case_officer and officer is not None and officer.pk in acting_for)
    )
    return People(
        assignments,
        officer,
        [a for a in assignments if a.role == AssignmentRole.READER],
        in_charge,
        officer if officer and officer.pk in acting_for - {user.pk} else None,
    )


def _people_context(look: Look, people: People) -> dict[str, Any]:
    third = next((a.person for a in people.readers if a.rank == THIRD), None)
    return {
        "officer": people.officer,
        "assignments": people.assignments,
        "readers": people.readers,
        "third_reader": third,
        "in_charge": people.in_charge,
        "stands_in_for": people.stands_in_for,
    }


def _moves_context(
    look: Look, corrections: Sequence[CorrectionRequest], slugs: Sequence[str]
) -> dict[str, Any]:
    """Return the tabs, with what moved since the last visit and what the last answer changed."""
    application, tab = look.application, look.tab
    deposits = deposits_to_compare(application, corrections)
    changes = changes_by_tab(corrections, deposits)
    marks = marks_of(
        application,
        look.user,
        look.standing,
        reads_notes=may_read_notes(look.user, look.standing),
        deposits=deposits,
        tabs=slugs,
    )
    return {
        "tabs": tabs_of(application, tab, slugs, look.trail, changes, marks),
        "marks": marks,
        "seen_at": application.read_at,
        "marked_here": _marked_here(look, marks),
        "fields_here": marks.fields.get(tab, []),
        "changed_here": _changed_here(marks, changes, tab),
    }


def _marked_here(look: Look, marks: Marks) -> list[dict[str, Any]]:
    """Return the marks that a tab tells, with the way to where each is seen."""
    here = {"", look.tab}
    return [
        {
            "title": one.title,
            "detail": one.detail,
            "who": one.who,
            "when": one.when,
            "url": "" if one.tab in here else tab_url(look.application, one.tab, look.trail),
        }
        for one in marks.of(look.tab)
    ]


def _changed_here(
    marks: Marks, changes: dict[str, list[SectionChanges]], tab: str
) -> list[SectionChanges]:
    """Return what the last answer changed in a tab, unless the marks tell the same two deposits."""
    if marks.fields.get(tab) and marks.after - marks.before == 1:
        return []
    return changes.get(tab, [])


def _dates_context(look: Look, corrections: Sequence[CorrectionRequest]) -> dict[str, Any]:
    """Return what is awaited of the applicant, and by when."""
    application, today = look.application, look.today
    due_on = None if application.review_state in ENDED else application.documents_due_on
    return {
        "today": today,
        "corrections": corrections,
        "correction_due": next((c for c in corrections if c.state == CorrectionState.OPEN), None),
        "clock": clock_of(application, corrections, on=today),
        "documents_due_on": due_on,
        "documents_late": due_on is not None and due_on < today,
        "attestation_late": _attestation_is_late(application, today),
    }


def _steps_context(
    look: Look, people: People, corrections: Sequence[CorrectionRequest], slugs: Sequence[str]
) -> dict[str, Any]:
    """Return what should happen next on the dossier, and what that waits for."""
    facts = facts_of(
        look.application,
        look.user,
        look.standing,
        is_in_charge=people.in_charge,
        assignments=people.assignments,
        corrections=corrections,
        today=look.today,
    )
    return {
        "next_action": _shown_step(next_step(facts), look),
        "blockers": [_shown_blocker(one, look, slugs) for one in blockers(facts)],
    }


def may_read_notes(user: User, standing: Standing) -> bool:
    """Tell whether a person reads the notes between colleagues: never who stands aside."""
    return (user.access.is_desk or user.access.is_administrator) and not standing.is_recused


def _attestation_is_late(application: Application, today: date) -> bool:
    due_on = application.attestation_due_on
    return application.awaits_attestation and due_on is not None and due_on < today


def _awarded(application: Application) -> Decimal | None:
    """Return what the applicant was told they are given, in euros; ``None`` before."""
    if application.notified_at is None or application.review_state != ReviewState.AWARDED:
        return None
    return notified_awards([application.pk]).get(application.pk)


def _corrections(application: Application) -> list[CorrectionRequest]:
    """Return the correction requests of a dossier, oldest first."""
    if not application.has_corrections:
        return []
    return list(application.corrections.select_related("asked_by", "deposit").order_by("number"))


@dataclass(frozen=True)
class Link:
    """A sentence of the side box, and where it leads; ``url`` is empty for a mere word."""

    text: str
    url: str = ""
    label: str = ""
    stops: bool = False
    is_late: bool = False


def _shown_step(step: Step, look: Look) -> Link:
    """Give a step its address; none on the tab where it is done, unless it has a place there."""
    if not step.button or (step.tab == look.tab and not step.anchor):
        return Link(step.text)
    url = tab_url(look.application, step.tab, look.trail, step.anchor)
    return Link(step.text, f"#{step.anchor}" if step.tab == look.tab else url, step.button)


def _shown_blocker(blocker: Blocker, look: Look, slugs: Sequence[str]) -> Link:
    """Give what is awaited its address, when the person has that tab and is not on it."""
    url = ""
    if blocker.tab in slugs and (blocker.tab != look.tab or blocker.anchor):
        url = tab_url(look.application, blocker.tab, look.trail, blocker.anchor)
    return Link(blocker.text, url, "", blocker.stops, blocker.is_late)
