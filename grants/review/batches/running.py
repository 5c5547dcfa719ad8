"""From a confirmed batch to its job, and each dossier of the job in its turn."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.core.exceptions import ObjectDoesNotExist
from django.db import transaction
from django.db.models import F

from accounts.models import User
from config.errors import Refusal
from config.templatetags.fr import datetime_fr, number_fr, plural_fr
from foundation.jobs.items import ItemKind, Label
from foundation.jobs.registry import register_kind
from foundation.jobs.services import keep_result, start_job, take_key
from grants.applications.labels import event_label
from grants.applications.models import Application
from grants.applications.services.moves import lock_application
from grants.review.batches.registry import BATCH, BatchAct, act_named
from grants.review.batches.selection import batch_rows


if TYPE_CHECKING:
    from foundation.jobs.models import Job
    from grants.review.batches.plan import Plan
    from grants.review.batches.registry import Line, Values


KIND = BATCH


def register() -> None:
    """Declare the kind of the jobs of every act."""
    register_kind(
        ItemKind(
            slug=KIND,
            label="Lot de dossiers",
            items=_keys,
            name=labels,
            do=_do,
            may_open=lambda user: user.access.is_desk,
            keep=_kept,
            retry=_retry,
        ).as_kind()
    )


@transaction.atomic
def launch_batch(*, act: BatchAct, plan: Plan, request_key: UUID, by: User, at: datetime) -> Job:
    """Start the job of a confirmed batch.

    The same act runs once at a time on exactly the same set of dossiers, whoever asks (for each
    person, when what it makes is theirs alone). Two sets that overlap may run together: each
    dossier is locked and checked again in its turn.

    Args:
        act: The act.
        plan: What was shown.
        request_key: One-time key of the confirmation: sent twice, it starts one job.
        by: Who confirms.
        at: Now.

    Raises:
        Refusal: ``not_allowed`` (403), ``nothing_to_do`` (422), ``already_done`` (409, an
            ``AlreadyDoneError`` with the job's address), ``already_running`` (409).
    """
    require_act(act, by)
    if not plan.dossiers:
        raise Refusal("Aucun des dossiers choisis ne peut l’être.", code="nothing_to_do")
    used = take_key(key=request_key, by=by, purpose=KIND, at=at)
    count = len(plan.dossiers)
    job = start_job(
        kind=act.kind,
        label=f"{act.label}\u00a0: {number_fr(count)} dossier{plural_fr(count)}",
        scope=scope_of(act, [one.key for one in plan.dossiers], by=by),
        payload={
            "act": act.slug,
            "dossiers": {str(one.key): [one.position, one.data] for one in plan.dossiers},
            "values": plan.values,
        },
        total=count,
        by=by,
        at=at,
    )
    keep_result(used, job.get_absolute_url())
    return job


def scope_of(act: BatchAct, keys: Sequence[int], *, by: User | None = None) -> str:
    """Return a name for an act on a set of dossiers, the same in any order.

    Args:
        act: The act.
        keys: Of the dossiers.
        by: Who asks, for an act whose work is theirs alone.
    """
    written = ",".join(str(key) for key in sorted(set(keys)))
    whose = f"{by.pk}:" if act.is_personal else ""
    return f"{act.slug}:{whose}{hashlib.sha256(written.encode()).hexdigest()}"


def require_act(act: BatchAct | None, by: User) -> None:
    """Refuse who may not do an act (any more).

    Raises:
        Refusal: ``not_allowed`` (403).
    """
    if act is None or not (by.is_active and act.may(by)):
        raise Refusal("Votre rôle ne permet plus cet acte.", code="not_allowed", status=403)


# --- One dossier ----------------------------------------------------------------------------------
def _keys(job: Job) -> list[int]:
    return sorted(int(key) for key in job.payload["dossiers"])


def labels(keys: Sequence[int]) -> dict[int, Label]:
    """Return how the lines of a job name dossiers, by key."""
    rows = Application.objects.filter(pk__in=keys).select_related("organisation")
    return {
        row.pk: Label(f"{row.reference} · {row.organisation}", row.get_desk_url()) for row in rows
    }


def _do(job: Job, key: int, at: datetime) -> str:
    act = act_named(job.payload["act"])
    by = User.objects.get(pk=job.created_by_id)  # their rights of now, not of the job's beginning
    require_act(act, by)
    if not Application.objects.office_visible_to(by).filter(pk=key).exists():
        raise Refusal("Vous ne pouvez plus ouvrir ce dossier.", code="not_found", status=404)
    values, planned = job.payload["values"], job.payload["dossiers"][str(key)]
    if act.lock is not None:
        act.lock(values)
    application = lock_application(key)
    if planned is None:
        data = _checked_again(act, key, values, by, at)
    else:
        position, data = planned
        _refuse_changed(act, application, position)
    return act.run_one(key, {**values, **data}, by, at)


def _checked_again(
    act: BatchAct, key: int, values: Values, by: User, at: datetime
) -> Mapping[str, Any]:
    """Return what the act would choose for a dossier now; nobody was shown it before.

    Raises:
        Refusal: ``left_out`` (409), with the reason of the preflight.
    """
    line = next(iter(_preflight(act, [key], values, by, at)), None)
    if line is None or not line.ok:
        reason = line.reason if line else "Vous ne pouvez plus ouvrir ce dossier."
        raise Refusal(reason, code="left_out", status=409)
    return line.data


def _preflight(
    act: BatchAct, keys: Sequence[int], values: Values, by: User, at: datetime
) -> list[Line]:
    try:
        return act.preflight(batch_rows(by, keys), by, values, at)
    except ObjectDoesNotExist:
        raise Refusal(
            "Ce qui avait été choisi n’existe plus\u00a0: recommencez depuis la liste.",
            code="gone",
            status=409,
        ) from None


# --- What could not be done -----------------------------------------------------------------------
def _kept(job: Job, left: Sequence[int]) -> dict[str, Any]:
    """Return what is needed to try again the dossiers that could not be done."""
    dossiers = dict.fromkeys(map(str, left))
    return {"act": job.payload["act"], "dossiers": dossiers, "values": job.payload["values"]}


def _retry(job: Job, by: User, at: datetime) -> Job:
    """Start the job of the dossiers that an earlier one could not do.

    Each is checked again when its turn comes, since all may have changed: what is done is what the
    act would do that day, with what was typed the first time.

    Raises:
        Refusal: ``not_allowed`` (403), ``nothing_to_do`` (409): none could be done today either.
    """
    act = act_named(job.payload["act"])
    require_act(act, by)
    keys = _keys(job)
    lines = _preflight(act, keys, job.payload["values"], by, at)
    if not any(line.ok for line in lines):
        why = f"\u00a0: {lines[0].reason}" if lines else "."
        raise Refusal(
            f"Rien ne peut être repris aujourd’hui{why}", code="nothing_to_do", status=409
        )
    count = len(keys)
    return start_job(
        kind=act.kind,
        label=f"{act.label}\u00a0: {number_fr(count)} dossier{plural_fr(count)} (reprise)",
        scope=scope_of(act, keys, by=by),
        payload=job.payload,
        total=count,
        by=by,
        at=at,
    )


def _refuse_changed(act: BatchAct, application: Application, position: int) -> None:
    """Stop on a dossier that is no more what the preflight showed, and say what happened.

    Raises:
        Refusal: ``changed`` (409).
    """
    since = application.events.filter(position__gt=position).select_related("actor")
    moved = since.exclude(to_state="").exclude(to_state=F("from_state"))
    found = (moved | since.filter(kind__in=act.watched)).order_by("position").first()
    if found is None:
        return
    who = f" par {found.actor}" if found.actor_id else ""
    raise Refusal(
        f"Ce dossier a changé depuis la vérification\u00a0: «\u00a0{event_label(found.kind)}"
        f"\u00a0»{who}, le {datetime_fr(found.at)}. Rien n’y a été fait.",
        code="changed",
        status=409,
    )
