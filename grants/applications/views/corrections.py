"""Complete a filed dossier: what is asked, its sections, what changes, the sending."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from config.errors import Refusal
from grants.applications import sections
from grants.applications.differences import compare, compare_deposits, content_of, pairs
from grants.applications.enums import CorrectionState, Section
from grants.applications.forms import UploadForm
from grants.applications.forms.corrections import AnswerForm
from grants.applications.forms.reopening import labels_of
from grants.applications.models import Application, CorrectionRequest, Deposit
from grants.applications.reopening import Reopened
from grants.applications.selectors import (
    AskedDocument,
    as_corrected,
    asked_documents,
    current_correction,
)
from grants.applications.services.completing import (
    answer_correction,
    correction_items,
    identity_changed,
    needs_attestation,
    sending_mark,
)
from grants.applications.snapshot import declared, documents_of
from grants.applications.store import OfferedDocument, offered_documents
from grants.applications.views.documents import problem_of, receive, upload_errors
from grants.applications.views.scope import may_edit, own_dossier, require_editor
from grants.applications.views.sections import section_page
from grants.applications.views.targets import (
    CorrectionTarget,
    correction_context,
    correction_url,
)


@require_safe
def correction(request: HttpRequest, reference: str) -> HttpResponse:
    """Show what the office asks to complete, and how far one is."""
    application = own_dossier(request, reference=reference)
    asked = current_correction(application)
    if asked is None:
        return _closed(request, application)
    context = correction_context(application, asked) | {
        "tasks": _tasks(application, asked),
        "may_edit": may_edit(request, application),
        "has_begun": bool(asked.saved_sections),
    }
    return render(request, "applications/correction/home.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def correction_section(request: HttpRequest, reference: str, section: str) -> HttpResponse:
    """Show or save a reopened section."""
    is_documents = section == Section.DOCUMENTS
    application = own_dossier(request, whole=is_documents, reference=reference)
    asked = current_correction(application)
    if asked is None and request.method == "POST" and not is_documents:
        asked = application.corrections.order_by("-number").first()  # the service says why not
    if asked is None:
        return _closed(request, application)
    if section not in Reopened.of(asked.fields).sections:
        raise Http404
    if request.method != "POST" or is_documents:
        require_editor(request, application)  # a save asks it under lock
    if is_documents:
        return _documents(request, application, asked)
    return section_page(request, CorrectionTarget(request, application, asked), section)


@require_http_methods(["GET", "HEAD", "POST"])
def correction_send(request: HttpRequest, reference: str) -> HttpResponse:
    """Show what changes and what still blocks, then send."""
    application = own_dossier(request, reference=reference)
    form = AnswerForm(request.POST if request.method == "POST" else None)
    refusal = None
    if request.method == "POST" and form.is_valid():
        try:
            answer = answer_correction(
                application_id=application.pk,
                by=request.user,
                at=timezone.now(),
                comment=form.cleaned_data["comment"],
                seen=form.cleaned_data["seen"],
            )
        except Refusal as found:
            refusal = found
        else:
            messages.success(request, _sent_words(answer.attestation))
            return redirect("applications:deposits", application.reference)
        if refusal.code == "not_allowed":
            raise PermissionDenied
        if refusal.code == "nothing_changed":
            form.add_error("comment", refusal.sentence)
            refusal = None
    asked = current_correction(application)
    if asked is None:
        return _closed(request, application)
    require_editor(request, application)
    context = _sending(request, application, asked) | {"form": form, "refusal": refusal}
    status = refusal.status if refusal else 422 if form.is_bound else 200
    return render(request, "applications/correction/send.html", context, status=status)


@require_safe
def deposits(request: HttpRequest, reference: str) -> HttpResponse:
    """Show one's deposits, and what changed from one to the next."""
    application = own_dossier(request, whole=False, reference=reference)
    filed = list(application.deposits.select_related("filed_by", "correction").order_by("number"))
    edits = {
        one.deposit_id: one
        for one in application.office_edits.filter(deposit__isnull=False).select_related("author")
    }
    context = {
        "application": application,
        "deposits": filed[::-1],
        "steps": [
            (after, compare_deposits(before, after), edits.get(after.pk))
            for before, after in pairs(filed)
        ],
        "first": filed[0] if filed else None,
    }
    return render(request, "applications/correction/deposits.html", context)


# --- Parts ----------------------------------------------------------------------------------------
def _closed(request: HttpRequest, application: Application) -> HttpResponse:
    """Lead back from the address of a request that waits for nothing any more."""
    last = application.corrections.order_by("-number").first()
    if last is None:
        raise Http404
    if last.state in {CorrectionState.ANSWERED, CorrectionState.ACCEPTED}:
        messages.info(request, "Vos compléments sont déjà envoyés.")
        return redirect("applications:deposits", application.reference)
    messages.info(request, "Le service n’attend plus de compléments sur ce dossier.")
    return redirect(application)


def _tasks(application: Application, asked: CorrectionRequest) -> list[dict[str, Any]]:
    """Return the rows of ``ui_task_list``: what is asked, no more."""
    rows = []
    for section, labels in labels_of(application, asked.fields):
        state, status = _state(application, asked, section)
        rows.append(
            {
                "label": section.label,
                "url": correction_url(application, section),
                "hint": ", ".join(labels) or "Toute la partie",
                "state": state,
                "status": status,
            }
        )
    return rows


def _state(application: Application, asked: CorrectionRequest, section: Section) -> tuple[str, str]:
    if section == Section.DOCUMENTS:
        waited = [one for one in _named(application, asked) if not _is_new(one, asked)]
        return ("todo", "") if waited else ("done", "Jointe" if len(waited) == 1 else "")
    if asked.invalid_values.get(section):
        return "error", ""
    return ("done", "Enregistré") if section in asked.saved_sections else ("todo", "À compléter")


def _named(application: Application, asked: CorrectionRequest) -> list[AskedDocument]:
    wanted = Reopened.of(asked.fields).documents
    return [one for one in asked_documents(application) if one.required.pk in wanted]


def _named_offers(
    request: HttpRequest, application: Application, asked: CorrectionRequest
) -> list[tuple[OfferedDocument, bool]]:
    """Return the documents asked again, with what the body keeps for them and whether one came."""
    wanted = Reopened.of(asked.fields).documents
    offered = offered_documents(application, on=timezone.localdate(), by=request.user)
    return [(one, _is_new(one, asked)) for one in offered if one.required.pk in wanted]


def _is_new(one: AskedDocument | OfferedDocument, asked: CorrectionRequest) -> bool:
    """Tell whether a document was joined since it was asked."""
    file = one.given.file if one.given else None
    return file is not None and file.uploaded_at >= asked.asked_at


def _documents(
    request: HttpRequest, application: Application, asked: CorrectionRequest
) -> HttpResponse:
    """Show the documents asked again, or take one in."""
    form, refusal = None, None
    reopened = Reopened.of(asked.fields)
    if request.method == "POST":
        if not _is_wanted(request.POST.get("required_id", ""), reopened):
            raise Http404
        form, refusal = receive(request, application)
        if refusal is None and form.is_valid():
            messages.success(request, "La pièce est reçue par le service.")
            return redirect(correction_url(application, Section.DOCUMENTS))
    errors = upload_errors(form, refusal, application)
    target = CorrectionTarget(request, application, asked)
    context = target.context(Section.DOCUMENTS) | {
        "section": Section.DOCUMENTS,
        "here": target.url(Section.DOCUMENTS),
        "following": target.following(Section.DOCUMENTS),
        "named": _named_offers(request, application, asked),
        "takes_others": reopened.other_documents,
        "others": [d for d in application.documents.all() if d.required_id is None],
        "form": form or UploadForm(label_suffix=""),
        "errors": errors,
        "problem": problem_of(errors),
        "refusal": refusal,
    }
    status = refusal.status if refusal else 422 if form else 200
    return render(request, "applications/correction/pieces.html", context, status=status)


def _is_wanted(required_id: str, reopened: Reopened) -> bool:
    if not required_id:
        return reopened.other_documents
    return required_id.isdecimal() and int(required_id) in reopened.documents


def _sending(
    request: HttpRequest, application: Application, asked: CorrectionRequest
) -> dict[str, Any]:
    at = timezone.now()
    corrected = as_corrected(application, asked)
    last = application.deposits.order_by("-number").first()
    items = correction_items(application, asked, at=at)
    rows = [(item, _item_url(application, item, asked)) for item in items]
    changed = [
        section
        for section in asked.overlay
        if sections.read(application, section) != sections.read(corrected, section)
    ]
    return correction_context(application, asked) | {
        "blocking": [row for row in rows if row[0].blocking],
        "remarks": [row for row in rows if not row[0].blocking],
        "changes": _changes(application, corrected, last),
        "seen": sending_mark(corrected, asked),
        "is_other_body": identity_changed(application, last),
        "untouched": _untouched(application, asked),
        "asks_attestation": needs_attestation(
            application, changed, by=request.user, on=timezone.localdate()
        ),
    }


def _changes(application: Application, corrected: Application, last: Deposit | None) -> list:
    """Compare the last deposit with what would be sent, documents joined since included."""
    given = content_of(last).get("documents", []) if last else []
    return compare(
        {**declared(application), "documents": given},
        {**declared(corrected), "documents": documents_of(application.documents.all())},
    )


def _untouched(application: Application, asked: CorrectionRequest) -> list[str]:
    """Return the sections asked where nothing was typed, and the documents not joined."""
    left = [
        str(section.label)
        for section in Reopened.of(asked.fields).sections
        if section != Section.DOCUMENTS and section not in asked.saved_sections
    ]
    return left + [
        one.required.label for one in _named(application, asked) if not _is_new(one, asked)
    ]


def _item_url(application: Application, item: Any, asked: CorrectionRequest) -> str:
    """Return where a point is settled; the list of what is asked when it is elsewhere."""
    if item.section in Reopened.of(asked.fields).sections:
        return f"{correction_url(application, item.section)}#id_{item.field}"
    return correction_context(application, asked)["home_url"]


def _sent_words(attestation: str) -> str:
    sent = "Vos compléments sont envoyés au service. L’instruction reprend."
    if attestation == "asked":
        return (
            f"{sent} Ce qui était attesté a changé : la personne habilitée à signer reçoit "
            "un lien pour attester de nouveau."
        )
    return sent
