"""What the applicant wrote: the dossier's rows, its documents, its deposits."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID

from accounts.models import User
from config.dates import local_date
from foundation.documents.enums import FileState
from grants.applications.commitments import SWORN_VERSION
from grants.applications.enums import (
    AgeBand,
    CommitmentKind,
    CorrectionState,
    MoneyState,
    PaperState,
    ReviewState,
    Section,
)
from grants.applications.organisation_profile import profile_data
from grants.applications.snapshot import FORMAT, freeze
from grants.calls.enums import applicant_kind_of
from portal.demo.words import ANSWERS, MEANS, PARTNERS
from portal.load.actors import Body
from portal.load.budgets import Line, annual_budget, budget
from portal.load.calls import Land, Sheet
from portal.load.files import SharedFile
from portal.load.history import History
from portal.load.plan import Timeline
from portal.load.tables import Tables
from portal.load.words import Words, project_words
from portal.load.writer import as_json


S = ReviewState
METHOD = (
    "Feuilles de présence, questionnaire court à la fin de chaque cycle, réunion de bilan avec "
    "les collèges et la ville en juin."
)
FIRST_METHOD = "Un bilan en fin d’année."
ASKED_AGAIN = "Précisez comment vous mesurez les effets de l’action, avec deux indicateurs."
REPUBLICAN_VERSION = "2021-1947"
ATTESTATION_DAYS, DOCUMENTS_DAYS, CORRECTION_DAYS = 15, 30, 15
BANDS = (
    (AgeBand.FROM_6, (0, 0, 12, 24)),
    (AgeBand.FROM_11, (20, 36, 48, 64, 120)),
    (AgeBand.FROM_16, (6, 12, 18, 40)),
    (AgeBand.FROM_18, (0, 8, 15, 30)),
    (AgeBand.PARENTS, (0, 10, 25)),
)


@dataclass
class Dossier:
    """A dossier being written: what it is, and what its row will say at the end."""

    key: int
    number: int
    sheet: Sheet
    body: Body
    line: Timeline
    random: Random
    history: History
    editor: User
    officer: User
    renewal_of: int | None
    reference: str | None = None
    requested: Decimal = Decimal(0)
    charges: Decimal = Decimal(0)
    quality: float = 0.5  # of the project, from 0 to 1: readings follow it
    words: Words | None = None
    places: list[tuple[str, str, list[int]]] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    now: datetime | None = None
    first_deposit: int = 0
    deposit: int = 0  # the last one
    values: dict[str, Any] = field(default_factory=dict)  # columns of its row, at the end

    @property
    def is_private(self) -> bool:
        return self.body.organisation.is_private_body

    @property
    def state(self) -> str:
        return self.line.state


def write_application(dossier: Dossier, tables: Tables, land: Land, shared: SharedFile) -> None:
    """Keep the rows that the applicant fills, and those of the filing when it is filed."""
    random, line = dossier.random, dossier.line
    town = _places(dossier, land)
    dossier.words = project_words(random, dossier.number, dossier.sheet.row.code, town)
    dossier.requested, dossier.lines = budget(random, town)
    dossier.charges = sum(
        (one.amount for one in dossier.lines if one.side == "charge" and not _in_kind(one)),
        Decimal(0),
    )
    content = _declare(dossier, tables)
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


# --- What is declared ---------------------------------------------------------------------------
def _places(dossier: Dossier, land: Land) -> str:
    """Choose where the action happens; return the name of the first commune."""
    random, sheet = dossier.random, dossier.sheet
    home = dossier.body.commune.pk
    allowed = sheet.communes
    code = home if not allowed or home in allowed else random.choice(allowed)
    codes = [code]
    if random.random() < 0.15:
        other = random.choice(allowed or tuple(land.territory_of))
        codes = sorted({code, other}, key=lambda one: one != code)
    for one in codes:
        territory = [land.territory_of[one]]
        quarters, schools = land.quarters[one], land.schools[one]
        chance = random.random()
        if quarters and chance < 0.35:
            quarter, numbers = random.choice(quarters)
            dossier.places.append(("neighbourhood", quarter, numbers))
        elif schools and chance < 0.5:
            dossier.places.append(("school", random.choice(schools), territory))
        else:
            dossier.places.append(("commune", one, territory))
    if len({(kind, pk) for kind, pk, _ in dossier.places}) < len(dossier.places):
        dossier.places = dossier.places[:1]
    dossier.values["whole_department"] = random.random() < 0.03
    return land.names[code]


def _declare(dossier: Dossier, tables: Tables) -> dict[str, Any]:
    """Keep the rows of the sections; return them as ``snapshot.declared`` does."""
    random, body, sheet = dossier.random, dossier.body, dossier.sheet
    organisation = body.organisation
    window = sheet.row.action_from
    starts_on = window + timedelta(days=random.choice((14, 35, 60, 120, 245)))
    ends_on = min(sheet.row.action_to, starts_on + timedelta(days=random.choice((90, 150, 240))))
    counts = {band.value: count for band, choices in BANDS if (count := random.choice(choices)) > 0}
    people = sum(counts.values())
    girls = round(people * random.choice((0.35, 0.45, 0.5, 0.55)))
    rate = random.choice((None, Decimal("0.2000"), Decimal("0.4000"), Decimal("0.7500")))
    in_private = dossier.is_private
    values = {
        "contact_name": dossier.editor.get_full_name(),
        "contact_function": "Coordination",
        "contact_email": dossier.editor.email,
        "contact_service": "" if in_private else "Direction de la jeunesse",
        "has_economic_activity": False if in_private else None,
        "public_aid_amount": Decimal(random.choice((0, 18000, 42000, 76000)))
        if in_private
        else None,
        "public_aid_regime": "none" if in_private else "",
        "is_city_policy": any(kind == "neighbourhood" for kind, _, _ in dossier.places),
        "inclusion_text": "Groupes mixtes, créneaux ouverts aux deux parents, salle accessible.",
        "evaluation_method": METHOD,
        "plans_recruitment": random.random() < 0.2,
        "title": dossier.words.title[:200],
        "objectives": dossier.words.objectives,
        "description": dossier.words.description,
        "means": MEANS,
        "partners_text": PARTNERS,
        "steering_body": "CLSPD" if random.random() < 0.5 else "",
        "framework_id": sheet.row.framework_id,
        "starts_on": starts_on,
        "ends_on": max(starts_on, ends_on),
        "girls_count": girls,
        "boys_count": people - girls,
        "qpv_rate": rate,
        "public_description": dossier.words.public,
        "requested_amount": dossier.requested,
    }
    dossier.values |= values
    key = dossier.key
    answers = [{"condition": text, "answer": random.choice(ANSWERS)} for text in sheet.conditions]
    for position, one in enumerate(answers):
        tables.answers.add(key, position, one["condition"], one["answer"])
    indicators = [
        {"label": text, "planned": random.choice(("20", "40", "60", "80"))}
        for text in sheet.indicators
    ]
    for position, one in enumerate(indicators):
        tables.indicators.add(key, position, one["label"], one["planned"])
    for position, (kind, pk, numbers) in enumerate(dossier.places):
        of = {"commune": None, "neighbourhood": None, "school": None, kind: pk}
        tables.places.add(key, position, of["commune"], of["neighbourhood"], of["school"], numbers)
    for band, count in counts.items():
        tables.audiences.add(key, band, count)
    employees = random.choice((1, 2, 3))
    staff = (
        ("volunteers", random.choice((3, 6, 10)), Decimal("0.30")),
        ("employees", employees, Decimal(employees) / 2 + Decimal("0.00")),
    )
    for category, number, fte in staff:
        tables.staff.add(key, category, number, fte)
    year = annual_budget(random) if in_private else []
    for account, amount in year:
        tables.annual.add(key, account, amount)
    for position, one in enumerate(_in_order(dossier.lines)):
        tables.budget.add(
            key, one.side, one.account, position, one.funder, one.status,
            one.is_this_request, one.amount,
        )  # fmt: skip
    return {
        "applicant": {
            "contact_name": values["contact_name"],
            "contact_function": values["contact_function"],
            "contact_email": values["contact_email"],
            "contact_phone": "",
            "contact_service": values["contact_service"],
            "deliberation_to_come": False,
            "deliberation_number": "",
            "deliberation_on": "",
            "has_economic_activity": values["has_economic_activity"],
            "public_aid_amount": _amount(values["public_aid_amount"]),
            "public_aid_regime": values["public_aid_regime"],
            "annual_budget": [
                {"account": account, "amount": _amount(amount)} for account, amount in year
            ],
        },
        "project": {
            "kind": "project",
            "period": "year",
            "is_city_policy": values["is_city_policy"],
            "title": values["title"],
            "objectives": values["objectives"],
            "description": values["description"],
            "steering_body": values["steering_body"],
            "framework": str(sheet.row.framework) if sheet.row.framework else "",
            "starts_on": values["starts_on"].isoformat(),
            "ends_on": values["ends_on"].isoformat(),
            "conditions": answers,
        },
        "places": {
            "whole_department": dossier.values["whole_department"],
            "list": [
                {"commune": None, "neighbourhood": None, "school": None, "share": None, kind: pk}
                for kind, pk, _ in dossier.places
            ],
        },
        "public": {
            "counts": counts,
            "girls": girls,
            "boys": people - girls,
            "qpv_rate": None if rate is None else str(rate),
            "description": values["public_description"],
            "inclusion": values["inclusion_text"],
        },
        "means": {
            "means": MEANS,
            "partners": PARTNERS,
            "plans_recruitment": values["plans_recruitment"],
            "recruitment_fte": "",
            "in_kind_request": "",
            "staff": [
                {"category": category, "people": number, "fte": str(fte)}
                for category, number, fte in staff
            ],
        },
        "evaluation": {
            "indicators": indicators,
            "evaluation_method": METHOD,
            "complement": "",
        },
        "budget": {
            "requested": _amount(dossier.requested),
            "lines": [
                {
                    "side": one.side,
                    "account": one.account,
                    "funder": one.funder,
                    "status": one.status,
                    "this_request": one.is_this_request,
                    "planned": _amount(one.amount),
                }
                for one in _in_order(dossier.lines)
            ],
        },
        "organisation": {
            "id": organisation.pk,
            "kind": str(organisation.kind),
            "legal_name": organisation.legal_name,
            "siret": organisation.siret or "",
            "rna": organisation.rna,
            "address": organisation.address,
            "postal_code": organisation.postal_code,
            "city": organisation.city,
        },
        "profile": profile_data(body.profile),
    }


def _in_order(lines: Iterable[Line]) -> list[Line]:
    return sorted(lines, key=lambda one: one.side)


def _in_kind(line: Line) -> bool:
    return line.account in {"personnel_benevole", "benevolat"}


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


def _amount(value: Decimal | None) -> str:
    return "" if value is None else f"{value:.2f}"
