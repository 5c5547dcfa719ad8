"""« Demander des compléments » on many dossiers: the same paper, the same parts, the same words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from django import forms

from config.dates import local_date
from config.errors import Refusal
from config.fields import DayField, TextField
from config.templatetags.fr import date_fr, plural_fr
from foundation.parameters.selectors import days_on, values_on
from grants.applications import recipients
from grants.applications.annual_budget import asks_annual_budget
from grants.applications.enums import ReviewState, Section
from grants.applications.forms.reopening import ChoiceGroup, reopenable
from grants.applications.models import Application, ConditionAnswer, OfficeEdit, OfficeEditState
from grants.applications.selectors import AskedDocument, asked_documents, with_dossier
from grants.applications.services.corrections import MAX_MESSAGE, request_correction
from grants.review.batches.registry import BatchAct, Line, Values, register_act
from grants.review.batches.selection import ASIDE, state_words
from partners.enums import Right


if TYPE_CHECKING:
    from django.db.models import QuerySet

    from accounts.models import User

NOT_HELD = "Personne de ce demandeur n’a de compte : la demande ne serait lue par personne."


class CorrectionBatchForm(forms.Form):
    """Which papers and parts, in which words, until when.

    ``folded`` names the field shown behind a fold: it is long, and rarely of use.
    """

    folded = "parts"

    documents = forms.MultipleChoiceField(
        label="Pièces",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Un dossier qui a déjà la pièce ne la redonne pas.",
        error_messages={"invalid_choice": "Une des pièces choisies n’est pas demandée ici."},
    )
    parts = forms.MultipleChoiceField(
        label="Parties du dossier",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": "Une des parties choisies n’existe pas."},
    )
    sentence = forms.ChoiceField(label="Phrase prête", required=False)
    message = TextField(
        label="Votre message",
        rows=5,
        required=False,
        max_length=MAX_MESSAGE,
        help_text="Le même pour tous, lu par chaque demandeur dans le mail et sur la page ; il "
        "suit la phrase choisie. Ne nommez aucun jeune.",
    )
    due_on = DayField(
        label="À compléter au plus tard le",
        error_messages={"required": "Indiquez la date limite."},
    )

    def __init__(
        self, data=None, *, user: User, applications: Sequence[Application], at: datetime
    ) -> None:
        self.today = local_date(at)
        texts = values_on(["correction.days", "correction.sentences"], self.today)
        due_on = self.today + timedelta(days=int(texts["correction.days"]))
        super().__init__(data, label_suffix="", initial={"due_on": due_on})
        common = common_documents(applications)
        self.labels = {kind: label for kind, label, _lacked in common}
        self.fields["documents"].choices = [
            (kind, _counted(label, lacked)) for kind, label, lacked in common
        ]
        parts = parts_offered(applications)
        self.part_labels = {one.key: one.label for _group, rows in parts for one in rows}
        self.fields["parts"].choices = [
            (group, [(one.key, one.words) for one in rows]) for group, rows in parts
        ]
        self.fields["sentence"].choices = [("", "Choisir une phrase…")] + [
            (str(number), line)
            for number, line in enumerate(filter(None, texts["correction.sentences"].splitlines()))
        ]

    def clean_due_on(self) -> date:
        due_on = self.cleaned_data["due_on"]
        longest = days_on("correction.max_days", self.today)
        if due_on <= self.today:
            raise forms.ValidationError(f"Choisissez un jour après le {date_fr(self.today)}.")
        if due_on > self.today + timedelta(days=longest):
            raise forms.ValidationError(f"Le délai est de {longest} jours au plus.")
        return due_on

    def clean(self) -> dict:
        data = super().clean()
        if not (data.get("documents") or data.get("parts")) and not (
            {"documents", "parts"} & set(self.errors)
        ):
            self.add_error("documents", "Choisissez ce que les demandeurs doivent compléter.")
        ready = dict(self.fields["sentence"].choices).get(data.get("sentence")) or ""
        if not data.get("sentence"):
            ready = ""
        words = "\n".join(filter(None, [ready, data.get("message", "").strip()]))
        if not words and not {"message", "sentence"} & set(self.errors):
            self.add_error("message", "Choisissez une phrase, ou écrivez ce qui est attendu.")
        if len(words) > MAX_MESSAGE and "message" not in self.errors:
            self.add_error("message", f"Le message a plus de {MAX_MESSAGE} caractères.")
        data["words"] = words
        return data

    def values(self) -> dict:
        data = self.cleaned_data
        return {
            "documents": data["documents"],
            "document_labels": [
                label for kind, label in self.labels.items() if kind in data["documents"]
            ],
            # In the same order: a dossier is asked those it has.
            "parts": [key for key in self.part_labels if key in data["parts"]],
            "part_labels": [
                label for key, label in self.part_labels.items() if key in data["parts"]
            ],
            "message": data["words"],
            "due_on": data["due_on"].isoformat(),
        }


def _counted(label: str, lacked: int) -> str:
    """Say how many dossiers lack a paper, after its words."""
    if not lacked:
        return label
    return f"{label} (manque à {lacked} dossier{plural_fr(lacked)})"


def common_documents(applications: Sequence[Application]) -> list[tuple[str, str, int]]:
    """Return the papers asked of these dossiers: kind, words, how many lack it; most lacked first.

    Only the dossiers that may be asked something count.
    """
    asked: dict[str, str] = {}
    lacked: Counter[str] = Counter()
    for one in _with_documents(applications):
        if one.review_state != ReviewState.UNDER_REVIEW:
            continue
        for document in asked_documents(one):
            asked.setdefault(document.required.kind, document.required.label)
            lacked[document.required.kind] += document.is_awaited
    rows = [(kind, label, lacked[kind]) for kind, label in asked.items()]
    return sorted(rows, key=lambda row: (-row[2], row[1], row[0]))


def _with_documents(applications: Sequence[Application]) -> QuerySet[Application]:
    """Fetch what tells which papers these dossiers lack, and who would be written to."""
    keys = [one.pk for one in applications]
    return recipients.with_recipients(
        Application.objects.filter(pk__in=keys).with_funded_before()
    ).prefetch_related("sheet__documents", "documents")


# --- Parts ----------------------------------------------------------------------------------------
Shape = tuple[bool, bool, bool]  # of a dossier: what decides which parts its forms have


@dataclass(frozen=True)
class PartOffered:
    """A part that some dossiers of a batch have, and how many of those that may be asked it."""

    key: str
    label: str
    holders: int
    total: int

    @property
    def words(self) -> str:
        if self.holders == self.total:
            return self.label
        have = plural_fr(self.holders, "a,ont")
        return f"{self.label} ({self.holders} dossier{plural_fr(self.holders)} l’{have})"


def parts_offered(applications: Sequence[Application]) -> list[tuple[str, list[PartOffered]]]:
    """Return the parts that these dossiers have, by section, with how many have each.

    A public body has a deliberation, an association its own budget, a dossier answers when its
    sheet set conditions: the forms of each shape are read on one of its dossiers.
    """
    askable = [one for one in applications if one.review_state == ReviewState.UNDER_REVIEW]
    shapes = _shapes(askable)
    count = Counter(shapes.values())
    sections: dict[str, dict[str, tuple[str, set[Shape]]]] = {}
    for shape, groups in _groups_of(shapes).items():
        for group in groups:
            rows = sections.setdefault(group.label, {})
            for choice in group.choices:
                rows.setdefault(choice.key, (choice.label, set()))[1].add(shape)
    return [
        (
            label,
            [
                PartOffered(key, words, sum(count[one] for one in having), len(askable))
                for key, (words, having) in rows.items()
            ],
        )
        for label, rows in sections.items()
    ]


def parts_of(applications: Sequence[Application]) -> dict[int, set[str]]:
    """Return the keys of the parts that each dossier has, by primary key."""
    shapes = _shapes(applications)
    keys = {
        shape: {choice.key for group in groups for choice in group.choices}
        for shape, groups in _groups_of(shapes).items()
    }
    return {pk: keys[shape] for pk, shape in shapes.items()}


def _shapes(applications: Sequence[Application]) -> dict[int, Shape]:
    answers = ConditionAnswer.objects.filter(application__in=[one.pk for one in applications])
    answering = set(answers.values_list("application_id", flat=True))
    return {
        one.pk: (one.organisation.is_private_body, asks_annual_budget(one), one.pk in answering)
        for one in applications
    }


def _groups_of(shapes: Mapping[int, Shape]) -> dict[Shape, list[ChoiceGroup]]:
    """Read the forms of one dossier of each shape: eight at most, fetched together."""
    samples = {shape: pk for pk, shape in shapes.items()}
    wholes = with_dossier(Application.objects).in_bulk(list(samples.values()))
    return {shape: _parts(wholes[pk]) for shape, pk in sorted(samples.items())}


def _parts(whole: Application) -> list[ChoiceGroup]:
    return [group for group in reopenable(whole) if group.section != Section.DOCUMENTS]


# --- Before ---------------------------------------------------------------------------------------
def preflight(
    applications: Sequence[Application], user: User, values: Values, at: datetime
) -> list[Line]:
    """Say what each dossier would be asked: the papers it lacks, and the parts chosen."""
    by_key = {one.pk: one for one in _with_documents(applications)}
    edits = OfficeEdit.objects.filter(state=OfficeEditState.OPEN, application__in=list(by_key))
    authors = {one.application_id: str(one.author) for one in edits.select_related("author")}
    held = parts_of(applications) if values and values["parts"] else {}
    return [
        _refused(one, by_key[one.pk], authors.get(one.pk))
        or _line(one, by_key[one.pk], values, held.get(one.pk, set()))
        for one in applications
    ]


def _refused(application: Application, fetched: Application, edited_by: str | None) -> Line | None:
    reason = ""
    if application.review_state != ReviewState.UNDER_REVIEW:
        reason = f"{state_words(application)}."
    elif application.is_aside:
        reason = ASIDE
    elif edited_by is not None:
        reason = f"{edited_by} modifie ce dossier : sa modification passe d’abord."
    elif not recipients.fetched_recipients(fetched, Right.EDIT, Right.SIGN):
        reason = NOT_HELD
    return Line(application, ok=False, reason=reason) if reason else None


def _line(application: Application, fetched: Application, values: Values, held: set[str]) -> Line:
    if not values:
        lacking = [one.required.label for one in asked_documents(fetched) if one.is_awaited]
        words = f"Manque{plural_fr(len(lacking), 'nt')} : {', '.join(lacking)}" if lacking else ""
        return Line(application, ok=True, reason=words)
    lacking = lacking_documents(fetched, values["documents"])
    parts = _asked_parts(values, held)
    if not lacking and not parts:
        return Line(application, ok=False, reason=_not_needed(fetched, values))
    labels = [*(one.required.label for one in lacking), *parts.values()]
    absent = [
        label
        for key, label in zip(values["parts"], values["part_labels"], strict=True)
        if key not in held
    ]
    words = f"Demandé : {', '.join(labels)}"
    if absent:
        words += f". N’a pas : {', '.join(absent)}"
    return Line(application, ok=True, reason=words)


def _asked_parts(values: Values, held: Collection[str]) -> dict[str, str]:
    """Return the parts chosen that a dossier has, and their words."""
    chosen = zip(values["parts"], values["part_labels"], strict=True)
    return {key: label for key, label in chosen if key in held}


def lacking_documents(application: Application, kinds: Sequence[str]) -> list[AskedDocument]:
    """Return the papers of these kinds that a dossier must give, or give again."""
    return [
        one
        for one in asked_documents(application)
        if one.required.kind in kinds and (one.given is None or one.is_awaited)
    ]


def _not_needed(application: Application, values: Values) -> str:
    asked = [
        one for one in asked_documents(application) if one.required.kind in values["documents"]
    ]
    if values["parts"] and not asked:
        return f"N’a pas : {', '.join(values['part_labels'])}."
    if not asked:
        return "Sa fiche ne lui demande pas cette pièce."
    return "Ce dossier a déjà ce qui est demandé."


# --- One dossier ----------------------------------------------------------------------------------
def run_one(application_id: int, values: Values, by: User, at: datetime) -> str:
    """Ask one dossier what it still lacks at this instant."""
    application = with_dossier(Application.objects).get(pk=application_id)
    lacking = lacking_documents(application, values["documents"])
    held = {choice.key for group in _parts(application) for choice in group.choices}
    parts = _asked_parts(values, held)
    if not lacking and not parts:
        raise Refusal(_not_needed(application, values), code="not_needed", status=409)
    correction = request_correction(
        application_id=application_id,
        fields=[*(f"{Section.DOCUMENTS}.{one.required.pk}" for one in lacking), *parts],
        message=values["message"],
        due_on=date.fromisoformat(values["due_on"]),
        by=by,
        at=at,
    )
    labels = [*(one.required.label for one in lacking), *parts.values()]
    return f"Demandé pour le {date_fr(correction.due_on)} : {', '.join(labels)}."


def describe(values: Values) -> list[tuple[str, str]]:
    """Say what is asked, in which words, until when."""
    rows = []
    if values["document_labels"]:
        rows.append(("Pièces, là où elles manquent", ", ".join(values["document_labels"])))
    if values["part_labels"]:
        rows.append(("Parties rouvertes", ", ".join(values["part_labels"])))
    return [
        *rows,
        ("Message", values["message"]),
        ("À compléter au plus tard le", date_fr(date.fromisoformat(values["due_on"]))),
    ]


def register() -> None:
    register_act(
        BatchAct(
            slug="complements",
            label="Demander des compléments",
            icon="pencil-square",
            form_class=CorrectionBatchForm,
            may=lambda user: user.access.is_desk,
            preflight=preflight,
            run_one=run_one,
            intro="Chaque demandeur reçoit un message et peut compléter son dossier jusqu’à la "
            "date choisie. Le délai légal de réponse est suspendu pendant ce temps.",
            watched=frozenset({"document_added"}),
            describe=describe,
            order=30,
            codes=frozenset({"documents", "parts"}),
        )
    )
