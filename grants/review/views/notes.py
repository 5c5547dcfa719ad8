"""What happens to a note between colleagues once it is written."""

from collections.abc import Callable

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone

from config.errors import Refusal
from grants.review.forms import NoteForm
from grants.review.models import InternalNote
from grants.review.services.notes import delete_note, edit_note, pin_note
from grants.review.views.dossier import dossier_page
from grants.review.views.scope import acting_dossier, post_to_tab


@post_to_tab("resume")
def change(request: HttpRequest, reference: str, pk: int) -> HttpResponse:
    """Correct, take back, pin or unpin a note (``acte``)."""
    dossier = acting_dossier(request, reference)
    note = get_object_or_404(dossier.internal_notes.all(), pk=pk)
    acts: dict[str, tuple[Callable[..., InternalNote], dict, str]] = {
        "corriger": (edit_note, {}, "La note est corrigée."),
        "supprimer": (delete_note, {}, "La note est supprimée."),
        "epingler": (pin_note, {"is_pinned": True}, "La note reste en haut."),
        "desepingler": (pin_note, {"is_pinned": False}, "La note n’est plus épinglée."),
    }
    name = request.POST.get("acte", "")
    if name not in acts:
        raise BadRequest("Acte inconnu.")
    service, arguments, done = acts[name]
    form = NoteForm(request.POST, auto_id=f"id_note_{note.pk}_%s")
    if name == "corriger":
        if not form.is_valid():
            return _again(request, reference, note, form, status=422)
        arguments = {"text": form.cleaned_data["text"]}
    try:
        service(note_id=note.pk, by=request.user, at=timezone.now(), **arguments)
    except Refusal as refusal:
        if not form.is_bound or name != "corriger":
            form = NoteForm({"text": note.text}, auto_id=f"id_note_{note.pk}_%s")
            form.full_clean()
        form.add_error(None, refusal.sentence)
        return _again(request, reference, note, form, status=refusal.status)
    messages.success(request, done)
    return redirect(f"{dossier.get_desk_url()}#notes")


def _again(
    request: HttpRequest, reference: str, note: InternalNote, form: NoteForm, *, status: int
) -> HttpResponse:
    """Show the summary again, with what was typed in the note and what is wrong."""
    return dossier_page(
        request, reference, "resume", status=status, edited_note=note.pk, edit_note_form=form
    )
