"""Mask words or a file: the page that shows each place first, then the act."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from config.errors import Refusal
from grants.applications.enums import RedactionReason
from grants.applications.models import Application
from grants.applications.redaction_preflight import preflight
from grants.applications.services.redaction import (
    copies_elsewhere,
    may_redact,
    place_of,
    redact_file,
    redact_words,
)
from grants.review.redaction_forms import FileForm, WordsForm
from grants.review.views.scope import desk_dossier, require_not_recused


PAGE = "review/redact.html"


@require_http_methods(["GET", "HEAD", "POST"])
def redact(request: HttpRequest, reference: str) -> HttpResponse:
    """Choose what to mask, see where it stands, confirm. Words never enter an address."""
    _require_redactor(request)
    application = desk_dossier(request, reference)
    require_not_recused(request.user, application)
    if request.method != "POST":
        return _page(request, application)
    step = request.POST.get("step", "")
    if step.startswith("file"):
        return _file(request, application, confirmed=step == "file-confirm")
    return _words(request, application, confirmed=step == "words-confirm")


def _require_redactor(request: HttpRequest) -> None:
    if may_redact(request.user):
        return
    if request.user.access.is_office:
        raise PermissionDenied
    raise Http404


def _page(
    request: HttpRequest, application: Application, *, status: int = 200, **extra
) -> HttpResponse:
    context = {
        "application": application,
        "words_form": WordsForm(label_suffix=""),
        "file_form": FileForm(application=application, label_suffix=""),
        "redactions": application.redactions.select_related("by"),
        **extra,
    }
    return render(request, PAGE, context, status=status)


def _words(request: HttpRequest, application: Application, *, confirmed: bool) -> HttpResponse:
    form = WordsForm(request.POST, label_suffix="")
    if not form.is_valid():
        return _page(request, application, status=422, words_form=form)
    if not confirmed:
        found = preflight(application, form.chosen)
        if not found.masked and not found.left:
            form.add_error("words", "Ces mots ne sont nulle part dans le dossier.")
            return _page(request, application, status=422, words_form=form)
        reason = RedactionReason(form.cleaned_data["reason"]).label
        context = {"application": application, "form": form, "found": found, "reason": reason}
        return render(request, "review/redact_words.html", context)
    try:
        redact_words(
            application_id=application.pk,
            words=form.chosen,
            reason=form.cleaned_data["reason"],
            by=request.user,
            at=timezone.now(),
        )
    except Refusal as refusal:
        form.add_error(None, refusal.sentence)
        return _page(request, application, status=refusal.status, words_form=form)
    return _done(request, application, "Les mots sont masqués partout où ils pouvaient l’être.")


def _file(request: HttpRequest, application: Application, *, confirmed: bool) -> HttpResponse:
    form = FileForm(request.POST, application=application, label_suffix="")
    if not form.is_valid():
        return _page(request, application, status=422, file_form=form)
    stored = form.cleaned_data["stored"]
    if not confirmed:
        context = {
            "application": application,
            "form": form,
            "stored": stored,
            "place": place_of(stored),
            "copies": copies_elsewhere(application, stored),
            "reason": RedactionReason(form.cleaned_data["reason"]).label,
        }
        return render(request, "review/redact_file.html", context)
    try:
        redact_file(
            application_id=application.pk,
            stored_id=stored.pk,
            reason=form.cleaned_data["reason"],
            by=request.user,
            at=timezone.now(),
        )
    except Refusal as refusal:
        form.add_error(None, refusal.sentence)
        return _page(request, application, status=refusal.status, file_form=form)
    return _done(request, application, "Le fichier est masqué : son contenu est effacé.")


def _done(request: HttpRequest, application: Application, sentence: str) -> HttpResponse:
    messages.success(request, sentence)
    return redirect(reverse("review:tab", args=[application.reference, "historique"]))
