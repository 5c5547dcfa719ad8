"""Opinions at the desk: ask, remind, give more time, choose what is read, take back."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone

from config.errors import Refusal
from config.templatetags.fr import date_fr
from grants.review.models import OpinionRequest
from grants.review.opinion_forms import (
    AskOpinionForm,
    ExtendOpinionForm,
    RevokeOpinionForm,
    RowForm,
    ShareDocumentsForm,
    coordinator_choices,
)
from grants.review.opinion_pieces import offer_of, shared_rows
from grants.review.services.opinions import (
    extend_opinion,
    remind_opinion,
    request_opinion,
    revoke_opinion,
    share_documents,
)
from grants.review.views.dossier import dossier_page
from grants.review.views.scope import acting_dossier, post_to_tab


TAB = "avis"
_FIELDS = {  # where a refusal of the service stands
    "not_coordinator": "person",
    "person_recused": "person",
    "of_the_office": "expert_email",
    "name_missing": "expert_name",
    "not_an_address": "expert_email",
    "too_long": "question",
    "too_soon": "due_on",
    "too_late": "due_on",
    "not_later": "due_on",
    "reason_missing": "reason",
    "not_offered": "pieces",
}


@post_to_tab("avis")
def ask(request: HttpRequest, reference: str) -> HttpResponse:
    """Ask a coordinator or an expert for an opinion."""
    dossier = acting_dossier(request, reference)
    today = timezone.localdate()
    groups = coordinator_choices(dossier, today)
    form = AskOpinionForm(groups, offer_of(dossier), request.POST, on=today)
    return _run(
        request,
        reference,
        form,
        lambda: request_opinion(
            application_id=dossier.pk, by=request.user, at=timezone.now(), **form.asked()
        ),
        done=lambda asked: (
            f"La demande d’avis est partie : {asked.addressee}, "
            f"au plus tard le {date_fr(asked.due_on)}."
        ),
        extra={"ask_form": form},
    )


@post_to_tab("avis")
def remind(request: HttpRequest, reference: str, pk: int) -> HttpResponse:
    """Remind by e-mail."""
    return _act(
        request,
        reference,
        pk,
        None,
        remind_opinion,
        done=lambda asked: f"La relance est partie : {asked.addressee}.",
    )


@post_to_tab("avis")
def extend(request: HttpRequest, reference: str, pk: int) -> HttpResponse:
    """Give more time."""
    return _act(
        request,
        reference,
        pk,
        ExtendOpinionForm(request.POST, prefix=f"prolonger-{pk}"),
        extend_opinion,
        done=lambda asked: (
            f"L’avis de {asked.addressee} est attendu jusqu’au {date_fr(asked.due_on)}."
        ),
    )


@post_to_tab("avis")
def share(request: HttpRequest, reference: str, pk: int) -> HttpResponse:
    """Choose again which documents are read with a request."""
    dossier = acting_dossier(request, reference)
    asked = get_object_or_404(dossier.opinion_requests, pk=pk)
    asked.application = dossier
    rows = shared_rows([asked])[asked.pk]
    return _act(
        request,
        reference,
        pk,
        ShareDocumentsForm(offer_of(dossier), request.POST, rows=rows, prefix=f"pieces-{pk}"),
        share_documents,
        done=lambda asked: f"Les pièces que {asked.addressee} peut lire sont choisies.",
    )


@post_to_tab("avis")
def revoke(request: HttpRequest, reference: str, pk: int) -> HttpResponse:
    """Take a request back."""
    return _act(
        request,
        reference,
        pk,
        RevokeOpinionForm(request.POST, prefix=f"annuler-{pk}"),
        revoke_opinion,
        done=lambda asked: f"La demande d’avis à {asked.addressee} est annulée.",
    )


# --- Parts ----------------------------------------------------------------------------------------
def _act(
    request: HttpRequest,
    reference: str,
    pk: int,
    form: RowForm | None,
    service: Callable[..., OpinionRequest],
    *,
    done: Callable[[OpinionRequest], str],
) -> HttpResponse:
    """Do an act of one request: its form has the arguments of its service."""
    dossier = acting_dossier(request, reference)
    asked = get_object_or_404(dossier.opinion_requests, pk=pk)
    return _run(
        request,
        reference,
        form,
        lambda: service(
            request_id=asked.pk,
            by=request.user,
            at=timezone.now(),
            **(form.arguments() if form is not None else {}),
        ),
        done=done,
        extra={"row_form": form, "row_pk": asked.pk},
    )


def _run(
    request: HttpRequest,
    reference: str,
    form: Form | None,
    service: Callable[[], OpinionRequest],
    *,
    done: Callable[[OpinionRequest], str],
    extra: dict,
) -> HttpResponse:
    """Run a service; show the tab again with what is wrong, and what was typed."""
    status = 422
    if form is None or form.is_valid():
        try:
            asked = service()
        except Refusal as refusal:
            status = refusal.status
            if form is None or status == 409:
                typed = _typed(form)
                return dossier_page(
                    request, reference, TAB, status=status, too_late=refusal.sentence, typed=typed
                )
            form.add_error(_field(form, refusal.code), refusal.sentence)
        else:
            messages.success(request, done(asked))
            return redirect(reverse("review:tab", args=[reference, TAB]))
    return dossier_page(request, reference, TAB, status=status, **extra)


def _typed(form: Form | None) -> str:
    """Return the words a refusal must not lose."""
    data = form.cleaned_data if form is not None else {}
    return data.get("question") or data.get("reason") or ""


def _field(form: Form, code: str) -> str | None:
    if code == "of_the_body":
        return "expert_email" if form.cleaned_data.get("source") == "expert" else "person"
    name = _FIELDS.get(code)
    return name if name in form.fields else None
