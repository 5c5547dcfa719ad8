import django_filters
from django.db.models import Q

from partners.enums import DocumentKind, FlagKind, IdentifierState, OrganisationKind
from partners.identifiers import normalise
from partners.models import BankDetails, Organisation, OrganisationDocument, OrganisationFlag
from territories.models import Commune, Territory


class OrganisationFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(method="search", label="Nom, SIRET ou RNA")
    nature = django_filters.ChoiceFilter(
        field_name="kind",
        choices=OrganisationKind.choices,
        label="Nature",
        empty_label="Toutes",
    )
    siret = django_filters.ChoiceFilter(
        field_name="identifier_state",
        choices=IdentifierState.choices,
        label="Contrôle du SIRET",
        empty_label="Tous",
    )
    commune = django_filters.ModelChoiceFilter(
        queryset=Commune.objects.all(), label="Commune du siège", empty_label="Toutes"
    )
    territoire = django_filters.ModelChoiceFilter(
        field_name="commune__territory",
        queryset=Territory.objects.all(),
        label="Territoire",
        empty_label="Tous",
    )
    demandes = django_filters.ChoiceFilter(
        method="with_requests",
        choices=[("oui", "Avec une demande en attente"), ("non", "Sans demande")],
        label="Demandes à rejoindre",
        empty_label="Toutes",
    )

    class Meta:
        model = Organisation
        fields: list[str] = []

    def search(self, queryset, _name, value):
        number = normalise(value)
        if number.isdigit() and len(number) >= 3:
            return queryset.filter(Q(siret__startswith=number) | Q(siren__startswith=number))
        if len(number) >= 4 and number[0] == "W" and number[1:].isalnum() and number[1].isdigit():
            return queryset.filter(rna__startswith=number)
        return queryset.named_like(value)

    def with_requests(self, queryset, _name, value):
        if value == "oui":
            return queryset.filter(pending_count__gt=0)
        return queryset.filter(pending_count=0)


class _ToCheckFilter(django_filters.FilterSet):
    """What a row of a body that waits for the office can be found by."""

    q = django_filters.CharFilter(method="search", label="Organisation")
    nature = django_filters.ChoiceFilter(
        field_name="organisation__kind",
        choices=OrganisationKind.choices,
        label="Nature de l’organisation",
        empty_label="Toutes",
    )
    territoire = django_filters.ModelChoiceFilter(
        field_name="organisation__commune__territory",
        queryset=Territory.objects.all(),
        label="Territoire",
        empty_label="Tous",
    )

    def search(self, queryset, _name, value):
        return queryset.filter(organisation__in=Organisation.objects.named_like(value))


class DocumentToCheckFilter(_ToCheckFilter):
    document = django_filters.ChoiceFilter(
        field_name="kind", choices=DocumentKind.choices, label="Document", empty_label="Tous"
    )

    class Meta:
        model = OrganisationDocument
        fields: list[str] = []


class BankToCheckFilter(_ToCheckFilter):
    class Meta:
        model = BankDetails
        fields: list[str] = []


class FlagFilter(_ToCheckFilter):
    objet = django_filters.ChoiceFilter(
        field_name="kind", choices=FlagKind.choices, label="Objet", empty_label="Tous"
    )

    class Meta:
        model = OrganisationFlag
        fields: list[str] = []
