"""Who belongs to what, in the demonstration: invitations, mandates, a departure, a double."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain, repeat
from random import Random

from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.models import User
from config.dates import local_date
from partners.enums import OrganisationKind, Right, SigningCapacity
from partners.models import Membership, Organisation
from partners.services.invitations import accept_invitation, invite_member
from partners.services.mandates import accept_mandate, give_mandate, refuse_mandate
from partners.services.memberships import end_membership
from partners.services.merging import merge_organisations
from partners.services.organisations import create_organisation
from portal.demo import requests
from portal.demo.actors import DOMAIN, Cast, People, invented_siret
from portal.demo.calls import Year
from territories.models import Commune


LEFT, DOUBLE = 901, 902  # numbers of two more invented associations


@dataclass
class Told:
    """What was told, for the seed to say."""

    consultant: User
    without_manager: Organisation
    double: Organisation
    mandates: int


def tell_people(cast: Cast, random: Random, year: Year, *, at: datetime) -> Told:
    """Give the demonstration one case of each kind around memberships.

    Args:
        cast: Everybody, their bodies registered.
        random: Of the story.
        year: The open campaign.
        at: Now.
    """
    people = People(random)
    people.count = 5000  # names and addresses that the cast does not use
    return Told(
        consultant=_consultant(people, cast, at=at),
        without_manager=_departure(people, at=at - timedelta(days=12)),
        double=_double(people, cast, random, year, at=at - timedelta(days=9)),
        mandates=_mandates(cast, at=at),
    )


def _consultant(people: People, cast: Cast, *, at: datetime) -> User:
    """Have a consultant join two bodies; leave invitations waiting, and one whose date passed."""
    consultant = people.make(f"consultante@{DOMAIN}", "Inès", "Rocheblave")
    sent = at - timedelta(days=40)
    for body, by in (
        (cast.star, cast.star_editor),
        (cast.bodies[0], cast.editors[cast.bodies[0].pk]),
    ):
        invitation = _invite(body, by, consultant.email, "Consultante", [Right.EDIT], at=sent)
        accept_invitation(
            by=consultant,
            invitation_id=invitation.pk,
            function="Consultante",
            at=sent + timedelta(days=1),
        )
    _invite(
        cast.star,
        cast.star_signatory,
        "tresorerie@demo.example",
        "Trésorier",
        [Right.EDIT, Right.SIGN],
        at=at - timedelta(days=2),
        message="Bonjour Paul, pour relire le budget avec nous avant le dépôt.",
    )
    _invite(
        cast.star,
        cast.star_editor,
        "ancienne.benevole@demo.example",
        "Bénévole",
        [Right.EDIT],
        at=at - timedelta(days=30),
    )
    host = cast.bodies[1]
    _invite(
        host,
        cast.editors[host.pk],
        cast.star_editor.email,
        "Administrateur",
        [Right.EDIT],
        at=at - timedelta(days=1),
        message="Malik, rejoins-nous pour le dossier commun de cet été.",
    )
    return consultant


def _invite(
    body: Organisation,
    by: User,
    email: str,
    function: str,
    rights: list[Right],
    *,
    at: datetime,
    message: str = "",
):
    return invite_member(
        by=by,
        organisation_id=body.pk,
        email=email,
        function=function,
        rights=rights,
        message=message,
        at=at,
    )


def _departure(people: People, *, at: datetime) -> Organisation:
    """Have the only manager of a body leave it to the office; leave a double of it to be found."""
    founder, helper = people.make(), people.make()
    body = _register(founder, LEFT, "Le Fil des Cours", "Colombes", at=at - timedelta(days=400))
    invitation = _invite(
        body, founder, helper.email, "Bénévole", [Right.EDIT], at=at - timedelta(days=300)
    )
    accept_invitation(
        by=helper, invitation_id=invitation.pk, function="Bénévole", at=at - timedelta(days=299)
    )
    _register(people.make(), None, "Fil des Cours", "Colombes", at=at - timedelta(days=20))
    row = body.memberships.get(user=founder)
    end_membership(by=founder, membership_id=row.pk, to_office=True, at=at)
    return body


def _double(
    people: People, cast: Cast, random: Random, year: Year, *, at: datetime
) -> Organisation:
    """Register the demonstration's association twice, begin a dossier, then join the double."""
    newcomer = people.make()
    double = _register(newcomer, None, "Ateliers du Rail", "Bagneux", at=at)
    requests.make_draft(
        random,
        sheet=year.sheets["C2"],
        body=double,
        by=newcomer,
        at=at + timedelta(hours=3),
        sections=2,
        documents=False,
    )
    merge_organisations(
        by=cast.administrator,
        source_id=double.pk,
        target_id=cast.star.pk,
        reason="Même association, inscrite deux fois : la présidente l’a confirmé au téléphone.",
        at=at + timedelta(days=2),
    )
    return double


def _register(by: User, number: int | None, name: str, town: str, *, at: datetime) -> Organisation:
    commune = Commune.objects.get(name=town)
    body = create_organisation(
        by=by,
        at=at,
        kind=OrganisationKind.ASSOCIATION,
        legal_name=name,
        function="Présidence",
        capacity=SigningCapacity.REPRESENTATIVE,
        siret=invented_siret(number) if number else "",
        creation_in_progress=number is None,
        city=str(commune),
        commune=commune,
    )
    Organisation.objects.filter(pk=body.pk).update(is_demo=True)
    return body


def _mandates(cast: Cast, *, at: datetime) -> int:
    """Give the mandates of the communes: accepted, and one to check, refused, expired, missing."""
    rows = list(
        Membership.objects.with_right(Right.SIGN)
        .filter(capacity=SigningCapacity.MANDATE, organisation__kind=OrganisationKind.COMMUNE)
        .exclude(organisation=cast.commune)
        .select_related("user")
        .order_by("pk")
    )
    states = ("to_check", "refused", "expired", "missing")
    own = cast.commune.memberships.get(user=cast.commune_member)
    told = [(own, "accepted"), *zip(rows, chain(states, repeat("accepted")), strict=False)]
    for row, state in told:
        if state != "missing":
            _mandate(cast, row, state, at=at)
    return len(told)


def _mandate(cast: Cast, row: Membership, state: str, *, at: datetime) -> None:
    given = at - (timedelta(days=700) if state == "expired" else timedelta(days=20))
    mandate = give_mandate(
        by=row.user,
        membership_id=row.pk,
        upload=SimpleUploadedFile(
            "mandat.pdf", requests.a_page(f"Mandat de {row.user}"), "application/pdf"
        ),
        issued_on=local_date(given),
        valid_until=local_date(given) + timedelta(days=365),
        at=given,
    )
    checked = given + timedelta(days=3)
    if state in {"accepted", "expired"}:
        accept_mandate(by=cast.head, document_id=mandate.pk, at=checked)
    elif state == "refused":
        refuse_mandate(
            by=cast.head,
            document_id=mandate.pk,
            reason="Le mandat n’est pas signé par le maire.",
            at=checked,
        )
