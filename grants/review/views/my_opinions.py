"""A coordinator's opinions: those awaited, and the page where they are written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Case, IntegerField, Q, When
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from config.errors import Refusal
from grants.applications.models import Application
from grants.review.enums import TO_INSTRUCT
from grants.review.models import OpinionRequest, OpinionState
from grants.review.opinion_scope import answerable_by
from grants.review.opinion_tasks import awaited
from grants.review.permissions import is_recused
from grants.review.services.opinion_answers import reopen_opinion
from grants.review.views.opinion_answer import (
    Desk,
    answer,
    attached_piece,
    closed_with_text,
    show,
)
from grants.review.views.opinion_tab import POSITION_TONES


if TYPE_CHECKING:
    from accounts.models import User

NOT_READ = "Cet avis n’est plus attendu : le dossier et ses pièces ne se lisent plus ici."
SHOWN = 100  # opinions given, the last first


@require_safe
def my_opinions(request: HttpRequest) -> HttpResponse:
    """List the opinions a coordinator has to give, those of colleagues, those given."""
    if not request.user.access.is_coordinator:
        raise PermissionDenied
    today = timezone.localdate()
    answerable = answerable_by(request.user)
    waiting = list(awaited().filter(pk__in=answerable.values("pk")).select_related("asked_by"))
    given = (
        answerable.filter(state=OpinionState.GIVEN)
        .select_related("application__organisation", "person", "opinion")
        .order_by("-opinion__given_at", "-pk")
    )
    context = {
        "mine": [one for one in waiting if one.person_id == request.user.pk],
        "shared": [one for one in waiting if one.person_id != request.user.pk],
        "given": [(one, POSITION_TONES[one.opinion.position]) for one in given[:SHOWN]],
        "today": today,
    }
    return render(request, "opinions/list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def my_opinion(request: HttpRequest, reference: str) -> HttpResponse:
    """Read a dossier and write one's opinion."""
    asked = _asked_of(request, reference)
    if request.method == "POST":
        return answer(request, _desk(request, asked))
    if asked.state == OpinionState.ASKED and asked.application.review_state in TO_INSTRUCT:
        return show(request, _desk(request, asked))
    return show(request, _desk(request, asked, template="opinions/mine_given.html"))


@require_safe
def document(request: HttpRequest, reference: str, pk: str) -> HttpResponseBase:
    """Hand out a document read with a request, to whoever reads the dossier to answer it."""
    asked = _asked_of(request, reference)
    if not _reads_dossier(request.user, asked):
        return closed_with_text(request, NOT_READ, (_here(asked), "Revenir à mon avis"), status=410)
    return attached_piece(request, asked, pk, (_here(asked), "Revenir à mon avis"))


@require_POST
def reopen(request: HttpRequest, reference: str) -> HttpResponse:
    """Take a given opinion back to draft."""
    asked = _asked_of(request, reference)
    try:
        reopen_opinion(request_id=asked.pk, by=request.user, at=timezone.now())
    except Refusal as refusal:
        messages.error(request, refusal.sentence)
    else:
        messages.success(request, "Votre avis est rouvert : rendez-le de nouveau une fois revu.")
    return redirect(_here(asked))


# --- Parts ----------------------------------------------------------------------------------------
def _asked_of(request: HttpRequest, reference: str) -> OpinionRequest:
    """Return the request this coordinator answers on a dossier, or 404: theirs, and open, first.

    Another of the same dossier is chosen with ``demande``.
    """
    _refuse_recused(request, reference)
    found = answerable_by(request.user).filter(application__reference=reference)
    wanted = request.POST.get("demande") or request.GET.get("demande") or ""
    if wanted.isdecimal() and len(wanted) < 18:
        found = found.filter(pk=int(wanted))
    found = (
        found.select_related("application", "person", "asked_by")
        .annotate(rank=_rank(request.user))
        .order_by("rank", "-pk")
    )
    asked = found.first()
    if asked is None:
        raise Http404
    return asked


def _refuse_recused(request: HttpRequest, reference: str) -> None:
    """Tell who stands aside that they do (403): they know the dossier already."""
    if not request.user.access.is_office:
        return
    seen = Application.objects.office_visible_to(request.user).filter(reference=reference).first()
    if seen is not None and is_recused(request.user, seen):
        raise PermissionDenied


def _rank(user: User) -> Case:
    opened = Q(state=OpinionState.ASKED)
    return Case(
        When(opened & Q(person=user), then=0),
        When(opened, then=1),
        When(Q(state=OpinionState.GIVEN), then=2),
        default=3,
        output_field=IntegerField(),
    )


def _here(asked: OpinionRequest) -> str:
    address = reverse("review:my_opinion", args=[asked.application.reference])
    return f"{address}?{urlencode({'demande': asked.pk})}"


def _desk(
    request: HttpRequest, asked: OpinionRequest, template: str = "opinions/mine.html"
) -> Desk:
    here, way_out = _here(asked), (reverse("review:my_opinions"), "Mes avis")
    sees_dossier = _sees_dossier(request.user, asked)
    return Desk(
        asked=asked,
        by=request.user,
        here=here,
        template=template,
        context={
            "is_own": asked.person_id == request.user.pk,
            "sees_dossier": sees_dossier,
            "reads_dossier": sees_dossier or _may_answer(asked),
            "piece_url": "review:my_opinion_document",
            "piece_query": f"?{urlencode({'demande': asked.pk})}",
            "may_reopen": asked.application.review_state in TO_INSTRUCT
            and asked.state == OpinionState.GIVEN,
            **_given_context(asked),
            "way_out": way_out,
        },
        saved=lambda: _saved(request, here),
        given=lambda opinion: _given(request, here),
    )


def _sees_dossier(user: User, asked: OpinionRequest) -> bool:
    return Application.objects.office_visible_to(user).filter(pk=asked.application_id).exists()


def _may_answer(asked: OpinionRequest) -> bool:
    return asked.state != OpinionState.REVOKED and asked.application.review_state in TO_INSTRUCT


def _reads_dossier(user: User, asked: OpinionRequest) -> bool:
    """Who may not open the dossier reads it to answer, as long as they may."""
    return _may_answer(asked) or _sees_dossier(user, asked)


def _given_context(asked: OpinionRequest) -> dict:
    """Return what the page of an opinion already given shows of it."""
    if asked.state != OpinionState.GIVEN:
        return {}
    opinion = asked.opinion
    tone, icon = POSITION_TONES[opinion.position]
    last = asked.application.deposits.order_by("-number").values_list("pk", flat=True).first()
    return {"mine_tone": tone, "mine_icon": icon, "is_outdated": opinion.deposit_id != last}


def _saved(request: HttpRequest, here: str) -> HttpResponse:
    messages.success(request, "Le brouillon est enregistré. Votre avis n’est pas encore rendu.")
    return redirect(here)


def _given(request: HttpRequest, here: str) -> HttpResponse:
    messages.success(request, "Votre avis est rendu ; un accusé de réception vous est envoyé.")
    return redirect(here)
