"""Join doubles: choose the two bodies, read what will move, confirm."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from config.errors import Refusal, refused
from partners.doubles import conflicts_between, doubles, moves_of
from partners.merge_forms import MergeForm
from partners.models import Organisation
from partners.selectors import search_organisations
from partners.services.merging import merge_organisations


@require_safe
def merge_choose(request: HttpRequest) -> HttpResponse:
    """Show the pairs that look alike, and find two bodies by name or number."""
    _require_administrator(request)
    source, target = (_chosen(request, name) for name in ("doublon", "fiche"))
    if source and target and source != target:
        return redirect("partners:merge_confirm", source.pk, target.pk)
    text = request.GET.get("q", "").strip()[:200]
    search = search_organisations(text) if text else None
    context = {
        "source": source,
        "target": target,
        "text": text,
        "search": search,
        "search_errors": [(search.error, "#q")] if search and search.error else [],
        "pairs": [] if source or target or text else doubles(),
    }
    status = 422 if search and search.error else 200
    return render(request, "partners/merge_choose.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def merge_confirm(request: HttpRequest, source_pk: int, target_pk: int) -> HttpResponse:
    """Say what moves and what disagrees, then join them."""
    if not request.user.access.is_office:
        raise Http404  # who is outside learns nothing of bodies
    _require_administrator(request)
    source = get_object_or_404(Organisation.objects.select_related("merged_into"), pk=source_pk)
    if source.merged_into_id:  # sent twice, or by two people
        messages.info(request, f"{source} est réunie à {source.merged_into}.")
        return redirect("partners:organisation_detail", source.merged_into_id)
    target = get_object_or_404(Organisation.objects.current(), pk=target_pk)
    if source == target:
        return redirect("partners:merge_choose")
    conflicts = conflicts_between(source, target)
    data = request.POST if request.method == "POST" else None
    needs_typing = any(one.needs_typing for one in conflicts)
    form = MergeForm(data, source=source, needs_typing=needs_typing)
    if data is not None and form.is_valid() and (done := _merge(request, form, source, target)):
        return done
    context = {
        "source": source,
        "target": target,
        "moves": moves_of(source),
        "conflicts": conflicts,
        "form": form,
    }
    status = 200 if data is None else 422
    return render(request, "partners/merge_confirm.html", context, status=status)


def _merge(
    request: HttpRequest, form: MergeForm, source: Organisation, target: Organisation
) -> HttpResponse | None:
    """Join them; return nothing when the form has to be read again."""
    try:
        merge_organisations(
            by=request.user,
            source_id=source.pk,
            target_id=target.pk,
            at=timezone.now(),
            **form.cleaned_data,
        )
    except Refusal as refusal:
        if refusal.code != "typed_needed" or "typed" not in form.fields:
            return refused(request, refusal)
        form.add_error("typed", refusal.sentence)
        return None
    messages.success(request, f"{source} est réunie à {target}.")
    return redirect("partners:organisation_detail", target.pk)


def _chosen(request: HttpRequest, name: str) -> Organisation | None:
    value = request.GET.get(name, "")
    if not (value.isascii() and value.isdigit() and len(value) < 10):
        return None
    return Organisation.objects.current().filter(pk=value).first()


def _require_administrator(request: HttpRequest) -> None:
    if not request.user.access.is_administrator:
        raise PermissionDenied
