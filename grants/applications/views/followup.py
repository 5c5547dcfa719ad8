"""A filed dossier, for its applicant: short pages, a tab an address."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db.models import Prefetch, Q, QuerySet, prefetch_related_objects
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.views.decorators.http import require_http_methods, require_safe

from foundation.documents.models import StoredFile
from grants.applications import hooks
from grants.applications.enums import Channel, MessageSide
from grants.applications.forms.messages import MessageForm
from grants.applications.journey import awaited, is_told, journey
from grants.applications.labels import applicant_headline, event_label
from grants.applications.models import Application, ApplicationDocument, Event, Message
from grants.applications.reopening import Reopened
from grants.applications.selectors import (
    asked_documents,
    awaited_correction,
    dossier_context,
    missing_documents,
    office_edit_of_last_deposit,
    other_documents,
)
from grants.applications.services.documents import may_give_documents
from grants.applications.services.filing import may_withdraw
from grants.applications.store import offered_documents
from grants.applications.views.documents import problem_of, receive, upload_errors
from grants.applications.views.filing import may_ask_withdrawal, signatory_names
from grants.applications.views.scope import may_edit, own_dossier
from partners.models import Membership, Organisation
from partners.permissions import may_sign_for


HOME = "suivi"
TABS = (
    (HOME, "Suivi"),
    ("demande", "Demande"),
    ("budget", "Budget"),
    ("pieces", "Pièces"),
    ("echanges", "Échanges"),
    ("historique", "Historique"),
)
_WHOLE = frozenset({"demande", "budget"})
_DOCUMENTS = (
    Prefetch(
        "documents",
        ApplicationDocument.objects.select_related("required").prefetch_related(
            Prefetch("files", StoredFile.objects.order_by("pk"))
        ),
    ),
    "sheet__documents__files",
)


@dataclass(frozen=True)
class Tab:
    slug: str
    label: str
    url: str
    current: bool
    count: int = 0


# --- Pages ----------------------------------------------------------------------------------------
@require_safe
def detail(request: HttpRequest, reference: str) -> HttpResponse:
    """Show where a filed dossier stands, and what is awaited."""
    return dossier_page(request, reference, HOME)


@require_safe
def tab(request: HttpRequest, reference: str, slug: str) -> HttpResponse:
    """Show another tab of a filed dossier."""
    if slug == HOME or slug not in dict(TABS):
        raise Http404
    return dossier_page(request, reference, slug)


@require_http_methods(["GET", "HEAD", "POST"])
def document_add(request: HttpRequest, reference: str) -> HttpResponse:
    """Give a document that was missing at the deposit."""
    application = own_dossier(request, reference=reference)
    if request.method != "POST":  # the address of a refused file, opened again
        return redirect(tab_url(application, "pieces"))
    form, refusal = receive(request, application)
    if refusal is None and form.is_valid():
        messages.success(request, "La pièce est jointe : le service en est informé.")
        return redirect(tab_url(application, "pieces"))
    status = refusal.status if refusal else 422
    errors = upload_errors(form, refusal, application)
    problem = problem_of(errors)
    return dossier_page(request, reference, "pieces", status=status, errors=errors, problem=problem)


@require_safe
def receipt(request: HttpRequest, reference: str) -> HttpResponse:
    """Say that the dossier is filed: number, instant, what follows."""
    application = _fetched(request, reference, HOME)
    context = {
        "application": application,
        "panels": panels(request, application),
        "on_paper": application.channel == Channel.PAPER,
        "missing": missing_documents(asked_documents(application)),
        "by_email": _by_email(application),
        "deposit": application.deposits.defer("payload").order_by("number").first(),
    }
    return render(request, "applications/receipt.html", context)


def dossier_page(
    request: HttpRequest, reference: str, slug: str, *, status: int = 200, **extra: Any
) -> HttpResponse:
    """Render a tab of one's dossier; ``extra`` replaces what a refused form shows again."""
    application = _fetched(request, reference, slug)
    context = _frame(request, application, slug)
    context |= _CONTEXTS[slug](request, application, context)
    context |= {"errors": [], "problem": {}, **extra}
    return render(request, f"applications/filed/{slug}.html", context, status=status)


def tab_url(application: Application, slug: str) -> str:
    """Return the address of a tab."""
    if slug == HOME:
        return application.get_absolute_url()
    return reverse("applications:tab", args=[application.reference, slug])


def panels(request: HttpRequest, application: Application) -> list[SafeString]:
    """Return what other parts of the portal show here: what to correct, the decision, letters."""
    return [
        render_to_string(panel.template, {**context, "application": application}, request)
        for panel, context in hooks.panels_for("applicant", request.user, application)
    ]


def _fetched(request: HttpRequest, reference: str, slug: str) -> Application:
    """Return one's dossier with what a tab reads, no more."""
    application = own_dossier(request, whole=slug in _WHOLE, reference=reference)
    if slug in {HOME, "pieces"}:
        prefetch_related_objects([application], *_DOCUMENTS)
    return application


def _frame(request: HttpRequest, application: Application, slug: str) -> dict[str, Any]:
    unread = _unread(application)
    return {
        "application": application,
        "headline": applicant_headline(application),
        "tab": slug,
        "unread": unread,
        "correction": awaited_correction(application),
        "tabs": [
            Tab(
                one,
                label,
                tab_url(application, one),
                one == slug,
                unread if one == "echanges" else 0,
            )
            for one, label in TABS
        ],
    }


def _unread(application: Application) -> int:
    return application.messages.filter(side=MessageSide.OFFICE, read_at__isnull=True).count()


# --- What each tab shows --------------------------------------------------------------------------
def _follow(request: HttpRequest, application: Application, frame: dict) -> dict[str, Any]:
    today = timezone.localdate()
    waits = application.awaits_attestation and not is_told(application)
    correction = frame["correction"]
    named = Reopened.of(correction.fields).documents if correction else ()  # its page asks for them
    lacking = [
        one
        for one in asked_documents(application)
        if one.is_awaited and one.required.pk not in named
    ]
    edit = office_edit_of_last_deposit(application)
    return {
        "office_edit": edit,
        "steps": journey(application, by_email=_by_email(application)),
        "awaited": awaited(
            application,
            missing=lacking,
            may_give=may_give_documents(request.user, application),
            may_sign=waits and may_sign_for(request.user, application.organisation, today),
            signatories=signatory_names(application, today) if waits else [],
            unread=frame["unread"],
            on=today,
            edit=edit,
        ),
        "panels": panels(request, application),
        "may_edit": may_edit(request, application),
        "may_withdraw": may_ask_withdrawal(application) and may_withdraw(request.user, application),
    }


def _by_email(application: Application) -> bool:
    return application.organisation.notification_consents.filter(revoked_at__isnull=True).exists()


def _content(request: HttpRequest, application: Application, frame: dict) -> dict[str, Any]:
    return dossier_context(application) | {
        "deposits": application.deposits.select_related("filed_by").defer("payload"),
    }


def _budget(request: HttpRequest, application: Application, frame: dict) -> dict[str, Any]:
    return dossier_context(application)


def _documents(request: HttpRequest, application: Application, frame: dict) -> dict[str, Any]:
    asked = offered_documents(application, on=timezone.localdate(), by=request.user)
    return {
        "dossier": application,
        "asked": asked,
        "others": other_documents(application),
        "lacking": [one for one in asked if one.is_awaited],
        "may_give": may_give_documents(request.user, application),
    }


def _thread(request: HttpRequest, application: Application, frame: dict) -> dict[str, Any]:
    return {"thread": thread_of(application), "message_form": MessageForm()}


def thread_of(application: Application) -> QuerySet[Message]:
    """Return the messages of a dossier with their authors and files, oldest first."""
    files = Prefetch("files", StoredFile.objects.order_by("pk"))
    found = application.messages.select_related("author").prefetch_related(files)
    return found.order_by("sent_at", "pk")


def _history(request: HttpRequest, application: Application, frame: dict) -> dict[str, Any]:
    return {"timeline": _timeline(application)}


def _timeline(application: Application) -> list[dict]:
    """Return what the applicant may know of the history, newest first.

    People of the body are named; whoever acts for the office is « le service ».
    """
    ours = set(_people_of(application.organisation))
    events = application.events.filter(visible_to_applicant=True).select_related("actor")
    entries = [
        {
            "when": event.at,
            "title": _event_words(event),
            "text": event.comment,
            "who": str(event.actor) if event.actor_id in ours else "Le service",
        }
        for event in events.order_by("-position")
    ]
    if application.channel == Channel.PAPER:
        return entries
    begun = {
        "when": application.created_at,
        "title": "Dossier commencé",
        "who": str(application.created_by) if application.created_by_id in ours else "",
    }
    return [*entries, begun]


def _people_of(organisation: Organisation) -> QuerySet:
    """Return who is or was a member of a body, or of one merged into it."""
    merged = Q(organisation=organisation) | Q(organisation__merged_into=organisation)
    return Membership.objects.filter(merged).values_list("user_id", flat=True)


def _event_words(event: Event) -> str:
    if event.kind == "message_sent":
        ours = event.data.get("side") == MessageSide.APPLICANT
        return "Message envoyé au service" if ours else "Message du service"
    return event_label(event.kind)


_CONTEXTS: dict[str, Callable[[HttpRequest, Application, dict], dict[str, Any]]] = {
    HOME: _follow,
    "demande": _content,
    "budget": _budget,
    "pieces": _documents,
    "echanges": _thread,
    "historique": _history,
}
