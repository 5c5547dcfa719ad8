"""IBAN and BIC: how they are written, and what is wrong with one.

Source:
    ISO 13616 (IBAN, key modulo 97) and ISO 9362 (BIC). French and Monegasque IBANs hold an
    account number with its own key, the « clé RIB »: 97 less the rest of
    89 × bank + 15 × branch + 3 × account divided by 97, letters read as digits.
"""

import re

from stdnum import bic as _bic, iban as _iban
from stdnum.exceptions import ValidationError

from partners.identifiers import IdentifierError


_BLANKS = re.compile(r"[\s.\-\u00a0\u2007\u2009\u202f]+")
_RIB_COUNTRIES = {"FR": "français", "MC": "monégasque"}
_RIB_LENGTH = 27
_RIB_DIGITS = str.maketrans(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "12345678912345678923456789",
)
# Banks seated overseas write their own country in a BIC, and FR in an IBAN (ISO 13616 registry).
_SAME_COUNTRY = {
    "FR": frozenset(["FR", "GF", "GP", "MQ", "RE", "YT", "PM", "BL", "MF", "PF", "NC", "WF", "TF"]),
}


def normalise(text: str) -> str:
    """Return a number without its spaces (of every width), dots and dashes, in capitals."""
    return _BLANKS.sub("", text).upper()


def check_iban(text: str) -> str:
    """Return an IBAN in capitals without spaces.

    Args:
        text: As typed or pasted: any spaces, lower case, « IBAN » in front.

    Raises:
        IdentifierError: When its characters, length, keys or country are wrong.
    """
    number = normalise(text).removeprefix("IBAN").lstrip(":")
    if not (number.isascii() and number.isalnum()):
        raise IdentifierError("Un IBAN ne contient que des lettres sans accent et des chiffres.")
    if not re.fullmatch(r"[A-Z]{2}[0-9]{2}.*", number):
        raise IdentifierError(
            "Un IBAN commence par les deux lettres du pays et deux chiffres, par exemple FR76."
        )
    if number[:2] in _RIB_COUNTRIES and len(number) != _RIB_LENGTH:
        raise IdentifierError(
            f"Un IBAN {_RIB_COUNTRIES[number[:2]]} compte {_RIB_LENGTH} caractères\u00a0; "
            f"celui-ci en "
            f"a {len(number)}."
        )
    try:
        _iban.validate(number)
    except ValidationError as error:
        raise IdentifierError(
            "Cet IBAN est inexact\u00a0: vérifiez chacun de ses caractères sur votre relevé "
            "d’identité "
            "bancaire."
        ) from error
    if number[:2] in _RIB_COUNTRIES and number[-2:] != rib_key(number):
        raise IdentifierError(
            "Cet IBAN est inexact\u00a0: sa clé RIB, les deux derniers chiffres, n’est pas celle "
            "de ce "
            "compte. Recopiez-le depuis votre relevé d’identité bancaire."
        )
    return number


def rib_key(iban: str) -> str:
    """Return the two digits that should end a French IBAN."""
    digits = iban[4:-2].translate(_RIB_DIGITS)
    bank, branch, account = int(digits[:5]), int(digits[5:10]), int(digits[10:])
    return f"{97 - (89 * bank + 15 * branch + 3 * account) % 97:02d}"


def check_bic(text: str, *, iban: str = "") -> str:
    """Return a BIC in capitals without spaces.

    Args:
        text: As typed.
        iban: A checked IBAN whose country the BIC must share.

    Raises:
        IdentifierError: When it is not written as a BIC, or is of another country.
    """
    code = normalise(text)
    try:
        _bic.validate(code)
    except ValidationError as error:
        raise IdentifierError(
            "Un BIC compte huit ou onze caractères\u00a0: six lettres, puis des lettres ou des "
            "chiffres, par exemple AGRIFRPP."
        ) from error
    country = code[4:6]
    if iban and country not in _SAME_COUNTRY.get(iban[:2], {iban[:2]}):
        raise IdentifierError(
            f"Ce BIC est celui d’une banque d’un autre pays ({country}) que l’IBAN ({iban[:2]})."
        )
    return code


def display_iban(iban: str) -> str:
    """Write an IBAN in groups of four: « FR14 2004 1010… »."""
    return " ".join(iban[i : i + 4] for i in range(0, len(iban), 4))


def mask_iban(iban: str) -> str:
    """Write an IBAN of which only the country and the last four characters show."""
    return f"{iban[:2]}••\u00a0••••\u00a0{iban[-4:]}"
