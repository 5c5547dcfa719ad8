import django_filters
from django.utils import timezone

from accounts.enums import Role
from accounts.models import RoleAssignment
from territories.models import Territory


STATES = [("en-cours", "En cours"), ("a-venir", "À venir"), ("termine", "Terminé")]


class RoleFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(method="by_person", label="Nom ou adresse e-mail")
    role = django_filters.ChoiceFilter(choices=Role.choices, label="Rôle", empty_label="Tous")
    territoire = django_filters.ModelChoiceFilter(
        field_name="territory",
        queryset=Territory.objects.all(),
        label="Territoire",
        empty_label="Tous",
    )
    etat = django_filters.ChoiceFilter(
        method="by_state", choices=STATES, label="État", empty_label="Tous"
    )

    class Meta:
        model = RoleAssignment
        fields: list[str] = []

    def by_person(self, queryset, _name, value):
        return queryset.of_person_like(value)

    def by_state(self, queryset, _name, value):
        today = timezone.localdate()
        if value == "en-cours":
            return queryset.in_force(today)
        if value == "a-venir":
            return queryset.filter(starts_on__gt=today, ended_at__isnull=True)
        return queryset.over(today)
