"""The vote and the letters: receipts, decisions, their notification."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random

from accounts.models import User
from config.dates import local_date
from grants.applications.enums import MoneyState, PaperState, ReviewState
from grants.decisions.models import Decision
from grants.letters.codes import ALPHABET, GROUP, GROUPS, letter_reference
from grants.letters.models import LetterKind, LetterState, LetterTemplate
from portal.load.actors import Office
from portal.load.dossier import Dossier
from portal.load.files import SharedFile
from portal.load.money import Purse
from portal.load.tables import Tables
from portal.load.writer import as_json


S = ReviewState
KIND_OF = {
    S.AWARDED: LetterKind.AWARD,
    S.REJECTED: LetterKind.REJECTION,
    S.DEFERRED: LetterKind.DEFERRAL,
}
TRANSITION_OF = {S.AWARDED: "award", S.REJECTED: "reject", S.DEFERRED: "defer"}
REASONS = ("score", "out_of_scope", "other_funder", "envelope")
TO_GENERATE, READY, SIGNED, NOTIFIED, OPENED = range(5)
PAPER = (
    PaperState.TO_GENERATE,
    PaperState.TO_SIGN,
    PaperState.TO_NOTIFY,
    PaperState.NOTIFIED,
    PaperState.OPENED,
)
LETTER = (None, LetterState.READY, LetterState.SIGNED, LetterState.NOTIFIED, LetterState.OPENED)


@dataclass
class Wording:
    """The letters' templates and the office's values, read once."""

    templates: dict[str, LetterTemplate]
    values: dict[str, str]

    @classmethod
    def read(cls, values: dict[str, str]) -> Wording:
        rows = LetterTemplate.objects.filter(sheet=None).order_by("kind", "valid_from", "pk")
        return cls({row.kind: row for row in rows}, values)

    def context(self, dossier: Dossier, reference: str, at: datetime, **more: list) -> str:
        """Return the frozen values of a letter, as JSON."""
        organisation = dossier.body.organisation
        town = f"{organisation.postal_code} {organisation.city}"
        values: dict[str, list] = {name: ["text", value] for name, value in self.values.items()}
        values |= {
            "courrier.reference": ["text", reference],
            "courrier.date": ["date", local_date(at).isoformat()],
            "beneficiaire.nom": ["text", organisation.legal_name],
            "beneficiaire.adresse": ["lines", [organisation.address, town]],
            "dossier.reference": ["text", dossier.reference],
            "dossier.intitule": ["text", dossier.words.title],
            "dossier.depose_le": ["instant", dossier.line.filed.isoformat()],
            "dossier.montant_demande": ["amount", f"{dossier.requested:.2f}"],
            "campagne.exercice": ["number", dossier.sheet.season.fiscal_year],
            "fiche.code": ["text", dossier.sheet.row.code],
            "fiche.titre": ["text", dossier.sheet.row.title],
        }
        return as_json({"values": values | more})


def write_receipt(dossier: Dossier, tables: Tables, wording: Wording, shared: SharedFile) -> None:
    """Keep the receipt of a filing and its PDF."""
    at = dossier.line.filed
    _letter(
        dossier,
        tables,
        wording,
        shared,
        kind=LetterKind.RECEIPT,
        state=LetterState.READY,
        at=at,
        signed_at=None,
        opened_at=None,
    )


def write_decision(
    dossier: Dossier,
    tables: Tables,
    office: Office,
    purse: Purse,
    wording: Wording,
    shared: SharedFile,
) -> None:
    """Keep the line on a session, the vote, the letter and its notification."""
    line, random, head = dossier.line, dossier.random, office.head.pk
    if line.listed is None:
        return
    session = purse.sessions[line.vote]
    outcome = line.state if line.voted else S.AWARDED
    amount = dossier.values["proposed_amount"] if outcome == S.AWARDED else Decimal(0)
    part = purse.parts[dossier.sheet.row.pk].pk
    tables.lines.add(session.pk, dossier.key, part, str(outcome), amount, head, line.listed)
    dossier.history.note(
        "propose",
        head,
        line.listed,
        states=(S.EVALUATED.value, S.PROPOSED.value),
        data={"session": session.pk, "amount": f"{amount:.2f}"},
    )
    if line.voted is None:
        return
    data = {"session": session.pk, "overrun": False}
    if outcome == S.AWARDED:
        purse.take(dossier.sheet.row.pk, amount)
        data["awarded_amount"] = f"{amount:.2f}"
        dossier.values["money_state"] = MoneyState.COMMITTED.value
    dossier.history.note(
        TRANSITION_OF[S(outcome)],
        head,
        line.voted,
        states=(S.PROPOSED.value, S(outcome).value),
        data=data,
    )
    told = _tell(dossier, tables, office, wording, shared, kind=KIND_OF[S(outcome)])
    is_award = outcome == S.AWARDED
    tables.decisions.add(
        dossier.key, session.pk, part, str(outcome), amount if is_award else None,
        dossier.charges if is_award else None, dossier.sheet.season.fiscal_year,
        random.choice(REASONS) if outcome == S.REJECTED else "", "",
        session.deliberation_number, session.held_on, line.voted, head, told.letter, told.channel,
        told.at, head if told.at else None, told.posted_on, told.delivered_on, told.opened_at,
    )  # fmt: skip


@dataclass
class Told:
    """How a decision was told."""

    letter: int | None = None
    channel: str = ""
    at: datetime | None = None
    posted_on: object = None
    delivered_on: object = None
    opened_at: datetime | None = None


def _tell(
    dossier: Dossier,
    tables: Tables,
    office: Office,
    wording: Wording,
    shared: SharedFile,
    *,
    kind: str,
) -> Told:
    line, random, head = dossier.line, dossier.random, office.head.pk
    channels = Decision.NotificationChannel
    by_mail = bool(dossier.body.consent)
    reached = line.reached if by_mail else min(line.reached, NOTIFIED)
    written = line.voted + timedelta(days=random.uniform(0.7, 4))
    signed = written + timedelta(days=random.uniform(1, 5))
    told_at = signed + timedelta(days=random.uniform(0.2, 3))
    while reached and (written, written, signed, told_at, told_at)[reached] > dossier.now:
        reached -= 1
    opened = told_at + timedelta(hours=random.uniform(1, 200))
    if reached == OPENED and opened > dossier.now:
        reached = NOTIFIED
    dossier.values["paper_state"] = PAPER[reached].value
    if not reached:
        return Told()
    told = Told()
    told.opened_at = opened if reached == OPENED else None
    told.letter, reference = _letter(
        dossier,
        tables,
        wording,
        shared,
        kind=kind,
        state=LETTER[reached],
        at=written,
        signed_at=signed if reached >= SIGNED else None,
        opened_at=told.opened_at,
    )
    note = dossier.history.note
    data = {"letter": reference}
    note("letter_created", head, written, data=data)
    note("letter_ready", None, written + timedelta(minutes=1), data=data)
    if reached >= SIGNED:
        note("letter_signed", head, signed, data=data)
    if reached >= NOTIFIED:
        told.at = told_at
        told.channel = (channels.EMAIL if by_mail else channels.POST).value
        dossier.values["notified_at"] = told_at
        note("notified", head, told_at, data={**data, "channel": told.channel}, shown=True)
        if not by_mail:
            told.posted_on = local_date(told_at)
            received = told.posted_on + timedelta(days=3)
            told.delivered_on = received if received <= local_date(dossier.now) else None
    if reached == OPENED:
        note("notification_opened", dossier.body.editor.pk, opened, shown=True)
    return told


def _letter(
    dossier: Dossier,
    tables: Tables,
    wording: Wording,
    shared: SharedFile,
    *,
    kind: str,
    state: str,
    at: datetime,
    signed_at: datetime | None,
    opened_at: datetime | None,
) -> tuple[int, str]:
    template = wording.templates[kind]
    reference = letter_reference(dossier.reference, kind, 1)
    ready = at + timedelta(minutes=1)
    key = tables.letters.add(
        dossier.key, str(kind), str(state), _subject(template, dossier), template.body,
        wording.context(dossier, reference, at), reference, _code(dossier.random), local_date(at),
        at, ready, signed_at, opened_at,
    )  # fmt: skip
    _attach(dossier, tables, shared, key, "generated", f"{reference}.pdf", None, ready)
    if signed_at is not None:
        name = f"{reference}-signe.pdf"
        _attach(dossier, tables, shared, key, "signed", name, None, signed_at)
    return key, reference


def _attach(
    dossier: Dossier,
    tables: Tables,
    shared: SharedFile,
    key: int,
    kind: str,
    name: str,
    by: User | None,
    at: datetime,
) -> None:
    shared.attach(
        tables, dossier.random, owner="letter", key=key, kind=kind, name=name, by=by, at=at
    )


def _subject(template: LetterTemplate, dossier: Dossier) -> str:
    return f"{template.get_kind_display()} – dossier {dossier.reference}"[:250]


def _code(random: Random) -> str:
    groups = ("".join(random.choices(ALPHABET, k=GROUP)) for _ in range(GROUPS))
    return "-".join(groups)
