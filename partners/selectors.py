"""Find bodies, and gather what « Mon espace » shows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from django.db.models import (
    Case,
    IntegerField,
    Q,
    QuerySet,
    Value,
    When,
)

from partners.enums import (
    BankState,
    DocumentKind,
    DocumentState,
    IdentifierState,
    MembershipState,
    RepresentativeRole,
    Right,
)
from partners.former_numbers import joined_under
from partners.identifiers import IdentifierError, check_rna, check_siren, check_siret, normalise
from partners.models import (
    Approval,
    BankDetails,
    HumanMeans,
    Membership,
    NotificationConsent,
    Organisation,
    OrganisationDocument,
    OrganisationFlag,
    Representative,
    YearAccounts,
)


if TYPE_CHECKING:
    from accounts.models import User

FOUND_AT_MOST = 20


@dataclass(frozen=True)
class Search:
    """What was looked for and what was found.

    Attributes:
        found: Bodies, best first, at most ``FOUND_AT_MOST``.
        siret: The SIRET typed, when it is one.
        error: What is wrong with the number typed.
        too_many: There are others: the words should be more precise.
    """

    found: list[Organisation]
    siret: str = ""
    error: str = ""
    too_many: bool = False


def search_organisations(text: str) -> Search:
    """Find bodies by SIRET, SIREN, RNA or name, whatever the accents.

    A SIRET also finds the body of the same SIREN: a commune is known by its first nine digits. The
    number of a double finds the body it was joined to.
    """
    number = normalise(text)
    try:
        if number.isascii() and number.isdigit():
            if len(number) == 9:
                siren = check_siren(number)
                return Search(_first(Q(siren=siren) | joined_under(siren=siren)))
            siret = check_siret(number)
            known = Q(siret=siret) | Q(siren=siret[:9])
            former = joined_under(siret=siret, siren=siret[:9])
            return Search(_first(known | former, exact=siret), siret=siret)
        if len(number) == 10 and number[:1] == "W" and number[1:2].isdigit():
            rna = check_rna(number)
            return Search(_first(Q(rna=rna) | joined_under(rna=rna)))
    except IdentifierError as error:
        return Search([], error=str(error))
    if len(text.strip()) < 2:
        return Search([], error="Saisissez au moins deux lettres ou un numéro.")
    found = list(_ordered(Organisation.objects.current().named_like(text))[: FOUND_AT_MOST + 1])
    return Search(found[:FOUND_AT_MOST], too_many=len(found) > FOUND_AT_MOST)


def _first(condition: Q, exact: str = "") -> list[Organisation]:
    return list(_ordered(Organisation.objects.current().filter(condition), exact)[:FOUND_AT_MOST])


def _ordered(organisations: QuerySet, exact: str = "") -> QuerySet:
    best = Case(
        When(siret=exact or None, then=Value(0)), default=Value(1), output_field=IntegerField()
    )
    return organisations.select_related("commune").order_by(best, "search_name", "pk")


@dataclass(frozen=True)
class SpaceCard:
    """A body on « Mon espace ».

    Attributes:
        membership: The person's own.
        organisation: The body; for a pending membership only its name may be shown.
        pending_count: Requests that wait for this person's answer.
        consent: The consent in force to be notified by e-mail.
    """

    membership: Membership
    organisation: Organisation
    pending_count: int
    consent: NotificationConsent | None

    @property
    def manages(self) -> bool:
        return self.membership.is_active and Right.MANAGE in self.membership.rights

    @property
    def needs_siret(self) -> bool:
        return self.manages and self.organisation.identifier_state == IdentifierState.NONE

    @property
    def may_consent(self) -> bool:
        return self.membership.is_active and bool(
            {Right.MANAGE, Right.SIGN} & set(self.membership.rights)
        )


def space_cards(user: User) -> list[SpaceCard]:
    """Return a person's bodies, those they belong to first, then what they wait for.

    Three queries whatever their number.
    """
    memberships = list(
        user.memberships.filter(state__in=[MembershipState.ACTIVE, MembershipState.PENDING])
        .select_related("organisation")
        .order_by("state", "organisation__search_name", "pk")
    )
    active = [m.organisation_id for m in memberships if m.is_active]
    counts = dict(
        Organisation.objects.filter(pk__in=active)
        .with_member_counts()
        .values_list("pk", "pending_count")
    )
    consents = {
        consent.organisation_id: consent
        for consent in NotificationConsent.objects.filter(
            organisation__in=active, revoked_at__isnull=True
        )
    }
    return [
        SpaceCard(
            membership=membership,
            organisation=membership.organisation,
            pending_count=counts.get(membership.organisation_id, 0),
            consent=consents.get(membership.organisation_id),
        )
        for membership in memberships
    ]


def open_flags(organisation: Organisation) -> list[OrganisationFlag]:
    """Return what the office has not looked at yet in a body, the latest first; one query."""
    return list(organisation.flags.filter(handled_at__isnull=True).select_related("raised_by"))


@dataclass(frozen=True)
class Profile:
    """What a body says of itself, for its own page and for its dossiers.

    Attributes:
        organisation: The body: identity, address, affiliations.
        representatives: In the order the body gave them.
        human_means: The most recent year, ``None`` while none was given.
        approvals: Approvals given by administrations.
        accounts: Those of the most recent closed year given, in euros.
        bank: The bank details in force, whatever the office said of them.
        documents: Those kept now, neither replaced nor taken away; their files are not fetched.
    """

    organisation: Organisation
    representatives: list[Representative]
    human_means: HumanMeans | None
    approvals: list[Approval]
    accounts: YearAccounts | None
    bank: BankDetails | None
    documents: list[OrganisationDocument]

    @property
    def legal_representative(self) -> Representative | None:
        return next((r for r in self.representatives if r.role == RepresentativeRole.LEGAL), None)


def profile_of(organisation: Organisation) -> Profile:
    """Gather the profile of a body in six queries."""
    return Profile(
        organisation=organisation,
        representatives=list(organisation.representatives.all()),
        human_means=organisation.human_means.first(),
        approvals=list(organisation.approvals.all()),
        accounts=organisation.year_accounts.first(),
        bank=organisation.bank_details.exclude(state=BankState.REPLACED).first(),
        documents=list(organisation.documents.filter(ended_at__isnull=True)),
    )


def valid_documents(organisation: Organisation, on: date) -> QuerySet[OrganisationDocument]:
    """Return the documents of a body's store that may be used on a day, with their files.

    Neither replaced nor taken away, not refused by the office, not expired that day. A document
    still to be checked may be used: the office looks at it in its own time.

    Args:
        organisation: The body.
        on: The day of use; a validity that ends that day still holds.
    """
    return (
        organisation.documents.filter(ended_at__isnull=True)
        .exclude(state=DocumentState.REFUSED)
        .filter(Q(valid_until__isnull=True) | Q(valid_until__gte=on))
        .prefetch_related("files")
    )


# --- What the office has to look at -------------------------------------------------------------
def documents_to_check() -> QuerySet[OrganisationDocument]:
    """Return the documents kept by bodies that the office has not answered on.

    The proof of a bank account is answered on with the account.
    """
    return OrganisationDocument.objects.filter(
        ended_at__isnull=True, state=DocumentState.TO_CHECK, organisation__merged_into__isnull=True
    ).exclude(kind=DocumentKind.BANK_PROOF)


def documents_to_replace(on: date) -> QuerySet[OrganisationDocument]:
    """Return the documents kept by bodies that are refused, or no longer valid on a day."""
    return OrganisationDocument.objects.filter(
        Q(state=DocumentState.REFUSED) | Q(valid_until__lt=on), ended_at__isnull=True
    ).exclude(kind__in=[DocumentKind.MANDATE, DocumentKind.BANK_PROOF])


def bank_details_to_check() -> QuerySet[BankDetails]:
    """Return the bank details that the office has not answered on."""
    return BankDetails.objects.filter(
        state=BankState.TO_CHECK, organisation__merged_into__isnull=True
    )


def flags_to_handle() -> QuerySet[OrganisationFlag]:
    """Return what is flagged in bodies and not dealt with."""
    return OrganisationFlag.objects.filter(
        handled_at__isnull=True, organisation__merged_into__isnull=True
    )


def active_bodies_of(user: User) -> list[str]:
    """Return the names of the bodies a person is an active member of, in order."""
    found = Organisation.objects.filter(
        memberships__user=user, memberships__state=MembershipState.ACTIVE
    )
    return sorted(str(one) for one in found.distinct())
