"""What the office knows of a body over the last years: requests, awards, funders, reports due."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING

from dateutil.relativedelta import relativedelta
from django.db.models import Exists, OuterRef, Q, Sum

from foundation.parameters.selectors import value_on
from grants.applications.chart_of_accounts import ACCOUNTS, BY_KEY
from grants.applications.enums import DECIDED_STATES, FundingStatus, MoneyState, ReviewState
from grants.applications.hooks import notified_awards
from grants.applications.labels import Headline, office_headline
from grants.applications.models import Application, BudgetLine


if TYPE_CHECKING:
    from django.db.models import QuerySet

    from accounts.models import User
    from grants.review.permissions import Standing

YEARS = 3
MOST_REQUESTS = 40
MOST_FUNDERS = 25
_PUBLIC_ACCOUNTS = [account.key for account in ACCOUNTS if account.is_public_aid]
_UNDER_WAY = Headline("En cours d’examen", "info", "search")


@dataclass(frozen=True)
class PastRequest:
    """Another request of the body.

    Attributes:
        application: The dossier.
        year: Its fiscal year.
        url: Of its page at the desk; empty for who may not open it.
        headline: Its outcome, as this person may know it.
        awarded: Euros, once notified.
        report_due_on: Last day of its financial report; ``None`` when it owes none.
        report_is_late: That day is over.
    """

    application: Application
    year: int
    url: str
    headline: Headline
    awarded: Decimal | None
    report_due_on: date | None
    report_is_late: bool


@dataclass(frozen=True)
class Funder:
    """A public funder declared in the budgets of the body.

    Attributes:
        name: As typed, else the words of its account.
        amounts: Euros by fiscal year, in the order of the years; ``None`` for none.
        secured: Of which promised, in euros, all years together.
    """

    name: str
    amounts: list[Decimal | None]
    secured: Decimal


@dataclass(frozen=True)
class BodyHistory:
    """What is known of a body.

    Attributes:
        since: First fiscal year.
        requests: Newest first.
        is_cut: There are more requests than shown.
        requested: Euros asked in the requests whose outcome was notified.
        awarded: Euros awarded and notified.
        years: Fiscal years of the budgets, in order.
        funders: The greatest first.
        is_partial: This person may not open all the requests of a body.
    """

    since: int
    requests: list[PastRequest]
    is_cut: bool
    requested: Decimal
    awarded: Decimal
    years: list[int]
    funders: list[Funder]
    is_partial: bool

    @property
    def rate(self) -> Decimal | None:
        """Awarded over asked, from 0 to 1, four decimals, half up; ``None`` without outcome."""
        if not self.requested:
            return None
        return (self.awarded / self.requested).quantize(Decimal("0.0001"), ROUND_HALF_UP)

    @property
    def reports(self) -> list[PastRequest]:
        """Return the requests that owe a financial report, the oldest first."""
        owing = [one for one in self.requests if one.report_due_on]
        return sorted(owing, key=lambda one: (one.report_due_on, one.application.pk))


def body_history(
    user: User, application: Application, standing: Standing, *, on: date
) -> BodyHistory:
    """Return what a person may know of the body of a dossier, over the last three years.

    Four queries, whatever the number of requests. The desk and administrators know every outcome;
    a coordinator, and who stands aside, those that were notified; nobody learns of a request they
    may not open, except of actions funded and notified, which anybody may know of.

    Args:
        user: Who looks.
        application: With ``organisation`` and ``sheet.campaign`` fetched.
        standing: What they are to it.
        on: Today.
    """
    access = user.access
    knows_votes = (access.is_desk or access.is_administrator) and not standing.is_recused
    since = application.sheet.campaign.fiscal_year - YEARS
    rows = _requests(user, application, since)
    shown = rows[:MOST_REQUESTS]
    awards = notified_awards([row.pk for row in shown])
    months = int(value_on("report.months", on))
    requests = [_past(row, awards, months=months, on=on, knows_votes=knows_votes) for row in shown]
    told = [one for one in requests if _counts(one.application)]
    years, funders = _funders([application.pk, *(row.pk for row in shown if row.may_open)])
    return BodyHistory(
        since=since,
        requests=requests,
        is_cut=len(rows) > MOST_REQUESTS,
        requested=sum((one.application.requested_amount or Decimal(0) for one in told), Decimal(0)),
        awarded=sum((one.awarded or Decimal(0) for one in told), Decimal(0)),
        years=years,
        funders=funders,
        is_partial=not (access.is_desk or access.is_administrator),
    )


def _requests(user: User, application: Application, since: int) -> list[Application]:
    """Return the other filed requests of the body, newest first, one more than is shown."""
    mine = Application.objects.office_visible_to(user)
    funded = Application.objects.publicly_funded()
    found: QuerySet[Application] = (
        Application.objects.filter(
            organisation=application.organisation_id, sheet__campaign__fiscal_year__gte=since
        )
        .exclude(pk=application.pk)
        .filter(Q(pk__in=mine.values("pk")) | Q(pk__in=funded.values("pk")))
        .annotate(may_open=Exists(mine.filter(pk=OuterRef("pk"))))
        .select_related("sheet__campaign")
        .order_by("-sheet__campaign__fiscal_year", "-submitted_at", "-pk")
    )
    return list(found[: MOST_REQUESTS + 1])


def _past(
    row: Application, awards: dict[int, Decimal], *, months: int, on: date, knows_votes: bool
) -> PastRequest:
    is_hidden = row.review_state in DECIDED_STATES and row.notified_at is None and not knows_votes
    year = row.sheet.campaign.fiscal_year
    awarded = awards.get(row.pk)
    due_on = None
    if awarded is not None and row.money_state != MoneyState.RENOUNCED:
        due_on = report_due_on(year, months=months)
    return PastRequest(
        application=row,
        year=year,
        url=row.get_desk_url() if row.may_open else "",
        headline=_UNDER_WAY if is_hidden else office_headline(row),
        awarded=awarded,
        report_due_on=due_on,
        report_is_late=due_on is not None and due_on < on,
    )


def report_due_on(year: int, *, months: int) -> date:
    """Return the last day of the financial report of a grant: some months after its year.

    Source: arrêté of 11 October 2006, six months after the end of the year of the grant.
    """
    return date(year, 12, 31) + relativedelta(months=months)


def _counts(row: Application) -> bool:
    """Tell whether a request enters the ratio: its award or refusal was notified."""
    return row.notified_at is not None and row.review_state in {
        ReviewState.AWARDED,
        ReviewState.REJECTED,
    }


def _funders(application_ids: Sequence[int]) -> tuple[list[int], list[Funder]]:
    """Return the public funders of these budgets and their years, this Département's request aside.

    One query. The same funder typed in two ways stands twice: nothing is guessed.
    """
    year = "application__sheet__campaign__fiscal_year"
    lines = (
        BudgetLine.objects.filter(
            application__in=application_ids,
            account__in=_PUBLIC_ACCOUNTS,
            is_this_request=False,
            planned_amount__gt=0,
        )
        .order_by()
        .values("account", "funder", year)
        .annotate(
            total=Sum("planned_amount"),
            secured=Sum("planned_amount", filter=Q(status=FundingStatus.SECURED)),
        )
    )
    amounts: dict[str, dict[int, Decimal]] = {}
    secured: dict[str, Decimal] = {}
    for line in lines:
        name = line["funder"].strip() or BY_KEY[line["account"]].label
        by_year = amounts.setdefault(name, {})
        by_year[line[year]] = by_year.get(line[year], Decimal(0)) + line["total"]
        secured[name] = secured.get(name, Decimal(0)) + (line["secured"] or Decimal(0))
    years = sorted({one for by_year in amounts.values() for one in by_year})
    names = sorted(amounts, key=lambda name: (-sum(amounts[name].values()), name))
    return years, [
        Funder(name, [amounts[name].get(one) for one in years], secured[name])
        for name in names[:MOST_FUNDERS]
    ]
