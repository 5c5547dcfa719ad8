"""The tabs of a dossier: which ones a person has, and what each says without being opened."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from grants.applications.differences import SectionChanges, compare_deposits
from grants.applications.enums import CorrectionState
from grants.review.marks import Marks, by_tab
from grants.review.permissions import Standing
from grants.review.views.scope import TABS, tab_url


if TYPE_CHECKING:
    from collections.abc import Sequence

    from grants.applications.models import Application, CorrectionRequest, Deposit


@dataclass(frozen=True)
class Tab:
    slug: str
    label: str
    url: str
    current: bool
    count: int = 0
    is_changed: bool = False
    new: int = 0


def tab_slugs(application: Application, standing: Standing) -> list[str]:
    """Return the tabs this person has on a dossier: the others answer 404."""
    hidden = set()
    if not standing.reads_scores or application.sheet.grid_id is None:
        hidden.add("notation")
    if standing.is_recused:
        hidden.add("avis")
    return [slug for slug, _label in TABS if slug not in hidden]


def tabs_of(
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
