"""What every page of the desk begins with: the dossier, its tabs, its next action."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone

from foundation.parameters.selectors import amount_on
from grants.applications import hooks
from grants.applications.enums import ReviewState
from grants.applications.labels import office_headline
from grants.applications.models import Application
from grants.applications.selectors import with_dossier
from grants.applications.workflow import Transition, available
from grants.review.models import Assignment, AssignmentRole
from grants.review.permissions import is_recused, may_read_scores, may_score
from grants.review.selectors import score_sheet


if TYPE_CHECKING:
    from decimal import Decimal

TABS = (
    ("resume", "Résumé"),
    ("projet", "Projet"),
    ("budget", "Budget"),
    ("pieces", "Pièces"),
    ("notation", "Notation"),
    ("decision", "Décision"),
    ("echanges", "Échanges"),
    ("historique", "Historique"),
)


@dataclass(frozen=True)
class Tab:
    slug: str
    label: str
    url: str
    current: bool


def desk_dossier(request: HttpRequest, reference: str, *, whole: bool = True) -> Application:
    """Return a filed dossier this person may open on the office's side, or 404."""
    found = Application.objects.office_visible_to(request.user)
    found = with_dossier(found) if whole else found.select_related("sheet__campaign")
    found = found.select_related("sheet__grid")
    return get_object_or_404(found, reference=reference)


def require_desk(request: HttpRequest) -> None:
    """Refuse those who may open a dossier but not act on it; hide it from the others."""
    if request.user.access.is_desk:
        return
    if request.user.access.is_office:
        raise PermissionDenied
    raise Http404


def gap_allowed() -> Decimal:
    return amount_on("review.gap_points", timezone.localdate())


def page_context(request: HttpRequest, application: Application, tab: str) -> dict[str, Any]:
    """Return the frame of a dossier's page: three axes, tabs, side box."""
    assignments = list(
        Assignment.objects.filter(application=application, ended_at__isnull=True)
        .select_related("person")
        .order_by("role", "rank", "pk")
    )
    officer = next((a.person for a in assignments if a.role == AssignmentRole.OFFICER), None)
    user = request.user
    sees_scores = may_read_scores(user, application)
    sheet = score_sheet(user, application, gap_allowed=gap_allowed()) if sees_scores else None
    return {
        "application": application,
        "headline": office_headline(application),
        "tabs": _tabs(request, application, tab, sees_scores=sees_scores),
        "tab": tab,
        "officer": officer,
        "readers": [a for a in assignments if a.role == AssignmentRole.READER],
        "recused": is_recused(user, application),
        "may_act": user.access.is_desk,
        "may_score": may_score(user, application),
        "in_charge": user.access.is_unit_head or (officer is not None and officer == user),
        "score_sheet": sheet,
        "next_action": next_action(request, application, officer, sheet),
        "may_close": Transition.CLOSE in available(application, side="office"),
        "panels": hooks.panels_for("office", user, application),
    }


def _tabs(request, application: Application, current: str, *, sees_scores: bool) -> list[Tab]:
    tabs = []
    for slug, label in TABS:
        if slug == "notation" and (not sees_scores or application.sheet.grid_id is None):
            continue
        if slug == "resume":
            url = application.get_desk_url()
        else:
            url = reverse("review:tab", args=[application.reference, slug])
        tabs.append(Tab(slug, label, url, slug == current))
    return tabs


def next_action(request, application: Application, officer, sheet) -> dict[str, str]:
    """Return what should happen next on a dossier, and where."""
    scoring = reverse("review:tab", args=[application.reference, "notation"])
    match application.review_state:
        case ReviewState.SUBMITTED:
            return {"text": "Affecter ce dossier à une personne du service.", "url": "#affecter"}
        case ReviewState.UNDER_REVIEW if may_score(request.user, application) and (
            sheet is None or sheet.is_blind
        ):
            return {"text": "Noter ce dossier sur la grille de la fiche.", "url": scoring}
        case ReviewState.UNDER_REVIEW if sheet is not None and sheet.waiting_for:
            return {
                "text": f"Attendre {sheet.waiting_for} notation(s) définitive(s).",
                "url": scoring,
            }
        case ReviewState.UNDER_REVIEW:
            return {"text": "Proposer un montant et clore l’instruction.", "url": "#conclure"}
        case ReviewState.CORRECTION_REQUESTED:
            return {"text": "Attendre les compléments du demandeur.", "url": ""}
        case ReviewState.EVALUATED | ReviewState.DEFERRED:
            return {"text": "Inscrire ce dossier à une commission permanente.", "url": ""}
        case ReviewState.PROPOSED:
            return {"text": "Enregistrer le vote après la séance.", "url": ""}
        case _:
            return {"text": "", "url": ""}
