"""Campaigns and call sheets."""

from datetime import timedelta

from django.utils import timezone

from grants.calls.enums import SheetState
from grants.calls.models import SheetImport
from tests.factories import CallSheetFactory, CampaignFactory, UserFactory
from tests.policies import ADMINISTRATOR, OFFICE, UNIT_HEAD, Policy, Target


MANAGERS = {UNIT_HEAD, ADMINISTRATOR}
BOTH = ("get", "post")
SECRET = "Canari de la fiche en brouillon"


def a_campaign() -> Target:
    campaign = CampaignFactory(name=SECRET)
    return Target(kwargs={"pk": campaign.pk}, canary=SECRET)


def inside_a_campaign() -> Target:
    return Target(kwargs={"campaign_pk": CampaignFactory(name=SECRET).pk}, canary=SECRET)


def a_draft() -> Target:
    sheet = CallSheetFactory(state=SheetState.DRAFT, published_at=None, title=SECRET)
    return Target(kwargs={"pk": sheet.pk}, canary=SECRET)


def a_document_of_a_draft() -> Target:
    sheet = CallSheetFactory(state=SheetState.DRAFT, published_at=None, title=SECRET)
    document = sheet.documents.create(kind="budget", label=SECRET)
    return Target(kwargs={"pk": sheet.pk, "document_pk": document.pk}, canary=SECRET)


def a_published_sheet() -> Target:
    return Target(kwargs={"pk": CallSheetFactory().pk})


def a_closed_sheet() -> Target:
    now = timezone.now()
    sheet = CallSheetFactory(opens_at=now - timedelta(days=30), closes_at=now - timedelta(days=1))
    return Target(kwargs={"pk": sheet.pk})


def a_public_sheet() -> Target:
    sheet = CallSheetFactory()
    return Target(kwargs={"year": sheet.campaign.fiscal_year, "code": sheet.code})


def an_import() -> Target:
    row = SheetImport.objects.create(
        campaign=CampaignFactory(),
        file_name=f"{SECRET}.txt",
        payload={"sheets": [], "report": []},
        created_by=UserFactory(),
        created_at=timezone.now(),
    )
    return Target(kwargs={"uuid": row.uuid}, canary=SECRET)


POLICY = {
    "calls:sheet_list": Policy(public=True),
    "calls:sheet_detail": Policy(public=True, make=a_public_sheet),
    "calls:campaign_list": Policy(roles=OFFICE),
    "calls:campaign_detail": Policy(roles=OFFICE, make=a_campaign),
    "calls:campaign_create": Policy(roles=MANAGERS, methods=BOTH),
    "calls:campaign_edit": Policy(roles=MANAGERS, methods=BOTH, make=a_campaign),
    "calls:campaign_close": Policy(roles=MANAGERS, methods=BOTH, make=a_campaign),
    "calls:sheet_create": Policy(roles=MANAGERS, methods=BOTH, make=inside_a_campaign),
    "calls:sheet_manage": Policy(roles=OFFICE, make=a_draft),
    "calls:sheet_edit": Policy(roles=MANAGERS, methods=BOTH, make=a_draft),
    "calls:sheet_documents": Policy(roles=MANAGERS, methods=BOTH, make=a_draft),
    "calls:document_template": Policy(roles=MANAGERS, methods=BOTH, make=a_document_of_a_draft),
    "calls:sheet_publish": Policy(roles=MANAGERS, methods=BOTH, make=a_draft),
    "calls:sheet_close": Policy(roles=MANAGERS, methods=BOTH, make=a_published_sheet),
    "calls:sheet_revise": Policy(roles=MANAGERS, methods=BOTH, make=a_published_sheet),
    "calls:sheet_duplicate": Policy(roles=MANAGERS, methods=BOTH, make=a_draft),
    "calls:sheet_delete": Policy(roles=MANAGERS, methods=BOTH, make=a_draft),
    "calls:sheet_extensions": Policy(roles={UNIT_HEAD}, methods=BOTH, make=a_closed_sheet),
    "calls:import_upload": Policy(roles=MANAGERS, methods=BOTH, make=inside_a_campaign),
    "calls:import_preview": Policy(roles=MANAGERS, methods=BOTH, make=an_import, private=True),
}
