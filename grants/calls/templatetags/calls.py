"""Sheets in templates (``{% load calls %}``)."""

from datetime import datetime

from django import template
from django.utils.safestring import SafeString

from grants.calls import labels, rendering
from grants.calls.models import CallSheet


register = template.Library()


@register.filter
def sheet_text(text: str) -> SafeString:
    """Set a field of a sheet as paragraphs and lists."""
    return rendering.rendered(text or "")


@register.filter
def one_line(text: str) -> str:
    """Set a field of a sheet on one line, without its bullets."""
    return rendering.one_line(text or "")


@register.filter
def places_label(sheet: CallSheet) -> str:
    return labels.places_label(sheet)


@register.filter
def ages_label(sheet: CallSheet) -> str:
    return labels.ages_label(sheet)


@register.filter
def applicants_label(sheet: CallSheet) -> list[str]:
    return labels.applicants_label(sheet)


@register.simple_tag
def sheet_phase(sheet: CallSheet, at: datetime) -> labels.Phase:
    """Tell where a sheet stands at the instant of the page."""
    return labels.phase_of(sheet, at)
