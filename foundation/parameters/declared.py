"""What each parameter may hold: kind, unit and bounds, in one place.

The administration refuses anything else, and nothing else is ever read: a value stored before a
bound existed is passed over by :mod:`foundation.parameters.selectors`.
"""

import re
from dataclasses import dataclass
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator, validate_email


_COUNT = re.compile(r"[0-9]{1,9}")
_DECIMAL = re.compile(r"[0-9]{1,9}(\.[0-9]{1,2})?")
_SPACES = re.compile(r"[\s\u00a0\u202f]")


@dataclass(frozen=True)
class Text:
    """Words: a name, an address, a legal sentence. Only emptiness is a fault."""

    words = "un texte"

    def clean(self, value: str) -> str:
        """Return the text to keep."""
        return value.strip()

    def fault(self, value: str) -> str:
        """Return the French sentence that says why a value is refused, or an empty string."""
        return "" if value.strip() else "Indiquez un texte."


@dataclass(frozen=True)
class Email(Text):
    words = "une adresse e-mail"

    def fault(self, value: str) -> str:
        return _fault_of(validate_email, value, "Indiquez une adresse e-mail complète.")


@dataclass(frozen=True)
class Url(Text):
    words = "une adresse web"

    def fault(self, value: str) -> str:
        check = URLValidator(schemes=["https", "http"])
        return _fault_of(
            check, value, "Indiquez une adresse web complète («\u00a0https://…\u00a0»)."
        )


@dataclass(frozen=True)
class Siret(Text):
    words = "un SIRET"

    def fault(self, value: str) -> str:
        good = re.fullmatch(r"[0-9]{14}", value)
        return "" if good else "Indiquez un SIRET\u00a0: quatorze chiffres, sans espace."


@dataclass(frozen=True)
class Count:
    """A whole number.

    Attributes:
        minimum: Smallest allowed.
        maximum: Largest allowed.
        unit: Of what, in French and in the plural.
    """

    minimum: int
    maximum: int
    unit: str

    @property
    def words(self) -> str:
        return f"un nombre entier de {self.unit}, de {self.minimum} à {self.maximum}"

    @property
    def pattern(self) -> str:
        """What PostgreSQL may cast to an integer without overflow: no more digits than the most."""
        return rf"^[0-9]{{1,{len(str(self.maximum))}}}$"

    def clean(self, value: str) -> str:
        return _SPACES.sub("", value)

    def fault(self, value: str) -> str:
        if _COUNT.fullmatch(value) and self.minimum <= int(value) <= self.maximum:
            return ""
        return f"Indiquez {self.words}."


@dataclass(frozen=True)
class Number:
    """A number with two decimals at most, written with a point.

    Attributes:
        minimum: Smallest allowed.
        maximum: Largest allowed.
        unit: Of what, in French.
    """

    minimum: int
    maximum: int
    unit: str

    @property
    def words(self) -> str:
        most = f"{self.maximum:,}".replace(",", "\u00a0")
        return f"{self.unit}, de {self.minimum} à {most}"

    def clean(self, value: str) -> str:
        return _SPACES.sub("", value).replace(",", ".")

    def fault(self, value: str) -> str:
        if _DECIMAL.fullmatch(value) and self.minimum <= Decimal(value) <= self.maximum:
            return ""
        return f"Indiquez {self.words}."


Kind = Text | Count | Number


def _fault_of(check, value: str, sentence: str) -> str:
    try:
        check(value)
    except ValidationError:
        return sentence
    return ""


def _days(maximum: int, minimum: int = 1) -> Count:
    return Count(minimum, maximum, "jours")


def _months(maximum: int) -> Count:
    return Count(1, maximum, "mois")


_AMOUNT = Number(0, 100_000_000, "un montant en euros")
_RATE = Number(0, 1, "une part")

DECLARED: dict[str, Kind] = {
    "office.name": Text(),
    "office.direction": Text(),
    "office.address": Text(),
    "office.email": Email(),
    "office.phone": Text(),
    "department.name": Text(),
    "department.siret": Siret(),
    "department.president_title": Text(),
    "court.name": Text(),
    "court.address": Text(),
    "court.url": Url(),
    "dpo.email": Email(),
    "text.appeal": Text(),
    "text.rgpd": Text(),
    "text.silence": Text(),
    "correction.sentences": Text(),
    "republican_contract.version": Text(),
    "notification_consent.version": Text(),
    # Delays
    "silence.months": _months(12),
    "appeal.months": _months(12),
    "report.months": _months(36),
    "accounts.months": _months(60),
    "attestation.days": _days(180),
    "attestation.reminder_days": _days(90),
    "invitation.days": _days(365),
    "documents.days": _days(365),
    "documents.reminder_days": _days(90),
    "documents.notice_days": _days(365, 0),
    "payment.days": _days(365),
    "deemed_notified.days": _days(90),
    "reminder.first_days": _days(60),
    "reminder.draft_days": _days(60),
    "reminder.last_hours": Count(1, 336, "heures"),
    "correction.days": _days(365),
    "correction.max_days": _days(730),
    "opinion.days": _days(365),
    "opinion.max_days": _days(730),
    "opinion.reminder_days": _days(60),
    "opinion.link_days": _days(365),
    "replacement.days_back": _days(366, 0),
    "replacement.days_ahead": _days(1100),
    "jobs.file_days": _days(365),
    "note.edit_minutes": Count(0, 10_080, "minutes"),
    "summary_sheets.per_file": Count(1, 500, "fiches"),
    # Points, amounts and shares
    "review.gap_points": Number(0, 100, "un nombre de points"),
    "agreement.threshold": _AMOUNT,
    "audit.threshold": _AMOUNT,
    "de_minimis.general": _AMOUNT,
    "de_minimis.sgei": _AMOUNT,
    "public_aid.declared": _AMOUNT,
    "envelope.warning_rate": _RATE,
    "de_minimis.warning_rate": _RATE,
    "public_aid.warning_rate": _RATE,
}
COUNTS = {key: kind for key, kind in DECLARED.items() if isinstance(kind, Count)}


def kind_of(key: str) -> Kind:
    """Return what a key may hold; any text for a key that the portal does not read."""
    return DECLARED.get(key, Text())
