"""Join a double to the body it doubles, keeping the history of both."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING

from django.contrib.contenttypes.models import ContentType
from django.db import transaction

from config.errors import Refusal
from config.text import fold, is_blank
from foundation.documents.models import StoredFile
from partners import messages
from partners.doubles import conflicts_between
from partners.enums import BankState, InvitationState, MembershipState, OrganisationKind, Right
from partners.merging import movers
from partners.models import Membership, Organisation, OrganisationMerge
from partners.services.memberships import ordered_rights
from partners.services.profile import AFFILIATION_FIELDS
from partners.store_messages import queue_merged


if TYPE_CHECKING:
    from accounts.models import User

CURRENT = (MembershipState.ACTIVE, MembershipState.PENDING)
FILLED_IN = (  # written from the double where the body kept has nothing
    "short_name",
    "rna",
    "actor_type",
    "address",
    "postal_code",
    "city",
    "commune",
    "email",
    "phone",
    "website",
    "purpose",
    "correspondence_address",
    "local_registry",
    *AFFILIATION_FIELDS,
)


@transaction.atomic
def merge_organisations(
    *,
    by: User,
    source_id: int,
    target_id: int,
    reason: str,
    at: datetime,
    typed: str = "",
    kept_rights: Collection[int] = (),
) -> OrganisationMerge:
    """Join a double to another body: its people, dossiers and papers follow, it is no longer found.

    The double's members arrive with the right to fill in at most, unless the administrator keeps
    those of some: a made-up double is no way into a body. What was filed keeps the name it was
    filed under. The double's numbers are freed, kept in the row of the merge, and given to the body
    kept when it had none; they lead to it from then on. The members of both are told by e-mail.

    Args:
        by: An administrator.
        source_id: The double.
        target_id: The body kept.
        reason: Why they are one.
        at: Now.
        typed: The double's name, copied by hand, when something in them disagrees.
        kept_rights: The double's memberships whose rights to manage and to attest are kept.

    Raises:
        Refusal: ``forbidden`` (403), ``same``, ``already_merged`` (409), ``commune``,
            ``reason_needed``, ``typed_needed``.
    """
    if not by.access.is_administrator:
        raise Refusal("Seule l’administration réunit des doublons.", code="forbidden", status=403)
    source, target = _locked(source_id, target_id)
    _check(source, target, reason, typed)
    moved: dict = {"numbers": _numbers(source)}
    moved["rights_kept"] = _limit_rights(source, kept_rights)
    moved["memberships"] = _move_memberships(source, target, by=by, at=at)
    moved["documents"] = source.documents.update(organisation=target)
    moved["bank_details"] = _move_bank_details(source, target)
    moved["consents"] = _move_consents(source, target, by=by, at=at)
    moved["flags"] = _move_flags(source, target, by=by, at=at)
    moved["invitations"] = _move_invitations(source, target, at=at)
    moved["profile"] = _move_profile(source, target)
    for mover in movers():
        moved[mover.slug] = mover.move(source=source, target=target, by=by, at=at)
    _close(source, target)
    merge = OrganisationMerge(
        source=source, target=target, reason=reason.strip(), moved=moved, merged_by=by, merged_at=at
    )
    merge.full_clean(exclude=["source", "target", "merged_by"])
    merge.save()
    newcomers = _newcomers(target, moved["rights_kept"])
    queue_merged(source, target, newcomers, at=at)
    for membership in newcomers:
        if Right.SIGN in membership.rights and membership.capacity:
            messages.queue_new_signatory(membership, by=by, at=at)
    return merge


def _locked(source_id: int, target_id: int) -> tuple[Organisation, Organisation]:
    """Lock the dossiers, then both bodies, always the first one registered first."""
    if source_id == target_id:
        raise Refusal("Choisissez deux organisations différentes.", code="same")
    for mover in movers():
        if mover.lock is not None:
            mover.lock(source_id, target_id)
    rows = {
        row.pk: row
        for row in Organisation.objects.select_for_update(of=("self",), no_key=True)
        .filter(pk__in=[source_id, target_id])
        .order_by("pk")
    }
    return rows[source_id], rows[target_id]


def _check(source: Organisation, target: Organisation, reason: str, typed: str) -> None:
    if source.merged_into_id or target.merged_into_id:
        raise Refusal(
            "L’une de ces organisations est déjà réunie à une autre.",
            code="already_merged",
            status=409,
        )
    if source.kind == OrganisationKind.COMMUNE:
        raise Refusal(
            "Une commune est inscrite d’office : gardez sa fiche, et réunissez-y l’autre.",
            code="commune",
        )
    if is_blank(reason):
        raise Refusal("Dites pourquoi c’est la même organisation.", code="reason_needed")
    serious = [one for one in conflicts_between(source, target) if one.needs_typing]
    if serious and fold(typed) != fold(source.legal_name):
        raise Refusal(
            "Leurs fiches se contredisent : recopiez le nom du doublon pour confirmer.",
            code="typed_needed",
        )


def _numbers(source: Organisation) -> dict[str, str]:
    return {"siret": source.siret or "", "siren": source.siren, "rna": source.rna}


def _limit_rights(source: Organisation, kept: Collection[int]) -> list[int]:
    """Leave the double's members the right to fill in, but those named; return who they are."""
    people = []
    for row in source.memberships.active().order_by("pk"):
        if row.pk in kept:
            people.append(row.user_id)
            continue
        row.rights = [right for right in row.rights if right == Right.EDIT]
        row.capacity = ""
        row.save(update_fields=["rights", "capacity"])
    for invitation in source.invitations.waiting():
        invitation.rights = [right for right in invitation.rights if right == Right.EDIT]
        invitation.save(update_fields=["rights"])
    return people


def _newcomers(target: Organisation, user_ids: list[int]) -> list[Membership]:
    """Return those of the double whose rights were kept, as members of the body kept."""
    rows = target.memberships.active().filter(user__in=user_ids)
    return list(rows.select_related("user", "organisation").order_by("pk"))


def _move_memberships(source: Organisation, target: Organisation, *, by: User, at: datetime) -> int:
    """Bring the members over; somebody of both keeps one membership, with the rights of both."""
    there = {row.user_id: row for row in target.memberships.filter(state__in=CURRENT)}
    moved = 0
    for row in source.memberships.filter(state__in=CURRENT).order_by("pk"):
        other = there.get(row.user_id)
        if other is None:
            row.organisation = target
            row.save(update_fields=["organisation"])
        else:
            _join(row, other)
            row.state = MembershipState.ENDED
            row.decided_at, row.decided_by = at, by
            row.save(update_fields=["state", "decided_at", "decided_by"])
            row.mandates.update(membership=other)
        moved += 1
    return moved


def _join(row: Membership, other: Membership) -> None:
    """Give the membership kept what the other one allowed; a request that waits allows nothing."""
    if not row.is_active:
        return
    if other.is_active:
        other.rights = ordered_rights(sorted({*other.rights, *row.rights}))
        other.capacity = other.capacity or row.capacity
    else:
        other.rights, other.capacity = row.rights, row.capacity
        other.state = MembershipState.ACTIVE
        other.decided_at, other.decided_by = row.decided_at, row.decided_by
    other.save()


def _move_bank_details(source: Organisation, target: Organisation) -> int:
    """Bring the accounts over; the one in force in the body kept stays in force."""
    in_force = [BankState.TO_CHECK, BankState.CHECKED, BankState.REFUSED]
    if target.bank_details.filter(state__in=in_force).exists():
        source.bank_details.filter(state__in=in_force).update(state=BankState.REPLACED)
    return source.bank_details.update(organisation=target)


def _move_consents(source: Organisation, target: Organisation, *, by: User, at: datetime) -> int:
    if target.notification_consents.filter(revoked_at__isnull=True).exists():
        source.notification_consents.filter(revoked_at__isnull=True).update(
            revoked_at=at, revoked_by=by
        )
    return source.notification_consents.update(organisation=target)


def _move_flags(source: Organisation, target: Organisation, *, by: User, at: datetime) -> int:
    same = target.flags.filter(handled_at__isnull=True).values_list("kind", flat=True)
    source.flags.filter(handled_at__isnull=True, kind__in=list(same)).update(
        handled_at=at, handled_by=by
    )
    return source.flags.update(organisation=target)


def _move_invitations(source: Organisation, target: Organisation, *, at: datetime) -> int:
    waiting = target.invitations.waiting().values_list("email", flat=True)
    source.invitations.waiting().filter(email__in=list(waiting)).update(
        state=InvitationState.REVOKED, closed_at=at
    )
    return source.invitations.update(organisation=target)


def _move_profile(source: Organisation, target: Organisation) -> int:
    """Bring over what the body kept does not say; figures of a year it gave stay its own."""
    moved = 0
    if not target.representatives.exists():
        moved += source.representatives.update(organisation=target)
    for figures in ("human_means", "year_accounts"):
        known = list(getattr(target, figures).values_list("year", flat=True))
        moved += getattr(source, figures).exclude(year__in=known).update(organisation=target)
    known = list(target.approvals.values_list("kind", flat=True))
    moved += source.approvals.exclude(kind__in=known).update(organisation=target)
    return moved


def _close(source: Organisation, target: Organisation) -> None:
    """Free the double's numbers, fill in the body kept, and lead from one to the other."""
    siret, state = source.siret, source.identifier_state
    for name in FILLED_IN:
        if getattr(target, name) in (None, "") and getattr(source, name) not in (None, ""):
            setattr(target, name, getattr(source, name))
    if not target.siret and siret and target.siren in ("", siret[:9]):
        target.siret, target.identifier_state = siret, state
    source.siret, source.siren, source.rna = None, "", ""
    source.identifier_state = "none"
    source.merged_into = target
    source.save()
    source.merged_from.update(merged_into=target)
    target.full_clean(exclude=["search_name"])
    target.save()
    files = StoredFile.objects.filter(
        content_type=ContentType.objects.get_for_model(Organisation), object_id=source.pk
    )
    files.update(object_id=target.pk)
