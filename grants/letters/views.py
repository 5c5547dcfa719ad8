from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from config.errors import Refusal, refused
from config.http import htmx_or_page
from config.listing import ListPage, Sort
from grants.letters.filters import LetterFilter
from grants.letters.forms import CheckForm, SignedFileForm
from grants.letters.labels import badge
from grants.letters.limits import may_check
from grants.letters.models import Letter, LetterState
from grants.letters.rendering import letter_body
from grants.letters.selectors import generation_progress, is_authentic
from grants.letters.services import check_may_handle, retry_letter, sign_letter


SORTS = (
    Sort("date", ("created_at",), descending_first=True),
    Sort("reference", ("reference",)),
    Sort("beneficiaire", ("application__organisation__search_name",)),
)


def _require_desk(request: HttpRequest) -> None:
    access = request.user.access
    if not (access.is_desk or access.is_administrator):
        raise PermissionDenied


def _letter(request: HttpRequest, reference: str) -> Letter:
    """Return a letter for the office; a member, who has a panel on the dossier, gets 404."""
    access = request.user.access
    letters = Letter.objects.visible_to(request.user)
    if not (access.is_desk or access.is_administrator):
        letters = Letter.objects.none()
    letters = letters.select_related("application__organisation", "application__sheet__campaign")
    return get_object_or_404(letters.prefetch_related("files"), reference=reference)


@require_safe
def letter_list(request: HttpRequest) -> HttpResponse:
    """List the letters, with what is being made."""
    _require_desk(request)
    letters = Letter.objects.visible_to(request.user)
    listing = ListPage(
        request,
        letters.select_related("application__organisation").prefetch_related("files"),
        sorts=SORTS,
        default_sort="-date",
        filter_class=LetterFilter,
    )
    progress = generation_progress(letters)
    if request.htmx and request.htmx.target == "progress":
        return render(request, "letters/list.html#progress", progress)
    rows = [(letter, badge(letter)) for letter in listing.rows]
    context = {"listing": listing, "rows": rows, **progress}
    return htmx_or_page(request, "letters/list.html", context)


@require_safe
def detail(request: HttpRequest, reference: str) -> HttpResponse:
    return _detail(request, _letter(request, reference), SignedFileForm())


def _detail(
    request: HttpRequest, letter: Letter, form: SignedFileForm, *, status: int = 200
) -> HttpResponse:
    access = request.user.access
    signable = {LetterState.READY, LetterState.SIGNED}
    context = {
        "letter": letter,
        "badge": badge(letter),
        "body": letter_body(letter),
        "form": form,
        "may_sign": (access.is_unit_head or access.is_administrator)
        and letter.kind != "receipt"
        and letter.superseded_at is None
        and letter.state in signable,
        "may_retry": (access.is_unit_head or access.is_administrator)
        and letter.state == LetterState.FAILED,
        "versions": letter.application.letters.filter(kind=letter.kind)
        .exclude(pk=letter.pk)
        .order_by(F("version").desc()),
    }
    return render(request, "letters/detail.html", context, status=status)


@require_POST
def sign(request: HttpRequest, reference: str) -> HttpResponse:
    """Attach the signed file."""
    letter = _letter(request, reference)
    try:
        check_may_handle(request.user)
        form = SignedFileForm(request.POST, request.FILES)
        if not form.is_valid():
            return _detail(request, letter, form, status=422)
        upload = form.cleaned_data["file"]
        sign_letter(letter_id=letter.pk, upload=upload, by=request.user, at=timezone.now())
    except Refusal as refusal:
        if refusal.status != 422:
            return refused(request, refusal)
        form.add_error("file", refusal.sentence)
        return _detail(request, letter, form, status=422)
    messages.success(request, f"Le courrier {letter.reference} est signé.")
    return redirect("letters:detail", reference=letter.reference)


@require_POST
def retry(request: HttpRequest, reference: str) -> HttpResponse:
    """Ask again for a letter that failed."""
    letter = _letter(request, reference)
    try:
        retry_letter(letter_id=letter.pk, by=request.user, at=timezone.now())
    except Refusal as refusal:
        return refused(request, refusal)
    messages.success(request, f"La génération du courrier {letter.reference} est relancée.")
    return redirect("letters:detail", reference=letter.reference)


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def check(request: HttpRequest) -> HttpResponse:
    """Tell anybody whether a letter comes from the office; say nothing else of it."""
    asked = request.method == "POST" or "code" in request.GET
    if asked and not may_check(request):
        return render(
            request, "letters/check.html", {"form": CheckForm(), "too_many": True}, status=429
        )
    form = CheckForm()
    context: dict = {"form": form, "answer": None, "too_many": False}
    if request.method == "POST":
        form = CheckForm(request.POST, request.FILES)
    elif asked:
        form = CheckForm(request.GET)
    context["form"] = form
    if not asked:
        return render(request, "letters/check.html", context)
    if not form.is_valid():
        return render(request, "letters/check.html", context, status=422)
    context["answer"] = is_authentic(
        code=form.cleaned_data["code"], content=form.cleaned_data["file"]
    )
    return render(request, "letters/check.html", context)
