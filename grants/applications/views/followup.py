"""A filed dossier, for its applicant: where it stands, what it holds, the thread, the receipt."""

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from config.errors import Refusal
from grants.applications import hooks
from grants.applications.enums import Channel, MessageSide
from grants.applications.forms import MessageForm
from grants.applications.labels import applicant_headline, event_label
from grants.applications.models import Application, Message
from grants.applications.selectors import dossier_context, missing_documents
from grants.applications.services.documents import may_give_documents
from grants.applications.services.messages import mark_read, send_message
from grants.applications.views.documents import receive, upload_errors
from grants.applications.views.filing import may_ask_withdrawal
from grants.applications.views.scope import may_edit, own_dossier
from partners.permissions import may_sign_for


@require_safe
def detail(request: HttpRequest, reference: str) -> HttpResponse:
    """Show a filed dossier."""
    return _page(request, own_dossier(request, reference=reference))


@require_http_methods(["GET", "HEAD", "POST"])
def message_send(request: HttpRequest, reference: str) -> HttpResponse:
    """Write to the office."""
    application = own_dossier(request, reference=reference)
    if request.method != "POST":  # the address of a refused message, opened again
        return redirect(f"{application.get_absolute_url()}#messages")
    form = MessageForm(request.POST)
    if not form.is_valid():
        return _page(request, application, message_form=form, status=422)
    try:
        send_message(
            application_id=application.pk,
            side=MessageSide.APPLICANT,
            author=request.user,
            text=form.cleaned_data["text"],
            at=timezone.now(),
        )
    except Refusal as refusal:
        form.add_error("text", refusal.sentence)
        return _page(request, application, message_form=form, status=refusal.status)
    messages.success(request, "Votre message est envoyé au service.")
    return redirect(f"{application.get_absolute_url()}#messages")


@require_POST
def messages_read(request: HttpRequest, reference: str) -> HttpResponse:
    """Mark what the office wrote as read."""
    application = own_dossier(request, whole=False, reference=reference)
    mark_read(application_id=application.pk, side=MessageSide.APPLICANT, at=timezone.now())
    return redirect(f"{application.get_absolute_url()}#messages")


@require_http_methods(["GET", "HEAD", "POST"])
def document_add(request: HttpRequest, reference: str) -> HttpResponse:
    """Give a document that was missing at the deposit."""
    application = own_dossier(request, reference=reference)
    if request.method != "POST":  # the address of a refused file, opened again
        return redirect(f"{application.get_absolute_url()}#pieces")
    form, refusal = receive(request, application)
    if refusal is None and form.is_valid():
        messages.success(request, "La pièce est jointe : le service en est informé.")
        return redirect(f"{application.get_absolute_url()}#pieces")
    status = refusal.status if refusal else 422
    errors = upload_errors(form, refusal)
    return _page(request, application, status=status, errors=errors)


@require_safe
def receipt(request: HttpRequest, reference: str) -> HttpResponse:
    """Say that the dossier is filed: number, instant, what follows."""
    application = own_dossier(request, reference=reference)
    context = dossier_context(application) | {
        "application": application,
        "panels": _panels(request, application),
        "on_paper": application.channel == Channel.PAPER,
    }
    context["missing"] = missing_documents(context["asked"])
    return render(request, "applications/receipt.html", context)


def _page(
    request: HttpRequest,
    application: Application,
    *,
    message_form: MessageForm | None = None,
    status: int = 200,
    errors: list[tuple[str, str]] | None = None,
) -> HttpResponse:
    thread = _thread(application)
    context: dict[str, Any] = dossier_context(application) | {
        "application": application,
        "headline": applicant_headline(application),
        "timeline": _timeline(application),
        "thread": thread,
        "unread": sum(1 for m in thread if m.read_at is None and m.side == MessageSide.OFFICE),
        "message_form": message_form or MessageForm(),
        "errors": errors or [],
        "panels": _panels(request, application),
        "may_edit": may_edit(request, application),
        "may_sign": application.awaits_attestation
        and may_sign_for(request.user, application.organisation, timezone.localdate()),
        "may_give": may_give_documents(request.user, application),
        "may_withdraw": may_ask_withdrawal(application),
    }
    context["missing"] = missing_documents(context["asked"])
    return render(request, "applications/detail.html", context, status=status)


def _thread(application: Application) -> QuerySet[Message]:
    return application.messages.select_related("author").order_by("sent_at", "pk")


def _timeline(application: Application) -> list[dict]:
    """Return what the applicant may know of the history, newest first."""
    events = application.events.filter(visible_to_applicant=True).order_by("-position")
    entries = [
        {"when": event.at, "title": event_label(event.kind), "text": event.comment}
        for event in events
    ]
    begun = {"when": application.created_at, "title": "Dossier commencé", "text": ""}
    return entries if application.channel == Channel.PAPER else [*entries, begun]


def _panels(request: HttpRequest, application: Application) -> list[SafeString]:
    """Return what other parts of the portal show here: receipts, letters, the decision."""
    return [
        render_to_string(panel.template, {**context, "application": application}, request)
        for panel, context in hooks.panels_for("applicant", request.user, application)
    ]
