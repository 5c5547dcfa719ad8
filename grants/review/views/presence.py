"""Who looks at a dossier: told to colleagues who have it open, and remembered for the marks."""

from datetime import datetime

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from grants.applications.models import Application
from grants.review.presence import others_present, say_gone, say_present
from grants.review.services.visits import forget_marks, record_visit
from grants.review.views.scope import post_to_tab, visible_dossier


@post_to_tab("resume")
def presence(request: HttpRequest, reference: str) -> HttpResponse:
    """Note a visit, tell who else is there and whether the dossier moved since the page was shown.

    ``vu`` is the instant of the page, ``debut`` its first call, ``parti`` says that it closes,
    ``lu`` takes the marks off.
    """
    dossier = visible_dossier(request, reference)
    now = timezone.now()
    if request.POST.get("parti"):
        say_gone(request.user, dossier)
        return HttpResponse(status=204)
    seen_at = _seen_at(request, now)
    if request.POST.get("lu"):
        forget_marks(person=request.user, application_id=dossier.pk, seen_at=now)
        messages.success(request, "Les changements de ce dossier sont marqués comme vus.")
        return redirect(dossier.get_desk_url())
    if request.POST.get("debut"):
        record_visit(person=request.user, application_id=dossier.pk, seen_at=seen_at)
    if "X-Portal-Automatic" not in request.headers:  # without script: a visit noted by hand
        messages.success(request, "Votre visite est notée\u00a0: la suite sera marquée.")
        return redirect(dossier.get_desk_url())
    say_present(request.user, dossier, at=now)
    context = {
        "others": others_present(request.user, dossier, at=now),
        "moved": _moved_since(dossier, request, seen_at),
    }
    return render(request, "review/partials/_presence.html", context)


def _seen_at(request: HttpRequest, now: datetime) -> datetime:
    """Return when the page was shown, as it says itself: never later than now."""
    try:
        said = parse_datetime(request.POST.get("vu", ""))
    except ValueError:
        said = None
    if said is None or timezone.is_naive(said):
        return now
    return min(said, now)


def _moved_since(dossier: Application, request: HttpRequest, seen_at: datetime) -> dict | None:
    """Return who acted last on a dossier since the page was shown, somebody else than who looks."""
    event = (
        dossier.events.filter(at__gt=seen_at)
        .exclude(actor=request.user)
        .select_related("actor")
        .order_by("-position")
        .first()
    )
    return {"who": str(event.actor or "Maillage"), "at": event.at} if event else None
