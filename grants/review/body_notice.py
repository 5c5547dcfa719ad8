"""What the office should know of the body behind a dossier: it blocks nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef
from django.db.models.functions import JSONObject

from grants.applications.models import Application
from partners.enums import FlagKind
from partners.models import Membership, OrganisationFlag
from partners.permissions import handles_flags, runs_directory


if TYPE_CHECKING:
    from django.db.models import QuerySet

    from accounts.models import User


@dataclass(frozen=True)
class Flag:
    """Something flagged: what it is about, and the sentence."""

    label: str
    text: str


@dataclass(frozen=True)
class BodyNotice:
    """What waits for the office in a body.

    Attributes:
        flags: What is flagged and not looked at yet.
        filed_while_pending: Who filed, when the answer to their membership is still awaited.
        pending: How many requests to join wait.
        may_answer: The reader answers such requests.
    """

    flags: list[Flag]
    filed_while_pending: User | None
    pending: int
    may_answer: bool


def with_body_notice(dossiers: QuerySet[Application]) -> QuerySet[Application]:
    """Annotate what :func:`body_notice` reads, so that it costs no query of its own."""
    waiting = Membership.objects.pending().filter(organisation=OuterRef("organisation"))
    flagged = OrganisationFlag.objects.filter(
        organisation=OuterRef("organisation"), handled_at__isnull=True
    )
    return dossiers.annotate(
        body_waiting=ArraySubquery(waiting.order_by("pk").values("user_id")),
        body_flagged=ArraySubquery(
            flagged.order_by("-raised_at", "pk").values(one=JSONObject(kind="kind", text="text"))
        ),
    )


def body_notice(user: User, application: Application) -> BodyNotice | None:
    """Return what waits in the body of a dossier, for who deals with it.

    Args:
        user: Who reads.
        application: Annotated by :func:`with_body_notice`, with ``submitted_by`` loaded.

    Returns:
        ``None`` when nothing waits.
    """
    waiting, flagged = application.body_waiting, application.body_flagged
    if not handles_flags(user) or not (waiting or flagged):
        return None
    return BodyNotice(
        [Flag(FlagKind(one["kind"]).label, one["text"]) for one in flagged],
        application.submitted_by if application.submitted_by_id in waiting else None,
        len(waiting),
        runs_directory(user),
    )
