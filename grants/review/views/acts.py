"""What the desk does to a dossier."""

from collections.abc import Callable
from contextlib import suppress

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.forms import Form
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from config.errors import Refusal
from config.text import clean_prose
from foundation.jobs.services import AlreadyDoneError
from grants.applications import recipients
from grants.applications.enums import MessageSide
from grants.applications.forms.messages import MessageForm
from grants.applications.messages import preview_closing
from grants.applications.models import Application
from grants.applications.selectors import current_edit
from grants.applications.services.messages import mark_read, send_message
from grants.applications.workflow import Transition, available
from grants.review.closing_form import CloseForm
from grants.review.forms import (
    AssignForm,
    ConcludeForm,
    DocumentCheckForm,
    EndAssignmentForm,
    NoteForm,
    ReaderForm,
    ReasonForm,
)
from grants.review.services.assignment import (
    assign_officer,
    assign_reader,
    end_assignment,
)
from grants.review.services.closing import (
    close_without_action,
    closing_words,
    unanswered_since,
    write_note,
)
from grants.review.services.documents import check_document
from grants.review.services.opinion_endings import pending_opinions
from grants.review.services.rules import assign_by_rule
from grants.review.services.scoring import conclude_review, needs_third, reopen_instruction
from grants.review.views.dossier import dossier_page
from grants.review.views.scope import (
    acting_dossier,
    is_in_charge,
    open_assignments,
    post_to_tab,
)


def _act(
    request: HttpRequest,
    reference: str,
    slug: str,
    name: str,
    form: Form,
    service: Callable[[dict], object],
    *,
    done: str | Callable[[dict], str],
    to: str = "",
) -> HttpResponse:
    """Run a service with a form's values; show the form again with what is wrong."""
    status = 422
    if form.is_valid():
        try:
            service(form.cleaned_data)
        except Refusal as refusal:
            form.add_error(None, refusal.sentence)
            status = refusal.status
            if refusal.code == "changed" and isinstance(
                form, AssignForm | ReaderForm | EndAssignmentForm
            ):
                form.look_again(open_assignments(Application.objects.get(reference=reference)))
        else:
            messages.success(request, done if isinstance(done, str) else done(form.cleaned_data))
            return redirect(to or reverse("review:application", args=[reference]))
    return dossier_page(request, reference, slug, status=status, **{name: form})


@post_to_tab("resume")
def assign(request: HttpRequest, reference: str) -> HttpResponse:
    """Give the dossier to an officer, chosen by hand or by the rules."""
    dossier = acting_dossier(request, reference)
    if "by_rule" in request.POST:
        return _assign_by_rule(request, dossier)
    return _act(
        request,
        reference,
        "resume",
        "assign_form",
        AssignForm(
            request.POST,
            on=timezone.localdate(),
            only=None if request.user.access.is_unit_head else request.user,
        ),
        lambda data: assign_officer(
            application_id=dossier.pk,
            person=data["person"],
            by=request.user,
            at=timezone.now(),
            reason=data["reason"],
            seen=data["seen"],
        ),
        done="Le dossier est affecté.",
    )


def _assign_by_rule(request: HttpRequest, dossier: Application) -> HttpResponse:
    """Give the dossier to whom the rules choose, and say why them."""
    try:
        found = assign_by_rule(application_id=dossier.pk, by=request.user, at=timezone.now())
    except Refusal as refusal:
        form = AssignForm(QueryDict(), on=timezone.localdate(), officer=None)
        form.errors.clear()
        form.look_again(open_assignments(dossier))
        form.add_error(None, refusal.sentence)
        return dossier_page(
            request, dossier.reference, "resume", status=refusal.status, assign_form=form
        )
    why = dossier.events.filter(kind__in=["assign", "reassigned"]).last().comment
    messages.success(request, f"Le dossier est affecté à {found.person}. {why}.")
    return redirect(dossier.get_desk_url())


@post_to_tab("resume")
def reader(request: HttpRequest, reference: str) -> HttpResponse:
    """Name a reader."""
    dossier = acting_dossier(request, reference)
    if not request.user.access.is_unit_head:
        raise PermissionDenied
    return _act(
        request,
        reference,
        "resume",
        "reader_form",
        ReaderForm(request.POST, on=timezone.localdate()),
        lambda data: assign_reader(
            application_id=dossier.pk,
            person=data["person"],
            rank=data["rank"],
            by=request.user,
            at=timezone.now(),
            seen=data[f"seen_{data['rank']}"],
        ),
        done=lambda data: f"La lecture est confiée à {data['person']}.",
        to=_tab_url(reference, "notation") if "depuis-notation" in request.POST else "",
    )


@post_to_tab("resume")
def unassign(request: HttpRequest, reference: str) -> HttpResponse:
    """Take the dossier from its officer, or a reading from its reader, and name nobody."""
    dossier = acting_dossier(request, reference)
    if not request.user.access.is_unit_head:
        raise PermissionDenied
    return _act(
        request,
        reference,
        "resume",
        "end_form",
        EndAssignmentForm(request.POST, assignments=dossier.assignments.select_related("person")),
        lambda data: end_assignment(
            application_id=dossier.pk,
            assignment_id=data["assignment"],
            reason=data["reason"],
            by=request.user,
            at=timezone.now(),
        ),
        done="L’affectation est retirée.",
    )


@post_to_tab("resume")
def note(request: HttpRequest, reference: str) -> HttpResponse:
    """Write an internal note."""
    dossier = acting_dossier(request, reference)
    return _act(
        request,
        reference,
        "resume",
        "note_form",
        NoteForm(request.POST),
        lambda data: _write_note(request, dossier, data),
        done="La note est enregistrée.",
        to=f"{dossier.get_desk_url()}#notes",
    )


def _write_note(request: HttpRequest, dossier: Application, data: dict) -> None:
    """Write a note once, however many times its form comes."""
    with suppress(AlreadyDoneError):
        write_note(
            application_id=dossier.pk,
            text=data["text"],
            request_key=data["request_key"],
            by=request.user,
            at=timezone.now(),
        )


@post_to_tab("resume")
def conclude(request: HttpRequest, reference: str) -> HttpResponse:
    """Close the instruction with an amount."""
    dossier = acting_dossier(request, reference)
    if not is_in_charge(request.user, dossier):
        raise PermissionDenied
    return _act(
        request,
        reference,
        "resume",
        "conclude_form",
        ConcludeForm(
            request.POST, asks_reason=request.user.access.is_unit_head and needs_third(dossier)
        ),
        lambda data: conclude_review(
            application_id=dossier.pk,
            proposed_amount=data["proposed_amount"],
            reason=data.get("reason", ""),
            by=request.user,
            at=timezone.now(),
        ),
        done="L’instruction est close.",
    )


@post_to_tab("resume")
def reopen(request: HttpRequest, reference: str) -> HttpResponse:
    """Take a concluded dossier back under review."""
    dossier = acting_dossier(request, reference)
    if not is_in_charge(request.user, dossier):
        raise PermissionDenied
    return _act(
        request,
        reference,
        "resume",
        "reopen_form",
        ReasonForm(request.POST),
        lambda data: reopen_instruction(
            application_id=dossier.pk, reason=data["reason"], by=request.user, at=timezone.now()
        ),
        done="L’instruction est rouverte.",
    )


@post_to_tab("echanges")
def message(request: HttpRequest, reference: str) -> HttpResponse:
    """Write to the applicant."""
    dossier = acting_dossier(request, reference)
    return _act(
        request,
        reference,
        "echanges",
        "message_form",
        MessageForm(request.POST, request.FILES),
        lambda data: _send(request, dossier, data),
        done="Le message est envoyé au demandeur.",
        to=_tab_url(reference, "echanges"),
    )


def _send(request: HttpRequest, dossier: Application, data: dict) -> None:
    """Send a message once, however many times its form comes."""
    with suppress(AlreadyDoneError):
        send_message(
            application_id=dossier.pk,
            side=MessageSide.OFFICE,
            author=request.user,
            text=data["text"],
            files=data["files"],
            request_key=data["request_key"],
            at=timezone.now(),
        )


@post_to_tab("echanges")
def read(request: HttpRequest, reference: str) -> HttpResponse:
    """Mark the applicant's messages as read."""
    dossier = acting_dossier(request, reference)
    mark_read(application_id=dossier.pk, side=MessageSide.OFFICE, at=timezone.now())
    if "HX-Request" in request.headers:
        return render(request, "applications/thread/_read.html")
    return redirect(_tab_url(reference, "echanges"))


@post_to_tab("pieces")
def document(request: HttpRequest, reference: str, pk: int) -> HttpResponse:
    """Accept or refuse a document."""
    dossier = acting_dossier(request, reference)
    given = get_object_or_404(dossier.documents.all(), pk=pk)
    form = DocumentCheckForm(request.POST)
    status = 422
    if form.is_valid():
        try:
            check_document(
                document_id=given.pk,
                state=form.cleaned_data["state"],
                reason=form.cleaned_data["reason"],
                seen=form.cleaned_data["seen"] or 0,
                seen_state=form.cleaned_data["seen_state"] or None,
                by=request.user,
                at=timezone.now(),
            )
        except Refusal as refusal:
            form.add_error(None, refusal.sentence)
            status = refusal.status
        else:
            messages.success(request, f"« {given.label} » : c’est enregistré.")
            return redirect(f"{_tab_url(reference, 'pieces')}#piece-{given.pk}")
    errors = [(text, f"#raison-{given.pk}") for found in form.errors.values() for text in found]
    typed = {"pk": given.pk, "reason": form.data.get("reason", "")}
    return dossier_page(
        request, reference, "pieces", status=status, document_errors=errors, checked=typed
    )


@require_http_methods(["GET", "HEAD", "POST"])
def close(request: HttpRequest, reference: str) -> HttpResponse:
    """Close a dossier without action, once its reason was read as the applicant will read it."""
    dossier = acting_dossier(request, reference)
    form = CloseForm(request.POST or None, application=dossier, on=timezone.localdate())
    status, words = 200, ""
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                if "confirm" in request.POST:
                    _close(request, dossier, form)
                    messages.success(
                        request, f"Le dossier {dossier.reference} est classé sans suite."
                    )
                    return redirect(dossier.get_desk_url())
                words, status = _closing_words(dossier, form), 200
            except Refusal as refusal:
                form.add_error(None, refusal.sentence)
                status = refusal.status
                if refusal.code == "changed":
                    words = _closing_words(dossier, form)
    context = {
        "application": dossier,
        "form": form,
        "may_close": Transition.CLOSE in available(dossier, side=MessageSide.OFFICE),
        "unanswered_since": unanswered_since(dossier, on=timezone.localdate()),
        "words": words,
        **(_closing_effects(dossier) if words else {}),
    }
    return render(request, "review/close.html", context, status=status)


def _close(request: HttpRequest, dossier: Application, form: CloseForm) -> None:
    close_without_action(
        application_id=dossier.pk,
        reason=form.cleaned_data["reason"],
        comment=form.cleaned_data["comment"],
        proof=form.proof(),
        read=clean_prose(request.POST.get("read", "")),
        by=request.user,
        at=timezone.now(),
    )


def _closing_words(dossier: Application, form: CloseForm) -> str:
    return closing_words(
        dossier,
        reason=form.cleaned_data["reason"],
        comment=form.cleaned_data["comment"],
        proof=form.proof(),
        on=timezone.localdate(),
    )


def _closing_effects(dossier: Application) -> dict:
    """Return what closing a dossier sends and ends, for whoever is about to."""
    return {
        "preview": preview_closing(dossier),
        "reaches_nobody": not recipients.members(dossier),
        "pending_opinions": list(pending_opinions(dossier)),
        "current_edit": current_edit(dossier),
    }


def _tab_url(reference: str, slug: str) -> str:
    return reverse("review:tab", args=[reference, slug])
