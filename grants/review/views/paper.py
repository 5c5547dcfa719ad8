"""Type in a request that came on paper."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from config.errors import Refusal
from foundation.jobs.services import AlreadyDoneError
from grants.applications.services.paper import PaperRequest, file_on_paper
from grants.review.forms import PaperForm


def paper_filing(request: HttpRequest) -> HttpResponse:
    """Record a paper request at its real date."""
    if not request.user.access.is_desk:
        raise PermissionDenied
    form = PaperForm(request.POST or None, request.FILES or None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                application = _file(request, form.cleaned_data)
            except AlreadyDoneError as done:
                return redirect(done.result_url or "review:desk")
            except Refusal as refusal:
                _explain(form, refusal)
                status = refusal.status
            else:
                messages.success(
                    request,
                    f"La demande est enregistrée sous la référence {application.reference}.",
                )
                return redirect(application.get_desk_url())
    return render(request, "review/paper_filing.html", {"form": form}, status=status)


def _explain(form: PaperForm, refusal: Refusal) -> None:
    """Put a refusal beside the field it bears on, in words for the office."""
    if refusal.code == "late":
        sheet = form.cleaned_data["sheet"]
        sentence = (
            f"Ce courrier est arrivé après la clôture de la fiche {sheet.code}. "
            "La ou le responsable d’unité peut prolonger le délai de ce demandeur."
        )
        form.add_error("received_on", sentence)
    elif refusal.code in {"date_ahead", "not_open_yet"}:
        form.add_error("received_on", refusal.sentence)
    elif refusal.code in {"not_published", "not_allowed"}:
        form.add_error(None, refusal.sentence)
    else:
        form.add_error("scan", refusal.sentence)


def _file(request: HttpRequest, data: dict):
    return file_on_paper(
        sheet=data["sheet"],
        organisation=data["organisation"],
        request=PaperRequest(
            title=data["title"],
            objectives=data["objectives"],
            description=data["description"],
            starts_on=data["starts_on"],
            ends_on=data["ends_on"],
            requested_amount=data["requested_amount"],
            communes=tuple(data["communes"]),
        ),
        received_on=data["received_on"],
        scan=data["scan"],
        request_key=data["request_key"],
        by=request.user,
        at=timezone.now(),
    )
