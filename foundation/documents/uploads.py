"""What may be sent, said beside each place where a file is chosen."""

from collections.abc import Collection

from django.conf import settings

from config.templatetags.ui import file_size
from foundation.documents.checks import ACCEPTED_WORDS, KINDS


def upload_limits(only: Collection[str] = ()) -> str:
    """Return the accepted formats and the greatest weight, as words.

    Args:
        only: Extensions accepted there, when fewer than everywhere.
    """
    labels = dict.fromkeys(KINDS[extension].label for extension in KINDS if extension in only)
    formats = list(labels)
    words = f"{', '.join(formats[:-1])} ou {formats[-1]}" if formats[1:] else "".join(formats)
    return f"{words or ACCEPTED_WORDS}. {file_size(settings.UPLOAD_MAX_BYTES)} au plus."


def upload_attrs(only: Collection[str] = ()) -> dict[str, str]:
    """Return the attributes of a file field: what to choose from, and the limit for the script."""
    accepted = [extension for extension in KINDS if not only or extension in only]
    return {
        "accept": ",".join(f".{extension}" for extension in accepted),
        "data-portal-max": str(settings.UPLOAD_MAX_BYTES),
    }
