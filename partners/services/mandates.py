"""The written mandates of those who sign without being the legal representative."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

from django.core.files import File
from django.db import transaction

from config.dates import local_date
from config.errors import Refusal
from config.text import is_blank
from foundation.documents.services import store_upload
from partners import messages
from partners.enums import DocumentKind, DocumentState, FlagKind, Right, SigningCapacity
from partners.models import Membership, Organisation, OrganisationDocument
from partners.permissions import handles_flags, mandate_of, may_manage
from partners.services.flags import raise_flag
from partners.services.locks import lock_body
from partners.services.signing import standing_of, tell_signing


if TYPE_CHECKING:
    from accounts.models import User


def flag_mandate_to_give(membership: Membership, *, at: datetime) -> None:
    """Tell the office that somebody signs by mandate and has not given it; it blocks nothing.

    Args:
        membership: An active member or not, whose body the caller has locked.
        at: Now.
    """
    if (
        membership.is_active
        and Right.SIGN in membership.rights
        and membership.capacity == SigningCapacity.MANDATE
        and mandate_of(membership) is None
    ):
        _flag(membership.organisation, by=membership.user, at=at)


@transaction.atomic
def give_mandate(
    *,
    by: User,
    membership_id: int,
    upload: File,
    issued_on: date | None,
    valid_until: date | None,
    at: datetime,
) -> OrganisationDocument:
    """Give the written mandate of a member; the one given before is kept, no longer in force.

    Only the member says so that they sign by mandate: a manager's upload changes no capacity.

    Args:
        by: The member, or one of the body's managers.
        membership_id: Whom it lets sign.
        upload: The file.
        issued_on: Its date.
        valid_until: Its last day, included; ``None`` when it names none.
        at: Now.

    Raises:
        Refusal: ``not_active`` (409), ``forbidden`` (403), ``expired``, ``wrong_dates``, or what
            the file is refused for.
    """
    membership = _locked_member(membership_id)
    if membership.user_id != by.pk and not may_manage(by, membership.organisation):
        raise Refusal("Vous ne gérez pas cette organisation.", code="forbidden", status=403)
    if not membership.is_active:
        raise Refusal("Cette personne n’est plus membre.", code="not_active", status=409)
    _check_dates(issued_on, valid_until, at)
    membership.mandates.filter(kind=DocumentKind.MANDATE, ended_at__isnull=True).update(ended_at=at)
    mandate = OrganisationDocument(
        organisation=membership.organisation,
        membership=membership,
        kind=DocumentKind.MANDATE,
        label=f"Mandat de {membership.user}"[:200],
        issued_on=issued_on,
        valid_until=valid_until,
        added_at=at,
        added_by=by,
    )
    mandate.full_clean(exclude=["organisation", "membership", "added_by"])
    mandate.save()
    store_upload(owner=mandate, kind=DocumentKind.MANDATE, upload=upload, by=by, at=at)
    if membership.user_id == by.pk and not membership.capacity:
        before = standing_of(membership)
        membership.capacity = SigningCapacity.MANDATE
        membership.save(update_fields=["capacity"])
        tell_signing(membership, before, by=by, at=at)
    _flag(membership.organisation, by=by, at=at)
    return mandate


@transaction.atomic
def accept_mandate(*, by: User, document_id: int, at: datetime) -> OrganisationDocument:
    """Note that the office has read a mandate and agrees.

    Raises:
        Refusal: ``forbidden`` (403), ``not_waiting`` (409).
    """
    mandate = _to_check(by, document_id)
    mandate.state = DocumentState.ACCEPTED
    return _checked(mandate, by=by, at=at)


@transaction.atomic
def refuse_mandate(
    *, by: User, document_id: int, reason: str, at: datetime
) -> OrganisationDocument:
    """Refuse a mandate, with a reason its holder reads; they may attest nothing meanwhile.

    Raises:
        Refusal: ``forbidden`` (403), ``not_waiting`` (409), ``reason_needed``.
    """
    mandate = _to_check(by, document_id)
    if is_blank(reason):
        raise Refusal("Donnez la raison du refus : la personne la lira.", code="reason_needed")
    mandate.state = DocumentState.REFUSED
    mandate.refusal_reason = reason.strip()[:300]
    _checked(mandate, by=by, at=at)
    messages.queue_mandate_refused(mandate, at=at)
    return mandate


def _checked(mandate: OrganisationDocument, *, by: User, at: datetime) -> OrganisationDocument:
    mandate.checked_at = at
    mandate.checked_by = by
    mandate.full_clean(exclude=["organisation", "membership", "added_by", "checked_by"])
    mandate.save()
    if not _to_look_at(mandate.organisation):
        mandate.organisation.flags.filter(kind=FlagKind.MANDATE, handled_at__isnull=True).update(
            handled_at=at, handled_by=by
        )
    return mandate


def _to_check(by: User, document_id: int) -> OrganisationDocument:
    if not handles_flags(by):
        raise Refusal("Seul le service vérifie un mandat.", code="forbidden", status=403)
    mandates = OrganisationDocument.objects.filter(
        kind=DocumentKind.MANDATE, membership__isnull=False
    )
    _locked_member(mandates.values_list("membership_id", flat=True).get(pk=document_id))
    mandate = mandates.select_related("organisation", "membership__user").get(pk=document_id)
    if mandate.ended_at is not None or mandate.state != DocumentState.TO_CHECK:
        raise Refusal("Ce mandat n’attend pas de vérification.", code="not_waiting", status=409)
    return mandate


def _locked_member(membership_id: int) -> Membership:
    """Lock the body of a member: its mandates change one at a time."""
    organisation_id = Membership.objects.values_list("organisation_id", flat=True).get(
        pk=membership_id
    )
    organisation = lock_body(organisation_id)
    membership = Membership.objects.select_related("user").get(pk=membership_id)
    membership.organisation = organisation
    return membership


def _check_dates(issued_on: date | None, valid_until: date | None, at: datetime) -> None:
    today = local_date(at)
    if valid_until is not None and valid_until < today:
        raise Refusal("Ce mandat n’est déjà plus valable.", code="expired")
    if issued_on is not None and issued_on > today:
        raise Refusal("Un mandat ne porte pas une date à venir.", code="wrong_dates")
    if issued_on and valid_until and valid_until < issued_on:
        raise Refusal("Un mandat est daté avant sa fin de validité.", code="wrong_dates")


def _flag(organisation: Organisation, *, by: User, at: datetime) -> None:
    if waiting := _to_look_at(organisation):
        text = "Mandats à regarder : " + ", ".join(waiting) + "."
        raise_flag(organisation=organisation, kind=FlagKind.MANDATE, text=text, by=by, at=at)


def _to_look_at(organisation: Organisation) -> list[str]:
    """Name those who sign by mandate and whose mandate is missing or not yet checked."""
    holders = (
        organisation.memberships.with_right(Right.SIGN)
        .filter(capacity=SigningCapacity.MANDATE)
        .select_related("user")
        .order_by("pk")
    )
    words = []
    for membership in holders:
        mandate = mandate_of(membership)
        if mandate is None:
            words.append(f"{membership.user} (pas encore donné)")
        elif mandate.state == DocumentState.TO_CHECK:
            words.append(f"{membership.user} (à vérifier)")
    return words
