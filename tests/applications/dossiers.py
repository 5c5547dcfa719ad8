"""Drafts for the tests of the dossier: empty, or complete and ready to be filed."""

import json
from datetime import date, timedelta
from decimal import Decimal

from django.conf import settings
from django.utils import timezone

from foundation.parameters.models import Parameter
from grants.applications.enums import BudgetSide, CommitmentKind, FundingStatus, Section
from grants.applications.models import (
    AnnualBudgetLine,
    Application,
    AudienceCount,
    BudgetLine,
    Commitment,
    Place,
)
from grants.applications.services.drafts import start_draft
from grants.letters.reference import load_templates
from partners.models import HumanMeans, Organisation, Representative, YearAccounts
from tests.factories import CallSheetFactory, CommuneFactory, OrganisationFactory, member_of


def load_parameters() -> None:
    """Load the dated values that texts and delays are read from."""
    path = settings.BASE_DIR / "fixtures/reference/parameters.json"
    rows = json.loads(path.read_text(encoding="utf-8"))
    names = {field.name for field in Parameter._meta.fields}
    Parameter.objects.bulk_create(
        [Parameter(**{k: v for k, v in row.items() if k in names}) for row in rows],
        ignore_conflicts=True,
    )


def load_letters() -> None:
    """Load what filing needs: the receipt is a letter."""
    load_parameters()
    load_templates()


def a_sheet(**fields):
    """Make an open sheet with two conditions and two expected results."""
    return CallSheetFactory(
        **{
            "conditions": "- Convention avec le collège\n- Deux adultes au moins",
            "expected_results": "- Taux d’accueil\n- Baisse des exclusions",
            "action_from": date(2027, 1, 1),
            "action_to": date(2028, 8, 31),
            **fields,
        }
    )


def a_draft(**fields) -> Application:
    """Start a draft through the service, for a new body unless one is given."""
    if not Parameter.objects.filter(key="public_aid.warning_rate").exists():
        load_parameters()
    sheet = fields.pop("sheet", None) or a_sheet()
    organisation = fields.pop("organisation", None) or OrganisationFactory()
    by = fields.pop("by", None) or member_of(organisation)
    return start_draft(
        sheet_id=sheet.pk, organisation_id=organisation.pk, by=by, at=timezone.now(), another=True
    )


def a_complete_draft(**fields) -> Application:
    """Make a draft that lacks nothing."""
    application = a_draft(**fields)
    application.title = "Ateliers du soir"
    application.objectives = "Raccrocher les élèves."
    application.description = "Deux ateliers par semaine."
    application.starts_on = date(2027, 2, 1)
    application.ends_on = date(2027, 6, 30)
    application.requested_amount = Decimal(3000)
    at = timezone.now() - timedelta(minutes=5)
    application.saved_sections = {str(s): at.isoformat() for s in Section}
    application.girls_count, application.boys_count = 12, 8
    application.contact_name, application.contact_email = "Ada Diallo", "ada@club.example"
    application.deliberation_to_come = not application.organisation.is_private_body
    application.has_economic_activity, application.public_aid_amount = False, Decimal(12000)
    application.save()
    application.condition_answers.update(answer="Oui, signée.")
    application.indicators.update(planned="20")
    commune = CommuneFactory()
    Place.objects.create(
        application=application, commune=commune, territories=[commune.territory_id]
    )
    AudienceCount.objects.create(application=application, band="11_15", count=20)
    complete_profile(application.organisation)
    for account, amount in (("64", 90000), ("74", 80000), ("75", 10000)):
        AnnualBudgetLine.objects.create(
            application=application, account=account, amount=Decimal(amount)
        )
    rows = [
        (BudgetSide.CHARGE, "remuneration", 8000, False),
        (BudgetSide.INCOME, "departement", 3000, True),
        (BudgetSide.INCOME, "autofinancement", 5000, False),
    ]
    for position, (side, account, amount, own) in enumerate(rows):
        BudgetLine.objects.create(
            application=application,
            side=side,
            account=account,
            position=position,
            planned_amount=Decimal(amount),
            is_this_request=own,
            status=FundingStatus.REQUESTED if own else "",
        )
    for kind in CommitmentKind:
        Commitment.objects.create(
            application=application,
            kind=kind,
            text_version="2026-11",
            given_by=application.created_by,
            given_at=at,
        )
    return application


def complete_profile(organisation: Organisation) -> None:
    """Give a body what a request looks for in its profile."""
    Organisation.objects.filter(pk=organisation.pk).update(
        address="1 rue de l’Essai", postal_code="92220", city="Bagneux"
    )
    Representative.objects.get_or_create(
        organisation=organisation, role="legal", defaults={"name": "Ada Diallo"}
    )
    HumanMeans.objects.get_or_create(organisation=organisation, year=2025)
    YearAccounts.objects.get_or_create(organisation=organisation, year=2025)


def fresh(application: Application) -> Application:
    """Read a dossier again from the database."""
    return Application.objects.get(pk=application.pk)
