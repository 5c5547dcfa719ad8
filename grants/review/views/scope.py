"""What every page of the desk begins with: the dossier, its tabs, its next action."""

from __future__ import annotations

from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied
from django.db.models import OuterRef, Subquery, Sum
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from grants.applications.differences import SectionChanges, compare_deposits
from grants.applications.enums import CorrectionState, ReviewState
from grants.applications.hooks import notified_awards
from grants.applications.labels import office_headline
from grants.applications.models import (
    Application,
    AudienceCount,
    CorrectionRequest,
)
from grants.applications.silence import clock_of, with_clock
from grants.applications.workflow import Transition, available
from grants.review import permissions
from grants.review.admissibility import standing_proposal
from grants.review.admissibility_answers import DOCUMENTS, PLACES
from grants.review.body_notice import with_body_notice
from grants.review.enums import THIRD
from grants.review.facts import facts_of, with_facts
from grants.review.marks import Marks, by_tab, deposits_to_compare, marks_of, with_marks
from grants.review.models import Assignment, AssignmentRole
from grants.review.next_step import Blocker, Step, blockers, next_step
from grants.review.permissions import (
    Standing,
    acts_for,
    is_recused,
    standing_in,
    with_standing,
)
from grants.review.scores import score_sheet
from grants.review.selectors import (
    ENDED,
    with_last_deposit,
)
from grants.review.views.desk import desk_listing


if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from decimal import Decimal

    from django.db.models import QuerySet

    from accounts.models import User
    from grants.applications.models import Deposit

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


@dataclass(frozen=True)
class Tab:
    slug: str
    label: str
    url: str
    current: bool
    count: int = 0
    is_changed: bool = False
    new: int = 0


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


def page_context(
    request: HttpRequest, application: Application, tab: str, standing: Standing | None = None
) -> dict[str, Any]:
    """Return the frame of a dossier's page: three axes, tabs, side box."""
    user, today = request.user, timezone.localdate()
    standing = standing or standing_in(user, application)
    assignments = list(open_assignments(application))
    officer = next((a.person for a in assignments if a.role == AssignmentRole.OFFICER), None)
    acting_for = acts_for(user, today)
    in_charge = not standing.is_recused and (
        user.access.is_unit_head
        or (user.access.is_case_officer and officer is not None and officer.pk in acting_for)
    )
    sheet = None
    if standing.reads_scores and tab in {"resume", "notation"}:
        sheet = score_sheet(user, application, standing)
    trail = trail_of(request)
    due_on = None if application.review_state in ENDED else application.documents_due_on
    readers = [a for a in assignments if a.role == AssignmentRole.READER]
    corrections = _corrections(application)
    deposits = deposits_to_compare(application, corrections)
    changes = changes_by_tab(corrections, deposits)
    reads_notes = may_read_notes(user, standing)
    slugs = tab_slugs(application, standing)
    marks = marks_of(
        application, user, standing, reads_notes=reads_notes, deposits=deposits, tabs=slugs
    )
    facts = facts_of(
        application,
        user,
        standing,
        is_in_charge=in_charge,
        assignments=assignments,
        corrections=corrections,
        today=today,
    )
    return {
        "application": application,
        "dossier": application,
        "headline": office_headline(application),
        "awarded": _awarded(application),
        "tabs": _tabs(application, tab, slugs, trail, changes, marks),
        "marks": marks,
        "seen_at": application.read_at,
        "marked_here": [
            {
                "title": one.title,
                "detail": one.detail,
                "who": one.who,
                "when": one.when,
                "url": tab_url(application, one.tab, trail) if one.tab not in {"", tab} else "",
            }
            for one in marks.of(tab)
        ],
        "fields_here": marks.fields.get(tab, []),
        "corrections": corrections,
        # Told once, when the last visit was between the same two deposits.
        "changed_here": []
        if marks.fields.get(tab) and marks.after - marks.before == 1
        else changes.get(tab, []),
        "correction_due": next((c for c in corrections if c.state == CorrectionState.OPEN), None),
        "clock": clock_of(application, corrections, on=today),
        "today": today,
        "tab": tab,
        "officer": officer,
        "assignments": assignments,
        "readers": readers,
        "third_reader": next((a.person for a in readers if a.rank == THIRD), None),
        "documents_due_on": due_on,
        "documents_late": due_on is not None and due_on < today,
        "attestation_late": _attestation_is_late(application),
        "standing": standing,
        "may_act": user.access.is_desk and not standing.is_recused,
        "may_read_notes": reads_notes,
        "in_charge": in_charge,
        "stands_in_for": officer if officer and officer.pk in acting_for - {user.pk} else None,
        "score_sheet": sheet,
        "rejection": standing_proposal(application)
        if application.rejection_proposed and standing.reads_scores
        else None,
        "next_action": _shown_step(next_step(facts), application, tab, trail),
        "blockers": [
            _shown_blocker(one, application, slugs, trail, tab) for one in blockers(facts)
        ],
        "may_close": user.access.is_desk
        and not standing.is_recused
        and Transition.CLOSE in available(application, side="office"),
        "trail": trail,
        "around": _around(request, application, trail, tab) if trail else None,
    }


#: Parameters of a tab itself, which are not those of the list one comes from.
OWN_PARAMETERS = frozenset({"evenements", "avant", "apres"})


def trail_of(request: HttpRequest) -> str:
    """Return the parameters of the list one comes from, to go on through it."""
    if request.method not in {"GET", "HEAD"}:
        return ""
    kept = request.GET.copy()
    for name in OWN_PARAMETERS & set(kept):
        del kept[name]
    return kept.urlencode()


def may_read_notes(user: User, standing: Standing) -> bool:
    """Tell whether a person reads the notes between colleagues: never who stands aside."""
    return (user.access.is_desk or user.access.is_administrator) and not standing.is_recused


def tab_url(application: Application, slug: str, trail: str = "", anchor: str = "") -> str:
    """Return the address of a tab, with the list one comes from."""
    if slug == "resume":
        url = application.get_desk_url()
    else:
        url = reverse("review:tab", args=[application.reference, slug])
    return f"{url}{f'?{trail}' if trail else ''}{f'#{anchor}' if anchor else ''}"


def _attestation_is_late(application: Application) -> bool:
    due_on = application.attestation_due_on
    return application.awaits_attestation and due_on is not None and due_on < timezone.localdate()


def changes_by_tab(
    corrections: Sequence[CorrectionRequest], deposits: dict[int, Deposit]
) -> dict[str, list[SectionChanges]]:
    """Return what the last answer changed, by tab, until the office accepts it."""
    last = corrections[-1] if corrections else None
    if last is None or last.state != CorrectionState.ANSWERED or len(deposits) < 2:
        return {}
    newest = max(deposits)
    if newest - 1 not in deposits:
        return {}
    return by_tab(compare_deposits(deposits[newest - 1], deposits[newest]))


def _awarded(application: Application) -> Decimal | None:
    """Return what the applicant was told they are given, in euros; ``None`` before."""
    if application.notified_at is None or application.review_state != ReviewState.AWARDED:
        return None
    return notified_awards([application.pk]).get(application.pk)


def _corrections(application: Application) -> list[CorrectionRequest]:
    """Return the correction requests of a dossier, oldest first."""
    if not application.has_corrections:
        return []
    return list(application.corrections.select_related("asked_by", "deposit").order_by("number"))


def tab_slugs(application: Application, standing: Standing) -> list[str]:
    """Return the tabs this person has on a dossier: the others answer 404."""
    hidden = set()
    if not standing.reads_scores or application.sheet.grid_id is None:
        hidden.add("notation")
    if standing.is_recused:
        hidden.add("avis")
    return [slug for slug, _label in TABS if slug not in hidden]


def _tabs(
    application: Application,
    current: str,
    slugs: Sequence[str],
    trail: str,
    changes: dict[str, list[SectionChanges]],
    marks: Marks,
) -> list[Tab]:
    return [
        Tab(
            slug,
            label,
            tab_url(application, slug, trail),
            slug == current,
            application.unread_count if slug == "echanges" else 0,
            slug in changes,
            marks.tabs[slug],
        )
        for slug, label in TABS
        if slug in slugs
    ]


#: Tabs that every dossier has: the next one of the list opens where one is.
_EVERYWHERE = frozenset({"projet", "budget", "pieces", "complements", "echanges", "historique"})


def _around(request: HttpRequest, application: Application, trail: str, tab: str) -> dict[str, str]:
    """Return the addresses of the list one comes from, and of its dossiers before and after."""
    before, after = desk_listing(request).neighbours(application)

    def url(reference: str) -> str:
        if not reference:
            return ""
        if tab in _EVERYWHERE:
            return f"{reverse('review:tab', args=[reference, tab])}?{trail}"
        return f"{reverse('review:application', args=[reference])}?{trail}"

    return {
        "list": f"{reverse('review:desk')}?{trail}",
        "before": url(before),
        "after": url(after),
    }


@dataclass(frozen=True)
class Link:
    """A sentence of the side box, and where it leads; ``url`` is empty for a mere word."""

    text: str
    url: str = ""
    label: str = ""
    stops: bool = False
    is_late: bool = False


def _shown_step(step: Step, application: Application, tab: str, trail: str) -> Link:
    """Give a step its address; none on the tab where it is done, unless it has a place there."""
    if not step.button or (step.tab == tab and not step.anchor):
        return Link(step.text)
    url = tab_url(application, step.tab, trail, step.anchor)
    return Link(step.text, f"#{step.anchor}" if step.tab == tab else url, step.button)


def _shown_blocker(
    blocker: Blocker, application: Application, slugs: Sequence[str], trail: str, tab: str
) -> Link:
    """Give what is awaited its address, when the person has that tab and is not on it."""
    url = ""
    if blocker.tab in slugs and (blocker.tab != tab or blocker.anchor):
        url = tab_url(application, blocker.tab, trail, blocker.anchor)
    return Link(blocker.text, url, "", blocker.stops, blocker.is_late)
