"""The numbers of bodies joined to another: they lead to the body kept."""

from django.db.models import Q

from partners.models import OrganisationMerge


def joined_under(**numbers: str) -> Q:
    """Match the bodies to which a double with one of these numbers was joined.

    Args:
        **numbers: ``siret``, ``siren`` or ``rna``, none of them empty.
    """
    wanted = Q()
    for name, value in numbers.items():
        wanted |= Q(**{f"moved__numbers__{name}": value})
    merges = OrganisationMerge.objects.filter(wanted)
    return Q(pk__in=merges.values("source__merged_into"))
