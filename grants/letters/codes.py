"""References and check codes of letters."""

import secrets

from grants.letters.models import LetterKind


SUFFIXES = {
    LetterKind.RECEIPT: "AR",
    LetterKind.AWARD: "AT",
    LetterKind.REJECTION: "RF",
    LetterKind.DEFERRAL: "AJ",
}
ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # without 0 O 1 I L, which people mix up
GROUPS, GROUP = 3, 4  # 31^12 codes


def letter_reference(application_reference: str, kind: str, version: int) -> str:
    """Return « 2027-0042-AT1 »."""
    return f"{application_reference}-{SUFFIXES[LetterKind(kind)]}{version}"


def new_check_code() -> str:
    """Return a code that nobody can guess, easy to type: « K7QH-2M9T-XW4B »."""
    return "-".join("".join(secrets.choice(ALPHABET) for _ in range(GROUP)) for _ in range(GROUPS))


def normal_code(typed: str) -> str:
    """Return a code as stored, whatever the case and the spaces of the one typed."""
    letters = "".join(c for c in typed.upper() if c in ALPHABET)[: GROUPS * GROUP]
    return "-".join(letters[i : i + GROUP] for i in range(0, len(letters), GROUP))
