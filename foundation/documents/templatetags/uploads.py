"""What may be sent, said beside each place where a file is chosen."""

from django import template
from django.conf import settings
from django.utils.html import format_html
from django.utils.safestring import SafeString

from config.templatetags.ui import file_size
from foundation.documents.checks import ACCEPTED_WORDS, KINDS
from foundation.documents.enums import ScanState
from foundation.documents.models import StoredFile


register = template.Library()


@register.simple_tag
def upload_limits() -> str:
    """Return the accepted formats and the greatest weight, as words."""
    return f"{ACCEPTED_WORDS}. {file_size(settings.UPLOAD_MAX_BYTES)} au plus."


@register.simple_tag
def upload_attrs() -> SafeString:
    """Return the attributes of a file field: what to choose from, and the limit for the script."""
    accepted = ",".join(f".{extension}" for extension in KINDS)
    return format_html('accept="{}" data-portal-max="{}"', accepted, settings.UPLOAD_MAX_BYTES)


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
