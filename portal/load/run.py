"""Write the load: people, sheets, envelopes by the services, then the dossiers in bulk."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random

from django.db import connection, transaction

from foundation.parameters.selectors import amount_on
from grants.applications.enums import ReviewState
from grants.applications.models import ReferenceSequence
from grants.calls.enums import applicant_kind_of
from portal.load.actors import Body, Office, bodies_for, make_bodies, make_office
from portal.load.calls import Land, Sheet, land, letter_values, sheets_of
from portal.load.deciding import Wording, write_decision, write_receipt
from portal.load.dossier import Dossier
from portal.load.files import SharedFile
from portal.load.filing import saved_sections, write_application
from portal.load.history import History
from portal.load.money import Purse, make_purse
from portal.load.plan import SHARES, Season, seasons, timeline
from portal.load.reading import write_review
from portal.load.tables import APPLICATION, Tables, make_tables


Say = Callable[[str], None]
SEED = 92
BATCH = 250  # dossiers in memory, and in a transaction
SECTIONS = 9


@dataclass
class World:
    """Everything that the dossiers refer to."""

    office: Office
    bodies: list[Body]
    land: Land
    tables: Tables
    shared: SharedFile
    wording: Wording
    gap_allowed: Decimal
    awarded: dict[tuple[int, str], int]  # (body, sheet code) → its last award
    now: datetime


@dataclass(frozen=True)
class Result:
    """What was written."""

    dossiers: int
    bodies: int
    rows: int


def load(*, dossiers: int, at: datetime, seed: int = SEED, say: Say = lambda text: None) -> Result:
    """Write that many dossiers over five campaigns, the oldest first.

    Args:
        dossiers: How many, drafts included.
        at: Now: every date is relative to it.
        seed: Same seed, same day, same empty database: same rows.
        say: Called with each step.
    """
    random = Random(seed)  # noqa: S311  (rows, not secrets)
    begun = at - timedelta(days=1700)
    with transaction.atomic():
        office = make_office(random, at=begun)
        bodies = make_bodies(random, office, count=bodies_for(dossiers), at=begun)
    say(f"{len(bodies)} organisations")
    plan = seasons(at.date())
    counts = _counts(dossiers, len(plan))
    sheets = {}
    for season in reversed(plan):
        with transaction.atomic():
            sheets[season.fiscal_year] = sheets_of(season, office)
    say(f"{sum(map(len, sheets.values()))} fiches sur {len(plan)} campagnes")
    world = World(
        office=office,
        bodies=bodies,
        land=land(),
        tables=make_tables(),
        shared=SharedFile(random),
        wording=Wording.read(letter_values(at.date())),
        gap_allowed=amount_on("review.gap_points", at.date()),
        awarded={},
        now=at,
    )
    first = 0
    for season, count in reversed(list(zip(plan, counts, strict=True))):
        _write_season(random, world, season, sheets[season.fiscal_year], first, count)
        first += count
        say(f"Campagne {season.fiscal_year} : {count} dossiers")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return Result(dossiers, len(bodies), world.tables.written())


def _counts(total: int, parts: int) -> list[int]:
    counts = [int(total * share) for share in SHARES[:parts]]
    counts[0] += total - sum(counts)
    return counts


def _write_season(
    random: Random, world: World, season: Season, sheets: list[Sheet], first: int, count: int
) -> None:
    with transaction.atomic():
        purse = make_purse(season, sheets, on=world.now.date())
        ReferenceSequence.objects.get_or_create(year=season.fiscal_year)
    planned = _in_order_of_filing(random, world, season, sheets, first, count)
    for start in range(0, len(planned), BATCH):
        with transaction.atomic():
            _write_batch(random, world, season, purse, planned[start : start + BATCH])
    purse.settle()


def _in_order_of_filing(
    random: Random, world: World, season: Season, sheets: list[Sheet], first: int, count: int
) -> list[tuple]:
    """Draw the lives of a campaign's dossiers, filed ones in the order of their references."""
    planned = []
    for number in range(first, first + count):
        sheet = random.choice(sheets)
        line = timeline(random, season, now=world.now, readers=sheet.row.readers)
        planned.append((line.filed or line.begun, number, sheet, line))
    return sorted(planned, key=lambda one: one[:2])


def _write_batch(
    random: Random, world: World, season: Season, purse: Purse, planned: list[tuple]
) -> None:
    sequence = ReferenceSequence.objects.select_for_update().get(pk=season.fiscal_year)
    for _, number, sheet, line in planned:
        dossier = _dossier(random, world, number, sheet, line)
        if line.filed is not None:
            sequence.last += 1
            dossier.reference = str(sequence)
        _write(dossier, world, purse)
    sequence.save(update_fields=["last"])
    world.tables.write()


def _dossier(random: Random, world: World, number: int, sheet: Sheet, line) -> Dossier:
    allowed = sheet.row.applicant_kinds
    body = random.choice(world.bodies)
    while allowed and _kind(body) not in allowed:
        body = random.choice(world.bodies)
    key = world.tables.applications.reserve()
    last = world.awarded.get((body.organisation.pk, sheet.row.code))
    return Dossier(
        key=key,
        number=number,
        sheet=sheet,
        body=body,
        line=line,
        random=random,
        history=History(key),
        editor=body.editor if random.random() < 0.7 else body.signatory,
        officer=random.choice(world.office.officers),
        renewal_of=last if random.random() < 0.7 else None,
        quality=min(0.98, max(0.15, random.gauss(0.62, 0.16))),
        now=world.now,
    )


def _kind(body: Body) -> str:
    return applicant_kind_of(body.organisation.kind)


def _write(dossier: Dossier, world: World, purse: Purse) -> None:
    tables, line = world.tables, dossier.line
    write_application(dossier, tables, world.land, world.shared)
    if line.filed is not None:
        write_receipt(dossier, tables, world.wording, world.shared)
        write_review(dossier, tables, world.office, gap_allowed=world.gap_allowed)
        write_decision(dossier, tables, world.office, purse, world.wording, world.shared)
        dossier.history.write(tables.events)
    if line.state == ReviewState.AWARDED:
        world.awarded[dossier.body.organisation.pk, dossier.sheet.row.code] = dossier.key
    _write_row(dossier, tables)


def _write_row(dossier: Dossier, tables: Tables) -> None:
    """Keep the dossier's own row, last: it says how everything ended."""
    line, values = dossier.line, dossier.values
    last = dossier.history.last_at() if line.filed else line.begun + timedelta(hours=3)
    values |= {
        "sheet_id": dossier.sheet.row.pk,
        "organisation_id": dossier.body.organisation.pk,
        "review_state": str(dossier.state),
        "version": dossier.history.version,
        "created_at": line.begun,
        "created_by_id": dossier.editor.pk,
        "updated_at": last,
        "updated_by_id": dossier.editor.pk,
        "saved_sections": saved_sections(
            line.filed or last, SECTIONS if line.filed else 1 + dossier.number % SECTIONS
        ),
    }
    tables.applications.add(*(values[name] for name in APPLICATION), key=dossier.key)
