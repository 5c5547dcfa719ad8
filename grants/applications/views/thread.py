"""The applicant's side of the thread with the office: write, mark as read."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from config.errors import Refusal
from foundation.jobs.services import AlreadyDoneError
from grants.applications.enums import MessageSide
from grants.applications.forms.messages import MessageForm
from grants.applications.services.messages import mark_read, send_message
from grants.applications.views.followup import dossier_page, tab_url
from grants.applications.views.scope import own_dossier


TAB = "echanges"


@require_http_methods(["GET", "HEAD", "POST"])
def message_send(request: HttpRequest, reference: str) -> HttpResponse:
    """Write to the office, with files."""
    application = own_dossier(request, whole=False, reference=reference)
    if request.method != "POST":  # the address of a refused message, opened again
        return redirect(tab_url(application, TAB))
    form = MessageForm(request.POST, request.FILES)
    status = 422
    if form.is_valid():
        try:
            send_message(
                application_id=application.pk,
                side=MessageSide.APPLICANT,
                author=request.user,
                text=form.cleaned_data["text"],
                files=form.cleaned_data["files"],
                request_key=form.cleaned_data["request_key"],
                at=timezone.now(),
            )
        except AlreadyDoneError:
            return redirect(tab_url(application, TAB))  # a double click
        except Refusal as refusal:
            form.add_error(field_of(refusal), refusal.sentence)
            status = refusal.status
        else:
            messages.success(request, "Votre message est envoyé au service.")
            return redirect(tab_url(application, TAB))
    return dossier_page(request, reference, TAB, status=status, message_form=form)


def field_of(refusal: Refusal) -> str | None:
    """Return the field of the message's form that a refusal is about."""
    if refusal.code in {"empty_text", "too_long"}:
        return "text"
    return None if refusal.status in {403, 409} else "files"


@require_POST
def messages_read(request: HttpRequest, reference: str) -> HttpResponse:
    """Mark what the office wrote as read: the page asks for it when it opens."""
    application = own_dossier(request, whole=False, reference=reference)
    mark_read(application_id=application.pk, side=MessageSide.APPLICANT, at=timezone.now())
    if "HX-Request" in request.headers:
        return render(request, "applications/thread/_read.html")
    return redirect(tab_url(application, TAB))
