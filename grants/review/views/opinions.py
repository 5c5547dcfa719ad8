"""Opinions at the desk: ask, remind, give more time, take back."""

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
    coordinator_choices,
)
from grants.review.services.opinions import (
    extend_opinion,
    remind_opinion,
    request_opinion,
    revoke_opinion,
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
}


@post_to_tab("avis")
def ask(request: HttpRequest, reference: str) -> HttpResponse:
    """Ask a coordinator or an expert for an opinion."""
    dossier = acting_dossier(request, reference)
    today = timezone.localdate()
    form = AskOpinionForm(coordinator_choices(dossier, today), request.POST, on=today)
    return _run(
        request,
        reference,
        form,
        lambda: request_opinion(
            application_id=dossier.pk, by=request.user, at=timezone.now(), **form.asked()
        ),
        done=lambda asked: (
            f"La demande d’avis est partie : {asked.addressee}, "
            f"avant le {date_fr(asked.due_on)} inclus."
        ),
        extra={"ask_form": form},
    )


@post_to_tab("avis")
def remind(request: HttpRequest, reference: str, pk: int) -> HttpResponse:
    """Remind by e-mail."""
    asked = _request_of(request, reference, pk)
    return _run(
        request,
        reference,
        None,
        lambda: remind_opinion(request_id=asked.pk, by=request.user, at=timezone.now()),
        done=lambda asked: f"La relance est partie : {asked.addressee}.",
        extra={},
    )


@post_to_tab("avis")
def extend(request: HttpRequest, reference: str, pk: int) -> HttpResponse:
    """Give more time."""
    asked = _request_of(request, reference, pk)
    form = ExtendOpinionForm(request.POST, prefix=f"prolonger-{pk}")
    return _run(
        request,
        reference,
        form,
        lambda: extend_opinion(
            request_id=asked.pk,
            due_on=form.cleaned_data["due_on"],
            by=request.user,
            at=timezone.now(),
        ),
        done=lambda asked: (
            f"L’avis de {asked.addressee} est attendu jusqu’au {date_fr(asked.due_on)}."
        ),
        extra={"row_form": form, "row_pk": asked.pk, "row_kind": "extend"},
    )


@post_to_tab("avis")
def revoke(request: HttpRequest, reference: str, pk: int) -> HttpResponse:
    """Take a request back."""
    asked = _request_of(request, reference, pk)
    form = RevokeOpinionForm(request.POST, prefix=f"annuler-{pk}")
    return _run(
        request,
        reference,
        form,
        lambda: revoke_opinion(
            request_id=asked.pk,
            reason=form.cleaned_data["reason"],
            by=request.user,
            at=timezone.now(),
        ),
        done=lambda asked: f"La demande d’avis à {asked.addressee} est annulée.",
        extra={"row_form": form, "row_pk": asked.pk, "row_kind": "revoke"},
    )


# --- Parts ----------------------------------------------------------------------------------------
def _request_of(request: HttpRequest, reference: str, pk: int) -> OpinionRequest:
    dossier = acting_dossier(request, reference)
    return get_object_or_404(dossier.opinion_requests, pk=pk)


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
