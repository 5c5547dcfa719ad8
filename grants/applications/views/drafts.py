"""The pages of a draft as a whole: its sections, what it lacks, its end."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from config.errors import Refusal
from grants.applications.checks import missing_items
from grants.applications.progress import last_saved, progress_sentence, task_items
from grants.applications.services.drafts import delete_draft
from grants.applications.views.scope import draft_context, may_edit, own_dossier, require_editor


@require_safe
def draft(request: HttpRequest, uuid) -> HttpResponse:
    """Show the sections of a draft, what is missing and the way to the deposit."""
    application = own_dossier(request, uuid=uuid)
    if not application.is_draft:
        return redirect(application)
    items = missing_items(application, at=timezone.now())
    tasks = task_items(application, items)
    context = draft_context(request, application) | {
        "tasks": tasks,
        "progress": progress_sentence(tasks),
        "last_saved": last_saved(application),
        "blocking": [item for item in items if item.blocking],
        "remarks": [item for item in items if not item.blocking],
        "may_edit": may_edit(request, application),
    }
    return render(request, "applications/draft.html", context)


@require_safe
def verify(request: HttpRequest, uuid) -> HttpResponse:
    """List what is missing, with a link to each field."""
    application = own_dossier(request, uuid=uuid)
    if not application.is_draft:
        return redirect(application)
    items = [
        (item, item.url(application)) for item in missing_items(application, at=timezone.now())
    ]
    context = draft_context(request, application) | {
        "blocking": [row for row in items if row[0].blocking],
        "remarks": [row for row in items if not row[0].blocking],
    }
    return render(request, "applications/verify.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HttpRequest, uuid) -> HttpResponse:
    """Ask, then delete a draft."""
    application = own_dossier(request, whole=False, uuid=uuid)
    require_editor(request, application)
    if request.method == "POST":
        try:
            delete_draft(application_id=application.pk, by=request.user)
        except Refusal as refusal:
            messages.error(request, refusal.sentence)
            return redirect(application)
        messages.success(request, "Le brouillon est supprimé.")
        return redirect("applications:list")
    if not application.is_draft:
        return redirect(application)
    context = {
        "title": "Supprimer ce brouillon ?",
        "object_label": f"{application.title or 'Brouillon sans titre'} – {application.sheet}",
        "sentence": "Le brouillon et ses pièces seront effacés pour tous les membres de "
        f"{application.organisation}. Il n’y a pas de retour en arrière.",
        "action_label": "Supprimer le brouillon",
        "cancel_url": reverse("applications:draft", args=[application.uuid]),
        "tone": "danger",
        "fields": [],
    }
    return render(request, "components/confirm.html", context)
