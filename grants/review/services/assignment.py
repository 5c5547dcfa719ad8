"""Who instructs, who reads, who stands aside."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Q

from config.errors import Refusal
from config.templatetags.fr import datetime_fr
from config.text import is_blank
from grants.applications.enums import ReviewState
from grants.applications.events import append_event
from grants.applications.models import Application
from grants.applications.services.moves import (
    lock_application,
    lock_applications,
    move,
    refuse_recused,
)
from grants.applications.workflow import Transition
from grants.review.enums import ASSIGNABLE, RANKS, THIRD, TO_INSTRUCT, UNDECIDED
from grants.review.models import (
    Assignment,
    AssignmentMode,
    AssignmentRole,
    ConflictOfInterest,
    Review,
    ReviewProgress,
    Visit,
)
from grants.review.people_messages import queue_assignment_ended
from grants.review.permissions import is_member, is_recused, standing_of
from grants.review.services.opinions import revoke_of_recused
from grants.review.services.summaries import refresh_summaries


if TYPE_CHECKING:
    from django.db.models import QuerySet

    from accounts.models import User
    from partners.models import Organisation


# Concluded, a dossier without officer would be on nobody's list; a reading nobody finished still
# hides the proposal from its reader until the vote.
ENDS_IN = {AssignmentRole.OFFICER: TO_INSTRUCT, AssignmentRole.READER: UNDECIDED}


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
        reason: Why it changes hands, which must be said; kept in the history.
        mode: By hand or by rule.
        seen: Key of the officer on the page where they chose, 0 for none: a colleague may have
            assigned it since. ``None`` without a page.

    Raises:
        Refusal: ``not_allowed`` or ``recused`` (403), ``wrong_state``, ``already_assigned`` or
            ``changed`` (409), ``reason_needed``, ``not_desk`` or ``recused`` (422, the person
            named).
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
    if current is not None and is_blank(reason):
        raise Refusal("Dites pourquoi le dossier change de mains.", code="reason_needed")
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
    *,
    application_id: int,
    person: User,
    rank: int,
    by: User,
    at: datetime,
    seen: int | None = None,
) -> Assignment:
    """Name a reader of a dossier at a rank; they replace whoever held it and has not finished.

    A final reading counts: its reader is not replaced, or a reading nobody asked for would weigh on
    the score. They may reopen it, or a third person reads.

    Args:
        application_id: The dossier.
        person: Who reads it.
        rank: 1, 2, or 3 for a third reading.
        by: The head.
        at: Now.
        seen: Key of the reader of that rank on the page where they chose, 0 for none. ``None``
            without a page.

    Raises:
        Refusal: ``not_allowed`` or ``recused`` (403), ``wrong_state``, ``changed`` or
            ``already_final`` (409), ``has_read`` (they could read the other readings),
            ``not_desk``, ``recused`` (the person named), ``no_reader``, ``bad_rank`` or
            ``already_reader`` (422).
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
    if rank not in RANKS:
        raise Refusal("Un lecteur est premier, second ou troisième.", code="bad_rank")
    if _readers(application).filter(person=person).exclude(rank=rank).exists():
        raise Refusal(f"{person} lit déjà ce dossier à un autre rang.", code="already_reader")
    current = _readers(application).filter(rank=rank).select_related("person", "assigned_by")
    _check_reader_seen(current.first(), seen)
    _check_not_final(current.first(), person)
    if person.pk == by.pk:
        _check_has_not_read(person, application)
    after_others = _could_read_others(person, application)
    current.update(ended_at=at)
    assignment = _add_reader(application, person, rank=rank, by=by, at=at)
    append_event(
        application=application,
        kind="reader_assigned",
        actor=by,
        at=at,
        data={"reader": person.pk, "rank": rank} | ({"after_others": True} if after_others else {}),
    )
    return assignment


@transaction.atomic
def end_assignment(
    *, application_id: int, assignment_id: int, reason: str, by: User, at: datetime
) -> Assignment:
    """Take a dossier from its officer, or a reading from its reader, and name nobody.

    The dossier is then among those to assign, in the state it is in; its readings and what was
    asked for stay. An officer who also reads goes on reading. A final reading counts: its reader
    keeps it.

    Args:
        application_id: The dossier.
        assignment_id: What the head saw on the page where they chose.
        reason: Why; kept in the history, and told to the person.
        by: The head.
        at: Now.

    Raises:
        Refusal: ``not_allowed`` or ``recused`` (403), ``not_found`` (404), ``wrong_state``,
            ``changed`` or ``already_final`` (409), ``reason_needed`` (422).
    """
    application = lock_application(application_id)
    refuse_recused(by, application)
    if not by.access.is_unit_head:
        raise Refusal(
            "Seule la responsable ou le responsable d’unité retire une affectation.",
            code="not_allowed",
            status=403,
        )
    chosen = application.assignments.filter(pk=assignment_id).first()
    if chosen is None:
        raise Refusal("Cette affectation n’est pas de ce dossier.", code="not_found", status=404)
    _check_in_hand(application, ENDS_IN[chosen.role])
    now = application.assignments.filter(
        role=chosen.role, rank=chosen.rank, ended_at__isnull=True
    ).select_related("person", "assigned_by")
    current, is_officer = now.first(), chosen.role == AssignmentRole.OFFICER
    (_check_seen if is_officer else _check_reader_seen)(current, chosen.person_id)
    if not is_officer:
        _refuse_final(current)
    if is_blank(reason):
        raise Refusal("Dites pourquoi l’affectation est retirée.", code="reason_needed")
    current.ended_at = at
    current.save(update_fields=["ended_at"])
    append_event(
        application=application,
        kind="unassigned" if is_officer else "reader_withdrawn",
        actor=by,
        at=at,
        comment=reason.strip(),
        data={"officer": current.person_id}
        if is_officer
        else {"reader": current.person_id, "rank": current.rank},
    )
    queue_assignment_ended(current, application, by=by, reason=reason.strip(), at=at)
    return current


@transaction.atomic
def declare_conflict(
    *,
    person: User,
    application: Application | None = None,
    organisation: Organisation | None = None,
    reason: str,
    at: datetime,
) -> ConflictOfInterest:
    """Stand aside from a dossier or from a body, which nobody decides for anybody else.

    See :func:`set_aside` for what ends with it.

    Args:
        person: Somebody of the office who may open the dossier.
        application: The dossier, or
        organisation: the body, with every dossier of it.
        reason: What binds them; may be empty.
        at: Now.

    Raises:
        Refusal: ``not_allowed`` (403), ``already_declared``, ``merged`` (409).
    """
    _check_may_stand_aside(person, application)
    # Locked before anything is read: an assignment being written is waited for, then ended.
    if application is not None:
        locked = lock_applications(Application.objects.filter(pk=application.pk))
    else:
        locked = lock_applications(Application.objects.filter(organisation=organisation))
        organisation.refresh_from_db(fields=["merged_into"])
        if organisation.merged_into_id:
            raise Refusal(
                "Cette organisation vient d’être réunie à une autre\u00a0: rechargez la page.",
                code="merged",
                status=409,
            )
    target = {"application": application, "organisation": organisation}
    if ConflictOfInterest.objects.in_force().filter(person=person, **target).exists():
        raise Refusal("Ce déport est déjà déclaré.", code="already_declared", status=409)
    conflict = ConflictOfInterest(person=person, reason=reason.strip(), declared_at=at, **target)
    conflict.full_clean()
    conflict.save()
    ended = set_aside(person=person, applications=locked, actor=person, at=at)
    for one in locked if application is not None else []:
        if one.pk not in ended and not _is_told(person, one):
            append_event(
                application=one,
                kind="conflict_declared",
                actor=person,
                at=at,
                data={"person": person.pk},
            )
    return conflict


def set_aside(
    *,
    person: User,
    applications: Collection[Application],
    actor: User,
    at: datetime,
    comment: str = "",
) -> set[int]:
    """End what somebody who stands aside had to do on dossiers.

    Their assignments end, with an event; their readings leave the scores; what was asked of them is
    revoked. The caller has written the conflict.

    Args:
        person: Who stands aside.
        applications: The dossiers they stand aside from, locked (:func:`lock_applications`).
        actor: Whose act it is: theirs, or whoever joined two bodies.
        at: Now.
        comment: Why, when it is not them; kept in the history.

    Returns:
        The dossiers where an assignment ended.
    """
    keys = [one.pk for one in applications]
    open_ones = Assignment.objects.filter(
        person=person, ended_at__isnull=True, application__in=keys
    )
    ended = set(open_ones.values_list("application_id", flat=True))
    open_ones.update(ended_at=at)
    for one in applications:
        if one.pk in ended:
            append_event(
                application=one,
                kind="conflict_declared",
                actor=actor,
                at=at,
                comment=comment,
                data={"person": person.pk},
            )
    revoke_of_recused(person, applications, at)
    read = Review.objects.filter(reviewer=person, application__in=keys)
    refresh_summaries(sorted(set(read.values_list("application_id", flat=True))))
    return ended


def _is_told(person: User, application: Application) -> bool:
    """Tell whether the history says that a person stands aside, and nothing since that it ended."""
    theirs = Q(actor=person, kind="conflict_declared") | Q(data__person=person.pk)
    events = application.events.filter(theirs, kind__in=["conflict_declared", "conflict_withdrawn"])
    last = events.order_by("position").last()
    return last is not None and last.kind == "conflict_declared"


def _check_may_stand_aside(person: User, application: Application | None) -> None:
    allowed = person.access.is_office
    if allowed and application is not None:
        visible = Application.objects.office_visible_to(person)
        allowed = visible.filter(pk=application.pk).exists()
    if not allowed:
        raise Refusal(
            "Seul le service se déporte, d’un dossier qu’il peut ouvrir.",
            code="not_allowed",
            status=403,
        )


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


def _check_reader_seen(current: Assignment | None, seen: int | None) -> None:
    """Refuse a choice made on a page that showed another reader, and say who chose since."""
    if seen is None or seen == (current.person_id if current else 0):
        return
    if current is None:
        sentence = "Ce rang n’a plus de lecteur"
    else:
        sentence = (
            f"Entre-temps, {current.assigned_by} a désigné {current.person} à ce rang, "
            f"le {datetime_fr(current.assigned_at)}"
        )
    raise Refusal(f"{sentence}\u00a0: vérifiez, puis recommencez.", code="changed", status=409)


def _check_not_final(current: Assignment | None, person: User) -> None:
    if current is None:
        return
    if current.person_id == person.pk:
        raise Refusal(f"{person} lit déjà ce dossier à ce rang.", code="already_reader")
    _refuse_final(current)


def _refuse_final(current: Assignment) -> None:
    finals = Review.objects.filter(application=current.application_id, state=ReviewProgress.FINAL)
    if not finals.filter(reviewer=current.person).exists():
        return
    others = "" if current.rank == THIRD else ", ou confiez une troisième lecture"
    raise Refusal(
        f"La lecture de {current.person} est définitive\u00a0: elle compte. "
        f"{current.person} peut la rouvrir{others}.",
        code="already_final",
        status=409,
    )


def _check_has_not_read(person: User, application: Application) -> None:
    """Refuse as reader, by their own choice, somebody who could read the other readings."""
    read = _finals_of_others(person, application).exists()
    if read and standing_of(person, application).reads_others:
        raise Refusal(
            "Vous avez pu lire les notations de ce dossier\u00a0: une lecture se fait à l’aveugle. "
            "Désignez une autre personne.",
            code="has_read",
        )


def _could_read_others(person: User, application: Application) -> bool:
    """Tell whether a reader named now opened the dossier while others’ readings were in it."""
    finals = _finals_of_others(person, application).order_by("finalised_at")
    first = finals.values_list("finalised_at", flat=True).first()
    if first is None or not standing_of(person, application).reads_others:
        return False
    opened = Visit.objects.filter(person=person, application=application, seen_at__gte=first)
    return opened.exists()


def _finals_of_others(person: User, application: Application) -> QuerySet[Review]:
    finals = Review.objects.filter(application=application, state=ReviewProgress.FINAL)
    return finals.exclude(reviewer=person)


def _check_assigner(person: User, by: User) -> None:
    if by.access.is_unit_head or (by.access.is_case_officer and person.pk == by.pk):
        return
    raise Refusal(
        "Seule la responsable ou le responsable d’unité affecte un dossier à une autre personne.",
        code="not_allowed",
        status=403,
    )


def _check_in_hand(application: Application, states: Collection[ReviewState] = ASSIGNABLE) -> None:
    if application.review_state not in states:
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
        words = "a déclaré un déport sur ce dossier"
        if is_member(person, application):
            words = f"est membre de l’organisation ({application.organisation})"
        raise Refusal(f"{person} {words}.", code="recused")
