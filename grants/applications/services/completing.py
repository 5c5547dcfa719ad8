"""Complete a filed dossier: what is typed waits aside, then reaches its rows all at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from django.db import transaction

from config.dates import local_date
from config.errors import Refusal
from config.templatetags.fr import plural_fr
from config.text import clean_text
from foundation.parameters.selectors import days_on
from grants.applications import sections
from grants.applications.checks import Facts, MissingItem, missing_items
from grants.applications.correction_messages import queue_answered, queue_new_attestation
from grants.applications.differences import content_of
from grants.applications.enums import CorrectionState, Section
from grants.applications.masking import MASK
from grants.applications.models import Application, CorrectionRequest, Deposit, OfficeEdit
from grants.applications.reopening import Reopened
from grants.applications.section_values import from_json, to_json
from grants.applications.selectors import as_corrected, with_dossier
from grants.applications.services.corrections import check_length, is_overdue, lock_open
from grants.applications.services.drafts import is_stored_already
from grants.applications.services.moves import move
from grants.applications.snapshot import declared, documents_of, freeze, snapshot
from grants.applications.workflow import Transition
from partners.permissions import may_sign_for


if TYPE_CHECKING:
    from accounts.models import User


@transaction.atomic
def save_correction_section(
    *,
    application_id: int,
    section: str,
    values: sections.Values,
    invalid: dict[str, str],
    expected: str,
    by: User,
    at: datetime,
) -> Application:
    """Keep what was typed in one reopened section; the dossier does not change.

    Args:
        application_id: The dossier.
        section: A section with something reopened in it.
        values: In the shape of ``sections.read``; what is not reopened is dropped.
        invalid: What was typed and cannot be kept in a column, by field name.
        expected: Version of the section that the person had in front of them.
        by: Who saves.
        at: Now.

    Returns:
        The dossier as the correction makes it, never to be saved.

    Raises:
        Refusal: ``not_allowed`` (403), ``closed`` or ``conflict`` (409), ``not_reopened`` (422).
    """
    application, correction = lock_open(application_id)
    _require_editor(by, application)
    return keep_aside(
        application,
        correction,
        section=section,
        values=values,
        invalid=invalid,
        expected=expected,
        at=at,
    )


def keep_aside(
    application: Application,
    correction: CorrectionRequest | OfficeEdit,
    *,
    section: str,
    values: sections.Values,
    invalid: dict[str, str],
    expected: str,
    at: datetime,
) -> Application:
    """Keep what was typed of one section in an overlay; both rows are locked by the caller.

    Args:
        application: The dossier, as stored.
        correction: Whose overlay it is: a correction request, or an edit by the office.
        section: A section it opens.
        values: In the shape of ``sections.read``; what it does not open is dropped.
        invalid: What was typed and cannot be kept in a column, by field name.
        expected: Version of the section that the person had in front of them.
        at: Now.

    Returns:
        The dossier as the overlay makes it, never to be saved.

    Raises:
        Refusal: ``not_reopened`` (422) or ``conflict`` (409).
    """
    reopened = Reopened.of(correction.fields)
    if section not in reopened.values:
        raise Refusal("Cette partie n’est pas à compléter.", code="not_reopened")
    stored = as_corrected(application, correction)
    merged = {**sections.read(stored, section), **reopened.kept(section, values)}
    refused = {
        name: raw for name, raw in invalid.items() if reopened.opens_field(section, name, merged)
    }
    if is_stored_already(stored, section, merged, refused, expected=expected):
        return stored
    kept = reopened.kept(section, merged)
    correction.overlay = {**correction.overlay, section: to_json(kept)}
    correction.invalid_values = {
        name: raw for name, raw in correction.invalid_values.items() if name != section
    } | ({section: refused} if refused else {})
    correction.saved_sections = {**correction.saved_sections, section: at.isoformat()}
    correction.save(update_fields=["overlay", "invalid_values", "saved_sections"])
    return as_corrected(application, correction)


@dataclass(frozen=True)
class Answer:
    """What a redeposit changed.

    Attributes:
        deposit: The new deposit.
        attestation: ``asked`` when a signatory must attest again, ``given`` when the sender did.
    """

    deposit: Deposit
    attestation: str


@transaction.atomic
def answer_correction(
    *, application_id: int, by: User, at: datetime, comment: str = "", seen: str | None = None
) -> Answer:
    """Send what was completed: the next deposit, and the dossier back under review.

    Independent of the sheet's closing; past the asked date it is still taken in, and said late.
    A new attestation is needed when the budget, the amount requested or the identity of the body
    changed and the sender may not sign.

    Args:
        application_id: The dossier.
        by: Who sends.
        at: Now.
        comment: A word to the office.
        seen: What :func:`sending_mark` said on the page they checked; ``None`` without a page.

    Raises:
        Refusal: ``not_allowed`` (403), ``closed`` or ``changed`` (409), ``incomplete``,
            ``too_long`` or ``nothing_changed`` (422).
    """
    application, correction = lock_open(application_id)
    _require_editor(by, application)
    comment = clean_text(comment).strip()
    check_length(comment)
    before = {s: sections.read(application, s) for s in correction.overlay}
    _raise_blocking(blocking_items(application, correction, at=at))
    if seen is not None and seen != sending_mark(as_corrected(application, correction), correction):
        raise Refusal(
            "Quelqu’un a modifié ces compléments depuis que vous avez ouvert cette page\u00a0: "
            "relisez ce qui change, puis envoyez.",
            code="changed",
            status=409,
        )
    write_overlay(application, correction)
    application.save()
    fresh = with_dossier(Application.objects).get(pk=application.pk)
    changed = [s for s, values in before.items() if sections.read(fresh, s) != values]
    if not (changed or comment or _joined_since(application, correction)):
        raise Refusal(
            "Rien n’a changé depuis la demande : complétez ce qui est demandé, ou écrivez au "
            "service pourquoi vous n’y changez rien.",
            code="nothing_changed",
        )
    is_other_body = identity_changed(fresh)
    attestation = _attestation(
        fresh, is_due=is_other_body or Section.BUDGET in changed, by=by, at=at
    )
    number = fresh.deposits.count() + 1
    payload, digest = freeze(snapshot(fresh, at=at))
    is_late = is_overdue(correction, on=local_date(at))
    correction.state = CorrectionState.ANSWERED
    correction.answered_at, correction.answered_by = at, by
    correction.overlay, correction.invalid_values = {}, {}
    correction.save()
    move(
        application=fresh,
        transition=Transition.COMPLETE,
        actor=by,
        at=at,
        comment=comment,
        data={
            "correction": correction.number,
            "deposit": number,
            "sha256": digest,
            "changed": changed,
            "late": is_late,
            "attestation": attestation,
            "identity": is_other_body,
        },
        visible_to_applicant=True,
    )
    deposit = Deposit.objects.create(
        application=fresh,
        number=number,
        payload=payload,
        sha256=digest,
        correction=correction,
        filed_at=at,
        filed_by=by,
    )
    queue_answered(deposit, comment=comment, is_late=is_late, at=at)
    if attestation == "asked":
        queue_new_attestation(deposit, is_other_body=is_other_body, at=at)
    return Answer(deposit, attestation)


def needs_attestation(
    application: Application, changed: Sequence[str], *, by: User, on: date
) -> bool:
    """Tell whether a signatory must attest again: the sender may not sign, and the money changed
    or the dossier is no longer that of the same body.

    Args:
        application: The dossier completed.
        changed: Its sections that the answer changed.
        by: Who sends the answer.
        on: The day of it.

    Source:
        reference/regulation.md §1.5, declarations 3 and 6: whoever signs for the body declares the
        requests made to others and the amount asked, which are in the budget.
    """
    if may_sign_for(by, application.organisation, on):
        return False
    return Section.BUDGET in changed or identity_changed(application)


def identity_changed(application: Application, last: Deposit | None = None) -> bool:
    """Tell whether the body has another SIRET, RNA or name than at the last deposit.

    It is so after a merge: who attested then spoke for a body that is no longer the one named.
    A number that was missing and is given now is no other identity, nor is a masked one. The last
    deposit is read unless it is given.
    """
    last = last or application.deposits.order_by("-number").first()
    if last is None:
        return False
    attested = content_of(last).get("organisation", {})
    body = application.organisation
    now = {"siret": body.siret or "", "rna": body.rna, "legal_name": body.legal_name}
    return any(
        attested.get(name) and MASK not in attested[name] and attested[name] != value
        for name, value in now.items()
    )


def sending_mark(corrected: Application, correction: CorrectionRequest) -> str:
    """Return what tells what would be sent from any other state of the same answer.

    Args:
        corrected: The dossier of :func:`grants.applications.selectors.as_corrected`.
        correction: Its open request.
    """
    _payload, digest = freeze(
        {
            "correction": correction.number,
            "organisation": corrected.organisation_id,
            "documents": sorted(map(str, documents_of(corrected.documents.all()))),
            **declared(corrected),
        }
    )
    return digest


def blocking_items(
    application: Application, correction: CorrectionRequest | OfficeEdit, *, at: datetime
) -> list[MissingItem]:
    """Return what prevents sending: faults of reopened parts, and those that it would bring.

    A fault that was there at the last deposit and cannot be settled here never blocks.
    """
    return [item for item in correction_items(application, correction, at=at) if item.blocking]


def correction_items(
    application: Application, correction: CorrectionRequest | OfficeEdit, *, at: datetime
) -> list[MissingItem]:
    """Return what « Vérifier » says of a dossier as its correction makes it.

    Args:
        application: The dossier, as stored.
        correction: Its open request.
        at: Now.
    """
    reopened = Reopened.of(correction.fields)
    facts = Facts(application.organisation, at=at)
    there_before = set(missing_items(application, at=at, facts=facts))
    return [
        item
        for item in missing_items(as_corrected(application, correction), at=at, facts=facts)
        if _concerns(item, reopened, application) or (item.blocking and item not in there_before)
    ]


def _concerns(item: MissingItem, reopened: Reopened, application: Application) -> bool:
    if item.section == Section.DOCUMENTS:
        return item.field.removeprefix("document_") in {str(pk) for pk in reopened.documents}
    if item.section not in reopened.values:
        return False
    if reopened.names(item.section) is None:
        return True
    return reopened.opens_field(item.section, item.field, sections.read(application, item.section))


# --- Parts ----------------------------------------------------------------------------------------
def _require_editor(by: User, application: Application) -> None:
    if not Application.objects.editable_by(by).filter(pk=application.pk).exists():
        raise Refusal("Vous ne pouvez pas modifier ce dossier.", code="not_allowed", status=403)


def write_overlay(application: Application, correction: CorrectionRequest | OfficeEdit) -> None:
    """Put what was typed in the rows: the named values and nothing else."""
    reopened = Reopened.of(correction.fields)
    for section, data in correction.overlay.items():
        values = reopened.kept(section, from_json(data))
        sections.write(application, section, {**sections.read(application, section), **values})
        application.saved_sections = {
            **application.saved_sections,
            section: correction.saved_sections[section],
        }


def _raise_blocking(items: list[MissingItem]) -> None:
    if items:
        raise Refusal(
            "Les compléments ne peuvent pas encore être envoyés : "
            f"il reste {len(items)} point{plural_fr(len(items))} à corriger.",
            code="incomplete",
        )


def _joined_since(application: Application, correction: CorrectionRequest) -> bool:
    return application.documents.filter(files__uploaded_at__gte=correction.asked_at).exists()


def _attestation(application: Application, *, is_due: bool, by: User, at: datetime) -> str:
    """Attest with the sending, or ask for it again; the caller saves the dossier.

    Args:
        application: The dossier, with what was completed.
        is_due: What was attested changed.
        by: Who sends.
        at: Now.
    """
    today = local_date(at)
    may_sign = may_sign_for(by, application.organisation, today)
    if is_due and not may_sign:
        application.attested_at = application.attested_by = None
        application.attestation_due_on = today + timedelta(days=days_on("attestation.days", today))
        return "asked"
    if may_sign and (is_due or application.attested_at is None):
        application.attested_at, application.attested_by = at, by
        return "given"
    return ""
