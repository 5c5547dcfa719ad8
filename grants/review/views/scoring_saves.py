"""Keep a reading as it is typed, whatever another tab did meanwhile."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.http import HttpRequest
from django.utils import timezone

from config.errors import Refusal
from grants.review.models import Review
from grants.review.scoring_form import ScoringForm
from grants.review.scoring_merge import Clash, Merge, fingerprints, merge, stored_values
from grants.review.services.scoring import save_review


if TYPE_CHECKING:
    from django.http import QueryDict

    from grants.applications.models import Application

TRIES = 3  # another tab may save between the reading of what is stored and the save


@dataclass(frozen=True)
class Saved:
    """A reading kept.

    Attributes:
        review: As stored.
        form: What was kept, with what another tab alone had changed.
        merge: What was taken from another tab, if any.
        skipped: Names of the fields left as they were stored: what they hold cannot be kept.
    """

    review: Review
    form: ScoringForm
    merge: Merge | None
    skipped: list[str]

    @property
    def base(self) -> str:
        """Return the digests of what is stored, for the page to begin from."""
        return fingerprints(stored_values(self.form, self.review))

    @property
    def taken_sentence(self) -> str:
        if self.merge is None or not self.merge.taken:
            return ""
        names = ", ".join(self.form.words_for(name) for name in self.merge.taken)
        return f"Repris de votre autre onglet\u00a0: {names}."


class UndecidedReadingError(Exception):
    """Two tabs changed the same fields; the person chooses.

    Attributes:
        form: What this tab typed, with what the other alone changed, ready to be sent again.
        clashes: The fields to choose.
    """

    def __init__(self, form: ScoringForm, clashes: list[Clash]) -> None:
        super().__init__(clashes)
        self.form = form
        self.clashes = clashes


def own_review(request: HttpRequest, dossier: Application) -> Review | None:
    """Return one's own reading of a dossier, with its scores."""
    mine = Review.objects.filter(application=dossier, reviewer=request.user)
    return mine.select_related("deposit").prefetch_related("scores").first()


def keep_reading(
    request: HttpRequest, dossier: Application, form: ScoringForm, *, lenient: bool
) -> Saved:
    """Store what a form holds.

    Args:
        request: Of the reader.
        dossier: What they read.
        form: Bound, cleaned.
        lenient: Leave as stored the fields that hold something impossible, instead of none.

    Raises:
        Refusal: Of :func:`grants.review.services.scoring.save_review`.
        UndecidedReadingError: Another tab changed the same fields.
    """
    skipped: list[str] = []
    theirs = [name for name in form.kept_names if form.data.get(f"choice-{name}") == "theirs"]
    if theirs:  # chosen on the page that showed both
        stored = stored_values(form, own_review(request, dossier))
        data = form.data.copy()
        for name in theirs:
            data[name] = stored[name]
        form = _again(data, dossier)
    if lenient and form.errors:
        skipped = [name for name in form.kept_names if name in form.errors]
        stored = stored_values(form, own_review(request, dossier))
        data = form.data.copy()
        for name in form.errors:
            data[name] = stored.get(name, "")
        form = _again(data, dossier)
    merged = None
    for left in reversed(range(TRIES)):
        try:
            return Saved(_save(request, dossier, form), form, merged, skipped)
        except Refusal as refusal:
            if refusal.code != "stale" or not left:
                raise
        review = own_review(request, dossier)
        merged = merge(form, form.data, stored_values(form, review))
        form = _again(on_top_of(merged.data, review, form), dossier)
        if merged.clashes:
            raise UndecidedReadingError(form, merged.clashes)
    raise AssertionError


def on_top_of(data: QueryDict, review: Review | None, form: ScoringForm) -> QueryDict:
    """Return a form's data, ready to be sent over what is stored now."""
    copy = data.copy()
    copy["version"] = review.version if review else 0
    copy["base"] = fingerprints(stored_values(form, review))
    for name in [name for name in copy if name.startswith("choice-")]:
        del copy[name]
    return copy


def _again(data: QueryDict, dossier: Application) -> ScoringForm:
    form = ScoringForm(data, grid=dossier.sheet.grid)
    form.is_valid()
    return form


def _save(request: HttpRequest, dossier: Application, form: ScoringForm) -> Review:
    return save_review(
        application_id=dossier.pk,
        by=request.user,
        at=timezone.now(),
        scores=form.scores(),
        proposed_amount=form.cleaned_data["proposed_amount"],
        summary=form.cleaned_data["summary"],
        version=form.cleaned_data["version"],
        deposit_id=form.cleaned_data["deposit"],
    )
