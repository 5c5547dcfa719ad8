"""The people and the bodies of the demonstration, made by the services that people use."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random

from django.conf import settings

from accounts.enums import Role
from accounts.models import User
from accounts.services import assign_role, create_person
from partners.enums import OrganisationKind, Right, SigningCapacity
from partners.models import Organisation
from partners.services.memberships import accept_membership, ask_to_join
from partners.services.organisations import create_organisation, give_consent
from portal.demo.words import ASSOCIATIONS, FIRST_NAMES, LAST_NAMES, in_town
from territories.models import ActorType, Commune, School, Territory


DOMAIN = "maillage.example"
PASSWORD = "demonstration-92"  # noqa: S105  (shown on the sign-in page of the demonstration)


@dataclass
class Cast:
    """Everybody the story needs."""

    administrator: User
    head: User
    officers: list[User]
    coordinators: dict[int, User]
    star: Organisation  # the association of the demonstration accounts
    star_editor: User
    star_signatory: User
    commune: Organisation
    commune_member: User
    bodies: list[Organisation] = field(default_factory=list)
    editors: dict[int, User] = field(default_factory=dict)  # by body


class People:
    """Invent people with names and addresses that nobody has."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.count = 0

    def make(self, email: str = "", first: str = "", last: str = "") -> User:
        self.count += 1
        first = first or FIRST_NAMES[self.count * 7 % len(FIRST_NAMES)]
        last = last or LAST_NAMES[self.count * 5 % len(LAST_NAMES)]
        password = PASSWORD if settings.DEMO_MODE and email else None
        return create_person(
            email=email or f"personne{self.count:03d}@demo.example",
            first_name=first,
            last_name=last,
            password=password,
        )


def make_cast(random: Random, *, at: datetime, associations: int) -> Cast:
    """Make the office, the demonstration accounts and the associations.

    Args:
        random: Seeded, so that two runs give the same story.
        at: When it all begins (three years ago).
        associations: How many associations beside that of the demonstration accounts.
    """
    people = People(random)
    on = at.date()
    administrator = people.make(f"administration@{DOMAIN}", "Solange", "Vautrelle")
    assign_role(by=None, user=administrator, role=Role.ADMINISTRATOR, starts_on=on, on=on)
    head = _office(people, administrator, "responsable", "Hélène", "Rambaud", Role.UNIT_HEAD, on)
    officers = [
        _office(people, administrator, "instruction", "Karim", "Lestrade", Role.CASE_OFFICER, on),
        _office(people, administrator, "instruction-2", "Lucie", "Pelvoux", Role.CASE_OFFICER, on),
        _office(people, administrator, "instruction-3", "Noé", "Garrigou", Role.CASE_OFFICER, on),
    ]
    coordinators = _coordinators(people, administrator, on)
    _around(people, administrator, on)
    star, signatory, editor = _star(people, at)
    commune = Organisation.objects.get(kind=OrganisationKind.COMMUNE, commune__name="Bagneux")
    commune_member = people.make(f"commune@{DOMAIN}", "Jeanne", "Tournelle")
    asked = ask_to_join(
        by=commune_member,
        organisation_id=commune.pk,
        function="Responsable jeunesse",
        capacity=SigningCapacity.MANDATE,
        at=at,
    )
    accept_membership(by=administrator, membership_id=asked.pk, rights=list(Right), at=at)
    cast = Cast(
        administrator=administrator,
        head=head,
        officers=officers,
        coordinators=coordinators,
        star=star,
        star_editor=editor,
        star_signatory=signatory,
        commune=commune,
        commune_member=commune_member,
    )
    cast.editors = {star.pk: editor, commune.pk: commune_member}
    _associations(people, cast, random, at=at, count=associations)
    _communes(people, cast, at=at)
    return cast


def _office(people, administrator, key, first, last, role, on: date) -> User:
    user = people.make(f"{key}@{DOMAIN}", first, last)
    User.objects.filter(pk=user.pk).update(phone="01 99 00 12 34")
    titles = {Role.UNIT_HEAD: "Responsable de l’unité", Role.CASE_OFFICER: "Chargé d’instruction"}
    assign_role(
        by=administrator, user=user, role=role, starts_on=on, on=on, title=titles.get(role, "")
    )
    return user


def _coordinators(people: People, administrator: User, on: date) -> dict[int, User]:
    coordinators = {}
    for territory in Territory.objects.order_by("number"):
        user = people.make(f"coordination-t{territory.number}@{DOMAIN}")
        User.objects.filter(pk=user.pk).update(phone=f"01 99 00 20 {territory.number:02d}")
        assign_role(
            by=administrator,
            user=user,
            role=Role.COORDINATOR,
            starts_on=on,
            on=on,
            title=f"Coordination du territoire {territory.number}",
            territory=territory,
        )
        coordinators[territory.number] = user
    return coordinators


def _around(people: People, administrator: User, on: date) -> None:
    mediation = people.make(f"mediation@{DOMAIN}", "Ondine", "Issartel")
    assign_role(by=administrator, user=mediation, role=Role.PROFESSIONAL, starts_on=on, on=on)
    college = people.make(f"college@{DOMAIN}", "Paul", "Sauveterre")
    school = School.objects.filter(commune__name="Bagneux").order_by("sort_name").first()
    assign_role(
        by=administrator, user=college, role=Role.SCHOOL, starts_on=on, on=on, school=school
    )
    reader = people.make(f"lecture@{DOMAIN}", "Émile", "Castelneau")
    assign_role(by=administrator, user=reader, role=Role.READER, starts_on=on, on=on)


def _star(people: People, at: datetime) -> tuple[Organisation, User, User]:
    signatory = people.make(f"signataire@{DOMAIN}", "Rose", "Kermorvan")
    commune = Commune.objects.get(name="Bagneux")
    star = _association(
        signatory, commune, "Les Ateliers du Rail", "ADR", number=1, at=at, function="Présidente"
    )
    editor = people.make(f"association@{DOMAIN}", "Malik", "Dorvault")
    asked = ask_to_join(
        by=editor, organisation_id=star.pk, function="Coordinateur", capacity="", at=at
    )
    accept_membership(
        by=signatory, membership_id=asked.pk, rights=[Right.MANAGE, Right.EDIT], at=at
    )
    give_consent(
        by=signatory, organisation_id=star.pk, email="bureau@ateliers-du-rail.example", at=at
    )
    return star, signatory, editor


def _association(
    by: User, commune: Commune, name: str, short: str, *, number: int, at, function: str
) -> Organisation:
    """Register an invented association: its SIREN starts with 999, which is given to nobody."""
    organisation = create_organisation(
        by=by,
        at=at,
        kind=OrganisationKind.ASSOCIATION,
        legal_name=name,
        short_name=short,
        function=function,
        capacity=SigningCapacity.REPRESENTATIVE,
        siret=invented_siret(number),
        rna=f"W92299{number:04d}",
        actor_type=ActorType.objects.filter(slug="association").first(),
        address=f"{number * 3 % 90 + 1} rue de l’Exemple",
        postal_code=commune.postal_codes.split()[0].rstrip(",;|"),
        city=str(commune),
        commune=commune,
        email=f"contact{number:03d}@demo.example",
        phone=f"01 99 00 {number // 100:02d} {number % 100:02d}",
    )
    Organisation.objects.filter(pk=organisation.pk).update(is_demo=True)
    return organisation


def _associations(people: People, cast: Cast, random: Random, *, at, count: int) -> None:
    communes = list(Commune.objects.order_by("sort_name", "pk"))
    for number in range(count):
        pattern, short = ASSOCIATIONS[(number + 1) % len(ASSOCIATIONS)]
        commune = communes[(number * 5 + number // len(communes)) % len(communes)]
        town = str(commune)
        if number + 1 >= len(ASSOCIATIONS) and "{town}" not in pattern:
            pattern, short = f"{pattern} {{town}}", ""
        president = people.make()
        name = in_town(pattern, town)
        association = _association(
            president, commune, name, short, number=number + 2, at=at, function="Présidence"
        )
        cast.bodies.append(association)
        cast.editors[association.pk] = president
        if random.random() < 0.7:
            give_consent(
                by=president, organisation_id=association.pk, email=association.email, at=at
            )


def _communes(people: People, cast: Cast, *, at: datetime) -> None:
    names = ("Nanterre", "Gennevilliers", "Colombes", "Clamart", "Clichy", "Antony", "Suresnes")
    for commune in Organisation.objects.filter(
        kind=OrganisationKind.COMMUNE, commune__name__in=names
    ).order_by("search_name"):
        member = people.make()
        asked = ask_to_join(
            by=member,
            organisation_id=commune.pk,
            function="Direction de la jeunesse",
            capacity=SigningCapacity.MANDATE,
            at=at + timedelta(hours=1),
        )
        accept_membership(by=cast.administrator, membership_id=asked.pk, rights=list(Right), at=at)
        cast.bodies.append(commune)
        cast.editors[commune.pk] = member


def invented_siret(number: int) -> str:
    """Return a SIRET whose two Luhn keys are right and whose SIREN no register gives."""
    siren = _keyed(f"99990{number:03d}")
    return _keyed(f"{siren}0001")


def _keyed(digits: str) -> str:
    total = 0
    for position, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if position % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return f"{digits}{-total % 10}"
