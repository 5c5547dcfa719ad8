import django_filters
from django.db.models import Q

from foundation.notifications.models import OutboxMessage, OutboxState


class OutboxFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(method="search", label="Destinataire ou objet")
    etat = django_filters.ChoiceFilter(
        field_name="state", choices=OutboxState.choices, label="État", empty_label="Tous"
    )

    class Meta:
        model = OutboxMessage
        fields: list[str] = []

    def search(self, queryset, _name, value):
        return queryset.filter(Q(to__icontains=value) | Q(subject__icontains=value))


class MailboxFilter(django_filters.FilterSet):
    a = django_filters.CharFilter(field_name="to", lookup_expr="icontains", label="Destinataire")

    class Meta:
        model = OutboxMessage
        fields: list[str] = []
