import django_filters
from django.db.models import Q, QuerySet

from grants.letters.models import Letter, LetterKind, LetterState


class LetterFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(
        label="Référence, action ou bénéficiaire", method="search", max_length=100
    )
    nature = django_filters.MultipleChoiceFilter(
        label="Nature", field_name="kind", choices=LetterKind.choices
    )
    etat = django_filters.MultipleChoiceFilter(
        label="État", field_name="state", choices=LetterState.choices
    )
    remplaces = django_filters.BooleanFilter(
        label="Remplacés par une version plus récente",
        field_name="superseded_at",
        lookup_expr="isnull",
        exclude=True,
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
