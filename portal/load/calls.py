"""The campaigns and the sheets of the load: the office's seven sheets, each year."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from types import SimpleNamespace

from foundation.parameters.selectors import values_on
from grants.applications.bullets import split_bullets
from grants.applications.services.drafts import INDICATOR_LENGTH
from grants.calls.enums import ApplicantKind, CampaignState, RequestHistory, SheetState
from grants.calls.models import CallSheet, Campaign, Criterion, RequiredDocument
from grants.calls.services.campaigns import close_campaign
from portal.demo.calls import make_year
from portal.load.actors import Office
from portal.load.plan import Season, at_hour
from territories.models import Commune


PUBLISHED = (SheetState.PUBLISHED, SheetState.CLOSED)


@dataclass(frozen=True)
class Sheet:
    """A sheet with what its dossiers copy from it, read once."""

    row: CallSheet
    season: Season
    communes: tuple[str, ...]
    conditions: tuple[str, ...]
    indicators: tuple[str, ...]
    criteria: tuple[Criterion, ...]
    questions: tuple = ()
    documents: tuple[RequiredDocument, ...] = field(default=())

    def documents_for(self, kind: str, *, is_renewal: bool) -> list[RequiredDocument]:
        """Return what is asked of a kind of applicant."""
        histories = {
            RequestHistory.ANY,
            RequestHistory.RENEWAL if is_renewal else RequestHistory.FIRST,
        }
        return [
            one
            for one in self.documents
            if one.applicant_kind in {"", ApplicantKind(kind)} and one.history in histories
        ]


def sheets_of(season: Season, office: Office) -> list[Sheet]:
    """Return the sheets of a campaign, imported and published when the year has none."""
    found = _published(season.fiscal_year)
    if not found:
        year = make_year(
            SimpleNamespace(head=office.head),
            season.fiscal_year,
            season.opens_at.date(),
            season.closes_at.date(),
        )
        if season.votes and at_hour(season.votes[0], 9) > season.closes_at:
            _close(year.campaign, season, office)
        found = _published(season.fiscal_year)
    return [_sheet(row, season) for row in found]


def _close(campaign: Campaign, season: Season, office: Office) -> None:
    later = season.closes_at + timedelta(days=35)
    if campaign.state != CampaignState.CLOSED:
        close_campaign(campaign_id=campaign.pk, by=office.head, at=later)


def _published(fiscal_year: int) -> list[CallSheet]:
    return list(
        CallSheet.objects.filter(campaign__fiscal_year=fiscal_year, state__in=PUBLISHED)
        .select_related("campaign", "grid", "framework")
        .order_by("campaign", "code", "pk")
    )


def _sheet(row: CallSheet, season: Season) -> Sheet:
    grid = row.grid
    return Sheet(
        row=row,
        season=season,
        communes=tuple(row.communes.order_by("pk").values_list("pk", flat=True)),
        conditions=tuple(split_bullets(row.conditions)),
        indicators=tuple(text[:INDICATOR_LENGTH] for text in split_bullets(row.expected_results)),
        criteria=tuple(grid.criteria.order_by("position", "pk")) if grid and row.readers else (),
        questions=tuple(grid.questions.order_by("position", "pk")) if grid else (),
        documents=tuple(row.documents.order_by("position", "pk")),
    )


@dataclass(frozen=True)
class Land:
    """Where actions happen: codes and their territories, read once."""

    territory_of: dict[str, int]
    quarters: dict[str, list[tuple[str, list[int]]]]
    schools: dict[str, list[str]]
    names: dict[str, str]


def land() -> Land:
    """Return the communes, their priority neighbourhoods in force and their collèges."""
    quarters: dict[str, list[tuple[str, list[int]]]] = {}
    schools: dict[str, list[str]] = {}
    communes = Commune.objects.order_by("pk").prefetch_related(
        "schools", "neighbourhoods__communes"
    )
    for commune in communes:
        schools[commune.pk] = sorted(one.pk for one in commune.schools.all())
        quarters[commune.pk] = [
            (one.pk, sorted({c.territory_id for c in one.communes.all() if c.territory_id}))
            for one in sorted(commune.neighbourhoods.all(), key=lambda q: q.pk)
        ]
    return Land(
        territory_of={commune.pk: commune.territory_id for commune in communes},
        quarters=quarters,
        schools=schools,
        names={commune.pk: str(commune) for commune in communes},
    )


def letter_values(on) -> dict[str, str]:
    """Return the office's values that letters print."""
    keys = {
        "service.nom": "office.name",
        "service.direction": "office.direction",
        "service.courriel": "office.email",
        "departement.nom": "department.name",
        "signataire.qualite": "department.president_title",
    }
    known = values_on(list(keys.values()), on)
    return {name: str(known[key]) for name, key in keys.items()}
