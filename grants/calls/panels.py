"""What calls show on the pages of a territory and of a commune."""

from django.http import HttpRequest
from django.utils import timezone

from grants.calls.selectors import sheets_open_in
from territories.panels import Place, insee_codes


def open_sheets(request: HttpRequest, place: Place) -> dict:
    """Return the sheets open now that concern a place, first to close first."""
    sheets = sheets_open_in(insee_codes=insee_codes(place), at=timezone.now())
    return {"sheets": list(sheets)}
