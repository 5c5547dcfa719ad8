"""Where the words of a dossier may stand: every text column of its rows, in this app and lower.

A lower app declares its rows with :func:`register_rows`; a column added to a declared model is
looked at without a word more. ``tests/applications/test_redaction.py`` fails when a model that
hangs on a dossier is neither declared nor excused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.contrib.contenttypes.models import ContentType
from django.db.models import (
    CharField,
    EmailField,
    JSONField,
    Model,
    Q,
    QuerySet,
    SlugField,
    TextField as Text,
)

from foundation.documents.models import StoredFile
from foundation.notifications.models import OutboxMessage
from grants.applications import models
from grants.applications.enums import RedactionTarget
from grants.applications.masking import Excerpt, Words


if TYPE_CHECKING:
    from grants.applications.models import Application


@dataclass(frozen=True)
class Rows:
    """Rows of a model that hang on a dossier.

    Attributes:
        model: Their model.
        lookup: Path to the dossier's primary key.
        where: Words before the column's own name; empty when it stands alone.
        skip: Columns that people do not type.
        target: How a redaction there is logged.
        is_office_only: The applicant never reads them.
        is_private: The words around are not shown either (marks of a reader).
        address: What stands for a masked e-mail address: half of one is none.
        of: Rows of a dossier, when a path does not tell.
    """

    model: type[Model]
    lookup: str = "application"
    where: str = ""
    skip: frozenset[str] = frozenset()
    target: str = RedactionTarget.FIELD
    is_office_only: bool = False
    is_private: bool = False
    address: str = ""
    of: Callable[[Application], QuerySet] | None = None

    def rows(self, application: Application) -> QuerySet:
        if self.of is not None:
            return self.of(application)
        return self.model._default_manager.filter(**{self.lookup: application.pk})

    def columns(self) -> list[Any]:
        return [f for f in self.model._meta.concrete_fields if is_free_text(f, self.skip)]

    def label_of(self, column: Any) -> str:
        name = str(column.verbose_name)
        words = f"{self.where}, {name}" if self.where else name
        return words[:1].upper() + words[1:]


@dataclass(frozen=True)
class Trace:
    """Words found in one place.

    Attributes:
        place: Where, in words.
        count: How many times.
        excerpts: What stands around them; empty where it may not be shown.
        remark: Why they cannot be masked there; empty when they are.
        target: How their redaction is logged.
        is_office_only: The applicant never reads them.
    """

    place: str
    count: int
    excerpts: list[Excerpt] = field(default_factory=list)
    remark: str = ""
    target: str = RedactionTarget.FIELD
    is_office_only: bool = False


def is_free_text(column: Any, skip: frozenset[str] = frozenset()) -> bool:
    """Tell whether people may have typed anything in a column."""
    if column.name in skip or isinstance(column, SlugField) or column.choices:
        return False
    return isinstance(column, (CharField, Text, JSONField))


def files_of(application: Application) -> QuerySet[StoredFile]:
    """Return the files of a dossier, of its documents and of its messages."""
    kinds = ContentType.objects.get_for_models(
        models.Application, models.ApplicationDocument, models.Message
    )
    owners = {
        models.Application: [application.pk],
        models.ApplicationDocument: application.documents.values("pk"),
        models.Message: application.messages.values("pk"),
    }
    condition = Q()
    for model, pks in owners.items():
        condition |= Q(content_type=kinds[model], object_id__in=pks)
    return StoredFile.objects.filter(condition).order_by("pk")


def mails_about(application: Application) -> QuerySet[OutboxMessage]:
    """Return the e-mails written about a dossier."""
    about = Q(
        content_type=ContentType.objects.get_for_model(models.Application),
        object_id=application.pk,
    )
    reference = application.reference
    if reference:
        about |= Q(subject__contains=reference) | Q(text__contains=reference)
    return OutboxMessage.objects.filter(about)


_rows: list[Rows] = [
    Rows(models.Application, "pk", skip=frozenset({"reference", "saved_sections"})),
    Rows(models.ConditionAnswer, skip=frozenset({"condition"})),
    Rows(models.Indicator, where="indicateur"),
    Rows(models.BudgetLine, where="budget"),
    Rows(models.ApplicationDocument, where="pièce"),
    Rows(
        models.CorrectionRequest, where="demande de compléments", skip=frozenset({"saved_sections"})
    ),
    Rows(
        models.OfficeEdit,
        where="modification par le service",
        skip=frozenset({"saved_sections"}),
    ),
    Rows(models.Message, target=RedactionTarget.MESSAGE),
    Rows(
        models.Redaction,
        where="masquage",
        skip=frozenset({"removed_digest", "reason"}),
        is_office_only=True,
    ),
    Rows(
        StoredFile,
        where="pièce",
        skip=frozenset({"sha256", "media_type", "file"}),
        target=RedactionTarget.FILE,
        of=files_of,
    ),
    Rows(
        OutboxMessage,
        where="e-mail du portail",
        skip=frozenset({"key", "to", "reply_to", "error"}),
        of=mails_about,
    ),
]


def register_rows(rows: Rows) -> None:
    """Declare rows of a lower app; a second declaration of a model replaces the first."""
    _rows[:] = [one for one in _rows if one.model is not rows.model]
    _rows.append(rows)


def registered() -> list[Rows]:
    return list(_rows)


# --- Find ---------------------------------------------------------------------------------------
def traces_in_rows(application: Application, words: Words) -> list[Trace]:
    """Return where the words stand in the rows of a dossier, one trace by column."""
    return [trace for rows in _rows for trace in _traces(rows, application, words)]


def _traces(rows: Rows, application: Application, words: Words) -> Iterator[Trace]:
    columns = rows.columns()
    found: dict[str, list[str]] = {}
    for values in rows.rows(application).values_list(*(c.name for c in columns)):
        for column, value in zip(columns, values, strict=True):
            if texts := words.texts_of(_plain(value)):
                found.setdefault(column.name, []).extend(texts)
    for column in columns:
        if texts := found.get(column.name):
            yield Trace(
                place=rows.label_of(column),
                count=sum(words.count(text) for text in texts),
                excerpts=[] if rows.is_private else excerpts(words, texts),
                target=rows.target,
                is_office_only=rows.is_office_only,
            )


def excerpts(words: Words, texts: list[str]) -> list[Excerpt]:
    """Return the occurrences of the words in texts, each once, ten at most."""
    seen = dict.fromkeys(one for text in texts for one in words.excerpts(text))
    return list(seen)[:10]


def _plain(value: Any) -> Any:
    # A text is never taken for a date or an amount: its column is free.
    return [f"{value}\u00a0"] if isinstance(value, str) else value


# --- Mask ---------------------------------------------------------------------------------------
def mask_rows(application: Application, words: Words) -> None:
    """Mask the words in the rows of a dossier; the caller holds its lock."""
    for rows in _rows:
        columns = rows.columns()
        for row in rows.rows(application).select_for_update(of=("self",)).order_by("pk"):
            changed = {}
            for column in columns:
                before = getattr(row, column.attname)
                after = _masked(column, before, words, address=rows.address)
                if after != before:
                    changed[column.attname] = after
            if changed:
                rows.model._default_manager.filter(pk=row.pk).update(**changed)


def _masked(column: Any, value: Any, words: Words, *, address: str) -> Any:
    if isinstance(column, EmailField):
        return address if value and words.spans(value) else value
    if isinstance(value, str):
        return words.mask(value, limit=column.max_length)
    return words.mask_json(value)
