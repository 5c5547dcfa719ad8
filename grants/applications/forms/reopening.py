"""What the office may reopen in a dossier, in the words of its forms."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.forms import Field

from config.dates import local_date
from config.fields import DayField
from config.money import euros
from config.templatetags.fr import date_fr, plural_fr
from foundation.documents.enums import FileState
from grants.applications.calculations import budget_totals
from grants.applications.enums import Section
from grants.applications.forms.applicant import ApplicantForm
from grants.applications.forms.base import SectionForm
from grants.applications.forms.concurrent import shown
from grants.applications.forms.evaluation import EvaluationForm
from grants.applications.forms.means import MeansForm
from grants.applications.forms.project import ProjectForm
from grants.applications.models import Application
from grants.applications.reopening import value_key
from grants.applications.selectors import AskedDocument, asked_documents


BY_FIELD: tuple[type[SectionForm], ...] = (ApplicantForm, ProjectForm, MeansForm, EvaluationForm)
# Values made of several controls: their common name.
GROUP_LABELS = {
    "answers": "Réponses aux conditions de la fiche",
    "indicators": "Indicateurs et valeurs prévues",
    "staff": "Nombre de personnes et temps de travail",
    "annual_budget": "Budget de l’organisation",
}
OTHER_DOCUMENTS = "Autres pièces, dites dans le message"


@dataclass(frozen=True)
class Choice:
    """A part that can be asked again.

    Attributes:
        key: Its name in a correction request.
        label: Its words.
        excerpt: What it holds today, cut short.
        tone: ``missing`` or ``refused`` for a document to be asked at once.
    """

    key: str
    label: str
    excerpt: str = ""
    tone: str = ""


@dataclass(frozen=True)
class ChoiceGroup:
    section: Section
    choices: list[Choice]

    @property
    def label(self) -> str:
        return str(self.section.label)


def reopenable(application: Application) -> list[ChoiceGroup]:
    """Return everything that may be asked again of a dossier, by section.

    Args:
        application: Fetched with ``selectors.with_dossier``.
    """
    by_field = {form.section: form for form in BY_FIELD}
    filed_on = local_date(application.submitted_at)
    groups = []
    for section in Section:
        if section in by_field:
            choices = _fields_of(by_field[section](application, on=filed_on))
        elif section in _WHOLE:
            choices = [Choice(str(section), "Toute la partie", _WHOLE[section](application))]
        elif section == Section.DOCUMENTS:
            choices = _documents(application)
        else:
            continue
        groups.append(ChoiceGroup(section, choices))
    return groups


def labels_of(application: Application, keys: list[str]) -> list[tuple[Section, list[str]]]:
    """Return the words of the keys of a request, by section."""
    wanted = set(keys)
    found = []
    for group in reopenable(application):
        if str(group.section) in wanted and group.section != Section.DOCUMENTS:
            found.append((group.section, []))
            continue
        labels = [choice.label for choice in group.choices if choice.key in wanted]
        if labels:
            found.append((group.section, labels))
    return found


def _fields_of(form: SectionForm) -> list[Choice]:
    data = form.as_data()
    choices: dict[str, Choice] = {}
    texts: dict[str, list[str]] = {}
    for name, field in form.fields.items():
        key = value_key(name, form.stored)
        if key is None:
            continue
        texts.setdefault(key, [])
        text = shown(form, name, data)
        if text:
            texts[key].append(_in_words(field, form.initial.get(name), text))
        label = GROUP_LABELS.get(key) or str(field.label or name)
        choices.setdefault(key, Choice(f"{form.section}.{key}", label))
    return [
        Choice(choice.key, choice.label, _excerpt(key, texts[key]))
        for key, choice in choices.items()
    ]


def _in_words(field: Field, value: object, text: str) -> str:
    return date_fr(value) if isinstance(field, DayField) and isinstance(value, date) else text


def _excerpt(key: str, texts: list[str]) -> str:
    """Say what a value holds today; tables of figures are only counted."""
    if key in _COUNTED and texts:
        return f"{len(texts)} {_COUNTED[key]}{plural_fr(len(texts))}"
    return _short(" · ".join(texts))


_COUNTED = {"annual_budget": "compte", "staff": "nombre"}


def _documents(application: Application) -> list[Choice]:
    rows = [
        Choice(f"pieces.{one.required.pk}", one.required.label, *_state(one))
        for one in asked_documents(application)
    ]
    return [*rows, Choice("pieces", OTHER_DOCUMENTS)]


def _state(asked: AskedDocument) -> tuple[str, str]:
    if asked.given is None:
        if not asked.required.mandatory:
            return "facultative, non jointe", ""
        return "manquante", "missing"
    if asked.given.state == FileState.REFUSED:
        return f"refusée : {asked.given.refusal_reason}", "refused"
    return f"jointe, {asked.given.get_state_display().lower()}", ""


def _places(application: Application) -> str:
    if application.whole_department:
        return "Tout le département"
    return _short(", ".join(str(place) for place in application.places.all()))


def _public(application: Application) -> str:
    total = sum(one.count for one in application.audience_counts.all())
    return f"{total} personne{plural_fr(total)}"


def _budget(application: Application) -> str:
    totals = budget_totals(application.budget_lines.all())
    return f"{euros(totals.charges)} de charges, {euros(application.requested_amount)} demandés"


_WHOLE = {Section.PLACES: _places, Section.PUBLIC: _public, Section.BUDGET: _budget}


def _short(text: str, length: int = 90) -> str:
    words = " ".join(text.split())
    return words if len(words) <= length else f"{words[:length].rstrip()}…"
