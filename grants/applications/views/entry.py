"""Before a dossier: what to prepare, start, and the list of one's dossiers."""

from uuid import uuid4

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.db.models import Case, IntegerField, Value, When, prefetch_related_objects
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from config.errors import Refusal
from config.listing import ListPage, Sort
from foundation.jobs.services import AlreadyDoneError
from grants.applications import commitments
from grants.applications.bullets import split_bullets
from grants.applications.chart_of_accounts import ACCOUNTS
from grants.applications.enums import AgeBand, BudgetSide, ReviewState, Section
from grants.applications.filters import ApplicationFilter
from grants.applications.forms import StartForm
from grants.applications.labels import applicant_headline
from grants.applications.models import Application
from grants.applications.progress import HINTS
from grants.applications.renewable import renewable_now, renewables_for
from grants.applications.services.drafts import drafts_for, start_draft
from grants.calls.models import CallSheet
from grants.calls.selectors import accepts_new_request, current_sheet, sheet_documents
from partners.choice import chosen_body
from partners.enums import MembershipState
from partners.models import Organisation


SORTS = (
    Sort("recent", ("draft_first", "updated_at"), descending_first=True),
    Sort("intitule", ("title",)),
    Sort("montant", ("requested_amount",), descending_first=True),
    Sort("depot", ("submitted_at",), descending_first=True),
)


def _sheet(year: int, code: str) -> CallSheet:
    sheet = current_sheet(year=year, code=code)
    if sheet is None:
        raise Http404
    return sheet


@login_not_required
@require_safe
def prepare(request: HttpRequest, year: int, code: str) -> HttpResponse:
    """Tell what the dossier will ask, before anybody signs up."""
    sheet = _sheet(year, code)
    at = timezone.now()
    context = {
        "sheet": sheet,
        "is_open": sheet.is_open(at),
        "documents": sheet_documents(sheet),
        "conditions": split_bullets(sheet.conditions),
        "results": split_bullets(sheet.expected_results),
        "bands": AgeBand.choices,
        "sections": [(section.label, HINTS[section]) for section in Section],
        "charges": [a for a in ACCOUNTS if a.is_usual and a.side == BudgetSide.CHARGE],
        "income": [a for a in ACCOUNTS if a.is_usual and a.side == BudgetSide.INCOME],
        "republican_commitments": commitments.REPUBLICAN_COMMITMENTS,
    }
    return render(request, "applications/prepare.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def start(request: HttpRequest, year: int, code: str) -> HttpResponse:
    """Choose the body that asks, and go on with a draft or begin another one."""
    sheet = _sheet(year, code)
    organisations = _organisations(request)
    form = StartForm(organisations, request.POST or None)
    if len(organisations) == 1:
        form.initial["organisation"] = organisations[0].pk
    elif chosen := chosen_body(request):
        form.initial["organisation"] = chosen.pk
    refusal = None
    if request.method == "POST" and form.is_valid():
        try:
            application = start_draft(
                sheet_id=sheet.pk,
                organisation_id=form.cleaned_data["organisation"].pk,
                by=request.user,
                at=timezone.now(),
                another=form.cleaned_data["another"],
                request_key=form.cleaned_data["request_key"],
            )
        except AlreadyDoneError as done:
            return redirect(done.result_url or "applications:list")
        except Refusal as found:
            refusal = found
        else:
            messages.success(request, "Votre brouillon est créé. Remplissez-le à votre rythme.")
            return redirect(application)
    is_open = _takes_requests(sheet, organisations)
    context = {
        "sheet": sheet,
        "form": form,
        "organisations": organisations,
        "drafts": drafts_for(request.user, sheet),
        "renewables": renewables_for(sheet, request.user) if is_open else [],
        "request_key": uuid4(),
        "is_open": is_open,
        "refusal": refusal,
    }
    status = refusal.status if refusal else 422 if form.is_bound else 200
    return render(request, "applications/start.html", context, status=status)


def _organisations(request: HttpRequest):
    """Return the bodies a person may begin a dossier for, with what to know of each."""
    pending = request.user.memberships.filter(state=MembershipState.PENDING)
    return (
        Organisation.objects.current()
        .startable_by(request.user)
        .annotate(
            membership_is_pending=Case(
                When(pk__in=pending.values("organisation_id"), then=Value(1)),
                default=Value(0),
                output_field=IntegerField(),
            )
        )
    )


def _takes_requests(sheet: CallSheet, organisations) -> bool:
    """Tell whether one of the person's bodies may still begin (or anybody, without a body)."""
    at = timezone.now()
    prefetch_related_objects([sheet], "extensions")
    return any(accepts_new_request(sheet, one, at) for one in organisations or [None])


@require_safe
def application_list(request: HttpRequest) -> HttpResponse:
    """List the dossiers of one's bodies, drafts first."""
    # The body chosen in the header narrows the list, unless the filter asks for another one.
    only = None if request.GET.get("organisation") else chosen_body(request)
    mine = Application.objects.of_applicant(request.user)
    if only is not None:
        mine = mine.filter(organisation=only)
    mine = mine.annotate(
        draft_first=Case(
            When(review_state=ReviewState.DRAFT, then=Value(1)),
            default=Value(0),
            output_field=IntegerField(),
        )
    )
    listing = ListPage(
        request,
        mine.select_related("sheet__campaign", "organisation"),
        sorts=SORTS,
        default_sort="-recent",
        filter_class=ApplicationFilter,
    )
    rows = [(application, applicant_headline(application)) for application in listing.rows]
    context = {
        "listing": listing,
        "rows": rows,
        "only": only,
        "renewable": renewable_now(listing.rows, request.user, timezone.now(), unrenewed=True),
    }
    return render(request, "applications/list.html", context)
