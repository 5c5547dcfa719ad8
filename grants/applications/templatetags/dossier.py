"""Help beside the fields of the dossier: difficult words, counted words, the body's profile."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import template
from django.forms import BoundField
from django.urls import reverse

from config.money import euros
from config.templatetags.fr import nbsp_fr
from foundation.documents.models import StoredFile
from foundation.parameters.selectors import MissingParameterError, values_on
from grants.applications.glossary import TERMS
from grants.applications.models import Application, ApplicationDocument
from grants.applications.organisation_profile import profile_cards
from grants.applications.store import may_read_file
from grants.applications.words import count_words, words_sentence
from partners.permissions import may_manage
from partners.selectors import profile_of


register = template.Library()


@register.simple_tag(takes_context=True)
def file_url(
    context: template.Context, document: ApplicationDocument, file: StoredFile | None = None
) -> str:
    """Return where a document's file, its last one unless told, is read; empty for who may not."""
    request = getattr(context, "request", None)
    if request is not None and not may_read_file(request.user, document):
        return ""
    return reverse("documents:download", args=[(file or document.file).uuid])


@register.inclusion_tag("applications/_term.html")
def term(key: str, on: date) -> dict[str, Any]:
    """Explain a word of ``glossary.TERMS`` in a fold that needs no script, with the amounts in
    force on a day.
    """
    found = TERMS[key]
    amounts: dict[str, str] = {}
    if found.parameters:
        try:
            values = values_on([name for _, name in found.parameters], on)
        except MissingParameterError:  # a help is not worth the page: it goes without its figures
            values = {}
        amounts = {slot: euros(values[name]) for slot, name in found.parameters if name in values}
    return {
        "key": key,
        "question": nbsp_fr(found.question),
        "paragraphs": [
            nbsp_fr(text.format(**amounts)) for text in found.text if "{" not in text or amounts
        ],
    }


@register.inclusion_tag("applications/_glossary.html")
def glossary(on: date) -> dict[str, Any]:
    """Explain every word of ``glossary.TERMS``, in the order of the dossier."""
    return {"keys": list(TERMS), "on": on}


@register.inclusion_tag("applications/_words.html")
def word_count(field: BoundField) -> dict[str, Any]:
    """Say how many words a text has and how many are expected; nothing is ever cut."""
    low, high = field.field.words
    count = count_words(str(field.value() or ""))
    return {
        "field": field,
        "low": low,
        "high": high,
        "sentence": words_sentence(count, low, high),
    }


@register.inclusion_tag("applications/_organisation_card.html", takes_context=True)
def organisation_card(
    context: template.Context, application: Application, on: date
) -> dict[str, Any]:
    """Show what the body says of itself, and what is missing on a day (seven queries)."""
    organisation = application.organisation
    cards = profile_cards(profile_of(organisation), on=on)
    return {
        "organisation": organisation,
        "cards": cards,
        "gaps": sum(len(card.missing) for card in cards),
        "may_manage": may_manage(context["request"].user, organisation),
    }
