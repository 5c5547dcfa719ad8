"""Who coordinates a place."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import Q

from accounts.enums import Role
from accounts.models import RoleAssignment


@dataclass(frozen=True)
class Coordinator:
    """The public card of a coordinator.

    Attributes:
        name: First and last name.
        title: What they are called (« Coordonnatrice du territoire 7 »).
        email: Professional address.
        phone: Professional number, or an empty string.
        territory: Number of the territory; ``None`` for the whole département.
    """

    name: str
    title: str
    email: str
    phone: str
    territory: int | None


def coordinators_of(territory_numbers: Iterable[int], on: date) -> list[Coordinator]:
    """Return the coordinators of these territories on a day, those of the whole département last.

    One query. Territories by number, then people by name.
    """
    assignments = (
        RoleAssignment.objects.in_force(on)
        .filter(
            Q(territory__in=list(territory_numbers)) | Q(territory__isnull=True),
            role=Role.COORDINATOR,
            user__is_active=True,
        )
        .select_related("user")
        .order_by("territory", "user__last_name", "user__first_name", "pk")  # nulls come last
    )
    return [
        Coordinator(
            name=str(assignment.user),
            title=assignment.title or assignment.get_role_display(),
            email=assignment.user.email,
            phone=assignment.user.phone,
            territory=assignment.territory_id,
        )
        for assignment in assignments
    ]
