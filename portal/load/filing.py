"""What filing writes: the dossier's documents, its deposits, a correction asked and answered."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from accounts.models import User
from config.dates import local_date
from foundation.documents.enums import FileState
from grants.applications.commitments import SWORN_VERSION
from grants.applications.enums import (
    CommitmentKind,
    CorrectionState,
    MoneyState,
    PaperState,
    ReviewState,
    Section,
)
from grants.applications.snapshot import FORMAT, freeze
from grants.calls.enums import applicant_kind_of
from portal.load.budgets import budget
from portal.load.calls import Land
from portal.load.declaring import choose_places, declare, is_in_kind
from portal.load.dossier import Dossier
from portal.load.files import SharedFile
from portal.load.tables import Tables
from portal.load.words import project_words
from portal.load.writer import as_json


S = ReviewState
FIRST_METHOD = "Un bilan en fin d’année."
ASKED_AGAIN = "Précisez comment vous mesurez les effets de l’action, avec deux indicateurs."
REPUBLICAN_VERSION = "2021-1947"
ATTESTATION_DAYS, DOCUMENTS_DAYS, CORRECTION_DAYS = 15, 30, 15


def write_application(dossier: Dossier, tables: Tables, land: Land, shared: SharedFile) -> None:
    """Keep the rows that the applicant fills, and those of the filing when it is filed."""
    random, line = dossier.random, dossier.line
    town = choose_places(dossier, land)
    dossier.words = project_words(random, dossier.number, dossier.sheet.row.code, town)
    dossier.requested, dossier.lines = budget(random, town)
    dossier.charges = sum(
        (one.amount for one in dossier.lines if one.side == "charge" and not is_in_kind(one)),
        Decimal(0),
    )
    content = declare(dossier, tables)
    dossier.values |= {
        "uuid": UUID(int=random.getrandbits(128), version=4),
        "reference": dossier.reference,
        "renewal_of_id": dossier.renewal_of,
        "money_state": MoneyState.NONE.value,
        "paper_state": PaperState.NONE.value,
        "proposed_amount": None,
        "closing_reason": "",
        "notified_at": None,
        "submitted_at": line.filed,
        "submitted_by_id": None,
        "attested_at": None,
        "attested_by_id": None,
        "attestation_due_on": None,
        "documents_due_on": None,
        "documents_asked_at": None,
    }
    joined, missing = _documents(dossier, tables, shared)
    if line.filed is not None:
        _file(dossier, tables, content, joined, missing)


def _documents(
    dossier: Dossier, tables: Tables, shared: SharedFile
) -> tuple[list[dict[str, str]], list[str]]:
    """Join documents; return them as in a deposit, and the compulsory ones that lack."""
    random, line = dossier.random, dossier.line
    kind = applicant_kind_of(dossier.body.organisation.kind)
    asked = dossier.sheet.documents_for(kind, is_renewal=dossier.renewal_of is not None)
    share = 1.0 if random.random() < 0.7 else random.choice((0.0, 0.5, 0.8))
    at = (line.filed or line.begun + timedelta(hours=20)) - timedelta(hours=1)
    joined, missing = [], []
    state = FileState.ACCEPTED if line.concluded else FileState.TO_CHECK
    for required in asked:
        if random.random() > share:
            if required.mandatory:
                missing.append(required.label)
            continue
        key = tables.documents.add(dossier.key, required.pk, required.label, state.value, at)
        name = shared.attach(
            tables,
            random,
            owner="document",
            key=key,
            kind="piece",
            name=f"{required.kind}.pdf",
            by=dossier.editor.pk,
            at=at,
        )
        joined.append({"label": required.label, "sha256": shared.sha256, "name": name})
    return joined, missing


# --- What filing writes -------------------------------------------------------------------------
def _file(
    dossier: Dossier,
    tables: Tables,
    content: dict[str, Any],
    joined: list[dict[str, str]],
    missing: list[str],
) -> None:
    line, body = dossier.line, dossier.body
    filed, today = line.filed, local_date(line.filed)
    signed = line.attested == filed
    by = body.signatory if signed else dossier.editor
    dossier.values |= {
        "submitted_by_id": by.pk,
        "attested_at": line.attested,
        "attested_by_id": body.signatory.pk if line.attested else None,
        "attestation_due_on": None if signed else today + timedelta(days=ATTESTATION_DAYS),
    }
    if missing:
        dossier.values["documents_due_on"] = today + timedelta(days=DOCUMENTS_DAYS)
        dossier.values["documents_asked_at"] = filed
    content |= {
        "format": FORMAT,
        "uuid": str(dossier.values["uuid"]),
        "reference": dossier.reference,
        "sheet": {
            "campaign": dossier.sheet.season.fiscal_year,
            "code": dossier.sheet.row.code,
            "version": dossier.sheet.row.version,
            "title": dossier.sheet.row.title,
        },
        "documents": joined,
        "commitments": _commitments(dossier, tables, by, filed),
    }
    first = content
    if line.answered:  # the first deposit said less
        first = {**content, "evaluation": {**content["evaluation"]}}
        first["evaluation"]["evaluation_method"] = FIRST_METHOD
    digest = _deposit(dossier, tables, first, number=1, by=by, at=filed)
    dossier.history.note(
        "submit",
        by.pk,
        filed,
        states=(S.DRAFT.value, S.SUBMITTED.value),
        data={"sha256": digest, "channel": "web", "missing": missing},
        shown=True,
    )
    if line.attested and not signed:
        dossier.history.note("attested", body.signatory.pk, line.attested, shown=True)
    if line.asked:
        _correction(dossier, tables, content)


def _commitments(
    dossier: Dossier, tables: Tables, by: User, filed: datetime
) -> list[dict[str, Any]]:
    at = filed - timedelta(minutes=8)
    rows = []
    for kind in CommitmentKind:
        is_contract = kind == CommitmentKind.REPUBLICAN_CONTRACT
        if is_contract and not dossier.is_private:
            continue
        version = REPUBLICAN_VERSION if is_contract else SWORN_VERSION
        tables.commitments.add(dossier.key, kind.value, version, by.pk, at)
        rows.append(
            {
                "kind": kind.value,
                "text_version": version,
                "given_by": by.pk,
                "given_at": at.astimezone(UTC).isoformat(),
            }
        )
    return rows


def _deposit(
    dossier: Dossier,
    tables: Tables,
    content: dict[str, Any],
    *,
    number: int,
    by: User,
    at: datetime,
    correction: int | None = None,
) -> str:
    payload, digest = freeze({**content, "filed_at": at.astimezone(UTC).isoformat()})
    dossier.deposit = tables.deposits.add(
        dossier.key, number, payload, digest, correction, at, by.pk
    )
    dossier.first_deposit = dossier.first_deposit or dossier.deposit
    return digest


def _correction(dossier: Dossier, tables: Tables, content: dict[str, Any]) -> None:
    """Ask for a better sentence; the answer, when it came, is the second deposit."""
    line, officer = dossier.line, dossier.officer
    due_on = local_date(line.asked) + timedelta(days=CORRECTION_DAYS)
    fields = ["evaluation.evaluation_method"]
    state = CorrectionState.OPEN
    closed_at = closed_by = None
    by = dossier.editor
    if line.answered:
        state = CorrectionState.ACCEPTED if line.read else CorrectionState.ANSWERED
        if line.read:
            closed_at, closed_by = line.answered + timedelta(hours=3), officer.pk
    elif line.state == S.CLOSED_WITHOUT_ACTION:
        state, closed_at, closed_by = CorrectionState.LAPSED, line.ended, officer.pk
    key = tables.corrections.add(
        dossier.key, 1, ASKED_AGAIN, fields, due_on, due_on, state.value, line.asked,
        officer.pk, line.answered, by.pk if line.answered else None, closed_at, closed_by,
    )  # fmt: skip
    dossier.history.note(
        "request_correction",
        officer.pk,
        line.asked,
        states=(S.UNDER_REVIEW.value, S.CORRECTION_REQUESTED.value),
        comment=ASKED_AGAIN,
        data={"correction": 1, "fields": fields, "due_on": due_on.isoformat()},
        shown=True,
    )
    if not line.answered:
        return
    digest = _deposit(dossier, tables, content, number=2, by=by, at=line.answered, correction=key)
    dossier.history.note(
        "complete",
        by.pk,
        line.answered,
        states=(S.CORRECTION_REQUESTED.value, S.UNDER_REVIEW.value),
        data={
            "correction": 1,
            "deposit": 2,
            "sha256": digest,
            "changed": [Section.EVALUATION.value],
            "late": local_date(line.answered) > due_on,
            "attestation": "",
            "identity": False,
        },
        shown=True,
    )
    if closed_at is not None:
        dossier.history.note("correction_accepted", closed_by, closed_at, data={"correction": 1})


def saved_sections(at: datetime, count: int) -> str:
    """Return when each of the first sections was saved, as JSON."""
    return as_json({section.value: at.isoformat() for section in tuple(Section)[:count]})
