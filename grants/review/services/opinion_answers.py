"""Answer a request for an opinion: write, give, take back; open and renew an expert's link."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import transaction

from config.dates import local_date
from config.errors import Refusal
from config.templatetags.fr import date_fr, datetime_fr, number_fr
from config.text import clean_prose, is_blank
from grants.applications.events import append_event
from grants.applications.redactable import mails_about
from grants.applications.services.moves import lock_application
from grants.review import opinion_messages
from grants.review.enums import TO_INSTRUCT
from grants.review.models import (
    Opinion,
    OpinionPosition,
    OpinionRequest,
    OpinionSource,
    OpinionState,
)
from grants.review.opinion_links import digest_of, issue_link
from grants.review.opinion_scope import answerable_by
from grants.review.services.opinions import refuse_concerned


if TYPE_CHECKING:
    from accounts.models import User

MAX_TEXT = 20_000  # characters an opinion may have
MAX_DRAFT = 200_000  # a draft keeps more, to be shortened
NEEDS_TEXT = frozenset({OpinionPosition.RESERVE, OpinionPosition.UNFAVOURABLE})
LINKS_AN_HOUR = 3  # a request for a new link beyond it sends nothing


@dataclass(frozen=True)
class OpinionInput:
    """What was typed, whatever it lacks."""

    position: str = ""
    text: str = ""
    has_supported: bool = False


class IncompleteOpinionError(Refusal):
    """An opinion lacks something to be given: a sentence by field."""

    def __init__(self, lacking: dict[str, str]) -> None:
        super().__init__(next(iter(lacking.values())), code="incomplete")
        self.lacking = lacking


# --- Write ----------------------------------------------------------------------------------------
@transaction.atomic
def save_opinion(
    *,
    request_id: int,
    given: OpinionInput,
    by: User | None,
    at: datetime,
    version: int | None = None,
    deposit_id: int | None = None,
) -> Opinion:
    """Keep a draft (created on the first save), whatever it lacks.

    It bears on the deposit that was on screen when it was begun: saving never moves it to a later
    one, only :func:`give_opinion` does, from a page that showed it.

    Args:
        request_id: The request.
        given: What was typed.
        by: The coordinator; ``None`` for the expert, whose page has been checked by the view.
        at: Now.
        version: The version the form was opened with (0 before the first save); ``None`` skips
            the check.
        deposit_id: The deposit shown when it is begun; the last one by default.

    Raises:
        Refusal: ``not_asked`` (403), ``revoked``, ``already_given``, ``concluded``, ``expired`` or
            ``stale`` (409), ``unknown_position`` or ``too_long`` (422).
    """
    asked = _open_request(request_id, by, at)
    if given.position and given.position not in OpinionPosition.values:
        raise Refusal("Choisissez l’un des avis proposés.", code="unknown_position")
    text = clean_prose(given.text).strip()
    if len(text) > MAX_DRAFT:
        raise Refusal(_too_long(text), code="too_long")
    opinion = Opinion.objects.filter(request=asked).first()
    if version is not None and version != (opinion.version if opinion else 0):
        raise Refusal(
            "Cet avis a été modifié entre-temps, dans un autre onglet ou par une autre personne.",
            code="stale",
            status=409,
        )
    if opinion is None:
        deposits = asked.application.deposits.defer("payload").order_by("-number")
        shown = deposits.filter(pk=deposit_id).first() if deposit_id is not None else None
        opinion = Opinion(request=asked, version=0, deposit=shown or deposits.first())
    opinion.position = given.position
    opinion.text = text
    opinion.has_supported = given.has_supported
    opinion.version += 1
    opinion.updated_at = at
    opinion.save()
    return opinion


@transaction.atomic
def give_opinion(
    *, request_id: int, by: User | None, at: datetime, deposit_id: int | None = None
) -> Opinion:
    """Give the opinion as saved: a choice, and reasons when it is not simply favourable.

    It then bears on the dossier's last deposit, which the person must have had on screen. An
    expert's page closes by it.

    Args:
        request_id: The request.
        by: The coordinator; ``None`` for the expert.
        at: Now.
        deposit_id: The deposit shown beside the opinion; the one it was begun on by default.

    Raises:
        Refusal: ``not_asked`` (403), ``revoked``, ``already_given``, ``concluded``, ``expired`` or
            ``changed`` (409).
        IncompleteOpinionError: ``incomplete`` (422), with what lacks by field.
    """
    asked = _open_request(request_id, by, at)
    opinion = Opinion.objects.filter(request=asked).first()
    lacking = lacking_in(opinion)
    if lacking:
        raise IncompleteOpinionError(lacking)
    last = asked.application.deposits.defer("payload").order_by("-number").first()
    if (deposit_id or opinion.deposit_id) != last.pk:
        raise Refusal(
            f"Le dossier a été déposé de nouveau le {datetime_fr(last.filed_at)} : relisez-le, "
            "puis rendez votre avis.",
            code="changed",
            status=409,
        )
    opinion.deposit = last
    opinion.request = asked
    opinion.given_at = at
    opinion.updated_at = at
    opinion.version += 1
    opinion.save()
    asked.state = OpinionState.GIVEN
    asked.save(update_fields=["state"])
    _log(asked, "opinion_given", by=by, at=at)
    to = by.email if by is not None else asked.expert_email
    opinion_messages.queue_receipt(opinion, to=to, at=at)
    return opinion


@transaction.atomic
def reopen_opinion(*, request_id: int, by: User, at: datetime) -> Opinion:
    """Take a given opinion back to draft, until the instruction is concluded.

    Raises:
        Refusal: ``not_asked`` (403), ``not_given``, ``concluded`` or ``asked_again`` (409).
    """
    asked = _locked(request_id, by)
    _require_asked(asked, by)
    if asked.state != OpinionState.GIVEN:
        raise Refusal("Cet avis n’est pas rendu.", code="not_given", status=409)
    _require_instruction(asked)
    again = asked.application.opinion_requests.filter(
        person=asked.person_id, state=OpinionState.ASKED
    )
    if again.exists():
        raise Refusal(
            "Le service a demandé un nouvel avis depuis : répondez à cette demande.",
            code="asked_again",
            status=409,
        )
    opinion = asked.opinion
    opinion.given_at = None
    opinion.updated_at = at
    opinion.version += 1
    opinion.save()
    asked.state = OpinionState.ASKED
    asked.save(update_fields=["state"])
    _log(asked, "opinion_reopened", by=by, at=at)
    return opinion


def lacking_in(opinion: Opinion | None) -> dict[str, str]:
    """Return what an opinion lacks to be given: a sentence by field."""
    lacking = {}
    if opinion is None or not opinion.position:
        lacking["position"] = "Choisissez votre avis."
    if opinion is None:
        return lacking
    if opinion.position in NEEDS_TEXT and is_blank(opinion.text):
        lacking["text"] = "Motivez une réserve ou un avis défavorable en quelques phrases."
    elif len(opinion.text) > MAX_TEXT:
        lacking["text"] = _too_long(opinion.text)
    return lacking


def _too_long(text: str) -> str:
    return (
        f"Le texte compte {number_fr(len(text))} caractères : raccourcissez-le à "
        f"{number_fr(MAX_TEXT)} au plus."
    )


# --- The expert's link ----------------------------------------------------------------------------
def request_of_token(token: str) -> OpinionRequest | None:
    """Return the request a link opens, whatever its state; nothing is consumed."""
    return (
        OpinionRequest.objects.filter(token_digest=digest_of(token), source=OpinionSource.EXPERT)
        .select_related("application")
        .first()
    )


def check_link(asked: OpinionRequest, *, at: datetime) -> None:
    """Refuse a link that opens nothing, and say why.

    Raises:
        Refusal: ``given``, ``revoked``, ``concluded``, ``used`` or ``expired`` (410).
    """
    if asked.state == OpinionState.GIVEN:
        raise Refusal("Votre avis est déjà rendu. Merci.", code="given", status=410)
    if asked.state == OpinionState.REVOKED:
        raise Refusal(
            "Le service a annulé cette demande : votre avis n’est plus attendu.",
            code="revoked",
            status=410,
        )
    if asked.application.review_state not in TO_INSTRUCT:
        raise Refusal(
            "L’instruction est close : votre avis n’est plus attendu.",
            code="concluded",
            status=410,
        )
    if asked.token_used_at is not None:
        raise Refusal(
            f"Ce lien a déjà servi, le {date_fr(asked.token_used_at)}.", code="used", status=410
        )
    if asked.token_expires_at <= at:
        raise Refusal(
            f"Ce lien a expiré le {date_fr(asked.token_expires_at)}.", code="expired", status=410
        )


@transaction.atomic
def open_link(*, token: str, at: datetime) -> OpinionRequest:
    """Consume an expert's link: of two at once, one alone opens.

    Raises:
        Refusal: ``unknown`` (404); as :func:`check_link` (410); ``of_the_body`` or
            ``of_the_office`` (422) when the expert became one of them since.
    """
    found = request_of_token(token)
    if found is None:
        raise Refusal("Ce lien n’est pas valable.", code="unknown", status=404)
    asked = _locked(found.pk, None)
    if asked.token_digest != digest_of(token):
        raise Refusal("Ce lien vient d’être remplacé.", code="unknown", status=404)
    check_link(asked, at=at)
    refuse_concerned(asked.application, asked.expert_email, on=local_date(at))
    asked.token_used_at = at
    asked.save(update_fields=["token_used_at"])
    return asked


@transaction.atomic
def renew_link(*, token: str, at: datetime) -> None:
    """Send another link to the address that had this one, while the opinion is awaited.

    Says nothing of what it did: a link guessed teaches nothing, and an address never gets more
    than ``LINKS_AN_HOUR``.
    """
    found = request_of_token(token)
    if found is None:
        return
    asked = _locked(found.pk, None)
    awaited = asked.state == OpinionState.ASKED and asked.application.review_state in TO_INSTRUCT
    sent = mails_about(asked.application).filter(
        kind="opinion_link", to=asked.expert_email, created_at__gt=at - timedelta(hours=1)
    )
    if not awaited or asked.token_digest != digest_of(token) or sent.count() >= LINKS_AN_HOUR:
        return
    issue_link(asked, at=at)
    asked.save(update_fields=["token_expires_at", "token_digest", "token_used_at"])
    opinion_messages.queue_new_link(asked, at=at)


# --- Guards ---------------------------------------------------------------------------------------
def _locked(request_id: int, by: User | None) -> OpinionRequest:
    """Return a request, its dossier locked first: every act takes the locks in this order."""
    application_id = OpinionRequest.objects.values_list("application_id", flat=True).get(
        pk=request_id
    )
    application = lock_application(application_id)
    asked = (
        OpinionRequest.objects.select_for_update(of=("self",), no_key=True)
        .select_related("person")
        .get(pk=request_id)
    )
    asked.application = application
    is_expert = asked.source == OpinionSource.EXPERT
    if by is None and not is_expert:
        raise Refusal("Cet avis se donne avec un compte.", code="not_asked", status=403)
    return asked


def _open_request(request_id: int, by: User | None, at: datetime) -> OpinionRequest:
    asked = _locked(request_id, by)
    if by is not None:
        _require_asked(asked, by)
    if asked.state == OpinionState.REVOKED:
        raise Refusal(
            f"Le service a annulé cette demande le {date_fr(asked.revoked_at)} : votre avis n’est "
            "plus attendu.",
            code="revoked",
            status=409,
        )
    if asked.state == OpinionState.GIVEN:
        raise Refusal("Cet avis est déjà rendu.", code="already_given", status=409)
    _require_instruction(asked)
    if by is None and asked.token_expires_at <= at:
        raise Refusal(
            f"Votre accès a pris fin le {date_fr(asked.token_expires_at)}.",
            code="expired",
            status=409,
        )
    return asked


def _require_asked(asked: OpinionRequest, by: User) -> None:
    if not answerable_by(by).filter(pk=asked.pk).exists():
        raise Refusal("Cet avis n’est pas attendu de vous.", code="not_asked", status=403)


def _require_instruction(asked: OpinionRequest) -> None:
    if asked.application.review_state not in TO_INSTRUCT:
        raise Refusal(
            "L’instruction de ce dossier est close, et votre avis n’est plus attendu.",
            code="concluded",
            status=409,
        )


def _log(asked: OpinionRequest, kind: str, *, by: User | None, at: datetime) -> None:
    append_event(
        application=asked.application,
        kind=kind,
        actor=by,
        at=at,
        comment=asked.addressee,
        data={"request": asked.pk},
    )
