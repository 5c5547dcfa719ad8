"""Type in a request that came on paper, at its real date."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import transaction

from config.dates import end_of_day, local_date
from config.errors import Refusal
from foundation.documents.services import store_upload
from foundation.jobs.services import keep_result, take_key
from grants.applications.chart_of_accounts import DEPARTMENT
from grants.applications.enums import BudgetSide, Channel, FundingStatus
from grants.applications.models import Application, ApplicationDocument, BudgetLine, Place
from grants.applications.services.filing import check_open, record_filing


if TYPE_CHECKING:
    from accounts.models import User
    from grants.calls.models import CallSheet
    from partners.models import Organisation
    from territories.models import Commune

SCAN_LABEL = "Demande papier numérisée"


@dataclass(frozen=True)
class PaperRequest:
    """What an officer reads on the paper form.

    Attributes:
        title: Name of the project.
        objectives: What it aims at.
        description: What will be done.
        starts_on: First day of the action.
        ends_on: Last day.
        requested_amount: Euros.
        communes: Where it happens; none means the whole département.
    """

    title: str
    objectives: str
    description: str
    starts_on: date | None
    ends_on: date | None
    requested_amount: Decimal
    communes: tuple[Commune, ...] = ()


@transaction.atomic
def file_on_paper(
    *,
    sheet: CallSheet,
    organisation: Organisation,
    request: PaperRequest,
    received_on: date,
    scan: Any = None,
    request_key: UUID | None = None,
    by: User,
    at: datetime,
) -> Application:
    """File a request that came on paper, dated by its reception.

    What came on paper came: nothing missing blocks. Its statements are signed on paper, so the
    dossier counts as attested; the scan is kept beside it.

    Args:
        sheet: The sheet it answers.
        organisation: The body that asks.
        request: What the form says.
        received_on: Day the paper arrived.
        scan: The scanned form (an upload), kept as a document.
        request_key: One-time key of the form: sent twice, it files once.
        by: An officer of the desk.
        at: Now.

    Raises:
        Refusal: ``not_allowed`` (403), ``date_ahead``, ``late``, ``not_open_yet``,
            ``not_published`` (422), ``already_done`` (409), or what the scan is refused for.
    """
    if not by.access.is_desk:
        raise Refusal("Seul le service enregistre un dépôt papier.", code="not_allowed", status=403)
    used = request_key and take_key(key=request_key, by=by, purpose="paper-filing", at=at)
    if received_on > local_date(at):
        raise Refusal("La date de réception est dans le futur.", code="date_ahead")
    check_open(sheet, organisation, at=min(at, end_of_day(received_on)))
    application = Application.objects.create(
        sheet=sheet,
        organisation=organisation,
        framework=sheet.framework,
        channel=Channel.PAPER,
        title=request.title,
        objectives=request.objectives,
        description=request.description,
        starts_on=request.starts_on,
        ends_on=request.ends_on,
        requested_amount=request.requested_amount,
        whole_department=not request.communes,
        received_on=received_on,
        created_at=at,
        created_by=by,
        updated_at=at,
    )
    for position, commune in enumerate(request.communes):
        Place.objects.create(
            application=application,
            position=position,
            commune=commune,
            territories=[commune.territory_id],
        )
    BudgetLine.objects.create(
        application=application,
        side=BudgetSide.INCOME,
        account=DEPARTMENT,
        status=FundingStatus.REQUESTED,
        is_this_request=True,
        planned_amount=request.requested_amount,
    )
    if scan is not None:
        document = ApplicationDocument.objects.create(
            application=application, label=SCAN_LABEL, added_at=at
        )
        store_upload(owner=document, kind="document", upload=scan, by=by, at=at)
    record_filing(application, by=by, at=at, signed=True)
    if used:
        keep_result(used, application.get_desk_url())
    return application
