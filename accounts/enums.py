from django.db.models import TextChoices


class Role(TextChoices):
    """What a person may do in the office or around it (applicants hold memberships instead)."""

    CASE_OFFICER = "case_officer", "Chargé d’instruction"
    UNIT_HEAD = "unit_head", "Responsable d’unité"
    COORDINATOR = "coordinator", "Coordination de territoire"
    ADMINISTRATOR = "administrator", "Administration"
    PROFESSIONAL = "professional", "Professionnel du Département"
    SCHOOL = "school", "Établissement scolaire"
    READER = "reader", "Lecture"


STAFF_ROLES = frozenset(
    {Role.CASE_OFFICER, Role.UNIT_HEAD, Role.COORDINATOR, Role.ADMINISTRATOR, Role.READER}
)
DESK_ROLES = frozenset({Role.CASE_OFFICER, Role.UNIT_HEAD})
