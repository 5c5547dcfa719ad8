"""Ask a register what it knows of a SIRET; without one, the number is kept « à vérifier ».

An adapter is a class with ``find(siret) -> Found | None``, named by the setting ``SIRET_LOOKUP``;
it raises ``RegisterUnavailableError`` when the register does not answer. None ships with the
portal: typing by hand always works, and the office ticks the numbers it has checked.
"""

from dataclasses import dataclass
from typing import Protocol

from django.conf import settings
from django.utils.module_loading import import_string

from partners.enums import IdentifierState


class RegisterUnavailableError(Exception):
    """The register does not answer."""


@dataclass(frozen=True)
class Found:
    """What a register says of an establishment."""

    siret: str
    legal_name: str
    address: str = ""
    postal_code: str = ""
    city: str = ""
    is_open: bool = True


class Register(Protocol):
    def find(self, siret: str) -> Found | None: ...


def ask_register(siret: str) -> tuple[IdentifierState, Found | None]:
    """Return how far a SIRET is checked, and what the register says of it.

    Only an open establishment found there is « vérifié »; in every other case (no register set,
    register away, number unknown to it) the office will have to look.
    """
    path = getattr(settings, "SIRET_LOOKUP", "")
    if not path:
        return IdentifierState.TO_CHECK, None
    register: Register = import_string(path)()
    try:
        found = register.find(siret)
    except RegisterUnavailableError:
        return IdentifierState.TO_CHECK, None
    if found is None or not found.is_open:
        return IdentifierState.TO_CHECK, found
    return IdentifierState.CHECKED, found
