"""The documents that a body keeps for all its requests."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from config.errors import Refusal, refused
from foundation.jobs.services import AlreadyDoneError
from foundation.parameters.selectors import days_on
from partners.hub import NOTICE_DAYS, document_badges
from partners.models import Organisation, OrganisationDocument
from partners.permissions import may_fill, may_read_bank
from partners.profile_words import document_choices, expected_documents
from partners.selectors import valid_documents
from partners.services.documents import (
    KEPT_ELSEWHERE,
    accept_document,
    add_document,
    refuse_document,
    remove_document,
    replace_document,
)
from partners.store_forms import DocumentForm, DocumentRefusalForm, ReplacementForm
from partners.views.scope import filled_body, visible_body


@require_safe
def documents(request: HttpRequest, pk: int) -> HttpResponse:
    """List a body's documents, those kept now and the former ones."""
    organisation = visible_body(request, pk)
    today = timezone.localdate()
    rows = list(
        organisation.documents.select_related("membership__user", "checked_by", "added_by")
        .prefetch_related("files")
        .order_by("kind", "-added_at", "-pk")
    )
    usable = {document.kind for document in valid_documents(organisation, today)}
    notice = days_on(NOTICE_DAYS, today)
    shown = [(row, document_badges(row, today, notice_days=notice)) for row in rows]
    context = {
        "organisation": organisation,
        "kept": [one for one in shown if one[0].ended_at is None],
        "former": [one for one in shown if one[0].ended_at is not None],
        "missing": [k for k in expected_documents(organisation.kind) if k not in usable],
        "may_fill": may_fill(request.user, organisation),
        "reads_bank": may_read_bank(request.user, organisation),
        "checks": request.user.access.is_desk,
    }
    return render(request, "partners/documents.html", context)


def document_add(request: HttpRequest, pk: int) -> HttpResponse:
    """Put a document in the store."""
    organisation = filled_body(request, pk)
    kinds = dict(document_choices(organisation.kind))
    asked = request.GET.get("nature", "")
    form = DocumentForm(
        request.POST or None,
        request.FILES or None,
        kind=organisation.kind,
        on=timezone.localdate(),
        initial={"kind": asked} if asked in kinds else {},
    )
    status = 200
    if form.is_bound and form.is_valid():
        values = dict(form.cleaned_data)
        try:
            add_document(
                organisation_id=pk,
                upload=values.pop("file"),
                request_key=values.pop("key"),
                result_url=reverse("partners:documents", args=[pk]),
                by=request.user,
                at=timezone.now(),
                **values,
            )
        except AlreadyDoneError:
            return redirect("partners:documents", pk=pk)
        except Refusal as refusal:
            form.add_error("file", refusal.sentence)
            status = refusal.status
        else:
            messages.success(request, "Le document est ajouté\u00a0; le service le vérifiera.")
            return redirect("partners:documents", pk=pk)
    return _form_page(request, organisation, form, None, status)


def document_replace(request: HttpRequest, pk: int, document_pk: int) -> HttpResponse:
    """Put a newer file in the place of a document."""
    organisation = filled_body(request, pk)
    document = _own(organisation, document_pk)
    if document.ended_at is not None:
        return _gone(request, pk)
    form = ReplacementForm(
        request.POST or None,
        request.FILES or None,
        kind=organisation.kind,
        on=timezone.localdate(),
        initial={"label": document.label},
    )
    status = 200
    if form.is_bound and form.is_valid():
        values = dict(form.cleaned_data)
        values.pop("key")  # a document is replaced once: the second sending finds it ended
        try:
            replace_document(
                document_id=document.pk,
                upload=values.pop("file"),
                by=request.user,
                at=timezone.now(),
                **values,
            )
        except Refusal as refusal:
            form.add_error("file", refusal.sentence)
            status = refusal.status
        else:
            messages.success(request, "Le document est remplacé\u00a0; le service le vérifiera.")
            return redirect("partners:documents", pk=pk)
    return _form_page(request, organisation, form, document, status)


def document_remove(request: HttpRequest, pk: int, document_pk: int) -> HttpResponse:
    """Take a document out of the store, once confirmed."""
    organisation = filled_body(request, pk)
    document = _own(organisation, document_pk)
    if document.ended_at is not None:
        return _gone(request, pk)
    if request.method != "POST":
        context = {
            "title": "Retirer ce document",
            "object_label": f"{document.label}, {organisation}",
            "sentence": "Il ne sera plus proposé dans vos dossiers. Les dossiers déjà déposés "
            "gardent le leur, et il reste visible sous «\u00a0Anciens documents\u00a0».",
            "action_label": "Retirer",
            "cancel_url": reverse("partners:documents", args=[pk]),
            "fields": (),
            "tone": "danger",
        }
        return render(request, "components/confirm.html", context)
    try:
        remove_document(document_id=document.pk, by=request.user, at=timezone.now())
    except Refusal as refusal:
        return refused(request, refusal)
    messages.success(request, "Le document est retiré.")
    return redirect("partners:documents", pk=pk)


# --- The office ----------------------------------------------------------------------------------
@require_safe
def document_check(request: HttpRequest, pk: int, document_pk: int) -> HttpResponse:
    """Show a document to the office, with the two answers."""
    return _check_page(request, _checkable(request, pk, document_pk))


@require_POST
def document_accept(request: HttpRequest, pk: int, document_pk: int) -> HttpResponse:
    document = _checkable(request, pk, document_pk)
    try:
        accept_document(
            document_id=document.pk,
            by=request.user,
            at=timezone.now(),
            seen=request.POST.get("seen", ""),
        )
    except Refusal as refusal:
        return refused(request, refusal)
    messages.success(request, f"«\u00a0{document.label}\u00a0» est accepté.")
    return redirect("partners:to_check")


@require_POST
def document_refuse(request: HttpRequest, pk: int, document_pk: int) -> HttpResponse:
    document = _checkable(request, pk, document_pk)
    form = DocumentRefusalForm(request.POST, label_suffix="")
    if not form.is_valid():
        return _check_page(request, document, form=form, status=422)
    try:
        refuse_document(
            document_id=document.pk,
            reason=form.cleaned_data["reason"],
            by=request.user,
            at=timezone.now(),
            seen=request.POST.get("seen", ""),
        )
    except Refusal as refusal:
        return refused(request, refusal)
    messages.success(
        request,
        f"«\u00a0{document.label}\u00a0» est refusé\u00a0; un e-mail l’explique à l’organisation.",
    )
    return redirect("partners:to_check")


def _own(organisation: Organisation, document_pk: int) -> OrganisationDocument:
    """Return a document of the store; a mandate is kept from the page of its member.

    The proof of an account is replaced with the account.
    """
    rows = organisation.documents.exclude(kind__in=KEPT_ELSEWHERE)
    return get_object_or_404(rows.select_related("organisation"), pk=document_pk)


def _gone(request: HttpRequest, pk: int) -> HttpResponse:
    """Answer a second sending, or a colleague who was slower."""
    messages.info(request, "Ce document a déjà été remplacé ou retiré.")
    return redirect("partners:documents", pk=pk)


def _checkable(request: HttpRequest, pk: int, document_pk: int) -> OrganisationDocument:
    if not request.user.access.is_desk:
        raise Http404
    rows = OrganisationDocument.objects.filter(ended_at__isnull=True)
    rows = rows.exclude(kind__in=KEPT_ELSEWHERE).select_related(
        "organisation", "membership__user", "added_by", "checked_by"
    )
    return get_object_or_404(rows, pk=document_pk, organisation_id=pk)


def _check_page(
    request: HttpRequest,
    document: OrganisationDocument,
    *,
    form: DocumentRefusalForm | None = None,
    status: int = 200,
) -> HttpResponse:
    today = timezone.localdate()
    badges = document_badges(document, today, notice_days=days_on(NOTICE_DAYS, today))
    context = {
        "organisation": document.organisation,
        "document": document,
        "badges": badges,
        "form": form or DocumentRefusalForm(label_suffix=""),
    }
    return render(request, "partners/document_check.html", context, status=status)


def _form_page(
    request: HttpRequest,
    organisation: Organisation,
    form: DocumentForm,
    document: OrganisationDocument | None,
    status: int,
) -> HttpResponse:
    context = {
        "organisation": organisation,
        "form": form,
        "document": document,
    }
    status = 422 if form.errors and status == 200 else status
    return render(request, "partners/document_form.html", context, status=status)
