"""What every page of the desk begins with: the dossier, who may open it, who may act on it."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied
from django.db.models import OuterRef, Subquery, Sum
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from grants.applications.models import Application, AudienceCount
from grants.applications.silence import with_clock
from grants.review import permissions
from grants.review.admissibility_answers import DOCUMENTS, PLACES
from grants.review.body_notice import with_body_notice
from grants.review.facts import with_facts
from grants.review.marks import with_marks
from grants.review.models import Assignment
from grants.review.permissions import is_recused, with_standing
from grants.review.selectors import with_last_deposit


if TYPE_CHECKING:
    from collections.abc import Callable

    from django.db.models import QuerySet

    from accounts.models import User

TABS = (
    ("resume", "Résumé"),
    ("projet", "Projet"),
    ("budget", "Budget"),
    ("pieces", "Pièces"),
    ("recevabilite", "Recevabilité"),
    ("complements", "Compléments"),
    ("notation", "Notation"),
    ("avis", "Avis"),
    ("decision", "Décision"),
    ("echanges", "Échanges"),
    ("historique", "Historique"),
)
# What each tab reads of the dossier, no more: a page costs what it shows.
PARTS: dict[str, tuple] = {
    "resume": (*PLACES, *DOCUMENTS, "condition_answers"),
    "projet": (
        *PLACES,
        "audience_counts",
        "condition_answers",
        "indicators",
        "commitments__given_by",
    ),
    "budget": ("budget_lines",),
    "complements": (
        *PLACES,
        *DOCUMENTS,
        "audience_counts",
        "condition_answers",
        "indicators",
        "staff_lines",
        "annual_budget_lines",
        "budget_lines",
    ),
    "pieces": DOCUMENTS,
    "recevabilite": (
        *PLACES,
        *DOCUMENTS,
        "sheet__extensions",
        "sheet__grid__questions",
        "budget_lines",
        "commitments",
    ),
}


def desk_dossier(request: HttpRequest, reference: str, tab: str = "") -> Application:
    """Return a filed dossier this person may open on the office's side, or 404.

    Args:
        request: Who asks.
        reference: Of the dossier.
        tab: The tab that will be shown: what it reads is fetched with it.
    """
    now = timezone.now()  # before reading: what comes meanwhile is not seen
    visible = Application.objects.office_visible_to(request.user).with_funded_before()
    found = with_clock(with_last_deposit(visible), on=timezone.localdate())
    found = with_facts(with_standing(found, request.user))
    found = with_marks(found, request.user, at=now)
    found = found.select_related(
        "sheet__campaign",
        "sheet__grid",
        "organisation",
        "framework",
        "created_by",
        "submitted_by",
        "attested_by",
    ).prefetch_related(*PARTS.get(tab, ()))
    if tab == "resume":
        found = with_body_notice(found).annotate(public_total=_public_total())
    application = get_object_or_404(found, reference=reference)
    application.read_at = now
    return application


def _public_total() -> Subquery:
    """Return how many people a dossier counts, all ages together."""
    counts = AudienceCount.objects.filter(application=OuterRef("pk")).order_by()
    return Subquery(counts.values("application").annotate(sum=Sum("count")).values("sum"))


def visible_dossier(request: HttpRequest, reference: str) -> Application:
    """Return a filed dossier this person may open, with nothing more than its row, or 404."""
    visible = Application.objects.office_visible_to(request.user)
    return get_object_or_404(visible, reference=reference)


def require_desk(request: HttpRequest) -> None:
    """Refuse those who may open a dossier but not act on it; hide it from the others."""
    if request.user.access.is_desk:
        return
    if request.user.access.is_office:
        raise PermissionDenied
    raise Http404


def require_not_recused(user: User, application: Application) -> None:
    """Refuse those who stand aside from a dossier: they read it, and act on nothing."""
    if is_recused(user, application):
        raise PermissionDenied


def acting_dossier(request: HttpRequest, reference: str, tab: str = "") -> Application:
    """Return a dossier the desk acts on: what every act of the desk opens it with.

    Only declaring a recusal does without it.
    """
    require_desk(request)
    application = desk_dossier(request, reference, tab)
    require_not_recused(request.user, application)
    return application


def post_to_tab(tab: str) -> Callable:
    """Let an act of the desk be posted; its address, read, leads to the tab it is done on.

    A refused act shows that tab at the address of the act: reloading it, or coming back to it,
    must find a page. Who may not open the dossier gets 404 there too.
    """

    def decorated(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @wraps(view)
        def inner(request: HttpRequest, reference: str, **kwargs: Any) -> HttpResponse:
            if request.method not in {"GET", "HEAD"}:
                return require_POST(view)(request, reference, **kwargs)
            return redirect(tab_url(visible_dossier(request, reference), tab))

        return inner

    return decorated


def open_assignments(application: Application) -> QuerySet[Assignment]:
    """Return who is in charge of a dossier now, and who reads it."""
    return (
        Assignment.objects.filter(application=application, ended_at__isnull=True)
        .select_related("person")
        .order_by("role", "rank", "pk")
    )


def is_in_charge(user: User, application: Application) -> bool:
    """Tell whether a person concludes and reopens this dossier today: its officer, who replaces
    them, or the head. Somebody who stands aside from it does not.
    """
    return permissions.is_in_charge(user, application, timezone.localdate())


def tab_url(application: Application, slug: str, trail: str = "", anchor: str = "") -> str:
    """Return the address of a tab, with the list one comes from."""
    if slug == "resume":
        url = application.get_desk_url()
    else:
        url = reverse("review:tab", args=[application.reference, slug])
    return f"{url}{f'?{trail}' if trail else ''}{f'#{anchor}' if anchor else ''}"
