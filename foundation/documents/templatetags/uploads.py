"""What may be sent, said beside each place where a file is chosen."""

from django import template
from django.forms.utils import flatatt
from django.utils.safestring import SafeString

from foundation.documents import uploads
from foundation.documents.enums import ScanState
from foundation.documents.models import StoredFile


register = template.Library()


@register.simple_tag
def upload_limits() -> str:
    """Return the accepted formats and the greatest weight, as words."""
    return uploads.upload_limits()


@register.simple_tag
def upload_attrs() -> SafeString:
    """Return the attributes of a file field: what to choose from, and the limit for the script."""
    return flatatt(uploads.upload_attrs())


@register.filter
def scan_words(stored: StoredFile) -> str:
    """Return what the antivirus says of a file that people sent; empty once it is clean."""
    if stored.uploaded_by_id is None:
        return ""
    return {
        ScanState.PENDING: "Analyse antivirus en attente",
        ScanState.INFECTED: "Refusé par l’antivirus",
        ScanState.NOT_SCANNED: "Non analysé par un antivirus",
    }.get(ScanState(stored.scan_state), "")
