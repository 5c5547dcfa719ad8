"""What a section's page works on: a draft, or the correction of a filed dossier."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from django.db.models import prefetch_related_objects
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from grants.applications.enums import Section
from grants.applications.forms import FORMS, SectionForm
from grants.applications.models import Application, CorrectionRequest, OfficeEdit
from grants.applications.progress import Step, next_section, section_url, steps
from grants.applications.reopening import Reopened
from grants.applications.selectors import as_corrected, current_correction
from grants.applications.services.completing import save_correction_section
from grants.applications.services.corrections import is_overdue
from grants.applications.services.drafts import save_section
from grants.applications.views.scope import draft_context, own_dossier, require_editor


# What the form of each section reads.
PARTS: dict[str, tuple[str, ...]] = {
    Section.APPLICANT: ("annual_budget_lines",),
    Section.PROJECT: ("condition_answers",),
    Section.PLACES: ("places",),
    Section.PUBLIC: ("audience_counts",),
    Section.MEANS: ("staff_lines",),
    Section.EVALUATION: ("indicators",),
    Section.BUDGET: ("budget_lines",),
    Section.COMMITMENTS: ("commitments__given_by",),
}


class Target(Protocol):
    """Where a section is read from and saved to."""

    def form(self, section: str, data: Mapping | None = None) -> SectionForm: ...

    def save(self, posted: SectionForm, expected: str) -> Application: ...

    def reload(self) -> Application: ...

    def require_editor(self) -> None: ...

    def url(self, section: str) -> str: ...

    def following(self, section: str) -> Section | None: ...

    @property
    def home_url(self) -> str: ...

    def context(self, section: str) -> dict[str, Any]: ...

    def steps(self, current: str, saved: Application | None = None) -> list[Step]: ...


@dataclass
class DraftTarget:
    """A draft: its own rows."""

    request: HttpRequest
    application: Application

    def form(self, section: str, data: Mapping | None = None) -> SectionForm:
        prefetch_related_objects([self.application], *PARTS[section])
        return FORMS[section](self.application, data, on=timezone.localdate())

    def save(self, posted: SectionForm, expected: str) -> Application:
        return save_section(
            application_id=self.application.pk,
            section=posted.section,
            values=posted.values(),
            invalid=posted.invalid(),
            expected=expected,
            by=self.request.user,
            at=timezone.now(),
        )

    def reload(self) -> Application:
        return own_dossier(self.request, whole=False, uuid=self.application.uuid)

    def require_editor(self) -> None:
        require_editor(self.request, self.application)

    def url(self, section: str) -> str:
        return section_url(self.application, section)

    def following(self, section: str) -> Section | None:
        return next_section(section)

    @property
    def home_url(self) -> str:
        return reverse("applications:draft", args=[self.application.uuid])

    def context(self, section: str) -> dict[str, Any]:
        return draft_context(self.request, self.application) | {
            "notice": "applications/_not_sent.html",
            "list_url": reverse("applications:list"),
            "list_label": "Mes dossiers",
            "home_url": self.home_url,
            "home_label": self.application.title or "Brouillon",
            "verify_url": reverse("applications:verify", args=[self.application.uuid]),
            "verify_label": "Vérifier le dossier",
            "steps": self.steps(section),
        }

    def steps(self, current: str, saved: Application | None = None) -> list[Step]:
        """Return the side list of a draft's pages, maybe as just saved."""
        return steps(saved or self.application, current)


@dataclass
class OverlayTarget(ABC):
    """A filed dossier: what is typed waits in an overlay, and only named parts change.

    Attributes:
        request: Of the page.
        stored: The dossier as last filed.
        overlay: The row whose overlay takes what is typed: a correction, a change by the office.
        save_service: What takes a section.
    """

    save_service: ClassVar[Callable[..., Application]]
    request: HttpRequest
    stored: Application
    overlay: CorrectionRequest | OfficeEdit

    def __post_init__(self) -> None:
        self.reopened = Reopened.of(self.overlay.fields)

    @abstractmethod
    def require_editor(self) -> None: ...

    @abstractmethod
    def reload(self) -> Application: ...

    @abstractmethod
    def url(self, section: str) -> str: ...

    @property
    @abstractmethod
    def home_url(self) -> str: ...

    @abstractmethod
    def page_context(self) -> dict[str, Any]: ...

    def form(self, section: str, data: Mapping | None = None) -> SectionForm:
        prefetch_related_objects([self.stored], *PARTS[section])
        application = as_corrected(self.stored, self.overlay)
        return FORMS[section](application, data, on=timezone.localdate(), reopened=self.reopened)

    def save(self, posted: SectionForm, expected: str) -> Application:
        return self.save_service(
            application_id=self.stored.pk,
            section=posted.section,
            values=posted.values(),
            invalid=posted.invalid(),
            expected=expected,
            by=self.request.user,
            at=timezone.now(),
        )

    def following(self, section: str) -> Section | None:
        order = self.reopened.sections
        position = order.index(Section(section)) + 1
        return order[position] if position < len(order) else None

    def context(self, section: str) -> dict[str, Any]:
        return self.page_context() | {"sheet": self.stored.sheet, "steps": self.steps(section)}

    def steps(self, current: str, saved: Application | None = None) -> list[Step]:
        """Return the side list of its pages: what is reopened, no more."""
        if saved is not None:
            self.overlay.refresh_from_db(fields=["invalid_values", "saved_sections"])
        return [
            Step(
                section, self.url(section), overlay_state(self.overlay, section), section == current
            )
            for section in self.reopened.sections
        ]


def overlay_state(overlay: CorrectionRequest | OfficeEdit, section: Section) -> str:
    """Return how far a section of an overlay is: ``error``, ``saved`` or ``todo``."""
    if overlay.invalid_values.get(section):
        return "error"
    return "saved" if section in overlay.saved_sections else "todo"


class CorrectionTarget(OverlayTarget):
    """What the applicant completes."""

    save_service = staticmethod(save_correction_section)

    def reload(self) -> Application:
        stored = own_dossier(self.request, whole=False, reference=self.stored.reference)
        return as_corrected(stored, current_correction(stored) or self.overlay)

    def require_editor(self) -> None:
        require_editor(self.request, self.stored)

    def url(self, section: str) -> str:
        return correction_url(self.stored, section)

    @property
    def home_url(self) -> str:
        return reverse("applications:correction", args=[self.stored.reference])

    def page_context(self) -> dict[str, Any]:
        return correction_context(self.stored, self.overlay)


def correction_url(application: Application, section: str) -> str:
    return reverse("applications:correction_section", args=[application.reference, section])


def correction_context(application: Application, correction: CorrectionRequest) -> dict[str, Any]:
    """Return what every page of a correction shows: until when, and that nothing is sent yet."""
    today = timezone.localdate()
    return {
        "application": application,
        "correction": correction,
        "is_overdue": is_overdue(correction, on=today),
        "days_left": (correction.due_on - today).days,
        "notice": "applications/correction/_not_sent.html",
        "list_url": reverse("applications:list"),
        "list_label": "Mes dossiers",
        "home_url": reverse("applications:correction", args=[application.reference]),
        "home_label": f"Compléter le dossier {application.reference}",
        "verify_url": reverse("applications:correction_send", args=[application.reference]),
        "verify_label": "Vérifier et envoyer",
    }
