"""Write and give an opinion: the same page for a coordinator and for an expert."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone

from config.errors import Refusal
from config.keep import keep_confirmed
from foundation.documents.downloads import attached
from grants.applications.models import Application, Deposit
from grants.applications.selectors import dossier_context, with_dossier
from grants.review.models import Opinion
from grants.review.opinion_forms import OpinionForm
from grants.review.opinion_pieces import shared_rows
from grants.review.services.opinion_answers import (
    IncompleteOpinionError,
    give_opinion,
    lacking_in,
    save_opinion,
)


if TYPE_CHECKING:
    from accounts.models import User
    from grants.review.models import OpinionRequest

NOT_SHARED = "Cette pièce n’est pas, ou plus, partagée avec vous."
LOST = "Le fichier de cette pièce est introuvable : dites-le au service."
TO_COMPLETE = "a-completer"  # in the address: say what the opinion lacks to be given
CLOSED = frozenset({"revoked", "already_given", "concluded", "expired"})


@dataclass(frozen=True)
class Desk:
    """The page on which somebody writes their opinion.

    Attributes:
        asked: The request.
        by: The coordinator; ``None`` for the expert.
        here: Address of the page.
        template: Of the page.
        context: What it shows besides the form and the dossier.
        saved: What a saved draft answers.
        given: What a given opinion answers.
    """

    asked: OpinionRequest
    by: User | None
    here: str
    template: str
    context: dict[str, Any]
    saved: Callable[[], HttpResponse]
    given: Callable[[Opinion], HttpResponse]


def stored_opinion(asked: OpinionRequest) -> Opinion | None:
    """Return what is written so far."""
    return Opinion.objects.filter(request=asked).select_related("deposit").first()


def _last_deposit(asked: OpinionRequest) -> Deposit:
    deposits = Deposit.objects.filter(application=asked.application_id).order_by("-number")
    return deposits.only("number", "filed_at").first()


def show(
    request: HttpRequest,
    desk: Desk,
    form: OpinionForm | None = None,
    *,
    status: int = 200,
    **extra: Any,
) -> HttpResponse:
    """Show the dossier to read and the form, as stored or as typed."""
    opinion = stored_opinion(desk.asked)
    if form is None:
        form = _form_of(request, opinion)
        status = 422 if form.errors else status
    shown = _last_deposit(desk.asked)  # before the dossier: never later than what is read
    dossier = with_dossier(Application.objects.filter(pk=desk.asked.application_id)).get()
    context = {
        **dossier_context(dossier),
        "dossier": dossier,
        "application": dossier,
        "asked": desk.asked,
        "opinion": opinion,
        "form": form,
        "here": desk.here,
        "is_late": desk.asked.due_on < timezone.localdate(),
        "version": opinion.version if opinion else 0,
        "shown": shown,
        "pieces": shared_rows([desk.asked])[desk.asked.pk],
        "has_changed": opinion is not None and opinion.deposit_id != shown.pk,
        "saved_at": opinion.updated_at if opinion else None,
        **desk.context,
        **extra,
    }
    return render(request, desk.template, context, status=status)


def _form_of(request: HttpRequest, opinion: Opinion | None) -> OpinionForm:
    """Return the form of what is stored, with what it lacks for who just tried to give it."""
    lacking = lacking_in(opinion) if TO_COMPLETE in request.GET else {}
    if opinion is None or not lacking:
        return OpinionForm(opinion=opinion)
    stored = {
        "position": opinion.position,
        "text": opinion.text,
        "has_supported": opinion.has_supported,
        "version": opinion.version,
    }
    form = OpinionForm(stored, opinion=opinion)
    for name, sentence in lacking.items():
        form.add_error(name, sentence)
    return form


def attached_piece(
    request: HttpRequest, asked: OpinionRequest, pk: str, way_out: tuple[str, str]
) -> HttpResponseBase:
    """Hand out a document shared by a request, once the caller checked who asks.

    Of this request alone, and as long as the file shared is the one that stands: replaced,
    masked, refused or not passed by the antivirus, it answers 410 and says why.
    """
    row = next((one for one in shared_rows([asked])[asked.pk] if one.shared.pk == int(pk)), None)
    if row is None:
        return closed_with_text(request, NOT_SHARED, way_out, status=404)
    if row.closed:
        return closed_with_text(request, row.closed, way_out, status=410)
    try:
        return attached(row.shared.file)
    except FileNotFoundError:
        return closed_with_text(request, LOST, way_out, status=410)


def answer(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Save what was typed, then give it when asked to; nothing typed is lost on the way."""
    form = OpinionForm(request.POST, opinion=None)
    if not form.is_valid():
        if is_autosave(request):
            return _fragment(request, refusal="Rechargez la page : elle n’est plus à jour.")
        return show(request, desk, form, status=422)
    try:
        opinion = save_opinion(
            request_id=desk.asked.pk,
            given=form.given(),
            by=desk.by,
            at=timezone.now(),
            version=form.cleaned_data["version"],
            deposit_id=form.cleaned_data["deposit"],
        )
        if is_autosave(request):
            return keep_confirmed(request, _fragment(request, opinion=opinion))
        if "give" not in request.POST:
            return keep_confirmed(request, desk.saved())
        given = give_opinion(
            request_id=desk.asked.pk,
            by=desk.by,
            at=timezone.now(),
            deposit_id=form.cleaned_data["deposit"],
        )
    except IncompleteOpinionError:  # saved all the same: its page says what it lacks
        joint = "&" if "?" in desk.here else "?"
        response = redirect(f"{desk.here}{joint}{TO_COMPLETE}=1#avis")
        response.status_code = 303
        return keep_confirmed(request, response)
    except Refusal as refusal:
        return _refused(request, desk, form, refusal)
    return keep_confirmed(request, desk.given(given))


def is_autosave(request: HttpRequest) -> bool:
    return bool(request.htmx) and request.htmx.target == "autosave"


def _refused(request: HttpRequest, desk: Desk, form: OpinionForm, refusal: Refusal) -> HttpResponse:
    if is_autosave(request):
        return _fragment(
            request,
            refusal=refusal.sentence,
            status=refusal.status,
            compares=refusal.code == "stale",
        )
    if refusal.code in CLOSED:
        return closed_with_text(request, refusal.sentence, desk.context.get("way_out"))
    if refusal.code == "stale":
        return show(request, desk, form, status=409, stale=refusal.sentence)
    if refusal.code == "changed":
        return show(request, desk, form, status=409, changed=refusal.sentence)
    form.add_error("text" if refusal.code == "too_long" else "position", refusal.sentence)
    return show(request, desk, form, status=refusal.status)


def closed_with_text(
    request: HttpRequest, sentence: str, way_out: tuple[str, str] | None = None, status: int = 409
) -> HttpResponse:
    """Say that nothing can be saved any more, and give back what was typed."""
    context = {
        "sentence": sentence,
        "typed": request.POST.get("text", "").strip(),
        "way_out": way_out,
    }
    return render(request, "opinions/closed.html", context, status=status)


def _fragment(
    request: HttpRequest,
    *,
    opinion: Opinion | None = None,
    refusal: str = "",
    status: int = 409,
    compares: bool = False,
) -> HttpResponse:
    """Answer an autosave: a word, and the version the next one starts from."""
    version = opinion.version if opinion else request.POST.get("version", "")
    context = {
        "version": version if str(version).isdecimal() else "",
        "saved_at": opinion.updated_at if opinion else None,
        "refusal": refusal,
        "compares": compares,
    }
    return render(request, "opinions/_state.html", context, status=status if refusal else 200)
