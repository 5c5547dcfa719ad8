"""Rows for tests, complete and valid; each app appends its own under a heading.

Dates are relative to the day of the test: freeze time in a test where they matter.
"""

import hashlib
from datetime import date, timedelta
from decimal import Decimal

import factory
from allauth.account.models import EmailAddress
from django.utils import timezone
from django.utils.text import slugify

from accounts.enums import Role
from accounts.models import RoleAssignment, User
from foundation.jobs.models import Job
from foundation.notifications.models import OutboxMessage
from grants.applications.enums import ReviewState
from grants.applications.events import append_event
from grants.applications.models import Application, Deposit
from grants.calls.enums import ApplicantKind, CampaignState, SheetState
from grants.calls.models import CallSheet, Campaign, Criterion, ScoringGrid
from grants.decisions.models import CommitteeSession, Envelope
from partners.enums import (
    DocumentKind,
    IdentifierState,
    MembershipState,
    OrganisationKind,
    Right,
    SigningCapacity,
)
from partners.models import BankDetails, Membership, Organisation, OrganisationDocument
from territories.models import Commune, School, Territory


ALL_RIGHTS = [Right.MANAGE, Right.EDIT, Right.SIGN]
PASSWORD = "un-mot-de-passe-de-test"


def siret_of(number: int) -> str:
    """Return a valid SIRET (both Luhn keys right), different for each number."""
    siren = _with_luhn_key(f"{90000000 + number:08d}")
    return _with_luhn_key(f"{siren}0001")


def _with_luhn_key(digits: str) -> str:
    total = 0
    for position, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if position % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return f"{digits}{-total % 10}"


# --- territories --------------------------------------------------------------------------------
class TerritoryFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Territory
        django_get_or_create = ("number",)

    number = factory.Sequence(lambda n: n % 7 + 1)
    name = factory.LazyAttribute(lambda o: f"Territoire {o.number}")
    slug = factory.LazyAttribute(lambda o: f"territoire-{o.number}")


class CommuneFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Commune
        django_get_or_create = ("insee",)

    insee = factory.Sequence(lambda n: f"92{n % 900 + 100:03d}")
    name = factory.LazyAttribute(lambda o: f"Commune {o.insee}")
    slug = factory.LazyAttribute(lambda o: slugify(o.name))
    territory = factory.SubFactory(TerritoryFactory, number=7)
    siren = factory.LazyAttribute(lambda o: f"2192{int(o.insee[2:]):05d}")
    population = 30000
    postal_codes = factory.LazyAttribute(lambda o: o.insee)


class SchoolFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = School

    uai = factory.Sequence(lambda n: f"092{n % 9999 + 1:04d}A")
    name = factory.LazyAttribute(lambda o: f"Collège {o.uai}")
    commune = factory.SubFactory(CommuneFactory)


# --- accounts -----------------------------------------------------------------------------------
class UserFactory(factory.django.DjangoModelFactory):
    """A person who confirmed their address; every password is ``PASSWORD``."""

    class Meta:
        model = User
        skip_postgeneration_save = True

    email = factory.Sequence(lambda n: f"personne{n}@essai.example")
    first_name = "Claude"
    last_name = factory.Sequence(lambda n: f"Martin{n}")

    @classmethod
    def _create(cls, model_class, *args, **kwargs):
        return model_class.objects.create_user(*args, **{"password": PASSWORD, **kwargs})

    @factory.post_generation
    def confirmed(self, create: bool, extracted: bool | None, **kwargs) -> None:
        if create and extracted is not False:
            EmailAddress.objects.create(user=self, email=self.email, primary=True, verified=True)


class RoleAssignmentFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = RoleAssignment

    user = factory.SubFactory(UserFactory)
    role = Role.CASE_OFFICER
    starts_on = factory.LazyFunction(lambda: timezone.localdate() - timedelta(days=30))
    school = factory.Maybe(
        factory.LazyAttribute(lambda o: o.role == Role.SCHOOL), factory.SubFactory(SchoolFactory)
    )


def person_with_role(role: str, **assignment) -> User:
    """Make a person who holds a role today (``territory=`` for a coordinator)."""
    return RoleAssignmentFactory(role=role, **assignment).user


# --- partners -----------------------------------------------------------------------------------
class OrganisationFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Organisation

    kind = OrganisationKind.ASSOCIATION
    legal_name = factory.Sequence(lambda n: f"Association d’essai {n}")
    siret = factory.Sequence(siret_of)
    identifier_state = IdentifierState.CHECKED
    created_at = factory.LazyFunction(timezone.now)


class MembershipFactory(factory.django.DjangoModelFactory):
    """An active member with every right."""

    class Meta:
        model = Membership

    user = factory.SubFactory(UserFactory)
    organisation = factory.SubFactory(OrganisationFactory)
    function = "Directrice"
    rights = factory.LazyFunction(lambda: list(ALL_RIGHTS))
    capacity = factory.LazyAttribute(
        lambda row: SigningCapacity.REPRESENTATIVE if Right.SIGN in row.rights else ""
    )
    state = MembershipState.ACTIVE
    asked_at = factory.LazyFunction(timezone.now)


def member_of(organisation: Organisation, *rights: str, **fields) -> User:
    """Make a person who is an active member of a body (every right unless some are named)."""
    return MembershipFactory(
        organisation=organisation, rights=list(rights) or list(ALL_RIGHTS), **fields
    ).user


class OrganisationDocumentFactory(factory.django.DjangoModelFactory):
    """A document of a body's store, to be checked, without its file."""

    class Meta:
        model = OrganisationDocument

    organisation = factory.SubFactory(OrganisationFactory)
    kind = DocumentKind.STATUTES
    label = factory.Sequence(lambda n: f"Statuts {n}")
    added_at = factory.LazyFunction(timezone.now)
    added_by = factory.SubFactory(UserFactory)


class BankDetailsFactory(factory.django.DjangoModelFactory):
    """Bank details to be checked, without their proof."""

    class Meta:
        model = BankDetails

    organisation = factory.SubFactory(OrganisationFactory)
    holder = factory.LazyAttribute(lambda o: o.organisation.legal_name)
    iban = "FR1420041010050500013M02606"
    bic = "PSSTFRPP"
    given_at = factory.LazyFunction(timezone.now)
    given_by = factory.SubFactory(UserFactory)


# --- grants.calls -------------------------------------------------------------------------------
class CampaignFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Campaign

    fiscal_year = factory.LazyFunction(lambda: timezone.localdate().year)
    name = factory.Sequence(lambda n: f"Campagne {n}")
    state = CampaignState.OPEN


class CallSheetFactory(factory.django.DjangoModelFactory):
    """A published sheet, open for a month, whole département, open to every kind of body."""

    class Meta:
        model = CallSheet

    campaign = factory.SubFactory(CampaignFactory)
    code = factory.Sequence(lambda n: f"P{n}")
    title = factory.Sequence(lambda n: f"Prévenir le décrochage scolaire {n}")
    state = SheetState.PUBLISHED
    whole_department = True
    applicant_kinds = factory.LazyFunction(lambda: [str(kind) for kind in ApplicantKind])
    opens_at = factory.LazyFunction(lambda: timezone.now() - timedelta(days=10))
    closes_at = factory.LazyFunction(lambda: timezone.now() + timedelta(days=30))
    action_from = factory.LazyAttribute(lambda o: date(o.campaign.fiscal_year, 1, 1))
    action_to = factory.LazyAttribute(lambda o: date(o.campaign.fiscal_year + 1, 8, 31))
    published_at = factory.LazyAttribute(lambda o: o.opens_at)


# --- grants.applications ------------------------------------------------------------------------
class ApplicationFactory(factory.django.DjangoModelFactory):
    """A draft."""

    class Meta:
        model = Application

    sheet = factory.SubFactory(CallSheetFactory)
    organisation = factory.SubFactory(OrganisationFactory)
    title = factory.Sequence(lambda n: f"Ateliers de remobilisation {n}")
    created_at = factory.LazyFunction(timezone.now)
    updated_at = factory.LazyAttribute(lambda o: o.created_at)
    created_by = factory.SubFactory(UserFactory)


class FiledApplicationFactory(ApplicationFactory):
    """A dossier filed and attested, with its deposit and the event of its filing.

    Another ``review_state`` is written as if the dossier had been filed straight into it.
    """

    class Meta:
        skip_postgeneration_save = True

    reference = factory.Sequence(lambda n: f"2031-{n + 1:04d}")
    review_state = ReviewState.SUBMITTED
    requested_amount = Decimal(5000)
    submitted_at = factory.LazyFunction(timezone.now)
    submitted_by = factory.SelfAttribute("created_by")
    attested_at = factory.SelfAttribute("submitted_at")
    attested_by = factory.SelfAttribute("created_by")
    whole_department = True

    @factory.post_generation
    def history(self, create, _extracted, **_kwargs):
        Deposit.objects.create(
            application=self,
            number=1,
            payload=b"{}",
            sha256=hashlib.sha256(b"{}").hexdigest(),
            filed_at=self.submitted_at,
            filed_by=self.created_by,
        )
        append_event(
            application=self,
            kind="submit",
            actor=self.created_by,
            at=self.submitted_at,
            from_state=ReviewState.DRAFT,
            to_state=self.review_state,
            visible_to_applicant=True,
        )


# --- grants.review ------------------------------------------------------------------------------
class GridFactory(factory.django.DjangoModelFactory):
    """Three criteria of weights 50, 30 and 20."""

    class Meta:
        model = ScoringGrid
        skip_postgeneration_save = True

    name = factory.Sequence(lambda n: f"Grille {n}")

    @factory.post_generation
    def criteria(self, create, _extracted, **_kwargs):
        for position, weight in enumerate((50, 30, 20), start=1):
            Criterion.objects.create(
                grid=self,
                position=position,
                label=f"Critère {position}",
                weight=weight,
                level_sentences=[f"Niveau {level}" for level in range(6)],
            )


# --- grants.decisions ---------------------------------------------------------------------------
class EnvelopeFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Envelope

    fiscal_year = factory.LazyFunction(lambda: timezone.localdate().year)
    name = factory.Sequence(lambda n: f"Enveloppe {n}")
    amount = Decimal(100000)


class SessionFactory(factory.django.DjangoModelFactory):
    """A commission permanente held today, ready to record votes."""

    class Meta:
        model = CommitteeSession

    held_on = factory.LazyFunction(timezone.localdate)
    report_number = factory.Sequence(lambda n: f"27.{n + 1:03d}")
    report_title = "Prévention et citoyenneté : subventions"
    deliberation_number = factory.Sequence(lambda n: f"2027-CP-{n + 1}")


# --- foundation.notifications -------------------------------------------------------------------
class OutboxMessageFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = OutboxMessage

    key = factory.Sequence(lambda n: f"test:{n}")
    kind = "test"
    to = factory.Sequence(lambda n: f"personne{n}@exemple.example")
    subject = factory.Sequence(lambda n: f"Objet {n}")
    text = "Bonjour,\n\nUn message."
    due_at = factory.LazyFunction(timezone.now)
    created_at = factory.SelfAttribute("due_at")


# --- foundation.jobs ----------------------------------------------------------------------------
class JobFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Job

    kind = "test"
    label = factory.Sequence(lambda n: f"Travail {n}")
    scope = factory.Sequence(lambda n: f"périmètre {n}")
    created_by = factory.SubFactory(UserFactory)
    created_at = factory.LazyFunction(timezone.now)
