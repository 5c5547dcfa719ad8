"""One dossier at the desk, a tab an address."""

from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from grants.applications.models import Application
from grants.applications.printing import dossier_pdf
from grants.applications.selectors import with_dossier
from grants.applications.views.printing import pdf_response
from grants.review.views.frame import page_context
from grants.review.views.scope import TABS, desk_dossier
from grants.review.views.tabs import TAB_CONTEXTS


@require_safe
def application(request: HttpRequest, reference: str) -> HttpResponse:
    """Show a dossier's summary."""
    return dossier_page(request, reference, "resume")


@require_safe
def tab(request: HttpRequest, reference: str, slug: str) -> HttpResponse:
    """Show one of a dossier's tabs."""
    if slug not in dict(TABS):
        raise Http404
    return dossier_page(request, reference, slug)


@require_safe
def dossier_pdf_file(request: HttpRequest, reference: str) -> HttpResponse:
    """Give a dossier as PDF to whoever may open it at the desk."""
    filed = with_dossier(Application.objects.office_visible_to(request.user))
    found = get_object_or_404(filed, reference=reference)
    return pdf_response(dossier_pdf(found, at=timezone.now()), f"dossier-{reference}.pdf")


def dossier_page(
    request: HttpRequest, reference: str, slug: str, *, status: int = 200, **extra
) -> HttpResponse:
    """Render a tab, with the forms given in place of the empty ones."""
    dossier = desk_dossier(request, reference, slug)
    context = page_context(request, dossier, slug)
    if slug not in {one.slug for one in context["tabs"]}:
        raise Http404
    context.update(TAB_CONTEXTS[slug](request, dossier, context))
    context.update(extra)
    context["bound_forms"] = [form for form in extra.values() if isinstance(form, Form)]
    return render(request, f"review/tabs/{slug}.html", context, status=status)
