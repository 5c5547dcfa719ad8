"""The tables that the load fills, with the columns it gives; the others take their defaults."""

from __future__ import annotations

from dataclasses import dataclass, fields

from foundation.documents.models import StoredFile
from grants.applications import models as dossiers
from grants.decisions.models import Decision, SessionLine
from grants.letters.models import Letter
from grants.review import models as desk
from portal.load import history
from portal.load.writer import Table, write_all


APPLICATION = (
    "uuid", "reference", "sheet_id", "organisation_id", "renewal_of_id", "review_state",
    "paper_state", "money_state", "version", "contact_name", "contact_function", "contact_email",
    "contact_service", "has_economic_activity", "public_aid_amount", "public_aid_regime",
    "is_city_policy", "inclusion_text", "evaluation_method", "plans_recruitment", "title",
    "objectives", "description", "means", "partners_text", "steering_body", "framework_id",
    "starts_on", "ends_on", "whole_department", "girls_count", "boys_count", "qpv_rate",
    "public_description", "requested_amount", "proposed_amount", "saved_sections", "created_at",
    "created_by_id", "updated_at", "updated_by_id", "submitted_at", "submitted_by_id",
    "attested_at", "attested_by_id", "attestation_due_on", "documents_due_on",
    "documents_asked_at", "closing_reason", "notified_at",
)  # fmt: skip
DECISION = (
    "application_id", "session_id", "envelope_id", "outcome", "awarded_amount", "eligible_base",
    "fiscal_year", "reason_code", "conditions", "deliberation_number", "decided_on",
    "recorded_at", "recorded_by_id", "letter_id", "notification_channel", "notified_at",
    "notified_by_id", "posted_on", "delivered_on", "opened_at",
)  # fmt: skip
LETTER = (
    "application_id", "kind", "state", "subject", "frozen_text", "context", "reference",
    "check_code", "issued_on", "created_at", "ready_at", "signed_at", "opened_at",
)  # fmt: skip
FILE = (
    "uuid", "content_type_id", "object_id", "kind", "file", "original_name", "media_type",
    "size", "sha256", "uploaded_by_id", "uploaded_at",
)  # fmt: skip
CORRECTION = (
    "application_id", "number", "message", "fields", "first_due_on", "due_on", "state",
    "asked_at", "asked_by_id", "answered_at", "answered_by_id", "closed_at", "closed_by_id",
)  # fmt: skip
OPINION_REQUEST = (
    "application_id", "source", "person_id", "question", "due_on", "state", "asked_by_id",
    "asked_at",
)  # fmt: skip


@dataclass(frozen=True)
class Tables:
    """One writer a model."""

    applications: Table
    answers: Table
    indicators: Table
    places: Table
    audiences: Table
    budget: Table
    staff: Table
    annual: Table
    documents: Table
    files: Table
    commitments: Table
    corrections: Table
    deposits: Table
    events: Table
    messages: Table
    assignments: Table
    reviews: Table
    scores: Table
    summaries: Table
    checks: Table
    opinion_requests: Table
    opinions: Table
    notes: Table
    lines: Table
    letters: Table
    decisions: Table

    def write(self) -> None:
        """Write what was kept, in one transaction."""
        write_all([getattr(self, one.name) for one in fields(self)])

    def written(self) -> int:
        """Return how many rows were written."""
        return sum(getattr(self, one.name).written for one in fields(self))


def make_tables() -> Tables:
    """Open every table."""
    of = "application_id"
    return Tables(
        applications=Table(dossiers.Application, APPLICATION),
        answers=Table(dossiers.ConditionAnswer, (of, "position", "condition", "answer")),
        indicators=Table(dossiers.Indicator, (of, "position", "label", "planned")),
        places=Table(
            dossiers.Place,
            (of, "position", "commune_id", "neighbourhood_id", "school_id", "territories"),
        ),
        audiences=Table(dossiers.AudienceCount, (of, "band", "count")),
        budget=Table(
            dossiers.BudgetLine,
            (
                of,
                "side",
                "account",
                "position",
                "funder",
                "status",
                "is_this_request",
                "planned_amount",
            ),
        ),
        staff=Table(dossiers.StaffLine, (of, "category", "people", "fte")),
        annual=Table(dossiers.AnnualBudgetLine, (of, "account", "amount")),
        documents=Table(
            dossiers.ApplicationDocument, (of, "required_id", "label", "state", "added_at")
        ),
        files=Table(StoredFile, FILE),
        commitments=Table(
            dossiers.Commitment, (of, "kind", "text_version", "given_by_id", "given_at")
        ),
        corrections=Table(dossiers.CorrectionRequest, CORRECTION),
        deposits=Table(
            dossiers.Deposit,
            (of, "number", "payload", "sha256", "correction_id", "filed_at", "filed_by_id"),
        ),
        events=Table(dossiers.Event, history.COLUMNS),
        messages=Table(dossiers.Message, (of, "side", "author_id", "text", "sent_at", "read_at")),
        assignments=Table(
            desk.Assignment, (of, "person_id", "role", "rank", "assigned_by_id", "assigned_at")
        ),
        reviews=Table(
            desk.Review,
            (
                of,
                "reviewer_id",
                "deposit_id",
                "state",
                "proposed_amount",
                "summary",
                "version",
                "updated_at",
                "finalised_at",
            ),
        ),
        scores=Table(
            desk.Score, ("review_id", "criterion_id", "level", "not_applicable", "comment")
        ),
        summaries=Table(
            desk.ScoreSummary, (of, "total", "gap", "needs_third", "finals_count"), keyed=False
        ),
        checks=Table(
            desk.AdmissibilityCheck,
            (of, "question_id", "answer", "answered_by_id", "answered_at"),
        ),
        opinion_requests=Table(desk.OpinionRequest, OPINION_REQUEST),
        opinions=Table(
            desk.Opinion,
            ("request_id", "deposit_id", "position", "text", "updated_at", "given_at"),
        ),
        notes=Table(desk.InternalNote, (of, "author_id", "text", "written_at")),
        lines=Table(
            SessionLine,
            (
                "session_id",
                of,
                "envelope_id",
                "proposed_outcome",
                "proposed_amount",
                "added_by_id",
                "added_at",
            ),
        ),
        letters=Table(Letter, LETTER),
        decisions=Table(Decision, DECISION),
    )
