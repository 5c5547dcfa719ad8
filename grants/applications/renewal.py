"""What a request that renews an earlier one takes from it, field by field.

Every field of the dossier and of its parts is declared here, and every table that hangs on a
dossier: a test fails when one is not. A field added tomorrow cannot be forgotten, nor copied by
mistake.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from grants.applications.enums import Section
from grants.applications.models import (
    AnnualBudgetLine,
    AudienceCount,
    BudgetLine,
    ConditionAnswer,
    Indicator,
    Place,
    StaffLine,
)
from grants.applications.sections import Values, read


if TYPE_CHECKING:
    from django.db.models import Model

    from grants.applications.models import Application


class Policy(StrEnum):
    """What becomes of a field.

    Attributes:
        COPY: Taken as it is.
        ASK: Taken, and to be read again: its section counts as filled once somebody saved it.
        RESET: As in a dossier begun blank.
    """

    COPY = "copy"
    ASK = "ask"
    RESET = "reset"


C, A, R = Policy.COPY, Policy.ASK, Policy.RESET

APPLICATION: dict[str, Policy] = {
    # Its own: the sheet, the body and who begins it are said at the start
    "id": R,
    "uuid": R,
    "reference": R,
    "sheet": R,
    "organisation": R,
    "renewal_of": R,
    "channel": R,
    "review_state": R,
    "paper_state": R,
    "money_state": R,
    "version": R,
    "invalid_values": R,
    "saved_sections": R,
    "created_at": R,
    "created_by": R,
    "updated_at": R,
    "updated_by": R,
    "submitted_at": R,
    "submitted_by": R,
    "received_on": R,
    "attested_at": R,
    "attested_by": R,
    "attestation_due_on": R,
    "documents_due_on": R,
    "documents_asked_at": R,
    "closing_reason": R,
    "notified_at": R,
    # Applicant: the person to call is whoever begins; sworn figures are said anew
    "contact_name": R,
    "contact_function": R,
    "contact_email": R,
    "contact_phone": R,
    "contact_service": A,
    "deliberation_to_come": R,
    "deliberation_number": R,
    "deliberation_on": R,
    "has_economic_activity": A,
    "public_aid_amount": R,
    "public_aid_regime": A,
    # Project
    "kind": C,
    "period": A,
    "is_city_policy": C,
    "title": C,
    "objectives": C,
    "description": A,
    "starts_on": A,  # a year later, when the sheet's window allows it
    "ends_on": A,
    "steering_body": C,
    "framework": A,  # the new sheet's, when it stands in one
    # Places
    "whole_department": C,
    # Public
    "girls_count": A,
    "boys_count": A,
    "qpv_rate": A,
    "public_description": C,
    "inclusion_text": C,
    # Means and partners
    "means": A,
    "partners_text": C,
    "plans_recruitment": A,
    "recruitment_fte": A,
    "in_kind_request": A,
    # Evaluation
    "evaluation_method": C,
    "complement": A,
    # Money: what is asked this year is decided this year; last year's amount stands beside
    "requested_amount": R,
    "proposed_amount": R,
    "arbitrated_amount": R,
}

_OWN = {"id": R, "application": R}

PARTS: dict[type[Model], dict[str, Policy]] = {
    ConditionAnswer: {**_OWN, "position": R, "condition": R, "answer": A},  # matched by its text
    Indicator: {**_OWN, "position": R, "label": C, "planned": A, "actual": R},
    Place: {
        **_OWN,
        "position": C,
        "commune": C,
        "neighbourhood": C,
        "school": C,
        "share": C,
        "territories": C,
    },
    AudienceCount: {**_OWN, "band": C, "count": A},
    BudgetLine: {
        **_OWN,
        "side": C,
        "account": C,
        "position": C,
        "funder": C,
        "status": R,  # what was promised last year is not promised for this one
        "is_this_request": R,  # its line is not taken: the amount is asked anew
        "planned_amount": A,
        "actual_amount": R,
    },
    StaffLine: {**_OWN, "category": C, "people": A, "fte": A},
    AnnualBudgetLine: {**_OWN, "account": C, "amount": A},
}

#: Tables of a dossier whose rows stay with the request they were written for.
NEVER_COPIED = frozenset(
    {
        "applications.ApplicationDocument",  # valid ones come from the body's own documents
        "applications.Commitment",
        "applications.CorrectionRequest",
        "applications.Deposit",
        "applications.Event",
        "applications.Message",
        "applications.OfficeEdit",
        "applications.Redaction",
        "applications.SearchEntry",
        "decisions.Decision",
        "decisions.SessionLine",
        "letters.Letter",
        "review.AdmissibilityCheck",
        "review.Assignment",
        "review.ConflictOfInterest",
        "review.InternalNote",
        "review.OpinionRequest",
        "review.RejectionProposal",
        "review.Review",
        "review.ScoreSummary",
        "review.Visit",
    }
)

#: Sections that hold something to read again.
REREAD = (
    Section.APPLICANT,
    Section.PROJECT,
    Section.PUBLIC,
    Section.MEANS,
    Section.EVALUATION,
    Section.BUDGET,
)


def policy_of(name: str) -> Policy | None:
    """Return the policy of what a control of a section's form holds, by its name.

    ``None`` for a control that holds nothing of a dossier.
    """
    if name in APPLICATION:
        return APPLICATION[name]
    for prefix, suffix, part, field in _CONTROLS:
        if name.startswith(prefix) and name.endswith(suffix):
            return PARTS[part][field]
    return None


_CONTROLS: tuple[tuple[str, str, type[Model], str], ...] = (
    ("answer_", "", ConditionAnswer, "answer"),
    ("indicator_", "_label", Indicator, "label"),
    ("indicator_", "_planned", Indicator, "planned"),
    ("count_", "", AudienceCount, "count"),
    ("share_", "", Place, "share"),
    ("staff_", "_people", StaffLine, "people"),
    ("staff_", "_fte", StaffLine, "fte"),
    ("annual_", "", AnnualBudgetLine, "amount"),
    ("", "-amount", BudgetLine, "planned_amount"),
    ("", "-funder", BudgetLine, "funder"),
    ("", "-status", BudgetLine, "status"),
)


def is_to_reread(application: Application, section: str) -> bool:
    """Tell whether a section still shows what an earlier request said, unread since.

    Reads the rows of the section of a renewed draft only, and only until it is saved.
    """
    return (
        application.is_draft
        and application.renewal_of_id is not None
        and section in REREAD
        and section not in application.saved_sections
        and _holds_something_asked(read(application, section))
    )


def _holds_something_asked(values: Values) -> bool:
    return any(
        value not in (None, "", [], {}) and APPLICATION.get(name.removesuffix("_id"), A) is A
        for name, value in values.items()
    )
