"""How far a draft is, section by section, in the words of its pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.urls import reverse

from config.templatetags.fr import plural_fr
from grants.applications.checks import MissingItem
from grants.applications.enums import Section
from grants.applications.models import Application
from grants.applications.renewal import is_to_reread


HINTS = {
    Section.APPLICANT: "Personne à joindre, aides publiques, fiche de l’organisation",
    Section.PROJECT: "Intitulé, objectifs, description, dates, réponses aux conditions",
    Section.PLACES: "Communes, quartiers prioritaires, collèges",
    Section.PUBLIC: "Nombre de personnes par âge, mixité, handicap",
    Section.MEANS: "Bénévoles, salariés, matériel, partenaires",
    Section.EVALUATION: "Indicateurs et valeurs prévues, méthode",
    Section.BUDGET: "Charges, produits, montant demandé",
    Section.DOCUMENTS: "Documents demandés par la fiche",
    Section.COMMITMENTS: "Déclarations à cocher",
}


OPTIONAL = frozenset({Section.MEANS, Section.EVALUATION})  # nothing in them blocks a filing


@dataclass(frozen=True)
class Step:
    """A section in the side list of a draft's pages, from what the dossier's row says alone."""

    section: Section
    url: str
    state: str  # error, reread, saved or todo
    current: bool

    @property
    def label(self) -> str:
        return str(self.section.label)


def task_items(application: Application, items: Sequence[MissingItem]) -> list[dict]:
    """Return the rows of ``ui_task_list`` for a draft and what it lacks."""
    rows = []
    for section in Section:
        state, status = _state(application, section, [i for i in items if i.section == section])
        rows.append(
            {
                "label": section.label,
                "url": section_url(application, section),
                "hint": HINTS[section],
                "state": state,
                "status": status,
            }
        )
    return rows


def _state(
    application: Application, section: Section, items: Sequence[MissingItem]
) -> tuple[str, str]:
    if application.invalid_values.get(section):
        return "error", ""
    if is_to_reread(application, section):
        return "todo", f"Reprise de {application.renewal_of.reference}, à relire"
    if section == Section.DOCUMENTS:
        if not items:
            return "done", ""
        return "todo", f"{len(items)} pièce{plural_fr(len(items))} à joindre"
    if any(item.blocking for item in items):
        return "todo", ""
    if section not in application.saved_sections:
        if section in OPTIONAL:
            return "optional", ""
        if section == Section.APPLICANT:  # filled in beforehand: nobody has looked at it yet
            return "todo", ""
    return "done", ""


def progress_sentence(rows: Sequence[dict]) -> str:
    """Say in words how far a draft is: « 5 parties sur 9 complétées ; il en reste 2… »."""
    states = [row["state"] for row in rows]
    done, optional = states.count("done"), states.count("optional")
    left = len(states) - done - optional
    said = f"{done} partie{plural_fr(done)} sur {len(states)} complétée{plural_fr(done)}"
    rest = [f"{left} à compléter ou à corriger"] if left else []
    if optional:
        rest.append(f"{optional} facultative{plural_fr(optional)}")
    return f"{said} ; il reste {' et '.join(rest)}." if rest else f"{said}."


def last_saved(application: Application) -> Section | None:
    """Return the section saved last; ``None`` before the first save."""
    saved = {s: at for s, at in application.saved_sections.items() if s in Section.values}
    return Section(max(saved, key=saved.__getitem__)) if saved else None


def section_url(application: Application, section: str) -> str:
    return reverse("applications:section", args=[application.uuid, section])


def steps(application: Application, current: str) -> list[Step]:
    """Return the side list of a section's page."""
    found = []
    for section in Section:
        if application.invalid_values.get(section):
            state = "error"
        elif is_to_reread(application, section):
            state = "reread"
        else:
            state = "saved" if section in application.saved_sections else "todo"
        found.append(Step(section, section_url(application, section), state, section == current))
    return found


def next_section(section: str) -> Section | None:
    """Return the section after this one; ``None`` after the last."""
    order = list(Section)
    position = order.index(Section(section)) + 1
    return order[position] if position < len(order) else None
