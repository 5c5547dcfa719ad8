"""The pages of an outside expert: a link opened once, a dossier to read, an opinion to give.

No account: the session of the browser holds which requests were opened, nothing else, and each page
asks the database whether the opinion is still awaited. The secret of a link is in no page, no
``Referer`` (the policy sends the origin alone: without it a browser would not say where a form
comes from) and no log (``config.logs``).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.throttle import too_many
from config.errors import Refusal
from grants.review.models import OpinionRequest, OpinionSource
from grants.review.opinion_messages import office_on
from grants.review.services.opinion_answers import (
    check_link,
    open_link,
    renew_link,
    request_of_token,
)
from grants.review.views.opinion_answer import (
    Desk,
    answer,
    attached_piece,
    closed_with_text,
    is_autosave,
    show,
)


OPENED = "opinions_opened"  # in the session: {key of the request: when its link was opened}
GIVEN = "opinion_given"  # in the session: key of the request answered last
NO_ACCESS = (
    "Votre accès à cette page est fermé. Ouvrez de nouveau le lien reçu par e-mail : s’il a déjà "
    "servi, il propose de vous en envoyer un autre."
)


def private_page(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Keep a page out of every cache and index, and its address out of every ``Referer``."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response = view(request, *args, **kwargs)
        response["Referrer-Policy"] = "strict-origin"
        response["Cache-Control"] = "no-store, private"
        response["X-Robots-Tag"] = "noindex, nofollow"
        return response

    return login_not_required(wrapped)


# --- The link -------------------------------------------------------------------------------------
@private_page
@require_http_methods(["GET", "HEAD", "POST"])
def link(request: HttpRequest, token: str) -> HttpResponse:
    """Say who asks for what kind of thing, and a button: only the button consumes the link."""
    if too_many(request, "opinion_link"):
        return render(request, "429.html", status=429)
    now = timezone.now()
    try:
        if request.method == "POST":
            asked = open_link(token=token, at=now)
            return _open(request, asked, now)
        asked = request_of_token(token)
        if asked is None:
            raise Refusal("Ce lien n’est pas valable.", code="unknown", status=404)
        check_link(asked, at=now)
    except Refusal as refusal:
        return _closed_link(request, token, refusal)
    office = office_on(timezone.localdate(now))
    return render(request, "opinions/link.html", {"office": office, "token": token})


@private_page
@require_POST
def new_link(request: HttpRequest, token: str) -> HttpResponse:
    """Send another link to the address that had this one; the answer never tells whether."""
    if too_many(request, "opinion_new_link"):
        return render(request, "429.html", status=429)
    renew_link(token=token, at=timezone.now())
    return render(request, "opinions/link_sent.html", {"office": office_on(timezone.localdate())})


def _open(request: HttpRequest, asked: OpinionRequest, at: datetime) -> HttpResponse:
    """Open the page in this browser alone: the session takes a new name."""
    request.session.cycle_key()
    opened = request.session.get(OPENED, {})
    request.session[OPENED] = {**opened, str(asked.pk): at.isoformat()}
    return redirect("review:expert_opinion", reference=asked.application.reference)


def _closed_link(request: HttpRequest, token: str, refusal: Refusal) -> HttpResponse:
    """Say why a link opens nothing; the browser that opened it goes on."""
    asked = request_of_token(token) if refusal.code == "used" else None
    if asked is not None and _problem(request, asked, timezone.now()) == "":
        return redirect("review:expert_opinion", reference=asked.application.reference)
    context = {
        "sentence": refusal.sentence,
        "token": token,
        "may_renew": refusal.code in {"used", "expired", "unknown"},
        "is_unknown": refusal.code == "unknown",
        "office": office_on(timezone.localdate()),
    }
    return render(request, "opinions/link_closed.html", context, status=refusal.status)


# --- The dossier and the opinion ------------------------------------------------------------------
@private_page
@require_http_methods(["GET", "HEAD", "POST"])
def opinion(request: HttpRequest, reference: str) -> HttpResponse:
    """Read the dossier and write one's opinion: this dossier alone, until it is given."""
    asked = _opened_here(request, reference)
    if asked is None:
        return _no_access(request)
    problem = _problem(request, asked, timezone.now())
    if problem and request.method != "POST":
        return closed_with_text(request, problem, status=410)
    if problem:
        return _late(request, problem)
    desk = _desk(request, asked)
    return answer(request, desk) if request.method == "POST" else show(request, desk)


@private_page
@require_safe
def document(request: HttpRequest, reference: str, pk: str) -> HttpResponseBase:
    """Hand out a document shared with this expert, where and while the page itself opens."""
    asked = _opened_here(request, reference)
    if asked is None:
        return _no_access(request)
    if problem := _problem(request, asked, timezone.now()):
        return closed_with_text(request, problem, status=410)
    here = reverse("review:expert_opinion", args=[reference])
    return attached_piece(request, asked, pk, (here, "Revenir à la demande"))


@private_page
@require_safe
def thanks(request: HttpRequest) -> HttpResponse:
    """Thank for an opinion, telling nothing of it."""
    given = request.session.get(GIVEN)
    context = {
        "office": office_on(timezone.localdate()),
        # The browser forgets the copy it kept of the text.
        "keep_person": _keep_person(given) if given else "",
    }
    return render(request, "opinions/thanks.html", context)


def _opened_here(request: HttpRequest, reference: str) -> OpinionRequest | None:
    """Return the request of this dossier that this browser opened."""
    opened = [int(pk) for pk in request.session.get(OPENED, {})]
    if not opened:
        return None
    return (
        OpinionRequest.objects.filter(
            pk__in=opened, source=OpinionSource.EXPERT, application__reference=reference
        )
        .select_related("application__organisation")
        .order_by("-pk")
        .first()
    )


def _problem(request: HttpRequest, asked: OpinionRequest, at: datetime) -> str:
    """Return why this browser may not go on with a request; empty when it may."""
    opened_at = parse_datetime(request.session.get(OPENED, {}).get(str(asked.pk), ""))
    longest = timedelta(seconds=settings.SESSION_COOKIE_AGE)
    if opened_at is None or at - opened_at > longest:  # whatever was done meanwhile
        return NO_ACCESS
    if asked.token_used_at is not None and asked.token_used_at > opened_at:
        return "Cette page a été ouverte depuis un autre lien, plus récent : continuez là-bas."
    unused = OpinionRequest(
        state=asked.state, application=asked.application, token_expires_at=asked.token_expires_at
    )
    try:
        check_link(unused, at=at)
    except Refusal as refusal:
        if refusal.code == "expired":
            return NO_ACCESS
        return refusal.sentence
    return ""


def _no_access(request: HttpRequest) -> HttpResponse:
    """Answer alike whatever the dossier, existing or not."""
    if request.method == "POST":
        return _late(request, NO_ACCESS, status=404)
    return closed_with_text(request, NO_ACCESS, status=404)


def _late(request: HttpRequest, sentence: str, status: int = 409) -> HttpResponse:
    if is_autosave(request):
        context = {"refusal": sentence, "version": "", "saved_at": None, "compares": False}
        return render(request, "opinions/_state.html", context, status=409)
    return closed_with_text(request, sentence, status=status)


def _desk(request: HttpRequest, asked: OpinionRequest) -> Desk:
    here = reverse("review:expert_opinion", args=[asked.application.reference])
    return Desk(
        asked=asked,
        by=None,
        here=here,
        template="opinions/expert.html",
        context={
            "office": office_on(timezone.localdate()),
            "keep_person": _keep_person(asked.pk),
            "piece_url": "review:expert_document",
            "piece_query": "",
        },
        saved=lambda: _saved(request, here),
        given=lambda _opinion: _given(request, asked),
    )


def _saved(request: HttpRequest, here: str) -> HttpResponse:
    messages.success(request, "Le brouillon est enregistré. Votre avis n’est pas encore rendu.")
    return redirect(here)


def _given(request: HttpRequest, asked: OpinionRequest) -> HttpResponse:
    request.session[GIVEN] = asked.pk
    return redirect("review:expert_thanks")


def _keep_person(pk: int) -> str:
    """Return what a browser files the copies of an expert's text under."""
    return salted_hmac("grants.review.expert", str(pk), algorithm="sha256").hexdigest()[:16]
