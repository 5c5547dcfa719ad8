"""The pages where a body's profile is filled: people, means, affiliations, accounts."""

from collections.abc import Sequence

from django.contrib import messages
from django.forms import BaseForm, BaseFormSet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from config.errors import Refusal
from config.money import euros
from config.templatetags.fr import date_fr
from partners.hub import means_facts
from partners.models import Organisation
from partners.profile_forms import (
    AffiliationsForm,
    HumanMeansForm,
    YearAccountsForm,
    approval_rows,
    representative_rows,
)
from partners.profile_words import has_accounts, role_label
from partners.services.profile import (
    accounts_token,
    affiliations_token,
    means_token,
    representatives_token,
    save_affiliations,
    save_human_means,
    save_representatives,
    save_year_accounts,
)
from partners.views.scope import filled_body, managed_body


YEARS = 4  # how far back the people of a body may be given


def representatives(request: HttpRequest, pk: int) -> HttpResponse:
    """Fill the people who act for a body."""
    organisation = managed_body(request, pk)
    data, adding = _posted(request)
    rows = representative_rows(organisation, data, adding=adding)
    refusal = None
    if data is not None and not adding and rows.is_valid():
        try:
            saved = save_representatives(
                organisation_id=pk,
                rows=rows.values,
                by=request.user,
                at=timezone.now(),
                seen=request.POST.get("seen", ""),
            )
        except Refusal as error:
            refusal = error
        else:
            words = "Les représentants sont enregistrés."
            if saved.flagged:
                words += (
                    " Le changement de représentant légal est signalé au service\u00a0; vous "
                    "pouvez continuer à remplir et à déposer."
                )
            messages.success(request, words)
            return redirect("partners:organisation_detail", pk=pk)
    context = {
        "rows": rows,
        "token": _token(request, refusal, representatives_token(organisation)),
        "stored": [
            (role_label(one.role, organisation.kind), one.name)
            for one in organisation.representatives.all()
        ],
    }
    return _page(request, organisation, "representatives", context, [rows], refusal, adding)


def human_means(request: HttpRequest, pk: int) -> HttpResponse:
    """Fill the people of a body on 31 December of a year."""
    organisation = filled_body(request, pk)
    last = timezone.localdate().year - 1
    years = [last - n for n in range(YEARS)]
    year = next((y for y in years if str(y) == request.GET.get("annee")), last)
    stored = organisation.human_means.filter(year=year).first()
    form = HumanMeansForm(request.POST or None, kind=organisation.kind, stored=stored)
    refusal = None
    if form.is_bound and form.is_valid():
        try:
            save_human_means(
                organisation_id=pk,
                year=year,
                by=request.user,
                at=timezone.now(),
                seen=request.POST.get("seen", ""),
                **form.cleaned_data,
            )
        except Refusal as error:
            refusal = error
        else:
            messages.success(request, f"Les effectifs au 31 décembre {year} sont enregistrés.")
            return redirect("partners:organisation_detail", pk=pk)
    context = {
        "form": form,
        "year": year,
        "years": years,
        "is_public": not has_accounts(organisation.kind),
        "token": _token(request, refusal, means_token(organisation, year)),
        "stored": means_facts(stored, organisation.kind) if stored else [],
    }
    return _page(request, organisation, "human_means", context, [form], refusal)


def affiliations(request: HttpRequest, pk: int) -> HttpResponse:
    """Fill a body's approvals, network, public utility and taxes."""
    organisation = _private(filled_body(request, pk))
    data, adding = _posted(request)
    rows = approval_rows(organisation, data, adding=adding)
    form = AffiliationsForm(None if adding else data, organisation=organisation)
    if adding:  # what was typed is shown again, without being judged
        form.initial = {name: data.get(name, "") for name in form.fields}
    refusal = None
    if data is not None and not adding and form.is_valid() & rows.is_valid():
        try:
            save_affiliations(
                organisation_id=pk,
                approvals=rows.values,
                by=request.user,
                at=timezone.now(),
                seen=request.POST.get("seen", ""),
                **form.cleaned_data,
            )
        except Refusal as error:
            refusal = error
        else:
            messages.success(request, "Les affiliations et agréments sont enregistrés.")
            return redirect("partners:organisation_detail", pk=pk)
    context = {
        "form": form,
        "rows": rows,
        "token": _token(request, refusal, affiliations_token(organisation)),
        "stored": [
            ("Réseau", organisation.network),
            *(("Agrément", approval.kind) for approval in organisation.approvals.all()),
        ],
    }
    return _page(request, organisation, "affiliations", context, [form, rows], refusal, adding)


def year_accounts(request: HttpRequest, pk: int) -> HttpResponse:
    """Fill the main figures of the last closed year."""
    organisation = _private(filled_body(request, pk))
    history = list(organisation.year_accounts.all())
    today = timezone.localdate()
    stored = history[0] if history and "nouveau" not in request.GET else None
    form = YearAccountsForm(request.POST or None, stored=stored, on=today)
    refusal = None
    if form.is_bound and form.is_valid():
        try:
            row = save_year_accounts(
                organisation_id=pk,
                by=request.user,
                at=timezone.now(),
                seen=request.POST.get("seen", ""),
                **form.cleaned_data,
            )
        except Refusal as error:
            refusal = error
        else:
            rounded = "".join(f" {remark}" for remark in form.remarks)
            messages.success(
                request,
                f"Les comptes de l’exercice {row.year} sont enregistrés\u00a0: résultat de "
                f"{euros(row.result_amount)}.{rounded}",
            )
            return redirect("partners:organisation_detail", pk=pk)
    context = {
        "form": form,
        "history": history,
        "token": _token(request, refusal, accounts_token(organisation)),
        "stored": [
            (
                f"Exercice clos le {date_fr(row.ends_on)}",
                f"charges {euros(row.charges_amount)}, produits {euros(row.income_amount)}",
            )
            for row in history[:1]
        ],
    }
    return _page(request, organisation, "year_accounts", context, [form], refusal)


def _posted(request: HttpRequest) -> tuple[dict | None, bool]:
    """Return what was posted, and whether only one more row is asked for."""
    if request.method != "POST":
        return None, False
    return request.POST, "add" in request.POST


def _token(request: HttpRequest, refusal: Refusal | None, current: str) -> str:
    """Return the state the page is filled against: after a conflict, the one now shown."""
    conflict = refusal is not None and refusal.code == "conflict"
    return current if conflict else request.POST.get("seen", current)


def _private(organisation: Organisation) -> Organisation:
    if not has_accounts(organisation.kind):
        raise Http404
    return organisation


def _page(
    request: HttpRequest,
    organisation: Organisation,
    name: str,
    context: dict,
    forms: Sequence[BaseForm | BaseFormSet],
    refusal: Refusal | None,
    adding: bool = False,
) -> HttpResponse:
    invalid = not adding and any(form.is_bound and not form.is_valid() for form in forms)
    context |= {
        "organisation": organisation,
        "forms": forms,
        "refusals": [refusal.sentence] if refusal else [],
        "conflict": refusal is not None and refusal.code == "conflict",
    }
    status = refusal.status if refusal else 422 if invalid else 200
    return render(request, f"partners/profile_{name}.html", context, status=status)
