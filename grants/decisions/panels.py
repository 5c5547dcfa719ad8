"""What decisions show on the pages of a territory and of a commune."""

from django.http import HttpRequest

from grants.applications.models import Application
from grants.decisions.models import Decision
from territories.models import Commune
from territories.panels import Place


SHOWN = 10


def funded_actions(request: HttpRequest, place: Place) -> dict:
    """Return the actions of a place that anybody may know of: awarded, notified, not renounced.

    The newest ten, and how many there are. Amounts are those of the whole action, in euros.
    """
    public = Application.objects.publicly_funded()
    if isinstance(place, Commune):
        public = public.in_commune(place.insee)
    else:
        public = public.in_territories([place.number])
    decisions = (
        Decision.objects.filter(
            application__in=public.order_by().values("pk"),
            outcome=Decision.Outcome.AWARDED,
            superseded_at=None,
        )
        .select_related("application__organisation")
        .order_by("-decided_on", "-pk")
    )
    shown = list(decisions[: SHOWN + 1])
    total = decisions.count() if len(shown) > SHOWN else len(shown)
    return {"decisions": shown[:SHOWN], "total": total, "hidden": total - len(shown[:SHOWN])}
