"""Reads that need more than one table: openings, current sheets, publication checklist."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from grants.calls.enums import ApplicantKind, CampaignState, SheetState
from grants.calls.importer import Gazetteer
from grants.calls.models import CallSheet, RequiredDocument, ScoringGrid
from partners.models import Organisation
from territories.models import Commune, PriorityNeighbourhood


DEFAULT_GRID_NAME = "Grille type"


# --- Openings -----------------------------------------------------------------------------------
def closing_for(sheet: CallSheet, organisation: Organisation | None) -> datetime:
    """Return the last instant at which this body may file, extensions included.

    Reads ``sheet.extensions`` as a whole, so that a list may prefetch them.

    Args:
        sheet: A published sheet (its closing is known).
        organisation: ``None`` for the closing of everybody.

    Returns:
        The end of the last second: ``at <= closing_for(…)`` includes 23:59:59 in full.
    """
    body = organisation.pk if organisation is not None else None
    extended = [
        extension.until
        for extension in sheet.extensions.all()
        if extension.organisation_id in {None, body}
    ]
    return max([sheet.closes_at, *extended]).replace(microsecond=999_999)


def is_open_for(sheet: CallSheet, organisation: Organisation | None, at: datetime) -> bool:
    """Tell whether this body may *file* a dossier of this sheet at this instant.

    The second of the closing is included. A sheet that a newer version replaced still takes, until
    its closing, the dossiers begun on it. An extension reopens a closed sheet.
    """
    if sheet.state == SheetState.DRAFT or sheet.opens_at is None or at < sheet.opens_at:
        return False
    closing = closing_for(sheet, organisation)
    if sheet.state == SheetState.CLOSED and closing <= sheet.closes_at.replace(microsecond=999_999):
        return False
    return at <= closing


def accepts_new_request(sheet: CallSheet, organisation: Organisation | None, at: datetime) -> bool:
    """Tell whether this body may *start* a dossier: as filing, and not on a replaced version."""
    return sheet.state != SheetState.REPLACED and is_open_for(sheet, organisation, at)


# --- Sheets and campaigns -------------------------------------------------------------------------
def current_sheet(*, year: int, code: str) -> CallSheet | None:
    """Return the published sheet that stands under a year and a code, in its newest version."""
    found = CallSheet.objects.current().with_deadline()
    found = found.filter(campaign__fiscal_year=year, code=code)
    return found.select_related("campaign", "framework").order_by("-version", "-pk").first()


def default_grid() -> ScoringGrid | None:
    """Return the grid given to new sheets, once the reference data are loaded."""
    return ScoringGrid.objects.filter(name=DEFAULT_GRID_NAME).order_by("-pk").first()


def sheets_open_in(*, insee_codes: Iterable[str], at: datetime) -> QuerySet[CallSheet]:
    """Return the open sheets that concern one of these communes, soonest closing first."""
    open_here = CallSheet.objects.open_on(at).open_in(insee_codes=list(insee_codes))
    return open_here.select_related("campaign").order_by("deadline_at", "code", "pk")


# --- Publication ----------------------------------------------------------------------------------
@dataclass(frozen=True)
class Check:
    """One line of the publication checklist.

    Attributes:
        field: Field of the form to correct; empty when it is elsewhere.
        message: French sentence.
        blocking: Publication is refused; otherwise it is a reminder.
    """

    field: str
    message: str
    blocking: bool = True


def publication_checks(sheet: CallSheet, *, at: datetime) -> list[Check]:
    """List what stops a draft from being published, then what deserves a look."""
    blocking = [*_content_checks(sheet), *_date_checks(sheet, at), *_grid_checks(sheet)]
    return [check for check in [*blocking, *_elsewhere(sheet), *_reminders(sheet)] if check]


def _content_checks(sheet: CallSheet) -> Iterable[Check | None]:
    yield _unless(sheet.code, "code", "Le code manque.")
    yield _unless(sheet.title, "title", "Le titre manque.")
    yield _unless(
        sheet.operational_objective, "operational_objective", "L’objectif opérationnel manque."
    )
    yield _unless(
        sheet.applicant_kinds, "applicant_kinds", "Personne ne peut demander : cochez qui le peut."
    )
    somewhere = sheet.whole_department or sheet.communes.exists() or sheet.neighbourhoods.exists()
    yield _unless(
        somewhere,
        "whole_department",
        "Aucun lieu n’est choisi : des communes, des quartiers ou tout le département.",
    )


def _date_checks(sheet: CallSheet, at: datetime) -> Iterable[Check | None]:
    yield _unless(sheet.opens_at, "opens_on", "La date d’ouverture manque.")
    yield _unless(sheet.closes_at, "closes_on", "La date de clôture manque.")
    if sheet.opens_at and sheet.closes_at:
        yield _unless(
            sheet.opens_at < sheet.closes_at, "closes_on", "La clôture précède l’ouverture."
        )
        yield _unless(sheet.closes_at > at, "closes_on", "La clôture est déjà passée.")
    dated = sheet.action_from and sheet.action_to
    yield _unless(dated, "action_from", "La période des actions manque.")
    if dated:
        yield _unless(
            sheet.action_from <= sheet.action_to,
            "action_to",
            "La période des actions finit avant de commencer.",
        )


def _grid_checks(sheet: CallSheet) -> Iterable[Check | None]:
    if not sheet.readers:
        return
    yield _unless(
        sheet.grid_id, "grid", "Une fiche lue par quelqu’un a besoin d’une grille de notation."
    )
    if sheet.grid_id:
        yield _unless(sheet.grid.criteria.exists(), "grid", "La grille choisie n’a aucun critère.")


def _elsewhere(sheet: CallSheet) -> Iterable[Check | None]:
    campaign = sheet.campaign
    yield _unless(campaign.state != CampaignState.CLOSED, "", "La campagne est close.")
    others = CallSheet.objects.published().filter(
        campaign__fiscal_year=campaign.fiscal_year, code=sheet.code
    )
    if sheet.code and others.exclude(campaign=campaign).exists():
        yield Check(
            "code",
            f"Une fiche {sheet.code} est déjà publiée pour {campaign.fiscal_year} "
            "dans une autre campagne : leurs adresses se confondraient.",
        )


def _reminders(sheet: CallSheet) -> Iterable[Check | None]:
    yield _unless(
        sheet.contact_name or sheet.contact_email,
        "contact_name",
        "Aucun contact : les demandeurs ne sauront pas à qui poser leurs questions.",
        blocking=False,
    )
    yield _unless(
        sheet.documents.exists(), "documents", "Aucune pièce n’est demandée.", blocking=False
    )
    yield _unless(
        sheet.target_public, "target_public", "Le public concerné n’est pas dit.", blocking=False
    )
    yield _unless(
        sheet.expected_results,
        "expected_results",
        "Aucun résultat attendu : les dossiers n’auront pas d’indicateur tout prêt.",
        blocking=False,
    )


def _unless(fine: object, field: str, message: str, *, blocking: bool = True) -> Check | None:
    return None if fine else Check(field, message, blocking)


# --- Importer -------------------------------------------------------------------------------------
def gazetteer() -> Gazetteer:
    """Give the importer the places of the database."""
    communes = list(Commune.objects.values_list("insee", "name", "territory"))
    territories: dict[int, list[str]] = {}
    for insee, _name, territory in communes:
        territories.setdefault(territory, []).append(insee)
    neighbourhoods = PriorityNeighbourhood.objects.prefetch_related("communes")
    return Gazetteer(
        [(insee, name) for insee, name, _territory in communes],
        [
            (n.code, n.name, n.generation, [commune.insee for commune in n.communes.all()])
            for n in neighbourhoods
        ],
        territories.items(),
    )


@dataclass(frozen=True)
class DocumentGroup:
    """The documents asked of one kind of applicant; ``title`` is empty for those of everybody."""

    title: str
    documents: list[RequiredDocument]


def sheet_documents(sheet: CallSheet) -> list[DocumentGroup]:
    """Group the documents of a sheet by who must give them, leaving out who may not apply."""
    rows = list(sheet.documents.prefetch_related("files"))
    groups = [DocumentGroup("", [row for row in rows if not row.applicant_kind])]
    groups += [
        DocumentGroup(kind.label, [row for row in rows if row.applicant_kind == kind])
        for kind in ApplicantKind
        if kind in sheet.applicant_kinds
    ]
    return [group for group in groups if group.documents]
