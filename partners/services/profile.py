"""Keep what a body says of itself: its people, its means, its affiliations, its accounts."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db import transaction

from config.dates import local_date
from config.errors import Refusal
from config.text import clean_name, clean_text, fold
from partners.enums import FlagKind, RepresentativeRole
from partners.models import Approval, HumanMeans, Organisation, Representative, YearAccounts
from partners.permissions import may_fill, may_manage, runs_directory
from partners.profile_words import MEANS_FIELDS
from partners.services.flags import raise_flag
from partners.services.locks import lock_body


if TYPE_CHECKING:
    from accounts.models import User

AFFILIATION_FIELDS = (
    "network",
    "legal_person_members",
    "is_public_utility",
    "public_utility_on",
    "pays_commercial_taxes",
)
ACCOUNTS_FIELDS = (
    "starts_on",
    "ends_on",
    "charges_amount",
    "income_amount",
    "public_aid_amount",
    "cash_amount",
    "approved_on",
)
GONE = "n’est plus indiqué"
CHANGED_MEANWHILE = (
    "Une autre personne a modifié cette page pendant votre saisie. Comparez avec ce qui est "
    "enregistré, puis enregistrez de nouveau."
)


@dataclass(frozen=True)
class RepresentativeValue:
    """One of the people who act for a body, as typed."""

    role: str
    name: str
    function: str = ""
    email: str = ""
    phone: str = ""


@dataclass(frozen=True)
class ApprovalValue:
    """An approval, as typed."""

    kind: str
    given_by: str = ""
    given_on: date | None = None


@dataclass(frozen=True)
class RepresentativesSaved:
    """What became of the representatives.

    Attributes:
        flagged: The legal representative is another: the office was told.
    """

    flagged: bool


# --- What a page was shown with: two colleagues never overwrite each other -----------------------
def representatives_token(organisation: Organisation) -> str:
    """Return a digest of the representatives, to see that nobody changed them meanwhile."""
    return _digest(astuple(value) for value in representative_values(organisation))


def means_token(organisation: Organisation, year: int) -> str:
    """Return a digest of the human means of a year."""
    return _digest(organisation.human_means.filter(year=year).values_list(*MEANS_FIELDS))


def affiliations_token(organisation: Organisation) -> str:
    """Return a digest of the affiliations and approvals."""
    rows = [tuple(getattr(organisation, name) for name in AFFILIATION_FIELDS)]
    return _digest([*rows, *(astuple(value) for value in approval_values(organisation))])


def accounts_token(organisation: Organisation) -> str:
    """Return a digest of the accounts of every year."""
    return _digest(organisation.year_accounts.values_list("year", *ACCOUNTS_FIELDS))


def _digest(rows: Iterable[Any]) -> str:
    text = repr([tuple(row) for row in rows])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def representative_values(organisation: Organisation) -> list[RepresentativeValue]:
    """Return the representatives as they are stored, in order."""
    return [
        RepresentativeValue(r.role, r.name, r.function, r.email, r.phone)
        for r in organisation.representatives.all()
    ]


def approval_values(organisation: Organisation) -> list[ApprovalValue]:
    """Return the approvals as they are stored, in order."""
    return [ApprovalValue(a.kind, a.given_by, a.given_on) for a in organisation.approvals.all()]


# --- Save ----------------------------------------------------------------------------------------
@transaction.atomic
def save_representatives(
    *,
    organisation_id: int,
    rows: Sequence[RepresentativeValue],
    by: User,
    at: datetime,
    seen: str = "",
) -> RepresentativesSaved:
    """Write the people who act for a body; a new legal representative is flagged to the office.

    The flag blocks nothing. The office's own changes are not flagged to itself.

    Args:
        organisation_id: The body.
        rows: All of them, in order; those left out are removed.
        by: Somebody who manages the body, or the office.
        at: Now.
        seen: :func:`representatives_token` of the page that was filled; empty checks nothing.

    Raises:
        Refusal: ``forbidden`` (403), ``conflict`` (409), ``two_legals``.
    """
    organisation = lock_body(organisation_id)
    _require(may_manage(by, organisation), "Seule une personne qui gère l’organisation change ")
    _require_unchanged(seen, representatives_token(organisation))
    legals = [row for row in rows if row.role == RepresentativeRole.LEGAL]
    if len(legals) > 1:
        raise Refusal(
            "Une organisation a un seul représentant légal\u00a0: gardez ce rôle pour une "
            "personne.",
            code="two_legals",
        )
    former = organisation.representatives.filter(role=RepresentativeRole.LEGAL).first()
    made = [
        Representative(
            organisation=organisation,
            role=row.role,
            name=clean_name(row.name),
            function=clean_name(row.function),
            email=row.email,
            phone=row.phone,
            position=position,
        )
        for position, row in enumerate(rows)
    ]
    organisation.representatives.all().delete()
    for representative in made:
        representative.full_clean()
        representative.save()
    name = clean_name(legals[0].name) if legals else ""
    words = _change_of_legal(organisation, former, name)
    flagged = bool(words) and not runs_directory(by)
    if flagged:
        raise_flag(
            organisation=organisation, kind=FlagKind.REPRESENTATIVE, text=words, by=by, at=at
        )
    return RepresentativesSaved(flagged=flagged)


def _change_of_legal(organisation: Organisation, former: Representative | None, name: str) -> str:
    """Say how the legal representative changed; empty when they did not, or are the first.

    Named anew after they were taken away, the flag that still waits says who follows.
    """
    if former is not None and fold(former.name) != fold(name):
        now = f"est désormais {name}" if name else GONE
        return f"Le représentant légal {now}\u00a0; c’était {former.name}."
    if former is None and name:
        waiting = organisation.flags.filter(
            kind=FlagKind.REPRESENTATIVE, handled_at__isnull=True, text__contains=GONE
        ).first()
        return waiting.text.replace(GONE, f"est désormais {name}") if waiting else ""
    return ""


@transaction.atomic
def save_human_means(
    *, organisation_id: int, year: int, by: User, at: datetime, seen: str = "", **counts: Any
) -> HumanMeans:
    """Write the people of a body on 31 December of a year.

    Args:
        organisation_id: The body.
        year: A year that is over.
        by: Somebody who manages the body or fills its requests, or the office.
        at: Now.
        seen: :func:`means_token` of the page that was filled; empty checks nothing.
        **counts: ``MEANS_FIELDS``: whole numbers of people, full-time equivalents with at most
            two decimals; ``None`` when not known. Those left out are kept.

    Raises:
        Refusal: ``forbidden`` (403), ``conflict`` (409), ``year``, ``subsidised``.

    Source:
        CERFA 12156*06, section 4.
    """
    organisation = lock_body(organisation_id)
    _require(may_fill(by, organisation), "Vos droits ne permettent pas de changer ")
    _require_unchanged(seen, means_token(organisation, year))
    if year >= local_date(at).year:
        raise Refusal("Cette année n’est pas encore terminée.", code="year")
    row = organisation.human_means.filter(year=year).first()
    row = row or HumanMeans(organisation=organisation, year=year)
    _write(row, counts, MEANS_FIELDS)
    if (row.subsidised_jobs or 0) > (row.employees or 0):
        raise Refusal(
            "Les emplois aidés sont comptés parmi les salariés\u00a0: ils ne peuvent pas être plus "
            "nombreux.",
            code="subsidised",
        )
    row.full_clean()
    row.save()
    return row


@transaction.atomic
def save_affiliations(
    *,
    organisation_id: int,
    approvals: Sequence[ApprovalValue],
    by: User,
    at: datetime,
    seen: str = "",
    **fields: Any,
) -> Organisation:
    """Write a body's approvals, network, public utility and taxes.

    Args:
        organisation_id: The body.
        approvals: All of them; those left out are removed.
        by: Somebody who manages the body or fills its requests, or the office.
        at: Now.
        seen: :func:`affiliations_token` of the page that was filled; empty checks nothing.
        **fields: ``AFFILIATION_FIELDS``.

    Raises:
        Refusal: ``forbidden`` (403), ``conflict`` (409).

    Source:
        CERFA 12156*06, sections 2 and 3.
    """
    organisation = lock_body(organisation_id)
    _require(may_fill(by, organisation), "Vos droits ne permettent pas de changer ")
    _require_unchanged(seen, affiliations_token(organisation))
    _write(organisation, fields, AFFILIATION_FIELDS)
    organisation.network = clean_name(organisation.network)
    organisation.legal_person_members = clean_text(organisation.legal_person_members)
    if not organisation.is_public_utility:
        organisation.public_utility_on = None
    organisation.full_clean(exclude=["search_name"])
    organisation.save()
    organisation.approvals.all().delete()
    for value in approvals:
        approval = Approval(
            organisation=organisation,
            kind=clean_name(value.kind),
            given_by=clean_name(value.given_by),
            given_on=value.given_on,
        )
        approval.full_clean()
        approval.save()
    return organisation


@transaction.atomic
def save_year_accounts(
    *,
    organisation_id: int,
    starts_on: date,
    ends_on: date,
    by: User,
    at: datetime,
    seen: str = "",
    charges_amount: Decimal | None = None,
    income_amount: Decimal | None = None,
    public_aid_amount: Decimal | None = None,
    cash_amount: Decimal | None = None,
    approved_on: date | None = None,
) -> YearAccounts:
    """Write the main figures of a closed year; its year is that of its last day.

    Args:
        organisation_id: The body.
        starts_on: First day.
        ends_on: Last day, passed.
        by: Somebody who manages the body or fills its requests, or the office.
        at: Now.
        seen: :func:`accounts_token` of the page that was filled; empty checks nothing.
        charges_amount: Total of the charges, in euros.
        income_amount: Total of the income, in euros.
        public_aid_amount: Public aid within the income, in euros.
        cash_amount: Cash on the last day, in euros; negative for an overdraft.
        approved_on: When the body's assembly approved them.

    Raises:
        Refusal: ``forbidden`` (403), ``conflict`` (409), ``dates``, ``not_closed``,
            ``public_aid``, ``approved_early``.
    """
    organisation = lock_body(organisation_id)
    _require(may_fill(by, organisation), "Vos droits ne permettent pas de changer ")
    _require_unchanged(seen, accounts_token(organisation))
    if ends_on < starts_on:
        raise Refusal("L’exercice finit avant de commencer.", code="dates")
    if ends_on >= local_date(at):
        raise Refusal("Cet exercice n’est pas encore clos.", code="not_closed")
    if (public_aid_amount or 0) > (income_amount or 0):
        raise Refusal(
            "Les aides publiques sont comptées parmi les produits\u00a0: elles ne peuvent pas les "
            "dépasser.",
            code="public_aid",
        )
    if approved_on and approved_on <= ends_on:
        raise Refusal("Des comptes s’approuvent après la fin de l’exercice.", code="approved_early")
    row = organisation.year_accounts.filter(year=ends_on.year).first()
    row = row or YearAccounts(organisation=organisation, year=ends_on.year)
    row.starts_on, row.ends_on = starts_on, ends_on
    row.charges_amount, row.income_amount = charges_amount, income_amount
    row.public_aid_amount, row.cash_amount = public_aid_amount, cash_amount
    row.approved_on = approved_on
    row.full_clean()
    row.save()
    return row


def _require(allowed: bool, words: str) -> None:
    if not allowed:
        raise Refusal(f"{words}cette page.", code="forbidden", status=403)


def _require_unchanged(seen: str, current: str) -> None:
    if seen and seen != current:
        raise Refusal(CHANGED_MEANWHILE, code="conflict", status=409)


def _write(row: Any, fields: dict[str, Any], known: Sequence[str]) -> None:
    unknown = set(fields) - set(known)
    if unknown:
        raise TypeError(f"not a field of this part: {sorted(unknown)}")
    for name, value in fields.items():
        setattr(row, name, value)
