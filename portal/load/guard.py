"""Where load data may be written."""

from __future__ import annotations

from django.conf import settings

from config.errors import Refusal
from grants.applications.models import Application


def check_may_load(*, add: bool) -> None:
    """Refuse production, and a database that already holds dossiers unless asked to add.

    Raises:
        Refusal: ``production`` or ``not_empty``.
    """
    if not settings.DEMO_MODE:
        raise Refusal(
            "Les données de charge ne s’écrivent qu’en démonstration, jamais sur un portail réel.",
            code="production",
        )
    found = Application.objects.count()
    if found and not add:
        raise Refusal(
            f"Cette base contient déjà {found} dossiers\u00a0: les données de charge s’y "
            "mêleraient pour toujours. Videz-la, ou relancez avec --add pour en ajouter.",
            code="not_empty",
        )
