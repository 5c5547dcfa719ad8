import django_filters
from django.db.models import Q

from config.text import fold
from grants.applications.enums import ReviewState
from grants.applications.models import Application
from partners.models import Organisation


DRAFT, FILED, DECIDED, ENDED = "brouillons", "examen", "decisions", "termines"
STATES = [
    (DRAFT, "Brouillons"),
    (FILED, "Déposés, en cours d’examen"),
    (DECIDED, "Décision notifiée"),
    (ENDED, "Retirés ou classés"),
]
_ENDED_STATES = [ReviewState.WITHDRAWN, ReviewState.CLOSED_WITHOUT_ACTION]


def _organisations(request):
    return Organisation.objects.filter(
        pk__in=Application.objects.of_applicant(request.user).values("organisation_id")
    )


class ApplicationFilter(django_filters.FilterSet):
    """What an applicant looks for among the dossiers of their bodies."""

    q = django_filters.CharFilter(label="Intitulé, référence ou fiche", method="search")
    etat = django_filters.ChoiceFilter(
        label="Où en est-il ?", choices=STATES, method="in_state", empty_label="Tous"
    )
    organisation = django_filters.ModelChoiceFilter(
        label="Organisation", queryset=_organisations, empty_label="Toutes"
    )
    exercice = django_filters.NumberFilter(
        label="Exercice", field_name="sheet__campaign__fiscal_year", max_value=9999
    )

    class Meta:
        model = Application
        fields = ["q", "etat", "organisation", "exercice"]

    def search(self, queryset, _name, text):
        words = fold(text).split()
        if not words:
            return queryset
        return queryset.filter(
            Q(title__icontains=text.strip())
            | Q(reference__icontains=text.strip())
            | Q(sheet__code__iexact=text.strip())
            | Q(sheet__title__icontains=text.strip())
        )

    def in_state(self, queryset, _name, value):
        notified = Q(notified_at__isnull=False)
        draft, ended = Q(review_state=ReviewState.DRAFT), Q(review_state__in=_ENDED_STATES)
        conditions = {
            DRAFT: draft,
            FILED: ~draft & ~ended & ~notified,
            DECIDED: notified & ~ended,
            ENDED: ended,
        }
        return queryset.filter(conditions[value])
