"""Keep where a body is paid: given by those who manage it, checked by the office."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.core.files import File
from django.db import transaction

from config.errors import Refusal
from config.text import clean_name
from foundation.documents.services import store_upload
from foundation.jobs.services import keep_result, take_key
from partners.bank_numbers import check_bic, check_iban, mask_iban
from partners.enums import BankState, FlagKind
from partners.identifiers import IdentifierError
from partners.models import BankDetails
from partners.permissions import may_manage, runs_directory
from partners.services.flags import handle_flag, raise_flag
from partners.services.locks import lock_body
from partners.store_messages import queue_bank_changed, queue_bank_refused


if TYPE_CHECKING:
    from accounts.models import User

PROOF = "rib"
PROOF_FORMATS = frozenset({"pdf", "jpg", "jpeg", "png"})


@transaction.atomic
def change_bank_details(
    *,
    organisation_id: int,
    holder: str,
    iban: str,
    bic: str,
    proof: File,
    by: User,
    at: datetime,
    request_key: UUID | None = None,
    result_url: str = "",
) -> BankDetails:
    """Give a body's bank details, or others: a new row, the former one is kept as replaced.

    Another account is flagged to the office and told by e-mail to the other people who manage
    the body or sign for it. It blocks nothing. The proof stays with the account: dossiers take it
    there, for who may read it.

    Args:
        organisation_id: The body.
        holder: Name of the account.
        iban: Any spaces and case.
        bic: Same.
        proof: The bank's own statement, PDF or picture.
        by: Somebody who manages the body, or the office.
        at: Now.
        request_key: One-time key of the form.
        result_url: Where a second sending of the form is led.

    Raises:
        Refusal: ``forbidden`` (403), ``invalid_iban``, ``invalid_bic``, ``same`` (409), those of
            :func:`foundation.documents.services.store_upload` and of
            :func:`foundation.jobs.services.take_key`.
    """
    used = request_key and take_key(key=request_key, by=by, purpose="bank-details", at=at)
    organisation = lock_body(organisation_id)
    if not may_manage(by, organisation):
        raise Refusal(
            "Les coordonnées bancaires se changent par une personne qui gère l’organisation.",
            code="forbidden",
            status=403,
        )
    iban = _checked(lambda: check_iban(iban), "invalid_iban")
    bic = _checked(lambda: check_bic(bic, iban=iban), "invalid_bic")
    holder = clean_name(holder)
    former = organisation.bank_details.exclude(state=BankState.REPLACED).first()
    same = former and (former.holder, former.iban, former.bic) == (holder, iban, bic)
    if former is not None:
        if same and former.state != BankState.REFUSED:
            raise Refusal("Ces coordonnées sont déjà enregistrées.", code="same", status=409)
        former.state = BankState.REPLACED
        former.save(update_fields=["state"])
    details = BankDetails(
        organisation=organisation, holder=holder, iban=iban, bic=bic, given_at=at, given_by=by
    )
    details.full_clean()
    details.save()
    store_upload(owner=details, kind=PROOF, upload=proof, by=by, at=at, only=PROOF_FORMATS)
    if former is not None and not same:
        raise_flag(
            organisation=organisation,
            kind=FlagKind.BANK_DETAILS,
            text=f"Nouveau compte {mask_iban(iban)} (titulaire\u00a0: {holder}) à la place de "
            f"{mask_iban(former.iban)}.",
            by=by,
            at=at,
        )
        queue_bank_changed(details, former=former, at=at)
    if used:
        keep_result(used, result_url)
    return details


@transaction.atomic
def verify_bank_details(*, bank_id: int, by: User, at: datetime) -> BankDetails:
    """Note that the office checked the details against their proof; the flag is dealt with.

    Args:
        bank_id: Details that wait to be checked.
        by: The unit head or an administrator, not who gave them.
        at: Now.

    Raises:
        Refusal: ``forbidden`` (403), ``own`` (403), ``already_decided`` (409).
    """
    details = _to_check(bank_id, by)
    _decide(details, BankState.CHECKED, by=by, at=at)
    return details


@transaction.atomic
def refuse_bank_details(*, bank_id: int, reason: str, by: User, at: datetime) -> BankDetails:
    """Refuse details, with a reason that the body's managers receive by e-mail.

    Args:
        bank_id: Details that wait to be checked.
        reason: Ready to be read by the body.
        by: The unit head or an administrator, not who gave them.
        at: Now.

    Raises:
        Refusal: ``forbidden`` (403), ``own`` (403), ``already_decided`` (409), ``no_reason``.
    """
    reason = clean_name(reason)
    if not reason:
        raise Refusal("Dites pourquoi ces coordonnées sont refusées.", code="no_reason")
    details = _to_check(bank_id, by)
    details.refusal_reason = reason
    _decide(details, BankState.REFUSED, by=by, at=at)
    queue_bank_refused(details, at=at)
    return details


def _decide(details: BankDetails, state: str, *, by: User, at: datetime) -> None:
    details.state = state
    details.checked_at = at
    details.checked_by = by
    details.full_clean()
    details.save()
    flags = details.organisation.flags.filter(kind=FlagKind.BANK_DETAILS, handled_at__isnull=True)
    for flag in flags:
        handle_flag(flag_id=flag.pk, by=by, at=at)


def _to_check(bank_id: int, by: User) -> BankDetails:
    if not runs_directory(by):
        raise Refusal(
            "Les coordonnées bancaires se vérifient par la responsable d’unité ou "
            "l’administration.",
            code="forbidden",
            status=403,
        )
    organisation_id = BankDetails.objects.values_list("organisation_id", flat=True).get(pk=bank_id)
    lock_body(organisation_id)
    details = BankDetails.objects.select_related("organisation").get(pk=bank_id)
    if details.state != BankState.TO_CHECK:
        raise Refusal(
            f"Ces coordonnées ne sont plus à vérifier\u00a0: "
            f"{details.get_state_display().lower()}.",
            code="already_decided",
            status=409,
        )
    if details.given_by_id == by.pk:
        raise Refusal(
            "Vous avez saisi ces coordonnées\u00a0: une autre personne du service les vérifie.",
            code="own",
            status=403,
        )
    return details


def _checked(check, code: str) -> str:
    try:
        return check()
    except IdentifierError as error:
        raise Refusal(str(error), code=code) from error
