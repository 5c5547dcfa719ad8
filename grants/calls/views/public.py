"""What everybody sees: the list of sheets, the page of a sheet."""

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from config.http import htmx_or_page
from config.listing import ListPage, Sort
from grants.calls.filters import SheetFilter
from grants.calls.models import CallSheet
from grants.calls.permissions import may_manage
from grants.calls.selectors import current_sheet, sheet_documents


@login_not_required
@require_safe
def sheet_list(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    sheets = CallSheet.objects.current().with_phase(now)
    sheets = sheets.select_related("campaign").prefetch_related("communes", "neighbourhoods")
    listing = ListPage(
        request,
        sheets.defer("communes__svg_path"),
        sorts=[
            Sort("cloture", ("phase", "deadline_at", "code")),
            Sort("code", ("code", "deadline_at")),
        ],
        default_sort="cloture",
        filter_class=SheetFilter,
    )
    return htmx_or_page(request, "calls/sheet_list.html", {"listing": listing, "now": now})


@login_not_required
@require_safe
def sheet_detail(request: HttpRequest, year: int, code: str) -> HttpResponse:
    sheet = current_sheet(year=year, code=code)
    if sheet is None:
        raise Http404
    context = {
        "sheet": sheet,
        "now": timezone.now(),
        "documents": sheet_documents(sheet),
        "criteria": sheet.grid.criteria.all() if sheet.grid_id and sheet.readers else (),
        "may_manage": request.user.is_authenticated and may_manage(request.user),
    }
    return render(request, "calls/sheet_detail.html", context)
