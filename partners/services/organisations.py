"""Create a body, keep its profile, check its number, agree to be notified by e-mail."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from config.errors import Refusal
from config.text import clean_name, clean_text, fold
from foundation.parameters.selectors import value_on
from partners.enums import IdentifierState, MembershipState, OrganisationKind, Right
from partners.former_numbers import joined_under
from partners.identifiers import IdentifierError, check_rna, check_siret
from partners.lookup import ask_register
from partners.models import Membership, NotificationConsent, Organisation
from partners.permissions import has_right, may_manage, runs_directory
from partners.services.locks import lock_body
from partners.services.mandates import flag_mandate_to_give


if TYPE_CHECKING:
    from accounts.models import User

PROFILE_FIELDS = (
    "actor_type",
    "legal_name",
    "short_name",
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
)


class AlreadyThereError(Refusal):
    """The body is registered already: the person may ask to join it."""

    def __init__(self, organisation: Organisation) -> None:
        super().__init__(
            f"{organisation.legal_name} est déjà sur le portail : demandez à la rejoindre.",
            code="already_there",
            status=409,
        )
        self.organisation = organisation


@transaction.atomic
def create_organisation(
    *,
    by: User,
    at: datetime,
    kind: str,
    legal_name: str,
    function: str,
    capacity: str = "",
    siret: str = "",
    rna: str = "",
    creation_in_progress: bool = False,
    **profile: Any,
) -> Organisation:
    """Register a body; who does it manages it and fills its requests.

    They sign for it too when they say in what capacity; otherwise somebody else has to be invited
    for that.

    Args:
        by: The creator.
        at: Now.
        kind: One of :class:`OrganisationKind`; communes are registered beforehand.
        legal_name: Full name.
        function: The creator's function in it.
        capacity: Why they may sign (:class:`SigningCapacity`), declared by them.
        siret: May be empty for an association that has none yet.
        rna: Number of the association.
        creation_in_progress: Declared: the association is being created and has no number at all.
        **profile: Any of ``PROFILE_FIELDS``.

    Raises:
        Refusal: ``already_there`` (409, with the body to join), ``commune``,
            ``invalid_identifier``, ``identifier_needed``.
    """
    organisation = _register(
        by=by,
        at=at,
        kind=kind,
        legal_name=legal_name,
        siret=siret,
        rna=rna,
        creation_in_progress=creation_in_progress,
        profile=profile,
    )
    membership = Membership.objects.create(
        user=by,
        organisation=organisation,
        function=clean_name(function),
        capacity=capacity,
        rights=[Right.MANAGE, Right.EDIT, *([Right.SIGN] if capacity else [])],
        state=MembershipState.ACTIVE,
        asked_at=at,
        decided_at=at,
    )
    flag_mandate_to_give(membership, at=at)
    return organisation


@transaction.atomic
def register_for_others(
    *,
    by: User,
    at: datetime,
    kind: str,
    legal_name: str,
    siret: str = "",
    rna: str = "",
    creation_in_progress: bool = False,
    **profile: Any,
) -> Organisation:
    """Register a body as the office, which does not join it: somebody is invited to manage it.

    Args: as :func:`create_organisation`.

    Raises:
        Refusal: ``forbidden`` (403), and those of :func:`create_organisation`.
    """
    if not runs_directory(by):
        raise Refusal(
            "Seul le service inscrit une organisation sans en faire partie.",
            code="forbidden",
            status=403,
        )
    return _register(
        by=by,
        at=at,
        kind=kind,
        legal_name=legal_name,
        siret=siret,
        rna=rna,
        creation_in_progress=creation_in_progress,
        profile=profile,
    )


def _register(
    *,
    by: User,
    at: datetime,
    kind: str,
    legal_name: str,
    siret: str,
    rna: str,
    creation_in_progress: bool,
    profile: dict[str, Any],
) -> Organisation:
    if kind == OrganisationKind.COMMUNE:
        raise Refusal(
            "Les communes sont déjà sur le portail : cherchez la vôtre pour la rejoindre.",
            code="commune",
        )
    siret, rna = _checked_numbers(siret, rna)
    _require_a_number(kind, siret, rna, creation_in_progress)
    organisation = Organisation(
        kind=kind,
        siret=siret or None,
        rna=rna,
        identifier_state=ask_register(siret)[0] if siret else IdentifierState.NONE,
        legal_name=clean_name(legal_name),
        created_at=at,
        created_by=by,
    )
    _write_profile(organisation, profile)
    twin = find_twin(organisation)
    if twin is not None:
        raise AlreadyThereError(twin)
    try:
        with transaction.atomic():
            organisation.full_clean(exclude=["search_name"])
            organisation.save()
    except (IntegrityError, ValidationError):  # perhaps somebody registered it in the meantime
        twin = find_twin(organisation)
        if twin is None:
            raise
        raise AlreadyThereError(twin) from None
    return organisation


def find_twin(organisation: Organisation) -> Organisation | None:
    """Return the registered body that this one would double.

    Same SIRET, same commune by SIREN, same RNA, the SIRET or RNA of a double joined to it, or,
    without any SIRET, same name in the same town.
    """
    others = Organisation.objects.current().exclude(pk=organisation.pk)
    siren = (organisation.siret or "")[:9]
    if siren:
        same = others.filter(siret=organisation.siret) | others.filter(
            kind=OrganisationKind.COMMUNE, siren=siren
        )
        if found := same.order_by("pk").first():
            return found
    if organisation.rna and (found := others.filter(rna=organisation.rna).first()):
        return found
    numbers = {"siret": organisation.siret, "rna": organisation.rna}
    given = {name: value for name, value in numbers.items() if value}
    if given and (found := others.filter(joined_under(**given)).order_by("pk").first()):
        return found
    if organisation.siret:
        return None
    name, town = fold(organisation.legal_name), fold(organisation.city)
    namesakes = others.filter(search_name__startswith=name)
    return next((o for o in namesakes if fold(o.legal_name) == name and fold(o.city) == town), None)


@transaction.atomic
def update_organisation(
    *, by: User, organisation_id: int, at: datetime, siret: str = "", rna: str = "", **profile: Any
) -> Organisation:
    """Change a body's profile; fill in its numbers when it had none.

    Args:
        by: One of its managers, or the office.
        organisation_id: The body.
        at: Now.
        siret: Written when there was none yet; only the office replaces one.
        rna: Same rule.
        **profile: Any of ``PROFILE_FIELDS``.

    Raises:
        Refusal: ``forbidden`` (403), ``siret_kept``, ``invalid_identifier``, ``already_there``.
    """
    organisation = lock_body(organisation_id)
    if not may_manage(by, organisation):
        raise Refusal("Vous ne gérez pas cette organisation.", code="forbidden", status=403)
    siret, rna = _checked_numbers(siret, rna)
    if siret and siret != organisation.siret:
        if organisation.siret and not runs_directory(by):
            raise Refusal(
                "Le SIRET ne se change que par le service instructeur : écrivez-lui.",
                code="siret_kept",
            )
        if organisation.siren and siret[:9] != organisation.siren and not runs_directory(by):
            raise Refusal(
                "Ce SIRET n’est pas celui de cette organisation : ses neuf premiers chiffres "
                f"devraient être {organisation.siren}.",
                code="invalid_identifier",
            )
        former = Organisation.objects.exclude(pk=organisation.pk).filter(joined_under(siret=siret))
        if kept := former.order_by("pk").first():
            raise AlreadyThereError(kept)
        organisation.siret = siret
        organisation.siren = siret[:9]
        organisation.identifier_state = ask_register(siret)[0]
    if rna and (not organisation.rna or runs_directory(by)):
        organisation.rna = rna
    _write_profile(organisation, profile)
    if organisation.siret:
        twin = Organisation.objects.exclude(pk=organisation.pk).filter(siret=organisation.siret)
        if twin.exists():
            raise AlreadyThereError(twin.get())
    organisation.full_clean(exclude=["search_name"])
    organisation.save()
    return organisation


@transaction.atomic
def confirm_identifier(*, by: User, organisation_id: int) -> Organisation:
    """Note that the office has checked a body's SIRET against the national register.

    Raises:
        Refusal: ``forbidden`` (403), ``no_siret``, ``already_checked`` (409).
    """
    organisation = lock_body(organisation_id)
    if not runs_directory(by):
        raise Refusal("Seul le service vérifie un SIRET.", code="forbidden", status=403)
    if not organisation.siret:
        raise Refusal("Cette organisation n’a pas encore de SIRET.", code="no_siret")
    if organisation.identifier_state == IdentifierState.CHECKED:
        raise Refusal("Ce SIRET est déjà vérifié.", code="already_checked", status=409)
    organisation.identifier_state = IdentifierState.CHECKED
    organisation.save(update_fields=["identifier_state"])
    return organisation


@transaction.atomic
def give_consent(
    *, by: User, organisation_id: int, email: str, at: datetime
) -> NotificationConsent:
    """Agree, for a body, to receive its decisions by e-mail; replaces the consent in force.

    Args:
        by: Somebody who manages the body or signs for it.
        organisation_id: The body.
        email: Where decisions will be sent.
        at: Now; the version of the text is the one in force that day.

    Raises:
        Refusal: ``forbidden`` (403), ``already_given`` (409) for the same address and text.

    Source:
        Code des relations entre le public et l’administration, article L112-15.
    """
    organisation = _locked_for_consent(by, organisation_id)
    version = value_on("notification_consent.version", timezone.localdate(at))
    current = organisation.notification_consents.filter(revoked_at__isnull=True).first()
    if current is not None:
        if (current.email, current.text_version) == (email.lower(), version):
            raise Refusal("Cet accord est déjà donné.", code="already_given", status=409)
        _revoke(current, by=by, at=at)
    consent = NotificationConsent(
        organisation=organisation,
        email=email.lower(),
        text_version=version,
        given_by=by,
        given_at=at,
    )
    consent.full_clean()
    consent.save()
    return consent


@transaction.atomic
def revoke_consent(*, by: User, organisation_id: int, at: datetime) -> NotificationConsent:
    """Take back a body's consent: its next decisions go by post.

    Raises:
        Refusal: ``forbidden`` (403), ``no_consent`` (409).
    """
    organisation = _locked_for_consent(by, organisation_id)
    current = organisation.notification_consents.filter(revoked_at__isnull=True).first()
    if current is None:
        raise Refusal("Aucun accord n’est en vigueur.", code="no_consent", status=409)
    _revoke(current, by=by, at=at)
    return current


def _revoke(consent: NotificationConsent, *, by: User, at: datetime) -> None:
    consent.revoked_at = at
    consent.revoked_by = by
    consent.save(update_fields=["revoked_at", "revoked_by"])


def _locked_for_consent(by: User, organisation_id: int) -> Organisation:
    organisation = lock_body(organisation_id)
    if not has_right(by, organisation, Right.MANAGE, Right.SIGN):
        raise Refusal(
            "Cet accord est donné ou retiré par qui gère l’organisation ou signe pour elle.",
            code="forbidden",
            status=403,
        )
    return organisation


def _checked_numbers(siret: str, rna: str) -> tuple[str, str]:
    try:
        return (check_siret(siret) if siret else "", check_rna(rna) if rna else "")
    except IdentifierError as error:
        raise Refusal(str(error), code="invalid_identifier") from error


def _require_a_number(kind: str, siret: str, rna: str, creation_in_progress: bool) -> None:
    if siret:
        return
    if kind != OrganisationKind.ASSOCIATION:
        raise Refusal(
            "Le SIRET est nécessaire : seule une association peut commencer sans.",
            code="identifier_needed",
        )
    if not rna and not creation_in_progress:
        raise Refusal(
            "Sans SIRET, indiquez le numéro RNA de l’association, ou que sa création est en cours.",
            code="identifier_needed",
        )


def _write_profile(organisation: Organisation, profile: dict[str, Any]) -> None:
    unknown = set(profile) - set(PROFILE_FIELDS)
    if unknown:
        raise TypeError(f"not a field of the profile: {sorted(unknown)}")
    for name, value in profile.items():
        clean = clean_text if name == "purpose" else clean_name
        setattr(organisation, name, clean(value) if isinstance(value, str) else value)
