"""Who may do what: give a role, end it, open the first administrator's account."""

from datetime import date, datetime

from allauth.account.forms import default_token_generator
from allauth.account.models import EmailAddress
from allauth.account.utils import user_pk_to_url_str
from django.db import transaction
from django.db.models import Q

from accounts.enums import Role
from accounts.models import RoleAssignment, User
from config.errors import Refusal
from config.text import clean_name
from territories.models import School, Territory


@transaction.atomic
def create_person(
    *, email: str, first_name: str = "", last_name: str = "", password: str | None = None
) -> User:
    """Create a person whose address is known to be theirs (no confirmation is asked).

    Args:
        email: Their address.
        first_name: Cleaned of invisible characters.
        last_name: Cleaned of invisible characters.
        password: Without one, they choose it through « Mot de passe oublié ».

    Raises:
        Refusal: ``email_taken`` when somebody has this address already.
    """
    if User.objects.filter(email__iexact=email).exists():
        raise Refusal("Cette adresse e-mail est déjà utilisée.", code="email_taken", status=409)
    user = User.objects.create_user(
        email, password, first_name=clean_name(first_name), last_name=clean_name(last_name)
    )
    EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=True)
    return user


@transaction.atomic
def assign_role(
    *,
    by: User | None,
    user: User,
    role: str,
    starts_on: date,
    on: date,
    ends_on: date | None = None,
    title: str = "",
    territory: Territory | None = None,
    school: School | None = None,
) -> RoleAssignment:
    """Give a person a role, from one day to another.

    Args:
        by: An administrator; ``None`` only for the first one, from the command line.
        user: Who receives it.
        role: One of :class:`accounts.enums.Role`.
        starts_on: First day.
        on: Today.
        ends_on: Last day, included; ``None`` for no end.
        title: What their card shows.
        territory: A coordinator's; ``None`` is the whole département.
        school: A school person's.

    Raises:
        Refusal: ``forbidden`` or ``own`` (403): nobody gives themselves a role; ``already_held``
            (409) when the same role with the same scope is already given over some of these days.
    """
    _require_administrator(by)
    if by is not None and by.pk == user.pk:
        raise Refusal(
            "On ne se donne pas un rôle à soi-même\u00a0: demandez-le à une autre personne de "
            "l’administration.",
            code="own",
            status=403,
        )
    user = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    assignment = RoleAssignment(
        user=user,
        role=role,
        title=clean_name(title),
        territory=territory if role == Role.COORDINATOR else None,
        school=school if role == Role.SCHOOL else None,
        starts_on=starts_on,
        ends_on=ends_on,
        assigned_by=by,
    )
    same = user.role_assignments.filter(
        Q(ends_on__isnull=True) | Q(ends_on__gte=starts_on),
        ended_at__isnull=True,
        role=role,
        territory=assignment.territory,
        school=assignment.school,
    )
    if ends_on is not None:
        same = same.filter(starts_on__lte=ends_on)
    if same.exists():
        raise Refusal(
            "Cette personne a déjà ce rôle sur cette période.", code="already_held", status=409
        )
    assignment.full_clean()
    assignment.save()
    sync_administration_access(user, on=on)
    return assignment


@transaction.atomic
def end_role(
    *, by: User, assignment_id: int, ends_on: date | None, on: date, at: datetime
) -> RoleAssignment:
    """Give a role its last day, or end it at once.

    Args:
        by: An administrator.
        assignment_id: The assignment to end.
        ends_on: Last day, included, from today on; ``None`` ends it at this very instant, whatever
            the day it started or was to start.
        on: Today.
        at: Now.

    Raises:
        Refusal: ``forbidden`` (403), ``already_ended`` (409), ``before_start``, ``past``,
            ``last_administrator`` when nobody would administer the portal after that day.
    """
    _require_administrator(by)
    # All of them, always in the same order: two administrators cannot remove one another at once.
    administrators = list(
        RoleAssignment.objects.select_for_update(of=("self",), no_key=True)
        .filter(role=Role.ADMINISTRATOR)
        .order_by("pk")
    )
    assignment = RoleAssignment.objects.select_for_update(of=("self",), no_key=True).get(
        pk=assignment_id
    )
    if assignment.is_over(on):
        raise Refusal("Ce rôle est déjà terminé.", code="already_ended", status=409)
    at_once = ends_on is None
    if at_once:
        ends_on = max(on, assignment.starts_on)
    elif ends_on < on:
        raise Refusal(
            "Le dernier jour ne peut pas être passé\u00a0: pour retirer les accès maintenant, "
            "choisissez «\u00a0Tout de suite\u00a0».",
            code="past",
        )
    if ends_on < assignment.starts_on:
        raise Refusal("La fin d’un rôle ne peut pas précéder son début.", code="before_start")
    if assignment.role == Role.ADMINISTRATOR and not any(
        other.pk != assignment.pk
        and other.starts_on <= (on if at_once else ends_on)
        and other.ends_on is None
        and other.ended_at is None
        for other in administrators
    ):
        raise Refusal(
            "C’est le dernier rôle d’administration\u00a0: donnez-le d’abord à quelqu’un d’autre, "
            "sans date de fin.",
            code="last_administrator",
            status=409,
        )
    assignment.ends_on = ends_on
    assignment.ended_at = at if at_once else None
    assignment.full_clean()
    assignment.save(update_fields=["ends_on", "ended_at"])
    sync_administration_access(assignment.user, on=on)
    return assignment


def sync_administration_access(user: User, *, on: date) -> None:
    """Open or close Django's administration: it follows the administrator role of that day.

    Called when a role changes and at each sign-in, since roles also start and end by themselves.
    """
    may = user.role_assignments.in_force(on).filter(role=Role.ADMINISTRATOR).exists()
    if (user.is_staff, user.is_superuser) != (may, may):
        user.is_staff = user.is_superuser = may
        user.save(update_fields=["is_staff", "is_superuser"])


@transaction.atomic
def create_first_administrator(*, email: str, on: date) -> User:
    """Open the portal's first administrator account, or give the role to a known person.

    Raises:
        Refusal: ``exists`` when the portal has an administrator already.
    """
    if RoleAssignment.objects.in_force(on).filter(role=Role.ADMINISTRATOR).exists():
        raise Refusal("Le portail a déjà une administration.", code="exists", status=409)
    user = User.objects.filter(email__iexact=email).first() or create_person(email=email)
    assign_role(by=None, user=user, role=Role.ADMINISTRATOR, starts_on=on, on=on)
    return user


def password_link_key(user: User) -> str:
    """Return the key of a link that lets a person choose a password (one use, one hour)."""
    return f"{user_pk_to_url_str(user)}-{default_token_generator.make_token(user)}"


def _require_administrator(by: User | None) -> None:
    if by is not None and not by.access.is_administrator:
        raise Refusal("Seule l’administration attribue les rôles.", code="forbidden", status=403)
