"""The scoring grid: fill it, make it final, take it back, confirm it on a later deposit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from config.errors import Refusal
from config.templatetags.fr import time_fr
from grants.applications.enums import ReviewState
from grants.applications.models import Application, Deposit
from grants.review.calculations import ScoredCriterion, review_total
from grants.review.enums import THIRD
from grants.review.forms import ReasonForm
from grants.review.permissions import may_score
from grants.review.scoring_form import ScoringForm
from grants.review.scoring_merge import fingerprints, stored_values
from grants.review.services.scoring import (
    CONFIRMED_IN,
    DRAFTED_IN,
    IncompleteReviewError,
    Lacking,
    finalise_review,
    lacking_in,
    reconfirm_review,
    reopen_review,
)
from grants.review.third_reading import third_reading
from grants.review.views.frame import page_context
from grants.review.views.scope import acting_dossier, post_to_tab
from grants.review.views.scoring_saves import (
    Saved,
    UndecidedReadingError,
    keep_reading,
    on_top_of,
    own_review,
)


if TYPE_CHECKING:
    from grants.review.models import Assignment
    from grants.review.scores import ReadReview

PARTS = (
    ("level", "note", "notes"),
    ("comment", "commentaire", "commentaires"),
    ("proposed_amount", "le montant proposé", ""),
    ("summary", "la synthèse", ""),
)


# --- The tab --------------------------------------------------------------------------------------
def scoring_context(
    request: HttpRequest,
    dossier: Application,
    context: dict[str, Any],
    form: ScoringForm | None = None,
) -> dict[str, Any]:
    """Return what the scoring tab shows to this person.

    Args:
        request: Who looks.
        dossier: Their dossier.
        context: Of :func:`grants.review.views.frame.page_context`.
        form: A form already filled, shown instead of the stored reading.
    """
    sheet = context["score_sheet"]
    mine = next((r for r in sheet.reviews if r.review.reviewer_id == request.user.pk), None)
    is_final = mine is not None and mine.is_final
    on_time = dossier.review_state == ReviewState.UNDER_REVIEW
    may_score_it = context["standing"].may_score
    fills = may_score_it and dossier.review_state in DRAFTED_IN and not is_final
    if form is None and fills:
        form = _stored_form(dossier, mine)
    return {
        "mine": mine,
        "matrix": [(row, list(zip(row.cells, sheet.finals, strict=True))) for row in sheet.matrix],
        "columns": _columns(sheet.finals, context["readers"]),
        "scoring_form": form,
        "progress": progress_of(dossier, form) if form is not None else None,
        "reopen_review_form": ReasonForm(),
        "may_reopen": is_final and on_time and may_score_it,
        "waits_for_answer": fills and not on_time,
        "clashes": [],
        "refused": "",
        "outdated": _outdated(dossier, mine, may_confirm=may_score_it),
        "third": third_reading(request.user, dossier, context),
    }


def _columns(
    finals: Sequence[ReadReview], readers: Sequence[Assignment]
) -> list[tuple[ReadReview, str]]:
    """Return the final readings, each with its reader’s rank in words."""
    ranks = {one.person_id: one.rank for one in readers}

    def words(rank: int | None) -> str:
        if rank is None:
            return ""
        return "troisième lecture, " if rank == THIRD else f"rang {rank}, "

    return [(read, words(ranks.get(read.review.reviewer_id))) for read in finals]


def _stored_form(dossier: Application, mine: ReadReview | None) -> ScoringForm:
    review = mine.review if mine else None
    form = ScoringForm(grid=dossier.sheet.grid, review=review)
    form.initial["base"] = fingerprints(stored_values(form, review))
    form.initial.setdefault("deposit", dossier.last_deposit_id)
    return form


def _outdated(
    dossier: Application, mine: ReadReview | None, *, may_confirm: bool
) -> dict[str, Any] | None:
    """Return on which deposit one's reading bears, and the last one, when they differ."""
    if mine is None or not mine.is_outdated:
        return None
    deposits = Deposit.objects.select_related("office_edit__author")
    last = deposits.defer("payload").get(pk=dossier.last_deposit_id)
    edit = getattr(last, "office_edit", None)
    return {
        "by": edit.author if edit else None,
        "read": mine.review.deposit,
        "last": last,
        "may_confirm": may_confirm and dossier.review_state in CONFIRMED_IN,
    }


def progress_of(dossier: Application, form: ScoringForm) -> dict[str, Any]:
    """Return the running total of what is chosen, and what the reading still lacks."""
    chosen: Sequence[ScoredCriterion] = form.chosen()
    done = sum(1 for one in chosen if one.level is not None or one.not_applicable)
    lacking = lacking_in(
        dossier,
        form.criteria,
        scores=form.typed_scores(),
        proposed_amount=form.typed_amount(),
        summary=form["summary"].value() or "",
    )
    return {
        "total": review_total(chosen),
        "done": done,
        "count": len(chosen),
        "lacking": lacking_words(lacking),
        "first": _first_field(lacking),
    }


def lacking_words(lacking: Sequence[Lacking]) -> str:
    """Say in a few words what a reading lacks: « 2 notes, 1 commentaire, la synthèse »."""
    words = []
    for part, one, many in PARTS:
        count = sum(1 for found in lacking if found.part == part)
        if count and not many:
            words.append(one)
        elif count:
            words.append(f"{count} {many if count > 1 else one}")
    return ", ".join(words)


def _first_field(lacking: Sequence[Lacking]) -> str:
    if not lacking:
        return ""
    first = lacking[0]
    if first.criterion is None:
        return f"id_{first.part}"
    return f"id_{first.part}_{first.criterion}" + ("_0" if first.part == "level" else "")


# --- Acts -----------------------------------------------------------------------------------------
@post_to_tab("notation")
def score(request: HttpRequest, reference: str) -> HttpResponse:
    """Save a draft reading, or make it final (the button pressed says which)."""
    dossier = _read_by(request, reference)
    form = ScoringForm(request.POST, grid=dossier.sheet.grid)
    form.is_valid()
    if _is_autosave(request):
        return _autosave(request, dossier, form)
    if form.errors:
        return _again(request, dossier, form, status=422)
    try:
        saved = keep_reading(request, dossier, form, lenient=False)
    except UndecidedReadingError as undecided:
        return _again(request, dossier, undecided.form, status=409, clashes=undecided.clashes)
    except Refusal as refusal:
        return _refused(request, dossier, form, refusal)
    if saved.taken_sentence:
        messages.info(request, saved.taken_sentence)
    if "final" not in request.POST:
        messages.success(request, "Brouillon de notation enregistré.")
        return redirect("review:tab", reference, "notation")
    return _finalise(request, dossier, saved)


def _finalise(request: HttpRequest, dossier: Application, saved: Saved) -> HttpResponse:
    try:
        finalise_review(application_id=dossier.pk, by=request.user, at=timezone.now())
    except IncompleteReviewError as refusal:
        again = _over_stored(request, dossier, saved.form)
        messages.info(request, "Brouillon enregistré, pas encore définitif.")
        again.add_lacking(refusal.lacking)
        return _again(request, dossier, again, status=refusal.status)
    except Refusal as refusal:
        messages.info(request, "Brouillon enregistré, pas encore définitif.")
        return _refused(request, dossier, _over_stored(request, dossier, saved.form), refusal)
    messages.success(request, "Votre notation est définitive.")
    return redirect("review:tab", dossier.reference, "notation")


def _autosave(request: HttpRequest, dossier: Application, form: ScoringForm) -> HttpResponse:
    """Answer a save made while typing: a line of status, the total, what is still lacking."""
    context: dict[str, Any] = {"application": dossier, "refusal": None, "undecided": False}
    status = 200
    try:
        saved = keep_reading(request, dossier, form, lenient=True)
    except UndecidedReadingError as undecided:
        status, form = 409, undecided.form
        names = ", ".join(clash.label for clash in undecided.clashes)
        context |= {"refusal": _CLASH.format(names=names), "undecided": True}
    except Refusal as refusal:
        status = refusal.status
        context["refusal"] = refusal.sentence
    else:
        form = saved.form
        context |= {
            "version": saved.review.version,
            "base": saved.base,
            "saved_at": time_fr(timezone.now()),
            "skipped": ", ".join(form.words_for(name) for name in saved.skipped),
            "saved": saved,
            "outdated": saved.review.deposit_id != dossier.last_deposit_id,
        }
    if status != 200:  # the page keeps what it began from
        context |= {name: request.POST.get(name, "") for name in ("version", "base")}
    context["progress"] = progress_of(dossier, form)
    return render(request, "review/scoring/_autosave.html", context, status=status)


_CLASH = "un autre onglet a changé les mêmes champs ({names})."


def _is_autosave(request: HttpRequest) -> bool:
    return bool(request.htmx) and request.htmx.target == "autosave"


def _read_by(request: HttpRequest, reference: str) -> Application:
    """Return a dossier that this person reads on a grid."""
    dossier = acting_dossier(request, reference)
    if dossier.sheet.grid is None or not may_score(request.user, dossier):
        raise PermissionDenied
    return dossier


def _refused(
    request: HttpRequest, dossier: Application, form: ScoringForm, refusal: Refusal
) -> HttpResponse:
    """Show the grid again as it was filled, with the sentence of the refusal."""
    return _again(request, dossier, form, status=refusal.status, refused=refusal.sentence)


def _over_stored(request: HttpRequest, dossier: Application, form: ScoringForm) -> ScoringForm:
    """Return the form as it was filled, ready to be sent over what is stored now."""
    data = on_top_of(form.data, own_review(request, dossier), form)
    again = ScoringForm(data, grid=dossier.sheet.grid)
    again.is_valid()
    return again


def _again(
    request: HttpRequest, dossier: Application, form: ScoringForm, *, status: int, **extra: Any
) -> HttpResponse:
    context = page_context(request, dossier, "notation")
    context.update(scoring_context(request, dossier, context, form))
    context.update(extra)
    return render(request, "review/tabs/notation.html", context, status=status)


@post_to_tab("notation")
def running_total(request: HttpRequest, reference: str) -> HttpResponse:
    """Compute the total of what is chosen, without keeping it (for the live figure)."""
    dossier = _read_by(request, reference)
    form = ScoringForm(request.POST, grid=dossier.sheet.grid)
    form.is_valid()
    context = {"progress": progress_of(dossier, form)}
    return render(request, "review/partials/_running_total.html", context)


@post_to_tab("notation")
def reopen_score(request: HttpRequest, reference: str) -> HttpResponse:
    """Take one's final reading back to draft."""
    dossier = _read_by(request, reference)
    form = ReasonForm(request.POST)

    def reopened() -> None:
        reopen_review(
            application_id=dossier.pk,
            by=request.user,
            reason=form.cleaned_data["reason"],
            at=timezone.now(),
        )

    return _tell(request, dossier, form, reopened, done="Votre notation est rouverte.")


@post_to_tab("notation")
def reconfirm(request: HttpRequest, reference: str) -> HttpResponse:
    """Say that one's reading still holds on the last deposit."""
    dossier = _read_by(request, reference)
    number = request.POST.get("depot", "")

    def confirmed() -> None:
        reconfirm_review(
            application_id=dossier.pk,
            deposit_number=int(number) if number.isascii() and number.isdigit() else 0,
            by=request.user,
            at=timezone.now(),
        )

    done = "Votre notation porte maintenant sur le dernier dépôt."
    return _tell(request, dossier, None, confirmed, done=done)


def _tell(
    request: HttpRequest,
    dossier: Application,
    form: ReasonForm | None,
    service: Callable[[], None],
    *,
    done: str,
) -> HttpResponse:
    """Run a service on one's reading; show the tab again with what is wrong."""
    status, refused = 422, ""
    if form is None or form.is_valid():
        try:
            service()
        except Refusal as refusal:
            status, refused = refusal.status, refusal.sentence
        else:
            messages.success(request, done)
            return redirect("review:tab", dossier.reference, "notation")
    context = page_context(request, dossier, "notation")
    context.update(scoring_context(request, dossier, context))
    context["reopen_review_form"] = form or ReasonForm()
    context["refused"] = refused
    return render(request, "review/tabs/notation.html", context, status=status)
