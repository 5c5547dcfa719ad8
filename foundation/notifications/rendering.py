"""Write an e-mail from its two text templates."""

from typing import Any

from django.conf import settings
from django.template.loader import render_to_string

from config.text import one_line


def render_mail(name: str, context: dict[str, Any]) -> tuple[str, str]:
    """Return the subject and the plain text of a mail.

    Args:
        name: ``<app>/email/<name>``: ``_subject.txt`` and ``_body.txt`` are looked up.
        context: Values; ``site_url`` is added. Texts are not escaped: they are no HTML.
    """
    values = {"site_url": settings.SITE_URL.rstrip("/"), **context}
    subject = one_line(render_to_string(f"{name}_subject.txt", values))
    return subject, render_to_string(f"{name}_body.txt", values).strip() + "\n"


def absolute(path: str) -> str:
    """Return the full address of a page of the portal, for a mail."""
    return f"{settings.SITE_URL.rstrip('/')}{path}"
