from grants.applications.models.dossier import Application, ReferenceSequence
from grants.applications.models.filing import (
    ApplicationDocument,
    Commitment,
    CorrectionRequest,
    Deposit,
    OfficeEdit,
    OfficeEditState,
    SearchEntry,
)
from grants.applications.models.parts import (
    AnnualBudgetLine,
    AudienceCount,
    BudgetLine,
    ConditionAnswer,
    Indicator,
    Place,
    StaffLine,
)
from grants.applications.models.story import Event, Message, Redaction


__all__ = [
    "AnnualBudgetLine",
    "Application",
    "ApplicationDocument",
    "AudienceCount",
    "BudgetLine",
    "Commitment",
    "ConditionAnswer",
    "CorrectionRequest",
    "Deposit",
    "Event",
    "Indicator",
    "Message",
    "OfficeEdit",
    "OfficeEditState",
    "Place",
    "Redaction",
    "ReferenceSequence",
    "SearchEntry",
    "StaffLine",
]
