"""What every page of the desk begins with: the dossier, its tabs, its next action."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch
from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone

from config.templatetags.fr import plural_fr
from foundation.documents.models import StoredFile
from grants.applications.differences import SectionChanges, compare_deposits
from grants.applications.enums import CorrectionState, PaperState, ReviewState, Section
from grants.applications.labels import office_headline
from grants.applications.models import (
    Application,
    ApplicationDocument,
    CorrectionRequest,
    Place,
)
from grants.applications.services.corrections import is_overdue
from grants.applications.silence import clock_of, with_clock
from grants.applications.workflow import Transition, available
from grants.review import permissions
from grants.review.body_notice import with_body_notice
from grants.review.models import Assignment, AssignmentRole
from grants.review.permissions import Standing, acts_for, is_recused, standing_of
from grants.review.scores import score_sheet
from grants.review.selectors import (
    ENDED,
    with_last_deposit,
)
from grants.review.views.desk import desk_listing


if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.db.models import QuerySet

    from accounts.models import User

THIRD = 3  # the rank of who settles between two readings far apart
TABS = (
    ("resume", "Résumé"),
    ("projet", "Projet"),
    ("budget", "Budget"),
    ("pieces", "Pièces"),
    ("recevabilite", "Recevabilité"),
    ("complements", "Compléments"),
    ("notation", "Notation"),
    ("decision", "Décision"),
    ("echanges", "Échanges"),
    ("historique", "Historique"),
)
_PLACES = Prefetch(
    "places", Place.objects.select_related("commune", "neighbourhood", "school__commune")
)
_DOCUMENTS = (
    Prefetch(
        "documents",
        ApplicationDocument.objects.select_related("required", "source").prefetch_related(
            Prefetch("files", StoredFile.objects.order_by("pk"))
        ),
    ),
    "sheet__documents",
)
# What each tab reads of the dossier, no more: a page costs what it shows.
PARTS: dict[str, tuple] = {
    "resume": (_PLACES, *_DOCUMENTS, "audience_counts", "condition_answers"),
    "projet": (
        _PLACES,
        "audience_counts",
        "condition_answers",
        "indicators",
        "commitments__given_by",
    ),
    "budget": ("budget_lines",),
    "complements": (
        _PLACES,
        *_DOCUMENTS,
        "audience_counts",
        "condition_answers",
        "indicators",
        "staff_lines",
        "annual_budget_lines",
        "budget_lines",
    ),
    "pieces": _DOCUMENTS,
    "recevabilite": (
        _PLACES,
        *_DOCUMENTS,
        "places__neighbourhood__communes",
        "sheet__communes",
        "sheet__neighbourhoods__communes",
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


def desk_dossier(request: HttpRequest, reference: str, tab: str = "") -> Application:
    """Return a filed dossier this person may open on the office's side, or 404.

    Args:
        request: Who asks.
        reference: Of the dossier.
        tab: The tab that will be shown: what it reads is fetched with it.
    """
    visible = Application.objects.office_visible_to(request.user).with_funded_before()
    found = with_clock(with_last_deposit(visible), on=timezone.localdate())
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
        found = with_body_notice(found)
    return get_object_or_404(found, reference=reference)


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
    user = request.user
    standing = standing or standing_of(user, application)
    assignments = list(open_assignments(application))
    officer = next((a.person for a in assignments if a.role == AssignmentRole.OFFICER), None)
    acting_for = acts_for(user, timezone.localdate())
    sheet = None
    if standing.reads_scores and tab in {"resume", "notation"}:
        sheet = score_sheet(user, application, standing)
    trail = request.GET.urlencode() if request.method in {"GET", "HEAD"} else ""
    due_on = None if application.review_state in ENDED else application.documents_due_on
    readers = [a for a in assignments if a.role == AssignmentRole.READER]
    corrections = _corrections(application)
    changes = changes_by_tab(application, corrections)
    return {
        "application": application,
        "dossier": application,
        "headline": office_headline(application),
        "tabs": _tabs(application, tab, standing, trail, changes),
        "corrections": corrections,
        "changed_here": changes.get(tab, []),
        "correction_due": next((c for c in corrections if c.state == CorrectionState.OPEN), None),
        "clock": clock_of(application, corrections, on=timezone.localdate()),
        "today": timezone.localdate(),
        "tab": tab,
        "officer": officer,
        "readers": readers,
        "third_reader": next((a.person for a in readers if a.rank == THIRD), None),
        "documents_due_on": due_on,
        "documents_late": due_on is not None and due_on < timezone.localdate(),
        "attestation_late": _attestation_is_late(application),
        "standing": standing,
        "may_act": user.access.is_desk and not standing.is_recused,
        "may_read_notes": user.access.is_desk or user.access.is_administrator,
        "in_charge": not standing.is_recused
        and (
            user.access.is_unit_head
            or (user.access.is_case_officer and officer is not None and officer.pk in acting_for)
        ),
        "stands_in_for": officer if officer and officer.pk in acting_for - {user.pk} else None,
        "score_sheet": sheet,
        "next_action": _elsewhere(
            next_action(application, standing, readers=len(readers), corrections=corrections),
            application,
            tab,
        ),
        "may_close": user.access.is_desk
        and not standing.is_recused
        and Transition.CLOSE in available(application, side="office"),
        "trail": trail,
        "around": _around(request, application) if trail else None,
    }


def _attestation_is_late(application: Application) -> bool:
    due_on = application.attestation_due_on
    return application.awaits_attestation and due_on is not None and due_on < timezone.localdate()


def changes_by_tab(
    application: Application, corrections: Sequence[CorrectionRequest]
) -> dict[str, list[SectionChanges]]:
    """Return what the last answer changed, by tab, until the office accepts it."""
    last = corrections[-1] if corrections else None
    if last is None or last.state != CorrectionState.ANSWERED:
        return {}
    filed = list(application.deposits.order_by("-number")[:2])
    if len(filed) < 2:
        return {}
    found: dict[str, list[SectionChanges]] = {}
    for part in compare_deposits(filed[1], filed[0]):
        found.setdefault(_TAB_OF.get(part.section, "projet"), []).append(part)
    return found


_TAB_OF = {Section.BUDGET: "budget", Section.DOCUMENTS: "pieces"}


def _corrections(application: Application) -> list[CorrectionRequest]:
    """Return the correction requests of a dossier, oldest first."""
    if not application.has_corrections:
        return []
    return list(application.corrections.select_related("asked_by", "deposit").order_by("number"))


def _tabs(
    application: Application,
    current: str,
    standing: Standing,
    trail: str,
    changes: dict[str, list[SectionChanges]],
) -> list[Tab]:
    tabs = []
    for slug, label in TABS:
        if slug == "notation" and (not standing.reads_scores or application.sheet.grid_id is None):
            continue
        if slug == "resume":
            url = application.get_desk_url()
        else:
            url = reverse("review:tab", args=[application.reference, slug])
        count = application.unread_count if slug == "echanges" else 0
        tabs.append(
            Tab(
                slug,
                label,
                f"{url}?{trail}" if trail else url,
                slug == current,
                count,
                slug in changes,
            )
        )
    return tabs


def _around(request: HttpRequest, application: Application) -> dict[str, str]:
    """Return the addresses of the list one comes from, and of its dossiers before and after."""
    before, after = desk_listing(request).neighbours(application)
    trail = request.GET.urlencode()

    def url(reference: str) -> str:
        if not reference:
            return ""
        return f"{reverse('review:application', args=[reference])}?{trail}"

    return {
        "list": f"{reverse('review:desk')}?{trail}",
        "before": url(before),
        "after": url(after),
    }


def next_action(
    application: Application,
    standing: Standing,
    *,
    readers: int = 0,
    corrections: Sequence[CorrectionRequest] = (),
) -> dict[str, str]:
    """Return what should happen next on a dossier (``text``), and where (``url``, ``label``).

    Args:
        application: Annotated by :func:`grants.review.selectors.with_last_deposit`.
        standing: Of who looks.
        readers: How many readers are named; all are waited for, beyond those the sheet asks.
        corrections: Its correction requests, oldest first.
    """
    answers = reverse("review:tab", args=[application.reference, "complements"])
    last = corrections[-1] if corrections else None
    expected = max(readers, application.sheet.readers)
    home = application.get_desk_url()
    scoring = reverse("review:tab", args=[application.reference, "notation"])
    match application.review_state:
        case ReviewState.SUBMITTED:
            return _step(
                "Affecter ce dossier à une personne du service.", f"{home}#affecter", "Affecter"
            )
        case ReviewState.UNDER_REVIEW if last and last.state == CorrectionState.ANSWERED:
            return _step("Relire les compléments reçus.", answers, "Voir les compléments")
        case ReviewState.UNDER_REVIEW if standing.may_score and standing.is_blind:
            return _step("Noter ce dossier sur la grille de la fiche.", scoring, "Noter")
        case ReviewState.UNDER_REVIEW if application.finals_count < expected:
            left = expected - application.finals_count
            return _step(
                f"Attendre {left} notation{plural_fr(left)} définitive{plural_fr(left)}.",
                scoring if standing.reads_scores else "",
                "Voir la notation",
            )
        case ReviewState.UNDER_REVIEW:
            return _step(
                "Proposer un montant et clore l’instruction.",
                f"{home}#conclure",
                "Clore l’instruction",
            )
        case ReviewState.CORRECTION_REQUESTED if last and is_overdue(last, on=timezone.localdate()):
            return _step(
                "Le délai des compléments est dépassé : prolonger, reprendre ou classer.",
                answers,
                "Décider",
            )
        case ReviewState.CORRECTION_REQUESTED:
            return _step("Attendre les compléments du demandeur.", answers, "Voir la demande")
        case ReviewState.AWARDED | ReviewState.REJECTED | ReviewState.DEFERRED if (
            application.notified_at is None
        ):
            return _tell(application)
        case ReviewState.EVALUATED | ReviewState.DEFERRED:
            return _step("Inscrire ce dossier à une commission permanente.")
        case ReviewState.PROPOSED:
            return _step("Enregistrer le vote après la séance.")
        case _:
            return _step("")


def _tell(application: Application) -> dict[str, str]:
    """Return the step between the vote and the applicant, by where the letter is."""
    texts = {
        PaperState.TO_GENERATE: "Générer le courrier de la décision.",
        PaperState.TO_NOTIFY: "Notifier la décision : le courrier est signé.",
    }
    text = texts.get(application.paper_state, "Faire signer le courrier, puis joindre le fichier.")
    url = reverse("review:tab", args=[application.reference, "decision"])
    return _step(text, url, "Voir la décision")


def _elsewhere(step: dict[str, str], application: Application, tab: str) -> dict[str, str]:
    """Leave the link out on the tab where it leads."""
    here = reverse("review:tab", args=[application.reference, tab])
    return {**step, "url": ""} if step["url"] == here else step


def _step(text: str, url: str = "", label: str = "") -> dict[str, str]:
    return {"text": text, "url": url, "label": label}
