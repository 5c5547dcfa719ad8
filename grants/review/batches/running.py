"""From a confirmed batch to its job, and each dossier of the job in its turn."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

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
from grants.review.batches.registry import BatchAct, act_named


if TYPE_CHECKING:
    from foundation.jobs.models import Job
    from grants.review.batches.plan import Plan


KIND = "desk-batch"


def register() -> None:
    """Declare the kind of the jobs of every act."""
    register_kind(
        ItemKind(
            slug=KIND,
            label="Lot de dossiers",
            items=_keys,
            name=_labels,
            do=_do,
            may_open=lambda user: user.access.is_desk,
        ).as_kind()
    )


@transaction.atomic
def launch_batch(*, act: BatchAct, plan: Plan, request_key: UUID, by: User, at: datetime) -> Job:
    """Start the job of a confirmed batch.

    The same act runs once at a time on exactly the same set of dossiers, whoever asks. Two sets
    that overlap may run together: each dossier is locked and checked again in its turn.

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
    _require(act, by)
    if not plan.dossiers:
        raise Refusal("Aucun des dossiers choisis ne peut l’être.", code="nothing_to_do")
    used = take_key(key=request_key, by=by, purpose=KIND, at=at)
    count = len(plan.dossiers)
    job = start_job(
        kind=KIND,
        label=f"{act.label}\u00a0: {number_fr(count)} dossier{plural_fr(count)}",
        scope=scope_of(act, [one.key for one in plan.dossiers]),
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


def scope_of(act: BatchAct, keys: Sequence[int]) -> str:
    """Return a name for an act on a set of dossiers, the same in any order."""
    written = ",".join(str(key) for key in sorted(set(keys)))
    return f"{act.slug}:{hashlib.sha256(written.encode()).hexdigest()}"


def _require(act: BatchAct | None, by: User) -> None:
    if act is None or not (by.is_active and act.may(by)):
        raise Refusal("Votre rôle ne permet plus cet acte.", code="not_allowed", status=403)


# --- One dossier ----------------------------------------------------------------------------------
def _keys(job: Job) -> list[int]:
    return sorted(int(key) for key in job.payload["dossiers"])


def _labels(keys: Sequence[int]) -> dict[int, Label]:
    rows = Application.objects.filter(pk__in=keys).select_related("organisation")
    return {
        row.pk: Label(f"{row.reference} · {row.organisation}", row.get_desk_url()) for row in rows
    }


def _do(job: Job, key: int, at: datetime) -> str:
    act = act_named(job.payload["act"])
    by = User.objects.get(pk=job.created_by_id)  # their rights of now, not of the job's beginning
    _require(act, by)
    if not Application.objects.office_visible_to(by).filter(pk=key).exists():
        raise Refusal("Vous ne pouvez plus ouvrir ce dossier.", code="not_found", status=404)
    position, data = job.payload["dossiers"][str(key)]
    if act.lock is not None:
        act.lock(job.payload["values"])
    _refuse_changed(act, lock_application(key), position)
    return act.run_one(key, {**job.payload["values"], **data}, by, at)


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
