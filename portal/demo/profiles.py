"""The profiles of the invented bodies: people, means, accounts, bank details, documents."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils.text import slugify

from accounts.models import User
from config.dates import local_date
from partners.bank_numbers import rib_key
from partners.enums import DocumentKind, OrganisationKind, RepresentativeRole
from partners.models import BankDetails, Organisation
from partners.services.bank import (
    change_bank_details,
    refuse_bank_details,
    verify_bank_details,
)
from partners.services.documents import (
    accept_document,
    add_document,
    refuse_document,
    replace_document,
)
from partners.services.organisations import PROFILE_FIELDS, update_organisation
from partners.services.profile import (
    ApprovalValue,
    RepresentativeValue,
    save_affiliations,
    save_human_means,
    save_representatives,
    save_year_accounts,
)
from portal.demo.actors import Cast
from portal.demo.requests import a_page
from portal.demo.words import FIRST_NAMES, LAST_NAMES


SEED = 1219
BANKS = ("CEPAFRPP751", "CCOPFRPPXXX", "AGRIFRPP882", "PSSTFRPPPAR")
PURPOSES = (
    "Accueillir les jeunes du quartier après la classe et pendant les vacances, les aider dans "
    "leur scolarité et leurs projets.",
    "Favoriser l’insertion des 16-25 ans par des chantiers, des ateliers et un suivi individuel.",
    "Faire vivre la citoyenneté par la culture, le débat et l’engagement bénévole.",
    "Accompagner les parents et leurs enfants dans les moments difficiles de la scolarité.",
)
NETWORKS = (
    "Fédération inventée des maisons de quartier",
    "Union imaginaire des associations de jeunesse",
    "",
    "",
)
REFUSALS = {
    DocumentKind.STATUTES: "Les statuts ne sont pas signés : joignez la version signée.",
    DocumentKind.ACCOUNTS: "Il manque la page du bilan.",
}


def seed_profiles(cast: Cast, *, at: datetime) -> int:
    """Fill the profile of the bodies of the story, some only in part, some not at all.

    Args:
        cast: Everybody.
        at: Now; what was given dates from the last months.

    Returns:
        How many bodies have one.
    """
    random = Random(SEED)  # noqa: S311  (a story, not a secret)
    bodies = [cast.star, cast.commune, *cast.bodies]
    filled = 0
    for number, body in enumerate(bodies):
        by = cast.star_signatory if body == cast.star else cast.editors[body.pk]
        if number > 1 and number % 9 == 4:
            continue  # nobody filled this one
        given = at - timedelta(days=20 + number % 70, hours=number % 8)
        if body.kind == OrganisationKind.COMMUNE:
            _commune(random, cast, body, by, number, at=given)
        else:
            _association(random, cast, body, by, number, at=given)
        filled += 1
    return filled


def _association(
    random: Random, cast: Cast, body: Organisation, by: User, number: int, *, at: datetime
) -> None:
    partly = number > 1 and number % 6 == 3
    kept = {name: getattr(body, name) for name in PROFILE_FIELDS}
    kept["purpose"] = random.choice(PURPOSES)
    update_organisation(by=by, organisation_id=body.pk, at=at, **kept)
    _people(random, body, by, number, at=at)
    if partly:
        return
    _means(random, body, by, at=at)
    _links(random, body, by, number, at=at)
    _accounts(random, body, by, at=at)
    _bank(cast, body, by, number, at=at)
    _documents(cast, body, by, number, at=at)


def _commune(
    random: Random, cast: Cast, body: Organisation, by: User, number: int, *, at: datetime
) -> None:
    mayor = RepresentativeValue(
        RepresentativeRole.LEGAL, _name(random), "Maire", body.email, "01 99 00 30 00"
    )
    elected = RepresentativeValue(
        RepresentativeRole.ELECTED, _name(random), "Adjoint délégué à la jeunesse"
    )
    correspondent = RepresentativeValue(
        RepresentativeRole.CORRESPONDENT,
        by.get_full_name(),
        "Direction de la jeunesse",
        by.email,
        "01 99 00 31 00",
    )
    save_representatives(
        organisation_id=body.pk, rows=[mayor, elected, correspondent], by=by, at=at
    )
    agents = random.choice((8, 14, 22))
    save_human_means(
        organisation_id=body.pk,
        year=local_date(at).year - 1,
        by=by,
        at=at,
        employees=agents,
        employees_fte=agents * Decimal("0.9"),
    )
    _bank(cast, body, by, number, at=at)
    _give(
        body,
        by,
        DocumentKind.DELIBERATION,
        "Délibération du conseil municipal",
        at=at,
        issued_on=local_date(at) - timedelta(days=40),
    )


def _people(random: Random, body: Organisation, by: User, number: int, *, at: datetime) -> None:
    rows = [
        RepresentativeValue(
            RepresentativeRole.LEGAL,
            by.get_full_name(),
            "Présidence",
            by.email,
            f"01 99 00 40 {number % 100:02d}",
        ),
        RepresentativeValue(RepresentativeRole.TREASURER, _name(random), "Trésorier bénévole"),
        RepresentativeValue(RepresentativeRole.SECRETARY, _name(random)),
    ]
    if number % 3:
        rows.append(RepresentativeValue(RepresentativeRole.DIRECTOR, _name(random), "Direction"))
    save_representatives(organisation_id=body.pk, rows=rows, by=by, at=at)
    if number % 11 == 7:  # a new president: flagged to the office
        rows[0] = RepresentativeValue(RepresentativeRole.LEGAL, _name(random), "Présidence")
        save_representatives(organisation_id=body.pk, rows=rows, by=by, at=at + timedelta(days=4))


def _means(random: Random, body: Organisation, by: User, *, at: datetime) -> None:
    employees = random.choice((0, 1, 2, 3, 5, 8))
    for back in (2, 1):
        save_human_means(
            organisation_id=body.pk,
            year=local_date(at).year - back,
            by=by,
            at=at,
            volunteers=random.choice((6, 12, 18, 25, 40)),
            civic_volunteers=random.choice((0, 0, 1, 2)),
            employees=employees,
            subsidised_jobs=min(employees, random.choice((0, 0, 1))),
            employees_fte=Decimal(employees) * Decimal("0.8"),
            seconded=0,
            members=random.choice((45, 80, 120, 210)),
        )


def _links(random: Random, body: Organisation, by: User, number: int, *, at: datetime) -> None:
    approvals = []
    if number % 2 == 0:
        approvals.append(
            ApprovalValue(
                "Jeunesse et éducation populaire",
                "Préfecture des Hauts-de-Seine",
                date(at.year - 4, 3, 12),
            )
        )
    save_affiliations(
        organisation_id=body.pk,
        approvals=approvals,
        by=by,
        at=at,
        network=random.choice(NETWORKS),
        is_public_utility=False,
        pays_commercial_taxes=random.random() < 0.1,
    )


def _accounts(random: Random, body: Organisation, by: User, *, at: datetime) -> None:
    last = local_date(at).year - 1
    charges = Decimal(random.choice((28_400, 46_150, 73_900, 118_200, 164_000)))
    for year in (last - 1, last):
        result = Decimal(random.choice((-2_300, -850, 420, 1_900, 3_650)))
        save_year_accounts(
            organisation_id=body.pk,
            starts_on=date(year, 1, 1),
            ends_on=date(year, 12, 31),
            charges_amount=charges,
            income_amount=charges + result,
            public_aid_amount=(charges * Decimal("0.6")).quantize(Decimal(1)),
            cash_amount=Decimal(random.choice((4_200, 9_800, 17_500, 26_000))),
            approved_on=min(date(year + 1, 5, 22), local_date(at)),
            by=by,
            at=at,
        )
        charges += Decimal(3_200)


# --- Bank details: every state ---------------------------------------------------------------
def _bank(cast: Cast, body: Organisation, by: User, number: int, *, at: datetime) -> None:
    stage = 0 if number < 2 else number % 6
    if stage == 5:
        return
    given = _account(body, by, number, at=at)
    if stage == 4:
        return  # to be checked
    later = at + timedelta(days=2)
    if stage == 3:
        refuse_bank_details(
            bank_id=given.pk,
            reason="Le titulaire du compte n’est pas l’organisation.",
            by=cast.head,
            at=later,
        )
        return
    verify_bank_details(bank_id=given.pk, by=cast.head, at=later)
    if stage == 2:
        _account(body, by, number + 500, at=at + timedelta(days=9))


def _account(body: Organisation, by: User, number: int, *, at: datetime) -> BankDetails:
    return change_bank_details(
        organisation_id=body.pk,
        holder=body.legal_name[:150],
        iban=invented_iban(number),
        bic=BANKS[number % len(BANKS)],
        proof=_file("Relevé d’identité bancaire"),
        by=by,
        at=at,
    )


def invented_iban(number: int) -> str:
    """Return an IBAN whose keys are right and whose bank, 99999, does not exist."""
    unkeyed = f"9999900001{number:011d}"
    account = unkeyed + rib_key(f"FR00{unkeyed}00")
    digits = int("".join(str(int(c, 36)) for c in f"{account}FR00"))
    return f"FR{98 - digits % 97:02d}{account}"


# --- Documents: every state ------------------------------------------------------------------
def _documents(cast: Cast, body: Organisation, by: User, number: int, *, at: datetime) -> None:
    today, officer = local_date(at), cast.officers[number % len(cast.officers)]
    later = at + timedelta(days=3)
    statutes = _give(
        body, by, DocumentKind.STATUTES, "Statuts", at=at, issued_on=date(at.year - 6, 2, 4)
    )
    if number % 8 == 5:
        refuse_document(
            document_id=statutes.pk,
            reason=REFUSALS[DocumentKind.STATUTES],
            by=officer,
            at=later,
        )
    else:
        accept_document(document_id=statutes.pk, by=officer, at=later)
    officers = _give(
        body,
        by,
        DocumentKind.OFFICERS,
        "Liste des dirigeants",
        at=at,
        issued_on=date(at.year - 1, 6, 20),
    )
    if number % 5 == 0:
        officers = replace_document(
            document_id=officers.pk,
            label="",
            upload=_file("Liste des dirigeants"),
            issued_on=today - timedelta(days=30),
            by=by,
            at=later,
        )
    if number % 3:
        accept_document(document_id=officers.pk, by=officer, at=later)
    accounts = _give(
        body,
        by,
        DocumentKind.ACCOUNTS,
        f"Comptes {at.year - 1}",
        at=at,
        issued_on=date(at.year, 5, 22) if today > date(at.year, 5, 22) else None,
    )
    if number % 7 == 6:
        refuse_document(
            document_id=accounts.pk,
            reason=REFUSALS[DocumentKind.ACCOUNTS],
            by=officer,
            at=later,
        )
    if number % 4 != 2:
        _give(body, by, DocumentKind.ACTIVITY_REPORT, f"Rapport d’activité {at.year - 1}", at=at)
    ends = (75, 300, 410, 95)[number % 4]  # some expired since, some soon will be
    insurance = _give(
        body,
        by,
        DocumentKind.INSURANCE,
        "Attestation d’assurance",
        at=at,
        issued_on=today - timedelta(days=290),
        valid_until=today + timedelta(days=ends - 60),
    )
    if number % 2:
        accept_document(document_id=insurance.pk, by=officer, at=later)


def _give(body, by: User, kind: str, label: str, *, at: datetime, **dates):
    return add_document(
        organisation_id=body.pk,
        kind=kind,
        label=label,
        upload=_file(label),
        by=by,
        at=at,
        **dates,
    )


def _file(label: str) -> SimpleUploadedFile:
    return SimpleUploadedFile(f"{slugify(label)}.pdf", a_page(label), "application/pdf")


def _name(random: Random) -> str:
    return f"{random.choice(FIRST_NAMES)} {random.choice(LAST_NAMES)}"
