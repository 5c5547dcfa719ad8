"""One dossier at the desk: its tabs, and the acts on it."""

from collections.abc import Callable

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from config.errors import Refusal, refused
from grants.applications.enums import MessageSide
from grants.applications.forms import MessageForm
from grants.applications.labels import event_label
from grants.applications.models import Application
from grants.applications.selectors import dossier_context
from grants.applications.services.messages import mark_read, send_message
from grants.review.forms import (
    AssignForm,
    CloseForm,
    ConcludeForm,
    ConflictForm,
    DocumentCheckForm,
    NoteForm,
    ReaderForm,
    ReasonForm,
)
from grants.review.services.assignment import assign_officer, assign_reader, declare_conflict
from grants.review.services.closing import close_without_action, write_note
from grants.review.services.documents import check_document
from grants.review.services.scoring import conclude_review, reopen_instruction
from grants.review.views.scope import TABS, desk_dossier, page_context, require_desk
from grants.review.views.scoring import scoring_context


@require_safe
def application(request: HttpRequest, reference: str) -> HttpResponse:
    """Show a dossier's summary."""
    return dossier_page(request, desk_dossier(request, reference), "resume")


@require_safe
def tab(request: HttpRequest, reference: str, slug: str) -> HttpResponse:
    """Show one of a dossier's tabs."""
    if slug not in dict(TABS):
        raise Http404
    return dossier_page(request, desk_dossier(request, reference), slug)


def dossier_page(
    request: HttpRequest, dossier: Application, slug: str, *, status: int = 200, **forms
) -> HttpResponse:
    """Render a tab, with the forms given in place of the empty ones."""
    context = page_context(request, dossier, slug)
    if slug not in {one.slug for one in context["tabs"]}:
        raise Http404
    context.update(dossier_context(dossier))
    context.update(_tab_context(request, dossier, slug, context))
    context.update(forms)
    return render(request, f"review/tabs/{slug}.html", context, status=status)


def _tab_context(request, dossier: Application, slug: str, context: dict) -> dict:
    match slug:
        case "resume":
            officer = context["officer"]
            return {
                "assign_form": AssignForm(initial={"person": officer}),
                "reader_form": ReaderForm(),
                "note_form": NoteForm(),
                "conclude_form": ConcludeForm(
                    initial={"proposed_amount": _suggested_amount(dossier, context)}
                ),
                "reopen_form": ReasonForm(),
                "notes": dossier.internal_notes.select_related("author"),
            }
        case "notation":
            return scoring_context(request, dossier)
        case "echanges":
            return {
                "thread": dossier.messages.select_related("author").prefetch_related("files"),
                "message_form": MessageForm(),
                "unread": dossier.messages.filter(
                    side=MessageSide.APPLICANT, read_at__isnull=True
                ).count(),
            }
        case "historique":
            events = dossier.events.select_related("actor").order_by("-position")
            return {
                "entries": [
                    {
                        "when": event.at,
                        "title": event_label(event.kind),
                        "who": str(event.actor or "Maillage"),
                        "text": event.comment,
                    }
                    for event in events
                ]
            }
    return {}


def _suggested_amount(dossier: Application, context: dict):
    """Return the amount to start from: the unit's, else the last final reading's."""
    if dossier.proposed_amount is not None:
        return dossier.proposed_amount
    sheet = context["score_sheet"]
    finals = [r.review for r in sheet.reviews if r.review.state == "final"] if sheet else []
    return finals[-1].proposed_amount if finals else None


# --- Acts ---------------------------------------------------------------------------------------
def _act(
    request: HttpRequest,
    dossier: Application,
    slug: str,
    name: str,
    form,
    service: Callable[[dict], object],
    *,
    done: str,
    to: str = "",
) -> HttpResponse:
    """Run a service with a form's values; show the form again with what is wrong."""
    if form.is_valid():
        try:
            service(form.cleaned_data)
        except Refusal as refusal:
            form.add_error(None, refusal.sentence)
            return dossier_page(request, dossier, slug, status=refusal.status, **{name: form})
        messages.success(request, done)
        return redirect(to or dossier.get_desk_url())
    return dossier_page(request, dossier, slug, status=422, **{name: form})


@require_POST
def assign(request: HttpRequest, reference: str) -> HttpResponse:
    """Give the dossier to an officer."""
    require_desk(request)
    dossier = desk_dossier(request, reference)
    return _act(
        request,
        dossier,
        "resume",
        "assign_form",
        AssignForm(request.POST),
        lambda data: assign_officer(
            application_id=dossier.pk, person=data["person"], by=request.user, at=timezone.now()
        ),
        done="Le dossier est affecté.",
    )


@require_POST
def reader(request: HttpRequest, reference: str) -> HttpResponse:
    """Name a reader."""
    require_desk(request)
    dossier = desk_dossier(request, reference)
    return _act(
        request,
        dossier,
        "resume",
        "reader_form",
        ReaderForm(request.POST),
        lambda data: assign_reader(
            application_id=dossier.pk,
            person=data["person"],
            rank=data["rank"],
            by=request.user,
            at=timezone.now(),
        ),
        done="Le lecteur est désigné.",
    )


@require_POST
def note(request: HttpRequest, reference: str) -> HttpResponse:
    """Write an internal note."""
    require_desk(request)
    dossier = desk_dossier(request, reference)
    return _act(
        request,
        dossier,
        "resume",
        "note_form",
        NoteForm(request.POST),
        lambda data: write_note(
            application_id=dossier.pk, text=data["text"], by=request.user, at=timezone.now()
        ),
        done="La note est enregistrée.",
        to=f"{dossier.get_desk_url()}#notes",
    )


@require_POST
def conclude(request: HttpRequest, reference: str) -> HttpResponse:
    """Close the instruction with an amount."""
    require_desk(request)
    dossier = desk_dossier(request, reference)
    return _act(
        request,
        dossier,
        "resume",
        "conclude_form",
        ConcludeForm(request.POST),
        lambda data: conclude_review(
            application_id=dossier.pk,
            proposed_amount=data["proposed_amount"],
            by=request.user,
            at=timezone.now(),
        ),
        done="L’instruction est close.",
    )


@require_POST
def reopen(request: HttpRequest, reference: str) -> HttpResponse:
    """Take a concluded dossier back under review."""
    require_desk(request)
    dossier = desk_dossier(request, reference)
    return _act(
        request,
        dossier,
        "resume",
        "reopen_form",
        ReasonForm(request.POST),
        lambda data: reopen_instruction(
            application_id=dossier.pk, reason=data["reason"], by=request.user, at=timezone.now()
        ),
        done="L’instruction est rouverte.",
    )


@require_POST
def message(request: HttpRequest, reference: str) -> HttpResponse:
    """Write to the applicant."""
    require_desk(request)
    dossier = desk_dossier(request, reference)
    return _act(
        request,
        dossier,
        "echanges",
        "message_form",
        MessageForm(request.POST),
        lambda data: send_message(
            application_id=dossier.pk,
            side=MessageSide.OFFICE,
            author=request.user,
            text=data["text"],
            at=timezone.now(),
        ),
        done="Le message est envoyé au demandeur.",
        to=_tab_url(dossier, "echanges"),
    )


@require_POST
def read(request: HttpRequest, reference: str) -> HttpResponse:
    """Mark the applicant's messages as read."""
    require_desk(request)
    dossier = desk_dossier(request, reference, whole=False)
    mark_read(application_id=dossier.pk, side=MessageSide.OFFICE, at=timezone.now())
    return redirect(_tab_url(dossier, "echanges"))


@require_POST
def document(request: HttpRequest, reference: str, pk: int) -> HttpResponse:
    """Accept or refuse a document."""
    require_desk(request)
    dossier = desk_dossier(request, reference)
    given = get_object_or_404(dossier.documents.all(), pk=pk)
    form = DocumentCheckForm(request.POST)
    if not form.is_valid():
        errors = [sentence for found in form.errors.values() for sentence in found]
        return dossier_page(request, dossier, "pieces", status=422, document_errors=errors)
    check_document(
        document_id=given.pk,
        state=form.cleaned_data["state"],
        reason=form.cleaned_data["reason"],
        by=request.user,
        at=timezone.now(),
    )
    messages.success(request, f"« {given.label} » : c’est enregistré.")
    return redirect(_tab_url(dossier, "pieces"))


def conflict(request: HttpRequest, reference: str) -> HttpResponse:
    """Declare a conflict of interest, after a page that says what it means."""
    require_desk(request)
    dossier = desk_dossier(request, reference)
    form = ConflictForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        whole_body = form.cleaned_data["scope"] == "organisation"
        try:
            declare_conflict(
                person=request.user,
                application=None if whole_body else dossier,
                organisation=dossier.organisation if whole_body else None,
                reason=form.cleaned_data["reason"],
                at=timezone.now(),
            )
        except Refusal as refusal:
            return refused(request, refusal)
        messages.success(request, "Votre déport est enregistré : vous ne voyez plus les notes.")
        return redirect(dossier.get_desk_url())
    status = 422 if form.is_bound else 200
    context = page_context(request, dossier, "resume") | {"form": form}
    return render(request, "review/conflict.html", context, status=status)


def close(request: HttpRequest, reference: str) -> HttpResponse:
    """Close a dossier without action, after a page that names it."""
    require_desk(request)
    dossier = desk_dossier(request, reference)
    form = CloseForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            close_without_action(
                application_id=dossier.pk,
                reason=form.cleaned_data["reason"],
                comment=form.cleaned_data["comment"],
                by=request.user,
                at=timezone.now(),
            )
        except Refusal as refusal:
            return refused(request, refusal)
        messages.success(request, f"Le dossier {dossier.reference} est classé sans suite.")
        return redirect(dossier.get_desk_url())
    status = 422 if form.is_bound else 200
    context = page_context(request, dossier, "resume") | {"form": form}
    return render(request, "review/close.html", context, status=status)


def _tab_url(dossier: Application, slug: str) -> str:
    return f"{dossier.get_desk_url()}{slug}/"
