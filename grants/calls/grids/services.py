"""Write scoring grids: create, change, copy, delete, until a published sheet freezes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import transaction

from config.errors import Refusal
from config.text import clean_name
from grants.calls.enums import SheetState
from grants.calls.grids.content import (
    LEVELS,
    MAX_CRITERIA,
    MAX_QUESTIONS,
    GridContent,
    content_of,
    first_change,
)
from grants.calls.models import AdmissibilityQuestion, Criterion, ScoringGrid
from grants.calls.permissions import may_manage


if TYPE_CHECKING:
    from accounts.models import User

LONGEST_NAME = 150
FROZEN = (
    "Cette grille est celle d’une fiche publiée : elle ne change plus, ni ses critères ni ses "
    "questions. Pour en changer, dupliquez-la, modifiez la copie, puis choisissez-la dans une "
    "nouvelle version de la fiche."
)


def may_edit(user: User) -> bool:
    """Grids are reference data: the administrator writes them."""
    return user.is_authenticated and user.access.is_administrator


def _check_may_edit(by: User) -> None:
    if not may_edit(by):
        raise Refusal("Seule l’administration écrit les grilles.", code="forbidden", status=403)


@transaction.atomic
def create_grid(*, content: GridContent, by: User) -> ScoringGrid:
    """Write a new grid.

    Raises:
        Refusal: ``forbidden`` (403), ``name_taken`` or ``invalid`` (422).
    """
    _check_may_edit(by)
    return _write(ScoringGrid(), content)


@transaction.atomic
def edit_grid(
    *, grid_id: int, content: GridContent, by: User, version: str | None = None
) -> ScoringGrid:
    """Change a grid that no published sheet uses.

    Args:
        grid_id: The grid.
        content: What it says from now on.
        by: An administrator.
        version: :attr:`GridContent.version` the form was opened with; ``None`` skips the check.

    Raises:
        Refusal: ``forbidden`` (403), ``gone``, ``frozen`` or ``stale`` (409) with what changed,
            ``name_taken`` or ``invalid`` (422).
    """
    _check_may_edit(by)
    grid = _lock(grid_id)
    _check_not_frozen(grid)
    now = content_of(grid)
    if version is not None and version != now.version:
        raise Refusal(
            f"La grille a été modifiée entre-temps : {first_change(content, now)}. Rien n’est "
            "enregistré ; votre saisie est ci-dessous. « Enregistrer » la met à la place de "
            "l’autre version.",
            code="stale",
            status=409,
        )
    return _write(grid, content)


@transaction.atomic
def duplicate_grid(*, grid_id: int, name: str, by: User) -> ScoringGrid:
    """Copy a grid, frozen or not, under another name; the copy may change.

    Raises:
        Refusal: ``forbidden`` (403), ``gone`` (409), ``name_taken`` or ``invalid`` (422).
    """
    if not may_manage(by):
        raise Refusal(
            "Seules la responsable d’unité et l’administration dupliquent une grille.",
            code="forbidden",
            status=403,
        )
    content = content_of(_lock(grid_id))
    copy = GridContent(
        name, content.comment_at_most, content.comment_at_least, content.criteria, content.questions
    )
    return _write(ScoringGrid(), copy)


@transaction.atomic
def delete_grid(*, grid_id: int, by: User) -> None:
    """Delete a grid that no sheet uses, not even a draft.

    Raises:
        Refusal: ``forbidden`` (403), ``gone``, ``frozen`` or ``used`` (409).
    """
    _check_may_edit(by)
    grid = _lock(grid_id)
    _check_not_frozen(grid)
    count = grid.callsheet_set.count()
    if count:
        raise Refusal(
            f"{'Une fiche utilise' if count == 1 else f'{count} fiches utilisent'} cette grille : "
            "choisissez-en une autre pour elle d’abord.",
            code="used",
            status=409,
        )
    grid.delete()


def _lock(grid_id: int) -> ScoringGrid:
    grid = ScoringGrid.objects.select_for_update(no_key=True).filter(pk=grid_id).first()
    if grid is None:
        raise Refusal("Cette grille n’existe plus.", code="gone", status=409)
    return grid


def _check_not_frozen(grid: ScoringGrid) -> None:
    published = grid.callsheet_set.exclude(state=SheetState.DRAFT)
    if grid.frozen_at is not None or published.exists():
        raise Refusal(FROZEN, code="frozen", status=409)


def _write(grid: ScoringGrid, content: GridContent) -> ScoringGrid:
    name = clean_name(content.name)
    if ScoringGrid.objects.filter(name__iexact=name).exclude(pk=grid.pk).exists():
        raise Refusal(
            f"Une autre grille s’appelle déjà « {name[:LONGEST_NAME]} ».", code="name_taken"
        )
    if not content.criteria and not content.questions:
        raise Refusal("Une grille a au moins un critère ou une question.", code="invalid")
    if len(content.criteria) > MAX_CRITERIA:
        raise Refusal(
            f"Une grille a {MAX_CRITERIA} critères au plus : personne n’en lirait "
            f"{len(content.criteria)}.",
            code="invalid",
        )
    if len(content.questions) > MAX_QUESTIONS:
        raise Refusal(f"Une grille pose {MAX_QUESTIONS} questions au plus.", code="invalid")
    _check_thresholds(content)
    grid.name = name
    grid.comment_at_most = content.comment_at_most
    grid.comment_at_least = content.comment_at_least
    _clean(grid)
    grid.save()
    grid.criteria.all().delete()
    grid.questions.all().delete()
    for position, one in enumerate(content.criteria, start=1):
        if len(one.level_sentences) != LEVELS:
            raise Refusal(f"« {one.label} » : il faut une phrase par note.", code="invalid")
        _save(
            Criterion(
                grid=grid,
                position=position,
                label=one.label,
                help_text=one.help_text,
                weight=one.weight,
                level_sentences=list(one.level_sentences),
                allows_not_applicable=one.allows_not_applicable,
            )
        )
    for position, one in enumerate(content.questions, start=1):
        _save(
            AdmissibilityQuestion(
                grid=grid,
                position=position,
                label=one.label,
                help_text=one.help_text,
                automatic=one.automatic,
                allows_not_applicable=one.allows_not_applicable,
            )
        )
    return grid


def _check_thresholds(content: GridContent) -> None:
    low, high = content.comment_at_most, content.comment_at_least
    if not (0 <= low <= LEVELS - 1 and 0 <= high <= LEVELS):
        raise Refusal("Les notes à commenter vont de 0 à 5.", code="invalid")
    if low >= high:
        raise Refusal(
            "La plus basse des notes hautes à commenter dépasse la plus haute des notes basses.",
            code="invalid",
        )


def _save(row: Criterion | AdmissibilityQuestion) -> None:
    _clean(row)
    row.save()


def _clean(row: ScoringGrid | Criterion | AdmissibilityQuestion) -> None:
    try:
        row.full_clean()
    except ValidationError as error:
        prefix = f"« {row} » : " if str(row) else ""
        raise Refusal(prefix + " ".join(error.messages), code="invalid") from error
