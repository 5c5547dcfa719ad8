"""A request of last year, filed with everything, and the sheet of this year that renews it."""

from datetime import date, timedelta
from decimal import Decimal

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from foundation.documents.services import store_upload
from grants.applications.enums import BudgetSide, FundingStatus, ReviewState
from grants.applications.models import (
    AnnualBudgetLine,
    Application,
    AudienceCount,
    BudgetLine,
    ConditionAnswer,
    Indicator,
    Place,
    StaffLine,
)
from grants.applications.services.renewal import start_renewal
from partners.enums import DocumentState
from partners.models import Organisation, OrganisationDocument
from tests.applications.dossiers import a_sheet
from tests.factories import (
    CallSheetFactory,
    CampaignFactory,
    CommuneFactory,
    FiledApplicationFactory,
    OrganisationFactory,
    member_of,
)


LAST, THIS = 2026, 2027


def last_years_sheet(code: str = "C2", **fields):
    """Make the sheet of last year's campaign, closed since."""
    at = timezone.now()
    return CallSheetFactory(
        **{
            "campaign": CampaignFactory(fiscal_year=LAST),
            "code": code,
            "opens_at": at - timedelta(days=400),
            "closes_at": at - timedelta(days=360),
            **fields,
        }
    )


def this_years_sheet(code: str = "C2", **fields):
    """Make the open sheet of this year: two conditions and two expected results."""
    return a_sheet(campaign=CampaignFactory(fiscal_year=THIS), code=code, **fields)


def last_years_dossier(
    organisation: Organisation | None = None, *, sheet=None, **fields
) -> Application:
    """File a request of last year with something in each of its parts."""
    dossier = FiledApplicationFactory(
        **{
            "sheet": sheet or last_years_sheet(),
            "organisation": organisation or OrganisationFactory(),
            "reference": f"{LAST}-0042",
            "review_state": ReviewState.AWARDED,
            "title": "Ateliers du soir",
            "objectives": "Raccrocher les élèves.",
            "description": "Deux ateliers par semaine.",
            "means": "Deux éducateurs.",
            "partners_text": "Le collège.",
            "starts_on": date(LAST, 2, 1),
            "ends_on": date(LAST, 6, 30),
            "girls_count": 12,
            "boys_count": 8,
            "qpv_rate": Decimal("0.6"),
            "public_aid_amount": Decimal(9000),
            "has_economic_activity": False,
            "evaluation_method": "Un bilan en équipe.",
            "complement": "Voir notre site.",
            "requested_amount": Decimal(3000),
            "proposed_amount": Decimal(2500),
            "whole_department": False,
            "submitted_at": timezone.now() - timedelta(days=370),
            **fields,
        }
    )
    commune = CommuneFactory()
    Place.objects.create(
        application=dossier, commune=commune, territories=[commune.territory_id], share=Decimal(1)
    )
    AudienceCount.objects.create(application=dossier, band="11_15", count=20)
    answers = (
        ("Deux adultes au moins", "Oui, deux."),
        ("Convention avec le collège !", "Signée en mars."),
        ("Une condition d’autrefois", "Oui."),
    )
    for position, (condition, answer) in enumerate(answers):
        ConditionAnswer.objects.create(
            application=dossier, position=position, condition=condition, answer=answer
        )
    Indicator.objects.create(
        application=dossier, position=0, label="Taux d’accueil", planned="80 %", actual="72 %"
    )
    Indicator.objects.create(
        application=dossier, position=1, label="Nombre d’ateliers", planned="40", actual=""
    )
    rows = (
        (BudgetSide.CHARGE, "remuneration", 8000, "", False),
        (BudgetSide.INCOME, "departement", 3000, FundingStatus.REQUESTED, True),
        (BudgetSide.INCOME, "communes", 1500, FundingStatus.SECURED, False),
        (BudgetSide.INCOME, "autofinancement", 3500, "", False),
    )
    for position, (side, account, amount, status, own) in enumerate(rows):
        BudgetLine.objects.create(
            application=dossier,
            side=side,
            account=account,
            position=position,
            funder="Ville de Bagneux" if account == "communes" else "",
            planned_amount=Decimal(amount),
            actual_amount=Decimal(amount),
            is_this_request=own,
            status=status,
        )
    StaffLine.objects.create(
        application=dossier, category="employees", people=2, fte=Decimal("0.5")
    )
    AnnualBudgetLine.objects.create(application=dossier, account="60", amount=Decimal(40000))
    return dossier


def a_renewed_draft(**fields) -> Application:
    """Renew a request of last year on the same sheet."""
    previous = fields.pop("previous", None) or last_years_dossier()
    sheet = fields.pop("sheet", None) or this_years_sheet()
    by = fields.pop("by", None) or member_of(previous.organisation)
    return start_renewal(
        previous_id=previous.pk, sheet_id=sheet.pk, by=by, at=timezone.now(), another=True
    )


def a_kept_document(organisation: Organisation, kind: str = "statuts", **fields):
    """Put a document in the store of a body."""
    at = timezone.now()
    by = fields.pop("added_by", None) or member_of(organisation)
    document = OrganisationDocument.objects.create(
        **{
            "organisation": organisation,
            "kind": kind,
            "label": "Document",
            "state": DocumentState.ACCEPTED,
            "added_at": at,
            "added_by": by,
            **fields,
        }
    )
    upload = SimpleUploadedFile(f"{kind}.pdf", b"%PDF-1.4\n%%EOF\n", "application/pdf")
    store_upload(owner=document, kind=kind, upload=upload, by=by, at=at)
    return document
