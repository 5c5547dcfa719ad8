"""Who stands in for somebody of the desk who is away."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Q

from accounts.models import User
from config.dates import local_date
from config.errors import Refusal
from config.templatetags.fr import date_fr, plural_fr
from foundation.parameters.selectors import days_on
from grants.review.models import Replacement


if TYPE_CHECKING:
    from django.db.models import QuerySet


@transaction.atomic
def declare_replacement(
    *, person: User, substitute: User, starts_on: date, ends_on: date, by: User, at: datetime
) -> Replacement:
    """Have somebody of the desk stand in for a colleague, from a day to another, both included.

    Meanwhile the substitute finds the colleague's dossiers among theirs and acts on them, except
    those from which they stand aside, and never scores in the colleague's place. Nobody stands in
    for a substitute: who replaces somebody cannot be away the same days.

    Args:
        person: Who is away.
        substitute: Who stands in.
        starts_on: First day.
        ends_on: Last day, included.
        by: The head, or the person away.
        at: Now.

    Raises:
        Refusal: ``not_allowed`` (403), ``not_desk``, ``same_person``, ``bad_dates`` (422),
            ``overlap`` (409).
    """
    _check_may_declare(person, by)
    if substitute.pk == person.pk:
        raise Refusal("On ne se remplace pas soi-même.", code="same_person")
    for one in (person, substitute):
        if not one.access.is_desk:
            raise Refusal(f"{one} n’instruit pas de dossiers.", code="not_desk")
    if ends_on < starts_on:
        raise Refusal("La fin doit suivre le début.", code="bad_dates")
    if ends_on < local_date(at):
        raise Refusal(
            "Le dernier jour est passé\u00a0: choisissez au plus tôt le "
            f"{date_fr(local_date(at))}.",
            code="bad_dates",
        )
    _check_near(starts_on, ends_on, local_date(at))
    _lock_people(person, substitute)
    _check_free(person, substitute, starts_on, ends_on)
    replacement = Replacement(
        person=person,
        substitute=substitute,
        starts_on=starts_on,
        ends_on=ends_on,
        declared_by=by,
        declared_at=at,
    )
    replacement.full_clean()
    replacement.save()
    return replacement


@transaction.atomic
def cancel_replacement(*, replacement_id: int, by: User, at: datetime) -> Replacement:
    """Stop a replacement that is not over: the substitute finds the dossiers no more, at once.

    Raises:
        Refusal: ``not_allowed`` (403), ``already_cancelled`` or ``over`` (409).
    """
    replacement = (
        Replacement.objects.select_for_update(of=("self",), no_key=True)
        .select_related("person", "substitute")
        .get(pk=replacement_id)
    )
    _check_may_declare(replacement.person, by)
    if replacement.cancelled_at is not None:
        raise Refusal("Ce remplacement est déjà annulé.", code="already_cancelled", status=409)
    if replacement.ends_on < local_date(at):
        raise Refusal(
            f"Ce remplacement est terminé depuis le {date_fr(replacement.ends_on)}.",
            code="over",
            status=409,
        )
    replacement.cancelled_at = at
    replacement.save(update_fields=["cancelled_at"])
    return replacement


def may_manage(user: User, replacement: Replacement) -> bool:
    """Tell whether a person may cancel a replacement: the head, or who is away."""
    return user.access.is_unit_head or (user.access.is_desk and replacement.person_id == user.pk)


# --- Parts ----------------------------------------------------------------------------------------
def _check_may_declare(person: User, by: User) -> None:
    if by.access.is_unit_head or (by.access.is_desk and by.pk == person.pk):
        return
    raise Refusal(
        "Chacun déclare sa propre absence\u00a0; la ou le responsable d’unité, celle de toute "
        "l’équipe.",
        code="not_allowed",
        status=403,
    )


def _check_near(starts_on: date, ends_on: date, today: date) -> None:
    back, last = days_on("replacement.days_back", today), last_day(today)
    if starts_on < today - timedelta(days=back):
        raise Refusal(
            f"Un remplacement commence {back}\u00a0jour{plural_fr(back)} avant aujourd’hui au "
            f"plus\u00a0: choisissez au plus tôt le {date_fr(today - timedelta(days=back))}.",
            code="bad_dates",
        )
    if ends_on > last:
        raise Refusal(
            f"Un remplacement finit au plus tard le {date_fr(last)}\u00a0: déclarez la suite le "
            "moment venu.",
            code="bad_dates",
        )


def last_day(today: date) -> date:
    """Return the last day a replacement declared on a day may have."""
    return today + timedelta(days=days_on("replacement.days_ahead", today))


def _lock_people(*people: User) -> None:
    """Make two replacements of the same people wait for each other, in one order."""
    wanted = sorted(one.pk for one in people)
    list(
        User.objects.select_for_update(of=("self",), no_key=True)
        .filter(pk__in=wanted)
        .order_by("pk")
        .values_list("pk", flat=True)
    )


def _check_free(person: User, substitute: User, starts_on: date, ends_on: date) -> None:
    current = Replacement.objects.filter(
        cancelled_at__isnull=True, starts_on__lte=ends_on, ends_on__gte=starts_on
    ).select_related("person", "substitute")
    _refuse(
        current.filter(person=person),
        "{found.person} est déjà remplacée ou remplacé par {found.substitute} {dates}.",
    )
    _refuse(
        current.filter(person=substitute),
        "{found.person} est en congé {dates}\u00a0: choisissez quelqu’un d’autre.",
    )
    _refuse(
        current.filter(substitute=person),
        "{found.substitute} remplace {found.person} {dates}\u00a0: annulez d’abord ce "
        "remplacement.",
    )


def _refuse(found: QuerySet[Replacement], sentence: str) -> None:
    first = found.order_by("starts_on", "pk").first()
    if first is not None:
        dates = f"du {date_fr(first.starts_on)} au {date_fr(first.ends_on)}"
        raise Refusal(sentence.format(found=first, dates=dates), code="overlap", status=409)


def concerning(user: User) -> QuerySet[Replacement]:
    """Return the replacements a person may read: all for the head, else those they take part in."""
    found = Replacement.objects.select_related("person", "substitute", "declared_by")
    if user.access.is_unit_head:
        return found
    return found.filter(Q(person=user) | Q(substitute=user))
