"""Who instructs, who reads, who stands aside."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from config.errors import Refusal
from config.templatetags.fr import datetime_fr
from grants.applications.enums import ReviewState
from grants.applications.events import append_event
from grants.applications.services.moves import lock_application, move, refuse_recused
from grants.applications.workflow import Transition
from grants.review.models import (
    Assignment,
    AssignmentMode,
    AssignmentRole,
    ConflictOfInterest,
    Review,
)
from grants.review.permissions import is_recused
from grants.review.services.summaries import refresh_summaries


if TYPE_CHECKING:
    from accounts.models import User
    from grants.applications.models import Application
    from partners.models import Organisation

IN_HAND = frozenset(
    {
        ReviewState.SUBMITTED,
        ReviewState.UNDER_REVIEW,
        ReviewState.CORRECTION_REQUESTED,
        ReviewState.EVALUATED,
    }
)


@transaction.atomic
def assign_officer(
    *,
    application_id: int,
    person: User,
    by: User,
    at: datetime,
    reason: str = "",
    mode: str = AssignmentMode.MANUAL,
    seen: int | None = None,
) -> Assignment:
    """Give a dossier to a case officer; a filed dossier enters review by it.

    The head assigns anybody of the desk, an officer only themself. The officer becomes its first
    reader when the sheet asks for one and none is named.

    Args:
        application_id: The dossier.
        person: Who instructs it from now on.
        by: Who assigns.
        at: Now.
        reason: Why it changes hands; kept in the history.
        mode: By hand or by rule.
        seen: Key of the officer on the page where they chose, 0 for none: a colleague may have
            assigned it since. ``None`` without a page.

    Raises:
        Refusal: ``not_allowed`` or ``recused`` (403), ``wrong_state``, ``already_assigned`` or
            ``changed`` (409), ``not_desk`` or ``recused`` (422, the person named).
    """
    application = lock_application(application_id)
    refuse_recused(by, application)
    _check_assigner(person, by)
    _check_in_hand(application)
    _check_person(person, application)
    current = (
        application.assignments.filter(role=AssignmentRole.OFFICER, ended_at__isnull=True)
        .select_related("person", "assigned_by")
        .first()
    )
    if current is not None and current.person_id == person.pk:
        raise Refusal(
            f"Ce dossier est déjà affecté à {person}.", code="already_assigned", status=409
        )
    _check_seen(current, seen)
    if current is not None:
        current.ended_at = at
        current.save(update_fields=["ended_at"])
    assignment = Assignment(
        application=application,
        person=person,
        role=AssignmentRole.OFFICER,
        assigned_by=by,
        assigned_at=at,
        mode=mode,
    )
    assignment.full_clean()
    assignment.save()
    data = {"officer": person.pk, "mode": str(mode)}
    if application.review_state == ReviewState.SUBMITTED:
        move(
            application=application,
            transition=Transition.ASSIGN,
            actor=by,
            at=at,
            comment=reason.strip(),
            data=data,
        )
    else:
        append_event(
            application=application,
            kind="reassigned",
            actor=by,
            at=at,
            comment=reason.strip(),
            data=data | {"former": current.person_id if current else None},
        )
    if application.sheet.readers and not _readers(application).exists():
        _add_reader(application, person, rank=1, by=by, at=at)
    return assignment


@transaction.atomic
def assign_reader(
    *, application_id: int, person: User, rank: int, by: User, at: datetime
) -> Assignment:
    """Name a reader of a dossier at a rank (1, 2, or 3 for a third reading); replaces the old one.

    Raises:
        Refusal: ``not_allowed`` or ``recused`` (403), ``wrong_state`` (409), ``not_desk``,
            ``recused`` (the person named),
            ``no_reader`` or ``already_reader`` (422).
    """
    application = lock_application(application_id)
    refuse_recused(by, application)
    if not by.access.is_unit_head:
        raise Refusal(
            "Seule la responsable ou le responsable d’unité désigne les lecteurs.",
            code="not_allowed",
            status=403,
        )
    _check_in_hand(application)
    _check_person(person, application)
    if not application.sheet.readers:
        raise Refusal("Cette fiche ne demande pas de notation.", code="no_reader")
    if _readers(application).filter(person=person).exclude(rank=rank).exists():
        raise Refusal(f"{person} lit déjà ce dossier à un autre rang.", code="already_reader")
    _readers(application).filter(rank=rank).update(ended_at=at)
    assignment = _add_reader(application, person, rank=rank, by=by, at=at)
    append_event(
        application=application,
        kind="reader_assigned",
        actor=by,
        at=at,
        data={"reader": person.pk, "rank": rank},
    )
    return assignment


@transaction.atomic
def declare_conflict(
    *,
    person: User,
    application: Application | None = None,
    organisation: Organisation | None = None,
    reason: str,
    at: datetime,
) -> ConflictOfInterest:
    """Stand aside from a dossier or from a body: its assignments end, its reviews no longer count.

    Raises:
        Refusal: ``already_declared`` (409).
    """
    target = {"application": application, "organisation": organisation}
    if ConflictOfInterest.objects.filter(person=person, **target).exists():
        raise Refusal("Ce déport est déjà déclaré.", code="already_declared", status=409)
    conflict = ConflictOfInterest(person=person, reason=reason.strip(), declared_at=at, **target)
    conflict.full_clean()
    conflict.save()
    open_ones = Assignment.objects.filter(person=person, ended_at__isnull=True)
    if application is not None:
        open_ones = open_ones.filter(application=application)
    else:
        open_ones = open_ones.filter(application__organisation=organisation)
    for pk in sorted(set(open_ones.values_list("application_id", flat=True))):
        locked = lock_application(pk)
        open_ones.filter(application=locked).update(ended_at=at)
        append_event(application=locked, kind="conflict_declared", actor=person, at=at)
    if application is not None and not application.events.filter(
        kind="conflict_declared", actor=person
    ):
        locked = lock_application(application.pk)
        append_event(application=locked, kind="conflict_declared", actor=person, at=at)
    _refresh_scores(person, application, organisation)
    return conflict


def _refresh_scores(
    person: User, application: Application | None, organisation: Organisation | None
) -> None:
    """Take the readings of who stands aside out of the scores they were part of."""
    read = Review.objects.filter(reviewer=person)
    if application is not None:
        read = read.filter(application=application)
    else:
        read = read.filter(application__organisation=organisation)
    keys = sorted(set(read.values_list("application_id", flat=True)))
    for pk in keys:
        lock_application(pk)
    refresh_summaries(keys)


def _readers(application: Application):
    return application.assignments.filter(role=AssignmentRole.READER, ended_at__isnull=True)


def _add_reader(
    application: Application, person: User, *, rank: int, by: User, at: datetime
) -> Assignment:
    assignment = Assignment(
        application=application,
        person=person,
        role=AssignmentRole.READER,
        rank=rank,
        assigned_by=by,
        assigned_at=at,
    )
    assignment.full_clean()
    assignment.save()
    return assignment


def _check_seen(current: Assignment | None, seen: int | None) -> None:
    """Refuse a choice made on a page that showed another officer, and say who chose since."""
    found = current.person_id if current else 0
    if seen is None or seen == found:
        return
    if current is None:
        sentence = "Ce dossier n’a plus de chargé d’instruction"
    else:
        sentence = (
            f"Entre-temps, {current.assigned_by} a affecté ce dossier à {current.person}, "
            f"le {datetime_fr(current.assigned_at)}"
        )
    raise Refusal(f"{sentence}\u00a0: vérifiez, puis recommencez.", code="changed", status=409)


def _check_assigner(person: User, by: User) -> None:
    if by.access.is_unit_head or (by.access.is_case_officer and person.pk == by.pk):
        return
    raise Refusal(
        "Seule la responsable ou le responsable d’unité affecte un dossier à une autre personne.",
        code="not_allowed",
        status=403,
    )


def _check_in_hand(application: Application) -> None:
    if application.review_state not in IN_HAND:
        raise Refusal(
            "Ce dossier n’est plus en instruction : "
            f"il est à l’état « {application.get_review_state_display()} ».",
            code="wrong_state",
            status=409,
        )


def _check_person(person: User, application: Application) -> None:
    if not person.access.is_desk:
        raise Refusal(f"{person} n’instruit pas de dossiers.", code="not_desk")
    if is_recused(person, application):
        raise Refusal(f"{person} a déclaré un déport sur ce dossier.", code="recused")
