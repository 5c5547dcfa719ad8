"""Bodies registered twice: which look alike, and what would disagree if they were joined."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

from rapidfuzz import fuzz

from config.text import fold
from partners.enums import BankState, OrganisationKind
from partners.identifiers import display_siret
from partners.merging import movers
from partners.models import Organisation


ALIKE = 90  # of 100, small words aside
SMALL_WORDS = frozenset(
    ("l", "d", "le", "la", "les", "de", "du", "des", "et", "association", "asso")
)
AT_MOST = 20


@dataclass(frozen=True)
class Conflict:
    """Something in which two bodies disagree.

    Attributes:
        words: One sentence.
        needs_typing: Serious: they may well be two bodies.
    """

    words: str
    needs_typing: bool = False


@dataclass(frozen=True)
class Move:
    """One kind of row that would move.

    Attributes:
        words: With its count.
        names: The rows, as people know them.
    """

    words: str
    names: list[str]


@dataclass(frozen=True)
class Pair:
    """Two bodies that look like one; the first registered is proposed as the one kept."""

    source: Organisation
    target: Organisation
    why: str


def conflicts_between(source: Organisation, target: Organisation) -> list[Conflict]:
    """Say in what two bodies disagree; three queries at most."""
    found = []
    if source.kind != target.kind:
        found.append(
            Conflict(
                f"Leur nature n’est pas la même : {source.get_kind_display().lower()} d’un côté, "
                f"{target.get_kind_display().lower()} de l’autre.",
                needs_typing=True,
            )
        )
    if source.siret and target.siret and source.siret != target.siret:
        found.append(
            Conflict(
                f"Elles portent deux SIRET : {display_siret(source.siret)} et "
                f"{display_siret(target.siret)}. Le second reste ; le premier n’est gardé que dans "
                "l’historique.",
                needs_typing=True,
            )
        )
    elif source.siren and target.siren and source.siren != target.siren:
        found.append(Conflict("Leurs SIREN ne sont pas les mêmes.", needs_typing=True))
    if source.rna and target.rna and source.rna != target.rna:
        found.append(
            Conflict(f"Elles portent deux RNA : {source.rna} et {target.rna}.", needs_typing=True)
        )
    in_force = [BankState.TO_CHECK, BankState.CHECKED, BankState.REFUSED]
    if all(one.bank_details.filter(state__in=in_force).exists() for one in (source, target)):
        found.append(
            Conflict("Les deux ont un compte bancaire : celui de la fiche gardée reste en vigueur.")
        )
    return found


def moves_of(source: Organisation) -> list[Move]:
    """Say what would follow a body, in a few queries."""
    members = source.memberships.filter(state__in=["active", "pending"]).select_related("user")
    rows = [
        (("membre", "membres"), [f"{m.user}, {m.function}" for m in members]),
        (("document", "documents"), [str(d) for d in source.documents.filter(ended_at=None)]),
        (
            ("compte bancaire", "comptes bancaires"),
            [f"{b.holder}, …{b.iban[-4:]}" for b in source.bank_details.all()],
        ),
        (
            ("accord de notification", "accords de notification"),
            [c.email for c in source.notification_consents.filter(revoked_at=None)],
        ),
        (
            ("invitation", "invitations"),
            [i.email for i in source.invitations.waiting()],
        ),
        (
            ("signalement", "signalements"),
            [f.text for f in source.flags.filter(handled_at=None)],
        ),
        *((mover.words, list(mover.names(source))) for mover in movers()),
    ]
    return [Move(f"{len(names)} {words[len(names) > 1]}", names) for words, names in rows if names]


def doubles() -> list[Pair]:
    """Return pairs of bodies that look like one, at most ``AT_MOST``; one query.

    Same SIREN, or names alike in the same town. Communes and their groupings are registered
    beforehand: they are compared with the others, never with one another.
    """
    bodies = list(Organisation.objects.current().order_by("pk").only(*_READ))
    pairs: dict[tuple[int, int], Pair] = {}
    for why, group in _groups(bodies):
        for one, other in combinations(group, 2):
            key = (one.pk, other.pk)
            if key in pairs or _both_public(one, other):
                continue
            if why or _alike(one, other):
                source, target = (other, one) if not _is_public(other) else (one, other)
                pairs[key] = Pair(source, target, why or "Noms proches, même ville")
            if len(pairs) >= AT_MOST:
                return list(pairs.values())
    return list(pairs.values())


_READ = ("legal_name", "short_name", "kind", "siren", "siret", "rna", "city", "search_name")


def _groups(bodies: list[Organisation]) -> Iterator[tuple[str, list[Organisation]]]:
    by_siren, by_town = defaultdict(list), defaultdict(list)
    for body in bodies:
        if body.siren:
            by_siren[body.siren].append(body)
        by_town[fold(body.city)].append(body)
    for group in by_siren.values():
        yield "Même SIREN", group
    for group in by_town.values():
        yield "", group


def _alike(one: Organisation, other: Organisation) -> bool:
    return fuzz.token_sort_ratio(_bare(one), _bare(other)) >= ALIKE


def _bare(body: Organisation) -> str:
    words = fold(body.legal_name).split()
    return " ".join(word for word in words if word not in SMALL_WORDS)


def _is_public(body: Organisation) -> bool:
    return body.kind in {OrganisationKind.COMMUNE, OrganisationKind.INTERCOMMUNAL}


def _both_public(one: Organisation, other: Organisation) -> bool:
    return _is_public(one) and _is_public(other)
