"""What calls show on the pages of a territory and of a commune."""

from django.http import HttpRequest
from django.utils import timezone

from grants.calls.models import CallSheet
from territories.panels import Place, insee_codes


def open_sheets(request: HttpRequest, place: Place) -> dict:
    """Return the sheets open now that concern a place, first to close first."""
    sheets = (
        CallSheet.objects.open_on(timezone.now())
        .open_in(insee_codes=insee_codes(place))
        .select_related("campaign")
        .order_by("deadline_at", "code", "pk")
    )
    return {"sheets": list(sheets)}
