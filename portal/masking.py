"""How many people an action reaches, as the public may know it: never a small number."""

from collections.abc import Sequence
from dataclasses import dataclass


THRESHOLD = 5
FEW = "moins de 5"
HIDDEN = "non communiqué"


@dataclass(frozen=True)
class PublicCounts:
    """Counts to show, in words.

    Attributes:
        bands: Pairs (age band, words).
        total: Words; empty when it would give away a small number.
        girls: Words; empty when not given.
        boys: Words; empty when not given.
    """

    bands: list[tuple[str, str]]
    total: str = ""
    girls: str = ""
    boys: str = ""


def is_small(count: int | None) -> bool:
    return count is not None and 0 < count < THRESHOLD


def public_counts(
    bands: Sequence[tuple[str, int]], *, girls: int | None, boys: int | None
) -> PublicCounts:
    """Write the counts of an action, those under five masked.

    A masked number must not be found by subtraction either: with a small age band neither the
    total nor the sexes are given; with a small sex the other one is withheld too.

    Args:
        bands: Pairs (label, people) in order; bands without anybody are left out.
        girls: Girls and women, ``None`` when not given.
        boys: Boys and men, ``None`` when not given.
    """
    shown = [(label, count) for label, count in bands if count]
    small_band = any(is_small(count) for _label, count in shown)
    small_sex = is_small(girls) or is_small(boys)
    total = "" if small_band or not shown else str(sum(count for _label, count in shown))
    return PublicCounts(
        bands=[(label, FEW if is_small(count) else str(count)) for label, count in shown],
        total=total,
        girls=_sex(girls, withheld=small_band or small_sex),
        boys=_sex(boys, withheld=small_band or small_sex),
    )


def _sex(count: int | None, *, withheld: bool) -> str:
    if count is None:
        return ""
    if is_small(count):
        return FEW
    return HIDDEN if withheld else str(count)
