"""Follow one's long work: its progress, its result, its file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from config.errors import Refusal
from config.http import htmx_or_page
from config.listing import ListPage, Sort
from foundation.jobs.enums import JobState
from foundation.jobs.models import Job
from foundation.jobs.selectors import left_to_retry, may_read_files
from foundation.jobs.services import AlreadyDoneError, mark_seen, retry_job


if TYPE_CHECKING:
    from accounts.models import User

LINES = 100  # of a result, a page
FAILURES = "echecs"
TONES = {
    JobState.QUEUED: ("neutral", "hourglass"),
    JobState.RUNNING: ("info", "arrow-repeat"),
    JobState.DONE: ("success", "check-circle-fill"),
    JobState.FAILED: ("danger", "x-octagon-fill"),
}


@require_safe
def job_list(request: HttpRequest) -> HttpResponse:
    """List one's own jobs, latest first."""
    if not request.user.access.is_office:
        raise PermissionDenied
    mine = Job.objects.visible_to(request.user).filter(created_by=request.user)
    listing = ListPage(
        request,
        mine.defer("payload"),
        sorts=(Sort("date", ("created_at", "pk"), descending_first=True),),
        default_sort="-date",
    )
    rows = [(one, badge_of(one)) for one in listing.rows]
    context = {"listing": listing, "rows": rows, "empty_text": _empty_text(request.user)}
    return render(request, "jobs/list.html", context)


def _empty_text(user: User) -> str:
    """Say what would be listed: only what this person may start."""
    access = user.access
    if access.is_desk:
        what = "Un lot lancé depuis les listes de l’instruction, ou un gros export,"
    elif access.is_coordinator or access.is_administrator:
        what = "Un gros export demandé depuis une liste"
    else:
        return "Votre rôle ne lance pas de travail en arrière-plan\u00a0: cette page reste vide."
    return f"{what} apparaît ici avec son avancement et son résultat."


@require_safe
def job(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Show how far a job is, then what became of each thing."""
    found = get_object_or_404(
        Job.objects.visible_to(request.user).select_related("created_by", "resumes", "resumed_by"),
        uuid=uuid,
    )
    response = htmx_or_page(
        request, "jobs/detail.html", _context(request, found), partial="progress"
    )
    if found.is_over and request.htmx and request.htmx.target == "progress":
        response["HX-Refresh"] = "true"  # the page that followed it now shows the result
    return response


def _context(request: HttpRequest, found: Job) -> dict[str, Any]:
    only_failures = request.GET.get("voir") == FAILURES
    lines = [line for line in found.lines if not (only_failures and line["ok"])]
    lines.sort(key=lambda line: line["ok"])  # what went wrong comes first
    is_mine = found.created_by_id == request.user.pk
    files = list(found.files.order_by("pk")) if found.is_over else []
    return {
        "job": found,
        "badge": badge_of(found),
        "files": files if files and may_read_files(request.user, found) else [],
        "has_files": bool(files),
        "listing": LinesPage(request, lines),
        "only_failures": only_failures,
        "succeeded": len(found.lines) - found.failures,
        "is_mine": is_mine,
        "to_retry": 0 if _resumed_by(found) else left_to_retry(request.user, found),
        "resumed_by": _resumed_by(found),
        "key": uuid4(),
        "is_new": is_mine and found.is_over and found.seen_at is None,
    }


class LinesPage(ListPage):
    """The lines of a result, cut into pages like any list."""

    def __init__(self, request: HttpRequest, lines: list[dict]) -> None:
        super().__init__(request, Job.objects.none(), per_page=LINES)
        self.lines = lines

    @property
    def count(self) -> int:
        return len(self.lines)

    @property
    def ordered(self) -> list[dict]:
        return self.lines


def badge_of(found: Job) -> dict[str, str]:
    """Return the badge of a job's state; a finished one says at once that something failed."""
    tone, icon = TONES[found.state]
    label = found.get_state_display()
    if found.state == JobState.DONE and found.failures:
        tone, icon, label = "warning", "exclamation-triangle-fill", "Terminé, avec des échecs"
    return {"label": label, "tone": tone, "icon": icon}


def _resumed_by(found: Job) -> Job | None:
    return getattr(found, "resumed_by", None)


@require_POST
def retry(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Start a job with what this one could not do."""
    mine = Job.objects.visible_to(request.user).filter(created_by=request.user)
    found = get_object_or_404(mine.select_related("resumes", "resumed_by"), uuid=uuid)
    try:
        resumed = retry_job(
            job_id=found.pk, request_key=_key(request), by=request.user, at=timezone.now()
        )
    except AlreadyDoneError as done:
        return redirect(done.result_url or found)
    except Refusal as refusal:
        context = _context(request, found) | {"refusal": refusal}
        return render(request, "jobs/detail.html", context, status=refusal.status)
    return redirect(resumed)


def _key(request: HttpRequest) -> UUID:
    try:
        return UUID(request.POST.get("cle", ""))
    except ValueError:
        raise Refusal(
            "Cette page n’est plus à jour\u00a0: reprenez depuis ce bouton.",
            code="stale",
            status=409,
        ) from None


@require_POST
def seen(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Note that the author opened the result: it leaves « À faire »."""
    found = get_object_or_404(Job.objects.visible_to(request.user), uuid=uuid)
    mark_seen(job_id=found.pk, by=request.user, at=timezone.now())
    return HttpResponse() if request.htmx else redirect(found)
