"""What the tab « Avis » shows: who is asked, what came back, a new request."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from config.dates import local_date
from config.templatetags.fr import date_fr, datetime_fr
from grants.review.enums import TO_INSTRUCT
from grants.review.models import Opinion, OpinionPosition, OpinionRequest, OpinionState
from grants.review.opinion_forms import (
    AskOpinionForm,
    ExtendOpinionForm,
    RevokeOpinionForm,
    ShareDocumentsForm,
    coordinator_choices,
)
from grants.review.opinion_pieces import Offer, SharedRow, offer_of, shared_rows
from grants.review.opinion_scope import readable_requests


if TYPE_CHECKING:
    from django.http import HttpRequest

    from accounts.models import User
    from grants.applications.models import Application

POSITION_TONES = {
    OpinionPosition.FAVOURABLE: ("success", "hand-thumbs-up"),
    OpinionPosition.RESERVE: ("warning", "exclamation-circle"),
    OpinionPosition.UNFAVOURABLE: ("danger", "hand-thumbs-down"),
    OpinionPosition.NONE: ("neutral", "dash-circle"),
}


@dataclass(frozen=True)
class OpinionRow:
    """A request and, once given, its answer.

    Attributes:
        asked: The request.
        words: Its state: « attendu le… », « en retard », « reçu », « annulé ».
        tone: Of its badge.
        icon: Of its badge.
        opinion: The answer; ``None`` until it is given.
        position: Tone and icon of the answer.
        author: Who gave it, when it is not who was asked.
        is_outdated: The dossier was deposited anew since.
        is_awaited: It may still be reminded of, prolonged, taken back.
        remind_words: Why it cannot be reminded of today; empty when it can.
        pieces: The documents that are read with it.
        extend_form: More time.
        share_form: Choose these documents again.
        revoke_form: Take it back.
    """

    asked: OpinionRequest
    words: str
    tone: str
    icon: str
    opinion: Opinion | None = None
    position: tuple[str, str] = ("neutral", "dash-circle")
    author: str = ""
    is_outdated: bool = False
    is_awaited: bool = False
    remind_words: str = ""
    pieces: Sequence[SharedRow] = ()
    extend_form: ExtendOpinionForm | None = None
    share_form: ShareDocumentsForm | None = None
    revoke_form: RevokeOpinionForm | None = None


def opinions_context(
    request: HttpRequest, dossier: Application, context: dict[str, Any]
) -> dict[str, Any]:
    """Return what the tab « Avis » shows."""
    today = timezone.localdate()
    in_time = dossier.review_state in TO_INSTRUCT
    may_ask = context["may_act"]
    requests = readable_requests(request.user, dossier, is_recused=context["standing"].is_recused)
    rows = opinion_rows(dossier, requests, today, may_act=may_ask, in_time=in_time)
    offer = offer_of(dossier) if may_ask and in_time else None
    rows = _with_pieces(rows, dossier, offer)
    counted = [row for row in rows if row.asked.state != OpinionState.REVOKED]
    return {
        "rows": rows,
        "asked_count": len(counted),
        "given_count": sum(1 for row in counted if row.opinion is not None),
        "sees_all": request.user.access.is_desk or request.user.access.is_administrator,
        "ask_form": AskOpinionForm(coordinator_choices(dossier, today), offer, on=today)
        if offer is not None
        else None,
        "in_time": in_time,
        "row_form": None,  # what was typed in an act of a row and is wrong
        "row_pk": 0,
        "answers": {row.asked.pk for row in rows if _may_answer(request.user, row)},
    }


def _with_pieces(
    rows: list[OpinionRow], dossier: Application, offer: Offer | None
) -> list[OpinionRow]:
    """Add what each request shares, and the form to choose it again where it may be."""
    for row in rows:
        row.asked.application = dossier
    shared = shared_rows([row.asked for row in rows])
    return [
        replace(
            row,
            pieces=shared[row.asked.pk],
            share_form=ShareDocumentsForm(
                offer, rows=shared[row.asked.pk], prefix=f"pieces-{row.asked.pk}"
            )
            if offer is not None and row.is_awaited
            else None,
        )
        for row in rows
    ]


def _may_answer(user: User, row: OpinionRow) -> bool:
    return user.access.is_coordinator and row.asked.person_id is not None and row.is_awaited


def opinion_rows(
    dossier: Application, requests, today: date, *, may_act: bool, in_time: bool
) -> list[OpinionRow]:
    """Return the requests with their answers: awaited first, then the last received."""
    found = list(
        requests.select_related("person", "asked_by", "revoked_by", "opinion__deposit").defer(
            "opinion__deposit__payload"
        )
    )
    last = None
    authors: dict[int, str] = {}
    if any(asked.state == OpinionState.GIVEN for asked in found):
        last = dossier.deposits.order_by("-number").values_list("pk", flat=True).first()
        authors = _authors(dossier)
    rows = [
        _row(asked, today, last=last, authors=authors, may_act=may_act, in_time=in_time)
        for asked in found
    ]
    order = {OpinionState.ASKED: 0, OpinionState.GIVEN: 1, OpinionState.REVOKED: 2}
    return sorted(rows, key=lambda row: (order[row.asked.state], row.asked.due_on, row.asked.pk))


def _authors(dossier: Application) -> dict[int, str]:
    """Return who gave each opinion of a dossier, by key of the request: its history says it."""
    events = dossier.events.filter(kind="opinion_given", actor__isnull=False)
    events = events.select_related("actor").order_by("position")
    return {event.data.get("request"): str(event.actor) for event in events}


def _row(
    asked: OpinionRequest,
    today: date,
    *,
    last: int | None,
    authors: dict[int, str],
    may_act: bool,
    in_time: bool,
) -> OpinionRow:
    if asked.state == OpinionState.REVOKED:
        words = f"annulé le {date_fr(asked.revoked_at)}"
        if _left_by_recusal(asked):
            words = f"écarté le {date_fr(asked.revoked_at)} : {asked.revoked_by} s’est déporté"
        return OpinionRow(asked, words, "neutral", "slash-circle")
    if asked.state == OpinionState.GIVEN:
        opinion = asked.opinion
        author = authors.get(asked.pk, "")
        return OpinionRow(
            asked,
            f"reçu le {datetime_fr(opinion.given_at)}",
            "success",
            "check2-circle",
            opinion=opinion,
            position=POSITION_TONES[opinion.position],
            author=author if author and author != asked.addressee else "",
            is_outdated=last is not None and opinion.deposit_id != last,
        )
    if not in_time:
        return OpinionRow(asked, "plus attendu : instruction close", "neutral", "slash-circle")
    late = asked.due_on < today
    words = f"en retard depuis le {date_fr(asked.due_on)}" if late else ""
    return OpinionRow(
        asked,
        words or f"attendu le {date_fr(asked.due_on)}",
        "danger" if late else "info",
        "clock-history" if late else "hourglass-split",
        is_awaited=True,
        remind_words=_remind_words(asked, today),
        extend_form=ExtendOpinionForm(
            after=max(asked.due_on, today), prefix=f"prolonger-{asked.pk}"
        )
        if may_act
        else None,
        revoke_form=RevokeOpinionForm(prefix=f"annuler-{asked.pk}") if may_act else None,
    )


def _left_by_recusal(asked: OpinionRequest) -> bool:
    """Tell whether a request ended because whoever was to answer, or had, stood aside."""
    opinion = getattr(asked, "opinion", None)
    was_given = opinion is not None and opinion.given_at is not None
    return was_given or (asked.person_id is not None and asked.revoked_by_id == asked.person_id)


def _remind_words(asked: OpinionRequest, today: date) -> str:
    if asked.reminded_at is not None and local_date(asked.reminded_at) == today:
        return "Relancé aujourd’hui."
    return "Demandé aujourd’hui." if local_date(asked.asked_at) == today else ""
