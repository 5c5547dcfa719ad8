"""SIREN, SIRET and RNA numbers: how they are written, and what is wrong with one.

Source:
    SIREN and SIRET carry a Luhn key; the establishments of La Poste (SIREN 356 000 000) may have
    a sum of digits that is a multiple of five instead. RNA: pattern of the Waldec register.
"""

import re

from stdnum.exceptions import InvalidChecksum, ValidationError
from stdnum.fr import siren as _siren, siret as _siret


_SEPARATORS = re.compile(r"[\s.\-\u00a0\u202f]+")
_RNA = re.compile(r"W[0-9][A-Z0-9][0-9]{7}")


class IdentifierError(ValueError):
    """The number is not one; the message is a French sentence ready to show."""


def normalise(text: str) -> str:
    """Return a number without the spaces, dots and dashes people put in it, in capitals."""
    return _SEPARATORS.sub("", text).upper()


def check_siren(text: str) -> str:
    """Return the nine digits of a SIREN.

    Raises:
        IdentifierError: When the length, the characters or the key are wrong.
    """
    number = normalise(text)
    _require_digits(number, length=9, name="SIREN")
    try:
        return _siren.validate(number)
    except ValidationError as error:
        raise IdentifierError(
            "Ce numéro SIREN est inexact : vérifiez chacun de ses neuf chiffres."
        ) from error


def check_siret(text: str) -> str:
    """Return the fourteen digits of a SIRET, its SIREN part checked too.

    Raises:
        IdentifierError: When the length, the characters or one of the keys are wrong.
    """
    number = normalise(text)
    if len(number) == 9 and number.isdigit():
        raise IdentifierError(
            "Ce numéro a neuf chiffres : c’est un SIREN. Le SIRET en compte cinq de plus."
        )
    _require_digits(number, length=14, name="SIRET")
    try:
        _siren.validate(number[:9])
        return _siret.validate(number)
    except InvalidChecksum as error:
        raise IdentifierError(
            "Ce numéro SIRET est inexact : vérifiez chacun de ses quatorze chiffres."
        ) from error
    except ValidationError as error:
        raise IdentifierError("Ce numéro SIRET est inexact.") from error


def check_rna(text: str) -> str:
    """Return the ten characters of an RNA number (the W number of an association).

    Raises:
        IdentifierError: When it is written otherwise.
    """
    number = normalise(text)
    if not _RNA.fullmatch(number):
        raise IdentifierError(
            "Un numéro RNA s’écrit W suivi de neuf caractères, par exemple W922000001."
        )
    return number


def display_siret(siret: str) -> str:
    """Write a SIRET in groups: « 229 200 506 00611 »."""
    groups = (siret[:3], siret[3:6], siret[6:9], siret[9:])
    return "\u00a0".join(group for group in groups if group)


def _require_digits(number: str, *, length: int, name: str) -> None:
    if not (number.isascii() and number.isdigit()):
        raise IdentifierError(f"Un numéro {name} ne contient que des chiffres.")
    if len(number) != length:
        raise IdentifierError(
            f"Un numéro {name} compte {length} chiffres ; celui-ci en a {len(number)}."
        )
