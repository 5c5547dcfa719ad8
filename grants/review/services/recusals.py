"""Withdraw a recusal: somebody else decides it, says why, and nothing comes back by itself."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Coalesce, Least

from config.errors import Refusal
from config.templatetags.fr import datetime_fr
from config.text import is_blank
from grants.applications.events import append_event
from grants.applications.models import Application, Event
from grants.applications.services.moves import lock_applications, refuse_recused
from grants.review.models import ConflictOfInterest, Review, ReviewProgress, Visit
from grants.review.people_messages import queue_conflict_withdrawn
from grants.review.permissions import conflicts_on, recused_from
from grants.review.services.summaries import refresh_summaries


if TYPE_CHECKING:
    from accounts.models import User


@transaction.atomic
def withdraw_conflict(
    *, application_id: int, conflict_id: int, reason: str, by: User, at: datetime
) -> ConflictOfInterest:
    """End a recusal, which stays in the history with who ended it and why.

    The person may act again on the dossiers from which no other recusal of theirs keeps them.
    What ended when they stood aside is not given back: neither their assignments, nor their
    readings (a final one is a draft again, and counts only if they are named and finish it), nor
    what was asked of them. What happened meanwhile carries the marks of what they did not read.

    Args:
        application_id: The dossier from which it is withdrawn.
        conflict_id: The recusal, of this dossier or of its body.
        reason: Why it has no cause any more, or never had.
        by: The head or an administrator, never the person who stands aside.
        at: Now.

    Raises:
        Refusal: ``not_allowed``, ``own`` or ``recused`` (403), ``not_found`` (404),
            ``already_withdrawn`` or ``merged`` (409), ``reason_needed`` (422).
    """
    conflict, dossiers = _locked(application_id, conflict_id)
    check_may_withdraw(conflict, by)
    for one in dossiers:
        refuse_recused(by, one)
    if conflict.withdrawn_at is not None:
        raise Refusal(
            f"Ce déport a été retiré par {conflict.withdrawn_by}, le "
            f"{datetime_fr(conflict.withdrawn_at)}.",
            code="already_withdrawn",
            status=409,
        )
    if is_blank(reason):
        raise Refusal("Dites pourquoi ce déport est retiré.", code="reason_needed")
    conflict.withdrawn_at = at
    conflict.withdrawn_by = by
    conflict.withdrawal_reason = reason.strip()
    conflict.full_clean()
    conflict.save(update_fields=["withdrawn_at", "withdrawn_by", "withdrawal_reason"])
    freed = _freed(conflict.person, dossiers)
    drafts = _readings_to_drafts(conflict.person, freed, at)
    _leave_unread(conflict, freed)
    told = _told_of(conflict.person, dossiers) | {application_id}
    for one in dossiers:
        if one.pk in told | drafts:
            append_event(
                application=one,
                kind="conflict_withdrawn",
                actor=by,
                at=at,
                comment=conflict.withdrawal_reason,
                data={
                    "person": conflict.person_id,
                    "whole_body": conflict.organisation_id is not None,
                    "reading_is_draft": one.pk in drafts,
                },
            )
    here = next(one for one in dossiers if one.pk == application_id)
    queue_conflict_withdrawn(conflict, here, at=at)
    return conflict


def _locked(application_id: int, conflict_id: int) -> tuple[ConflictOfInterest, list[Application]]:
    """Lock the dossiers that a recusal bears on, in their order, then the recusal itself."""
    application = Application.objects.get(pk=application_id)
    found = conflicts_on(application).filter(pk=conflict_id).first()
    if found is None:
        raise Refusal("Ce déport ne porte pas sur ce dossier.", code="not_found", status=404)
    condition = Q(pk=application_id)
    if found.organisation_id is not None:
        condition |= Q(organisation=found.organisation_id)
    dossiers = lock_applications(Application.objects.filter(condition))
    conflict = (
        ConflictOfInterest.objects.select_for_update(of=("self",), no_key=True)
        .select_related("person", "withdrawn_by", "organisation", "application")
        .get(pk=conflict_id)
    )
    if conflict.organisation_id != found.organisation_id:
        raise Refusal(
            "Cette organisation vient d’être réunie à une autre\u00a0: rechargez la page.",
            code="merged",
            status=409,
        )
    return conflict, dossiers


def check_may_withdraw(conflict: ConflictOfInterest, user: User) -> None:
    """Refuse everybody but the head and administrators, and the person who stands aside.

    Raises:
        Refusal: ``not_allowed`` or ``own`` (403).
    """
    if not (user.access.is_unit_head or user.access.is_administrator):
        raise Refusal(
            "Seule la responsable ou le responsable d’unité, ou l’administration, retire un "
            "déport.",
            code="not_allowed",
            status=403,
        )
    if conflict.person_id == user.pk:
        raise Refusal(
            "On ne retire pas son propre déport\u00a0: demandez-le à une autre personne.",
            code="own",
            status=403,
        )


def _freed(person: User, dossiers: Collection[Application]) -> set[int]:
    """Return the dossiers from which nothing keeps a person aside any more."""
    rows = Application.objects.filter(pk__in=[one.pk for one in dossiers])
    return set(rows.exclude(recused_from(person)).values_list("pk", flat=True))


def _readings_to_drafts(person: User, freed: set[int], at: datetime) -> set[int]:
    """Take back to draft the final readings of a person; return the dossiers.

    Nobody asks for them any more, and somebody else may read in their place: counting them again
    would move a score, even that of a dossier already voted.
    """
    finals = Review.objects.filter(
        reviewer=person, application__in=freed, state=ReviewProgress.FINAL
    )
    found = set(finals.values_list("application_id", flat=True))
    finals.update(
        state=ReviewProgress.DRAFT, finalised_at=None, updated_at=at, version=F("version") + 1
    )
    refresh_summaries(sorted(found))
    return found


def _leave_unread(conflict: ConflictOfInterest, freed: set[int]) -> None:
    """Take the visits of a person back to when they stood aside: the rest was kept from them."""
    since = conflict.declared_at
    Visit.objects.filter(person=conflict.person, application__in=freed, seen_at__gt=since).update(
        seen_at=since, previous_at=Least(Coalesce(F("previous_at"), since), since)
    )


def _told_of(person: User, dossiers: Collection[Application]) -> set[int]:
    """Return the dossiers whose history tells that a person stood aside."""
    told = Event.objects.filter(
        application__in=[one.pk for one in dossiers], kind="conflict_declared"
    ).filter(Q(actor=person) | Q(data__person=person.pk))
    return set(told.values_list("application_id", flat=True))
