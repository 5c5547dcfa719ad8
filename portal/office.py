"""How to reach the office, from the dated parameters."""

from dataclasses import dataclass
from datetime import date

from foundation.parameters.selectors import MissingParameterError, values_on


@dataclass(frozen=True)
class Office:
    """Ways to reach the office; every one may be empty before ``load_reference`` is run."""

    name: str = ""
    direction: str = ""
    address: str = ""
    email: str = ""
    phone: str = ""
    privacy_email: str = ""


KEYS = {
    "name": "office.name",
    "direction": "office.direction",
    "address": "office.address",
    "email": "office.email",
    "phone": "office.phone",
    "privacy_email": "dpo.email",
}


def office_on(on: date) -> Office:
    """Return the ways to reach the office on a day."""
    try:
        values = values_on(list(KEYS.values()), on)
    except MissingParameterError:
        return Office()
    return Office(**{name: values[key] for name, key in KEYS.items()})
