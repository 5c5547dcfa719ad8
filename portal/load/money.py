"""The envelopes and the sessions of the load."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import ROUND_CEILING, Decimal

from grants.decisions.models import CommitteeSession, Envelope
from portal.load.calls import Sheet
from portal.load.plan import Season


THOUSAND = Decimal(1000)


@dataclass
class Purse:
    """A year's envelope: a root and one part a sheet, with what was awarded on each."""

    root: Envelope
    parts: dict[int, Envelope]  # by sheet
    sessions: list[CommitteeSession]
    awarded: dict[int, Decimal] = field(default_factory=dict)  # by envelope

    def take(self, sheet_id: int, amount: Decimal) -> int:
        """Note an award; return the envelope it is taken on."""
        part = self.parts[sheet_id].pk
        self.awarded[part] = self.awarded.get(part, Decimal(0)) + amount
        return part

    def settle(self) -> None:
        """Give each envelope what its awards need, a fifteenth more, in whole thousands."""
        total = Decimal(0)
        for part in self.parts.values():
            needed = self.awarded.get(part.pk, Decimal(0)) * 16 / 15 + 20 * THOUSAND
            part.amount = (needed / THOUSAND).to_integral_value(ROUND_CEILING) * THOUSAND
            total += part.amount
        self.root.amount = total
        Envelope.objects.bulk_update([self.root, *self.parts.values()], ["amount"])


def make_purse(season: Season, sheets: list[Sheet], *, on) -> Purse:
    """Create the envelopes and the sessions of a campaign, new ones at each load."""
    year = season.fiscal_year
    number = 1 + Envelope.objects.filter(fiscal_year=year, name__startswith="Charge ").count()
    root = Envelope.objects.create(
        fiscal_year=year, name=f"Charge {year} (n° {number})", amount=Decimal(0)
    )
    parts = {}
    for sheet in sheets:
        part = Envelope.objects.create(
            fiscal_year=year,
            name=f"Charge {year} (n° {number}) – fiche {sheet.row.code} [{sheet.row.pk}]",
            amount=Decimal(0),
            parent=root,
        )
        part.sheets.set([sheet.row])
        parts[sheet.row.pk] = part
    sessions = [
        CommitteeSession.objects.create(
            held_on=day,
            place="Hôtel du Département, Nanterre",
            report_number=f"{year % 100}.{rank:03d}-{number}",
            report_title="Prévention et citoyenneté – attribution de subventions",
            deliberation_number=f"CP-{year}-{rank}" if day <= on else "",
            state="closed" if day <= on else "preparing",
        )
        for rank, day in enumerate(season.votes, start=1)
    ]
    return Purse(root, parts, sessions)
