"""Which earlier requests may be renewed, on which sheets."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db.models import Case, Max, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce

from grants.applications import hooks
from grants.applications.enums import ReviewState
from grants.applications.labels import CLOSED_AS_DUPLICATE, Headline, applicant_headline
from grants.applications.models import Application
from grants.calls.enums import applicant_kind_of
from grants.calls.models import CallSheet
from grants.calls.selectors import accepts_new_request
from partners.enums import MembershipState, OrganisationKind, Right
from partners.models import Organisation


if TYPE_CHECKING:
    from collections.abc import Sequence

    from accounts.models import User

SHOWN_AT_MOST = 12


def renewable_by(user: User) -> QuerySet[Application]:
    """Return the filed requests that a person may renew, whatever their year.

    Those of the bodies where they hold the right to edit, and of the bodies merged into these;
    neither withdrawn nor closed as a double of another.
    """
    editor = user.memberships.filter(
        state=MembershipState.ACTIVE, rights__contains=[Right.EDIT]
    ).values("organisation_id")
    return (
        Application.objects.filed()
        .filter(Q(organisation__in=editor) | Q(organisation__merged_into__in=editor))
        .exclude(review_state=ReviewState.WITHDRAWN)
        .exclude(
            review_state=ReviewState.CLOSED_WITHOUT_ACTION,
            closing_reason__startswith=CLOSED_AS_DUPLICATE,
        )
    )


def heir_of(application: Application) -> Organisation:
    """Return the body that may renew a request: its own, or the one it was merged into."""
    return application.organisation.merged_into or application.organisation


@dataclass(frozen=True)
class Renewable:
    """An earlier request as offered on the page that starts a dossier.

    Attributes:
        application: The earlier request.
        headline: Its state, in the applicant's words: the decision only once notified.
        awarded: Euros, once notified.
        same_sheet: It answered the same sheet of an earlier campaign.
    """

    application: Application
    headline: Headline
    awarded: Decimal | None
    same_sheet: bool


def renewables_for(sheet: CallSheet, user: User) -> list[Renewable]:
    """Return what a person may renew on a sheet: its own code first, newest first.

    At most ``SHOWN_AT_MOST``; two queries.
    """
    same_code = Case(When(sheet__code=sheet.code, then=Value(0)), default=Value(1))
    found = (
        renewable_by(user)
        .filter(sheet__campaign__fiscal_year__lt=sheet.campaign.fiscal_year)
        .select_related("sheet__campaign", "organisation__merged_into")
        .order_by(same_code, "-sheet__campaign__fiscal_year", "-submitted_at", "-pk")
    )
    if sheet.applicant_kinds:
        kinds = [kind for kind in OrganisationKind if _takes(sheet, kind)]
        heir_kind = Coalesce("organisation__merged_into__kind", "organisation__kind")
        found = found.alias(heir_kind=heir_kind).filter(heir_kind__in=kinds)
    shown = list(found[:SHOWN_AT_MOST])
    awards = hooks.notified_awards([one.pk for one in shown])
    return [
        Renewable(
            one,
            applicant_headline(one),
            awards.get(one.pk),
            same_sheet=one.sheet.code == sheet.code,
        )
        for one in shown
    ]


def _fits(sheet: CallSheet, organisation: Organisation) -> bool:
    return not sheet.applicant_kinds or _takes(sheet, organisation.kind)


def _takes(sheet: CallSheet, kind: str) -> bool:
    return applicant_kind_of(kind) in sheet.applicant_kinds


@dataclass(frozen=True)
class Choice:
    """A sheet on which a request may be renewed.

    Attributes:
        sheet: An open sheet of a later campaign.
        drafts: What the body already began for it, newest first.
        filed: What it filed for it already.
        same_sheet: It bears the code of the sheet that the request answered.
    """

    sheet: CallSheet
    drafts: Sequence[Application]
    filed: Sequence[Application]
    same_sheet: bool


def choices_for(application: Application, user: User, at: datetime) -> list[Choice]:
    """Return the open sheets on which a request may be renewed, that of the same code first."""
    organisation = heir_of(application)
    sheets = [
        sheet
        for sheet in CallSheet.objects.open_on(at)
        .filter(campaign__fiscal_year__gt=application.sheet.campaign.fiscal_year)
        .select_related("campaign")
        .prefetch_related("extensions")
        .order_by("campaign__fiscal_year", "code", "pk")
        if accepts_new_request(sheet, organisation, at) and _fits(sheet, organisation)
    ]
    theirs: dict[tuple[int, str], list[Application]] = {}
    others = Application.objects.editable_by(user).filter(
        organisation=organisation, sheet__campaign__in={sheet.campaign_id for sheet in sheets}
    )
    for one in others.select_related("sheet", "created_by").order_by("-updated_at", "pk"):
        theirs.setdefault((one.sheet.campaign_id, one.sheet.code), []).append(one)
    choices = []
    for sheet in sheets:
        begun = theirs.get((sheet.campaign_id, sheet.code), [])
        choices.append(
            Choice(
                sheet,
                drafts=[one for one in begun if one.is_draft],
                filed=[one for one in begun if not one.is_draft],
                same_sheet=sheet.code == application.sheet.code,
            )
        )
    return sorted(choices, key=lambda choice: not choice.same_sheet)


def last_open_year(at: datetime) -> int | None:
    """Return the newest fiscal year whose sheets take requests; ``None`` when none is open."""
    return CallSheet.objects.open_on(at).aggregate(year=Max("campaign__fiscal_year"))["year"]


def renewable_now(
    applications: Sequence[Application], user: User, at: datetime, *, unrenewed: bool = False
) -> frozenset[int]:
    """Return which dossiers of a page may be renewed today, by key: two queries at most.

    Args:
        applications: With their sheet and campaign.
        user: Who looks.
        at: Now.
        unrenewed: Leave out those that a draft or a later request renews already.
    """
    year = last_open_year(at)
    earlier = [a.pk for a in applications if year and a.sheet.campaign.fiscal_year < year]
    if not earlier:
        return frozenset()
    found = renewable_by(user).filter(pk__in=earlier)
    if unrenewed:
        found = found.filter(renewals__isnull=True)
    return frozenset(found.values_list("pk", flat=True))
