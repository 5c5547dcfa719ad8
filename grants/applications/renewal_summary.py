"""What a renewed draft took, what to read again, what is empty: for the page after the start."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from config.templatetags.fr import plural_fr
from grants.applications.enums import Section
from grants.applications.models import Application
from grants.applications.progress import section_url
from grants.applications.renewal import APPLICATION, Policy, is_to_reread
from grants.applications.sections import read
from grants.applications.store import Offer, is_copy, store_offers


if TYPE_CHECKING:
    from collections.abc import Iterator

    from accounts.models import User

_SHOWN = tuple(s for s in Section if s not in (Section.DOCUMENTS, Section.COMMITMENTS))
# Asked of public bodies, or of private ones, alone.
_PUBLIC_BODIES = {
    "contact_service",
    "deliberation_to_come",
    "deliberation_number",
    "deliberation_on",
}
_PRIVATE_BODIES = {"has_economic_activity", "public_aid_amount", "public_aid_regime"}


@dataclass
class SectionSummary:
    """A section of a renewed draft: names of its fields by what became of them."""

    label: str
    url: str
    to_reread: bool
    copied: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    empty: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Summary:
    """A renewed draft.

    Attributes:
        sections: In the order of the dossier, documents and statements aside.
        joined: Documents of the body joined by themselves.
        not_joined: Documents that the body keeps and that cannot be used, with why.
    """

    sections: list[SectionSummary]
    joined: list[Offer]
    not_joined: list[Offer]


def renewal_summary(application: Application, *, on: date, by: User) -> Summary:
    """Tell a renewed draft as it stands.

    Args:
        application: Fetched with ``selectors.with_dossier``.
        on: Today: what may be joined depends on the day.
        by: Who looks.
    """
    offers = store_offers(application, on=on, by=by).values()
    return Summary(
        sections=[_section(application, section) for section in _SHOWN],
        joined=[o for o in offers if is_copy(o.asked.given, o)],
        not_joined=[o for o in offers if o.asked.given is None and o.why_not],
    )


def _section(application: Application, section: Section) -> SectionSummary:
    found = SectionSummary(
        str(section.label), section_url(application, section), is_to_reread(application, section)
    )
    values = read(application, section)
    left_out = _PUBLIC_BODIES if application.organisation.is_private_body else _PRIVATE_BODIES
    for key, value in values.items():
        name = key.removesuffix("_id")
        if name in left_out or name == "whole_department":
            continue
        if name in APPLICATION:
            words = _words(name)
            if value in (None, ""):
                found.empty.append(words)
            elif APPLICATION[name] is Policy.ASK:
                found.asked.append(words)
            elif APPLICATION[name] is Policy.COPY:
                found.copied.append(words)
    _add_parts(application, section, found)
    return found


def _words(name: str) -> str:
    return str(Application._meta.get_field(name).verbose_name)


def _add_parts(application: Application, section: Section, found: SectionSummary) -> None:
    for words, count, list_ in _parts(application, section, found):
        if count:
            list_.append(words)


def _parts(
    application: Application, section: Section, found: SectionSummary
) -> Iterator[tuple[str, int, list[str]]]:
    """Yield the words and the number of rows of each table, with the list they go in."""
    match section:
        case Section.APPLICANT:
            count = len(application.annual_budget_lines.all())
            yield f"{_some(count, 'ligne')} du budget de l’organisation", count, found.asked
        case Section.PROJECT:
            answers = [bool(a.answer.strip()) for a in application.condition_answers.all()]
            given, left = sum(answers), len(answers) - sum(answers)
            yield f"{_some(given, 'réponse')} aux conditions", given, found.asked
            yield f"{_some(left, 'condition')} sans réponse", left, found.empty
        case Section.PLACES:
            count = len(application.places.all())
            yield "tout le département", int(application.whole_department), found.copied
            yield _some(count, "lieu", "x"), count, found.copied
            yield "lieux", int(not count and not application.whole_department), found.empty
        case Section.PUBLIC:
            count = len(application.audience_counts.all())
            yield f"effectifs de {_some(count, 'tranche')} d’âge", count, found.asked
        case Section.MEANS:
            count = len(application.staff_lines.all())
            yield f"{_some(count, 'catégorie')} de personnel", count, found.asked
        case Section.EVALUATION:
            planned = [bool(i.planned.strip()) for i in application.indicators.all()]
            given, left = sum(planned), len(planned) - sum(planned)
            yield f"{_some(given, 'indicateur')} avec leur valeur prévue", given, found.asked
            yield f"{_some(left, 'indicateur')} sans valeur prévue", left, found.empty
        case Section.BUDGET:
            count = len([b for b in application.budget_lines.all() if not b.is_this_request])
            yield f"{_some(count, 'ligne')} du budget", count, found.asked


def _some(count: int, noun: str, mark: str = "s") -> str:
    return f"{count} {noun}{plural_fr(count, mark)}"
