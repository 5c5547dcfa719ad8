"""What accounts show on the pages of a territory and of a commune."""

from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone

from accounts.enums import Role
from accounts.models import RoleAssignment
from foundation.parameters.selectors import MissingParameterError, values_on
from territories.panels import Place, territory_number


def coordinator_card(request: HttpRequest, place: Place) -> dict:
    """Return who coordinates a place today, or how to reach the office when nobody does.

    A coordinator of the whole département stands in for a territory that has none of its own.
    """
    today = timezone.localdate()
    number = territory_number(place)
    assignments = list(
        RoleAssignment.objects.in_force(today)
        .filter(Q(territory=number) | Q(territory=None), role=Role.COORDINATOR)
        .filter(user__is_active=True)
        .select_related("user")
        .order_by("starts_on", "pk")
    )
    own = [a for a in assignments if a.territory_id]
    office = {}
    if not assignments:
        try:
            office = values_on(["office.name", "office.email", "office.phone"], today)
        except MissingParameterError:
            office = {}
    return {
        "number": number,
        "assignments": own or assignments,
        "office_name": office.get("office.name", ""),
        "office_email": office.get("office.email", ""),
        "office_phone": office.get("office.phone", ""),
    }
