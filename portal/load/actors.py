"""The people and the bodies of the load: a few by the services, thousands in bulk."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from accounts.enums import Role
from accounts.models import User
from accounts.services import assign_role, create_person
from config.text import fold
from partners.enums import (
    IdentifierState,
    MembershipState,
    OrganisationKind,
    RepresentativeRole,
    Right,
    SigningCapacity,
)
from partners.models import Membership, NotificationConsent, Organisation, Representative
from partners.selectors import Profile
from portal.demo.words import ASSOCIATIONS, FIRST_NAMES, LAST_NAMES, in_town
from territories.models import Commune, Territory


DOMAIN = "charge.example"
#: Parts of a town, when every name of the list is taken in it.
PARTS = ("", " Centre", " Nord", " Sud", " Plateau", " Gare", " Bords de Seine", " Est")
MOST_BODIES = 9000  # four digits in their invented SIREN
NO_PASSWORD = "!charge"  # noqa: S105  (unusable: nobody signs in as these people)


@dataclass(frozen=True)
class Body:
    """A body that asks, with what its dossiers copy from it."""

    organisation: Organisation
    commune: Commune
    editor: User
    signatory: User
    representative: Representative | None
    consent: str

    @property
    def profile(self) -> Profile:
        """Its profile, from memory: as ``partners.selectors.profile_of`` would read it."""
        return Profile(
            organisation=self.organisation,
            representatives=[self.representative] if self.representative else [],
            human_means=None,
            approvals=[],
            accounts=None,
            bank=None,
            documents=[],
        )


@dataclass(frozen=True)
class Office:
    """The people of the office."""

    administrator: User
    head: User
    officers: list[User]
    coordinators: dict[int, User]


def make_office(random: Random, *, at: datetime, officers: int = 12) -> Office:
    """Create the office's people, or find those of an earlier load."""
    on = at.date()
    administrator = _agent("administration", 1, Role.ADMINISTRATOR, None, on)
    head = _agent("responsable", 2, Role.UNIT_HEAD, administrator, on)
    team = [
        _agent(f"charge-{n:02d}", 2 + n, Role.CASE_OFFICER, administrator, on)
        for n in range(1, officers + 1)
    ]
    coordinators = {
        territory.number: _agent(
            f"coordination-t{territory.number}",
            40 + territory.number,
            Role.COORDINATOR,
            administrator,
            on,
            territory=territory,
        )
        for territory in Territory.objects.order_by("number")
    }
    return Office(administrator, head, team, coordinators)


def _agent(name: str, number: int, role: str, by: User | None, on, **scope) -> User:
    email = f"{name}@{DOMAIN}"
    found = User.objects.filter(email=email).first()
    if found is not None:
        return found
    first, last = _name(number)
    user = create_person(email=email, first_name=first, last_name=last)
    assign_role(by=by, user=user, role=role, starts_on=on, on=on, **scope)
    return user


def _name(number: int) -> tuple[str, str]:
    return FIRST_NAMES[number * 7 % len(FIRST_NAMES)], LAST_NAMES[number * 5 % len(LAST_NAMES)]


def bodies_for(dossiers: int) -> int:
    """Return how many associations carry that many dossiers: about six each, at most 5 000."""
    return max(40, min(5000, dossiers // 6))


def make_bodies(random: Random, office: Office, *, count: int, at: datetime) -> list[Body]:
    """Create associations with a president and a member each, and members of the communes."""
    known = Organisation.objects.filter(email__endswith=f"@{DOMAIN}").count()
    if known + count > MOST_BODIES:
        raise ValueError(f"{MOST_BODIES} bodies at most")
    communes = list(Commune.objects.select_related("territory").order_by("sort_name", "pk"))
    towns = list(
        Organisation.objects.filter(kind=OrganisationKind.COMMUNE, commune__isnull=False)
        .select_related("commune")
        .order_by("search_name", "pk")
    )
    associations = [
        _association(number, communes[number % len(communes)], at)
        for number in range(known, known + count)
    ]
    Organisation.objects.bulk_create(associations, batch_size=1000)
    first = User.objects.filter(email__endswith=f"@membre.{DOMAIN}").count()
    people = [_person(first + n, at) for n in range(2 * (len(associations) + len(towns)))]
    User.objects.bulk_create(people, batch_size=1000)
    representatives = [
        Representative(
            organisation=one,
            role=RepresentativeRole.LEGAL,
            name=people[2 * n].get_full_name(),
            function="Présidence",
        )
        for n, one in enumerate(associations)
    ]
    Representative.objects.bulk_create(representatives, batch_size=1000)
    owners = [*associations, *towns]
    _members(owners, people, office, at)
    consents = _consents(random, associations, people, at)
    legal = {one.organisation_id: one for one in representatives}
    by_code = {commune.pk: commune for commune in communes}
    return [
        Body(
            organisation=one,
            commune=by_code[one.commune_id],
            editor=people[2 * n + 1],
            signatory=people[2 * n],
            representative=legal.get(one.pk),
            consent=consents.get(one.pk, ""),
        )
        for n, one in enumerate(owners)
    ]


def _association(number: int, commune: Commune, at: datetime) -> Organisation:
    turn = number // 36
    pattern, short = ASSOCIATIONS[turn % len(ASSOCIATIONS)]
    if "{town}" not in pattern:
        pattern = f"{pattern} {{town}}"
    name = in_town(pattern, str(commune)) + PARTS[turn // len(ASSOCIATIONS) % len(PARTS)]
    door = number % 90 + 1
    organisation = Organisation(
        kind=OrganisationKind.ASSOCIATION,
        legal_name=name,
        short_name=short,
        siret=_keyed(f"{_keyed(f'9998{number:04d}')}0001"),
        rna=f"W9229{number:05d}",
        identifier_state=IdentifierState.TO_CHECK,
        address=f"{door} rue de l’Exemple",
        postal_code=commune.postal_codes.split()[0].rstrip(",;|"),
        city=str(commune),
        commune=commune,
        email=f"contact{number:05d}@{DOMAIN}",
        phone=f"01 99 {number // 10000:02d} {number // 100 % 100:02d} {number % 100:02d}",
        is_demo=True,
        created_at=at,
    )
    organisation.siren = organisation.siret[:9]
    organisation.search_name = fold(f"{name} {short}")[:260]
    return organisation


def _person(number: int, at: datetime) -> User:
    first, last = _name(number + 11)
    return User(
        email=f"personne{number:05d}@membre.{DOMAIN}",
        first_name=first,
        last_name=last,
        password=NO_PASSWORD,
        date_joined=at,
    )


def _members(owners: list[Organisation], people: list[User], office: Office, at: datetime) -> None:
    rows = []
    for number, organisation in enumerate(owners):
        is_town = organisation.kind == OrganisationKind.COMMUNE
        signatory, editor = people[2 * number], people[2 * number + 1]
        common = {
            "organisation": organisation,
            "state": MembershipState.ACTIVE,
            "asked_at": at,
            "decided_at": at + timedelta(hours=1),
        }
        rows.append(
            Membership(
                user=signatory,
                function="Direction de la jeunesse" if is_town else "Présidence",
                rights=list(Right.values),
                capacity=SigningCapacity.MANDATE if is_town else SigningCapacity.REPRESENTATIVE,
                decided_by=office.administrator if is_town else None,
                **common,
            )
        )
        rows.append(
            Membership(
                user=editor,
                function="Coordination",
                rights=[Right.EDIT],
                decided_by=signatory,
                **common,
            )
        )
    Membership.objects.bulk_create(rows, batch_size=1000)


def _consents(
    random: Random, associations: list[Organisation], people: list[User], at: datetime
) -> dict[int, str]:
    rows = [
        NotificationConsent(
            organisation=one,
            email=one.email,
            text_version="2026-11",
            given_by=people[2 * number],
            given_at=at + timedelta(hours=2),
        )
        for number, one in enumerate(associations)
        if random.random() < 0.65
    ]
    NotificationConsent.objects.bulk_create(rows, batch_size=1000)
    return {row.organisation_id: row.email for row in rows}


def _keyed(digits: str) -> str:
    """Return digits with their Luhn key."""
    total = 0
    for position, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if position % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return f"{digits}{-total % 10}"
