"""Ask for opinions on a dossier: ask, remind, give more time, take back. The office's side."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import Q

from accounts.enums import STAFF_ROLES
from accounts.models import RoleAssignment
from config.dates import local_date
from config.errors import Refusal
from config.templatetags.fr import date_fr
from config.text import clean_name, clean_prose, is_blank
from foundation.parameters.selectors import days_on
from grants.applications.enums import ReviewState
from grants.applications.events import append_event
from grants.applications.models import Application, Event
from grants.applications.services.moves import lock_application, refuse_recused
from grants.review import opinion_messages
from grants.review.enums import TO_INSTRUCT
from grants.review.models import OpinionRequest, OpinionSource, OpinionState
from grants.review.opinion_links import issue_link, renew_dead_link
from grants.review.opinion_pieces import shared_version
from grants.review.permissions import is_recused
from grants.review.services.opinion_documents import keep_shared
from partners.enums import MembershipState
from partners.models import Membership, Organisation, Representative


if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from django.db.models import QuerySet

    from accounts.models import User

MAX_QUESTION = 4000
RECUSED = "déport de la personne"


@dataclass(frozen=True)
class ExpertInput:
    """An outside expert, as the office names them."""

    name: str
    email: str
    function: str = ""


@transaction.atomic
def request_opinion(
    *,
    application_id: int,
    source: str,
    person: User | None = None,
    expert: ExpertInput | None = None,
    question: str = "",
    due_on: date,
    files: Sequence[int] = (),
    by: User,
    at: datetime,
) -> OpinionRequest:
    """Ask a coordinator (with their account) or an outside expert (by a link) for an opinion.

    Args:
        application_id: A dossier filed, whose instruction is not concluded.
        source: ``coordinator`` with ``person``, ``expert`` with ``expert``.
        person: A coordinator, of any territory.
        expert: Somebody outside: neither of the body nor of the office.
        question: What is asked in particular.
        due_on: The last day to answer, included.
        files: Keys of the files, of this dossier's documents, that they may read; none by default.
        by: Somebody of the desk.
        at: Now.

    Raises:
        Refusal: ``not_allowed`` or ``recused`` (403), ``wrong_state`` or ``already_asked`` (409),
            ``not_coordinator``, ``person_recused``, ``of_the_body``, ``of_the_office``,
            ``not_an_address``, ``name_missing``, ``too_long``, ``too_soon``, ``too_late`` or
            ``not_offered`` (422).
    """
    application = _open_dossier(application_id, by)
    check_due_on(due_on, local_date(at))
    question = clean_prose(question).strip()
    if len(question) > MAX_QUESTION:
        raise Refusal(
            f"La question dépasse {MAX_QUESTION} caractères : raccourcissez-la.",
            code="too_long",
        )
    asked = OpinionRequest(
        application=application,
        source=source,
        question=question,
        due_on=due_on,
        asked_by=by,
        asked_at=at,
    )
    if source == OpinionSource.COORDINATOR:
        _address_to_coordinator(asked, person, at)
    else:
        _address_to_expert(asked, expert, at)
    asked.full_clean(exclude=["asked_by", "person"], validate_unique=False)
    asked.save()
    if source == OpinionSource.EXPERT:
        issue_link(asked, at=at)
        asked.save(update_fields=["token_expires_at", "token_digest", "token_used_at"])
    shared = keep_shared(asked, files, by=by, at=at).as_data()
    _log(asked, "opinion_asked", by=by, at=at, comment=asked.addressee, data=shared)
    opinion_messages.queue_asked(asked, at=at)
    return asked


@transaction.atomic
def remind_opinion(*, request_id: int, by: User, at: datetime) -> OpinionRequest:
    """Remind of an opinion by e-mail, at most once a day.

    An expert whose link no longer works gets a new one.

    Raises:
        Refusal: ``not_allowed`` or ``recused`` (403), ``wrong_state``, ``not_awaited`` or
            ``reminded`` (409).
    """
    asked = _awaited(request_id, by)
    today = local_date(at)
    last = asked.reminded_at or asked.asked_at
    if local_date(last) == today:
        words = "La relance du jour est partie" if asked.reminded_at else "La demande est partie"
        raise Refusal(
            f"{words} aujourd’hui : attendez demain pour relancer.", code="reminded", status=409
        )
    asked.reminded_at = at
    renew_dead_link(asked, at=at)
    asked.save()
    _log(asked, "opinion_reminded", by=by, at=at, comment=asked.addressee)
    opinion_messages.queue_reminder(asked, at=at)
    return asked


@transaction.atomic
def extend_opinion(*, request_id: int, due_on: date, by: User, at: datetime) -> OpinionRequest:
    """Give more time to answer; the reminders follow the new date.

    Raises:
        Refusal: ``not_allowed`` or ``recused`` (403), ``wrong_state`` or ``not_awaited`` (409),
            ``not_later``, ``too_soon`` or ``too_late`` (422).
    """
    asked = _awaited(request_id, by)
    if due_on <= asked.due_on:
        raise Refusal(
            f"Choisissez un jour après le {date_fr(asked.due_on)}, date en vigueur.",
            code="not_later",
        )
    check_due_on(due_on, local_date(at))
    asked.due_on = due_on
    renew_dead_link(asked, at=at)
    asked.save()
    _log(asked, "opinion_extended", by=by, at=at, comment=asked.addressee)
    opinion_messages.queue_extended(asked, at=at)
    return asked


@transaction.atomic
def share_documents(
    *, request_id: int, files: Sequence[int], seen: str | None = None, by: User, at: datetime
) -> OpinionRequest:
    """Choose again what is read with a request: what is not chosen is not read any more.

    They are told by e-mail of what is added, not of what is taken away.

    Args:
        request_id: A request still awaited.
        files: Keys of the files that are read from now on.
        seen: What was shared on the page (:func:`shared_version`); ``None`` skips the check.
        by: Somebody of the desk.
        at: Now.

    Raises:
        Refusal: ``not_allowed`` or ``recused`` (403), ``wrong_state``, ``not_awaited`` or
            ``changed`` (409), ``not_offered`` (422).
    """
    asked = _awaited(request_id, by)
    if seen is not None and seen != shared_version(asked.shared_documents.all()):
        raise Refusal(
            "Un collègue vient de changer les pièces partagées : rien n’a changé d’autre.",
            code="changed",
            status=409,
        )
    change = keep_shared(asked, files, by=by, at=at)
    if not change:
        return asked
    if change.shared:
        renew_dead_link(asked, at=at)
        asked.save()
    data = change.as_data()
    _log(asked, "opinion_documents", by=by, at=at, comment=asked.addressee, data=data)
    if change.shared:
        opinion_messages.queue_documents(asked, added=len(change.shared), at=at)
    return asked


@transaction.atomic
def revoke_opinion(*, request_id: int, reason: str, by: User, at: datetime) -> OpinionRequest:
    """Take a request back: its reminders stop, an expert's link and page close at once.

    What was being written stays in the database, shown to nobody.

    Raises:
        Refusal: ``not_allowed`` or ``recused`` (403), ``not_awaited`` (409),
            ``reason_missing`` (422).
    """
    asked = _locked(request_id, by)
    _require_awaited(asked)
    if is_blank(reason):
        raise Refusal("Indiquez pourquoi cet avis n’est plus attendu.", code="reason_missing")
    asked.state = OpinionState.REVOKED
    asked.revoked_at = at
    asked.revoked_by = by
    asked.save(update_fields=["state", "revoked_at", "revoked_by"])
    words = f"{asked.addressee} : {clean_prose(reason).strip()[:1000]}"
    _log(asked, "opinion_revoked", by=by, at=at, comment=words)
    opinion_messages.queue_revoked(asked, at=at)
    return asked


def revoke_of_recused(
    person: User,
    applications: Iterable[Application],
    at: datetime,
    actor: User | None = None,
) -> list[OpinionRequest]:
    """Take back what is asked of somebody who stands aside, and what they answered.

    The desk may then ask somebody else. What they gave leaves counts, pages and the summary
    sheet, as their readings leave the scores; what a colleague gave in their place stays.

    Args:
        person: Who stands aside from these dossiers.
        applications: The dossiers, whose rows the caller has locked.
        at: Now.
        actor: Whose act it is in the history: theirs by default, or whoever joined two bodies.

    Returns:
        The requests taken back; nobody is mailed, the person knows.
    """
    dossiers = {one.pk: one for one in applications}
    given = Event.objects.filter(
        application__in=dossiers, kind="opinion_given", actor__isnull=False
    ).order_by("application_id", "position")
    writers = {data.get("request"): writer for data, writer in given.values_list("data", "actor")}
    live = (
        OpinionRequest.objects.filter(application__in=dossiers, source=OpinionSource.COORDINATOR)
        .exclude(state=OpinionState.REVOKED)
        .select_for_update(of=("self",), no_key=True)
        .select_related("person")
        .order_by("pk")
    )
    taken = []
    for asked in live:
        writer = writers.get(asked.pk) if asked.state == OpinionState.GIVEN else None
        if (writer or asked.person_id) != person.pk:
            continue
        asked.application = dossiers[asked.application_id]
        asked.state = OpinionState.REVOKED
        asked.revoked_at = at
        asked.revoked_by = person
        asked.save(update_fields=["state", "revoked_at", "revoked_by"])
        words = f"{asked.addressee} : {RECUSED}"
        _log(asked, "opinion_revoked", by=actor or person, at=at, comment=words)
        taken.append(asked)
    return taken


# --- Guards ---------------------------------------------------------------------------------------
def _open_dossier(application_id: int, by: User) -> Application:
    if not by.access.is_desk:
        raise Refusal("Seul le service demande des avis.", code="not_allowed", status=403)
    application = lock_application(application_id)
    refuse_recused(by, application)
    if application.review_state not in TO_INSTRUCT:
        words = f"Ce dossier est à l’état « {application.get_review_state_display()} »"
        if application.review_state == ReviewState.EVALUATED:
            words += " : son instruction est close. Rouvrez-la d’abord s’il faut un avis de plus."
        else:
            words += " : on n’y demande plus d’avis."
        raise Refusal(words, code="wrong_state", status=409)
    return application


def _locked(request_id: int, by: User) -> OpinionRequest:
    """Return a request, its dossier locked first: every act takes the locks in this order."""
    if not by.access.is_desk:
        raise Refusal("Seul le service suit les avis.", code="not_allowed", status=403)
    pk = OpinionRequest.objects.values_list("application_id", flat=True).get(pk=request_id)
    application = lock_application(pk)
    refuse_recused(by, application)
    asked = (
        OpinionRequest.objects.select_for_update(of=("self",), no_key=True)
        .select_related("person")
        .get(pk=request_id)
    )
    asked.application = application
    return asked


def _require_awaited(asked: OpinionRequest) -> None:
    if asked.state == OpinionState.GIVEN:
        raise Refusal(
            f"{asked.addressee} vient de rendre son avis : rien n’a changé d’autre.",
            code="not_awaited",
            status=409,
        )
    if asked.state == OpinionState.REVOKED:
        raise Refusal(
            f"Cette demande est déjà annulée depuis le {date_fr(asked.revoked_at)}.",
            code="not_awaited",
            status=409,
        )


def _awaited(request_id: int, by: User) -> OpinionRequest:
    asked = _locked(request_id, by)
    _require_awaited(asked)
    if asked.application.review_state not in TO_INSTRUCT:
        raise Refusal(
            "L’instruction de ce dossier est close : cet avis n’est plus attendu.",
            code="wrong_state",
            status=409,
        )
    return asked


def check_due_on(due_on: date, today: date) -> None:
    """Refuse a day that is not after today, or too far.

    Raises:
        Refusal: ``too_soon`` or ``too_late`` (422).
    """
    if due_on <= today:
        raise Refusal("Choisissez un jour après aujourd’hui.", code="too_soon")
    last = today + timedelta(days=days_on("opinion.max_days", today))
    if due_on > last:
        raise Refusal(f"Choisissez le {date_fr(last)} au plus tard.", code="too_late")


# --- Who is asked ---------------------------------------------------------------------------------
def _address_to_coordinator(asked: OpinionRequest, person: User | None, at: datetime) -> None:
    today = local_date(at)
    roles = person.role_assignments.in_force(today) if person is not None else None
    if roles is None or not person.is_active or not roles.filter(role="coordinator").exists():
        raise Refusal(
            "Choisissez une coordinatrice ou un coordinateur de territoire.",
            code="not_coordinator",
        )
    if members_among([person.pk], [asked.application.organisation_id]):
        raise Refusal(
            f"{person} est membre de {asked.application.organisation} : "
            "son avis ne se demande pas.",
            code="of_the_body",
        )
    if is_recused(person, asked.application):
        raise Refusal(f"{person} s’est déporté de ce dossier.", code="person_recused")
    asked.person = person
    if asked.application.opinion_requests.filter(person=person, state=OpinionState.ASKED).exists():
        raise _already(person)


def _address_to_expert(asked: OpinionRequest, expert: ExpertInput | None, at: datetime) -> None:
    name = clean_name(expert.name)[:150] if expert else ""
    if not name:
        raise Refusal("Indiquez le nom de l’expert.", code="name_missing")
    email = expert.email.strip().lower()
    try:
        validate_email(email)
    except ValidationError:
        raise Refusal(
            "Indiquez une adresse e-mail complète, par exemple nom@exemple.fr.",
            code="not_an_address",
        ) from None
    asked.expert_name, asked.expert_email = name, email
    asked.expert_function = clean_name(expert.function)[:150]
    refuse_concerned(asked.application, email, on=local_date(at))
    mine = asked.application.opinion_requests.filter(state=OpinionState.ASKED)
    if mine.filter(expert_email__iexact=email).exists():
        raise _already(name)


def _already(who: object) -> Refusal:
    return Refusal(f"L’avis de {who} est déjà attendu.", code="already_asked", status=409)


def refuse_concerned(application: Application, email: str, *, on: date) -> None:
    """Refuse, as an expert, somebody of the body that asks, or of the office.

    Raises:
        Refusal: ``of_the_body`` or ``of_the_office`` (422).
    """
    if refusal := concerned([application], email, on=on).get(application.pk):
        raise refusal


def concerned(applications: Sequence[Application], email: str, *, on: date) -> dict[int, Refusal]:
    """Return why somebody may not be the expert of some dossiers, by key; five queries for all.

    They are of the body that asks, or of the office. « nom+mot@… » is the mailbox of « nom@… ».
    """
    addresses = {email, _mailbox(email)}
    anywhere = Q()
    for address in addresses:
        anywhere |= Q(user__email__iexact=address) | Q(user__emailaddress__email__iexact=address)
    roles = RoleAssignment.objects.in_force(on).filter(role__in=STAFF_ROLES)
    is_of_office = roles.filter(anywhere).exists()
    bodies = {one.organisation_id for one in applications}
    theirs = set(
        _members(bodies).filter(anywhere).values_list("organisation_id", flat=True).distinct()
    )
    representatives = Representative.objects.filter(organisation__in=bodies)
    written = [
        *representatives.values_list("organisation_id", "email"),
        *Organisation.objects.filter(pk__in=bodies).values_list("pk", "email"),
    ]
    theirs |= {body for body, one in written if one and _mailbox(one.lower()) in addresses}
    contacts = Application.objects.filter(pk__in=[one.pk for one in applications])
    contact = dict(contacts.values_list("pk", "contact_email"))
    found = {}
    for one in applications:
        written_here = contact.get(one.pk) or ""
        if one.organisation_id in theirs or _mailbox(written_here.lower()) in addresses:
            found[one.pk] = Refusal(
                f"Cette adresse est celle d’une personne de {one.organisation} : elle ne peut "
                "pas donner d’avis sur sa propre demande.",
                code="of_the_body",
            )
        elif is_of_office:
            found[one.pk] = Refusal(
                "Cette adresse est celle d’une personne du service : un avis de la "
                "coordination se demande avec son compte.",
                code="of_the_office",
            )
    return found


def _members(bodies: Iterable[int]) -> QuerySet[Membership]:
    current = [MembershipState.ACTIVE, MembershipState.PENDING]
    return Membership.objects.filter(organisation__in=list(bodies), state__in=current)


def members_among(people: Iterable[int], bodies: Iterable[int]) -> set[tuple[int, int]]:
    """Return which people are of which bodies: pairs of keys, the person’s first."""
    found = _members(bodies).filter(user__in=list(people))
    return set(found.values_list("user_id", "organisation_id"))


def _mailbox(email: str) -> str:
    local, _, domain = email.partition("@")
    return f"{local.partition('+')[0]}@{domain}"


def _log(
    asked: OpinionRequest,
    kind: str,
    *,
    by: User | None,
    at: datetime,
    comment: str = "",
    data: dict[str, list[int]] | None = None,
) -> None:
    append_event(
        application=asked.application,
        kind=kind,
        actor=by,
        at=at,
        comment=comment,
        data={"request": asked.pk, **(data or {})},
    )
