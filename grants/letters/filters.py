import django_filters
from django.db.models import Q, QuerySet

from grants.letters.models import Letter, LetterKind, LetterState


DECISIONS = "decisions"


class LetterFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(
        label="Référence, action ou bénéficiaire", method="search", max_length=100
    )
    nature = django_filters.ChoiceFilter(
        label="Nature",
        method="of_nature",
        choices=[(DECISIONS, "Décisions"), *LetterKind.choices],
        empty_label="Toutes",
    )
    etat = django_filters.ChoiceFilter(
        label="État", field_name="state", choices=LetterState.choices, empty_label="Tous"
    )
    version = django_filters.ChoiceFilter(
        label="Versions",
        method="of_version",
        choices=[("actuelles", "Actuelles"), ("remplacees", "Remplacées")],
        empty_label="Toutes",
    )

    class Meta:
        model = Letter
        fields: list[str] = []

    def search(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        return queryset.filter(
            Q(reference__icontains=value)
            | Q(application__title__icontains=value)
            | Q(application__organisation__legal_name__icontains=value)
        )

    def of_nature(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        if value == DECISIONS:
            return queryset.exclude(kind=LetterKind.RECEIPT)
        return queryset.filter(kind=value)

    def of_version(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        return queryset.filter(superseded_at__isnull=value == "actuelles")
