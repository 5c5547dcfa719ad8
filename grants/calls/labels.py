"""How a sheet is said: its phase, its places, its ages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from config.templatetags.fr import date_fr, datetime_fr
from grants.calls.calculations import days_left
from grants.calls.enums import ApplicantKind, SheetState
from grants.calls.models import CallSheet


PLACES_SHOWN = 4


@dataclass(frozen=True)
class Phase:
    """Where a sheet stands, for everybody.

    Attributes:
        key: draft, upcoming, open, closed or replaced.
        label: One or two words, on the badge.
        sentence: The date that matters, with its hour.
        hint: How long is left, when it is worth saying.
    """

    key: str
    label: str
    tone: str
    icon: str
    sentence: str = ""
    hint: str = ""
    is_soon: bool = False

    @property
    def is_open(self) -> bool:
        return self.key == "open"


def phase_of(sheet: CallSheet, at: datetime) -> Phase:
    """Say where a sheet stands (its ``deadline_at`` annotation, extensions included, is used)."""
    if sheet.state == SheetState.DRAFT:
        return Phase("draft", "Brouillon", "neutral", "pencil")
    if sheet.state == SheetState.REPLACED:
        return Phase("replaced", "Remplacée", "neutral", "arrow-repeat")
    deadline = getattr(sheet, "deadline_at", None) or sheet.closes_at
    second = at.replace(microsecond=0)
    if second < sheet.opens_at and sheet.state == SheetState.PUBLISHED:
        return Phase(
            "upcoming",
            "À venir",
            "info",
            "calendar-event",
            f"Dépôt du {date_fr(sheet.opens_at)} au {datetime_fr(deadline)}",
            _opening_hint(days_left(until=sheet.opens_at, at=at)),
        )
    reopened = deadline > sheet.closes_at
    is_open = second <= deadline and (sheet.state == SheetState.PUBLISHED or reopened)
    if not is_open:
        sentence = f"Le dépôt a pris fin le {datetime_fr(deadline)}"
        return Phase("closed", "Close", "neutral", "lock", sentence)
    left = days_left(until=deadline, at=at)
    return Phase(
        "open",
        "Ouverte",
        "success",
        "unlock",
        f"Dépôt jusqu’au {datetime_fr(deadline)}",
        _closing_hint(left),
        is_soon=left <= 7,
    )


def places_label(sheet: CallSheet, *, shown: int = PLACES_SHOWN) -> str:
    """Name the places in one line; beyond ``shown`` the rest is counted."""
    if sheet.whole_department:
        return "Tout le département"
    names = [place.name for place in (*sheet.communes.all(), *sheet.neighbourhoods.all())]
    if not names:
        return sheet.territories_text.replace("\n", ", ")
    if len(names) <= shown + 1:
        return ", ".join(names)
    return f"{', '.join(names[:shown])} et {len(names) - shown} autres"


def ages_label(sheet: CallSheet) -> str:
    """Say the ages: « 11 à 15 ans », « à partir de 16 ans »; empty when there are none."""
    low, high = sheet.age_min, sheet.age_max
    if low is not None and high is not None:
        return f"{high} ans" if low == high else f"{low} à {high} ans"
    if low is not None:
        return f"à partir de {low} ans"
    return f"jusqu’à {high} ans" if high is not None else ""


def applicants_label(sheet: CallSheet) -> list[str]:
    """Name the kinds of bodies that may apply, in the order of the list."""
    return [kind.label for kind in ApplicantKind if kind in sheet.applicant_kinds]


def _closing_hint(days: int) -> str:
    if days <= 0:
        return "Dernier jour"
    return "Clôture demain" if days == 1 else f"Encore {days} jours"


def _opening_hint(days: int) -> str:
    if days <= 0:
        return "Ouvre aujourd’hui"
    return "Ouvre demain" if days == 1 else f"Ouvre dans {days} jours"
