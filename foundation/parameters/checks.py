"""What is said when the portal is installed or started: the parameters that cannot be used."""

from django.core.checks import Tags, Warning, register
from django.db import connections

from foundation.parameters.models import Parameter
from foundation.parameters.selectors import faults


@register(Tags.database)
def check_stored_values(databases: list[str] | None = None, **kwargs) -> list[Warning]:
    """Name each stored value that is passed over (``check --database default`` and ``migrate``)."""
    found = []
    for alias in databases or []:
        tables = connections[alias].introspection.table_names()
        if Parameter._meta.db_table in tables and Parameter.objects.using(alias).exists():
            found += [Warning(sentence, id="parameters.W001") for sentence in faults()]
    return found
