"""The summary sheets of many dossiers in one PDF: a cover, a list of pages, a table, the sheets."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.template.loader import render_to_string

from config.dates import local_date
from config.templatetags.fr import number_fr
from foundation.documents.pdf import render_html_pdf
from foundation.parameters.selectors import values_on
from grants.applications.models import Application
from grants.review.admissibility_answers import DOCUMENTS, PLACES
from grants.review.permissions import standing_in, with_standing
from grants.review.selectors import with_last_deposit
from grants.review.summary_sheet import OFFICE_KEYS, summary_context


if TYPE_CHECKING:
    from accounts.models import User
    from grants.review.models import Opinion
    from grants.review.scores import ScoreSheet

CHUNK = 20  # dossiers read at a time: what is kept of each is its sheet's HTML, no more
SHEET = "review/pdf/_summary_sheet.html"
HEADINGS = {"h_title": "h2", "h_part": "h3", "h_detail": "h4"}


@dataclass(frozen=True)
class Sheet:
    """One dossier of the book: its line in the table, and its sheet.

    Attributes:
        key: Of the dossier.
        reference: Its number.
        body: Who asks.
        title: Of the action; empty when it has none.
        requested_amount: Euros asked.
        proposed_amount: Euros that the unit proposes, ``None`` before.
        score: Its score out of 100, in words.
        opinions: The opinions given, in words; empty without any.
        html: The sheet.
    """

    key: int
    reference: str
    body: str
    title: str
    requested_amount: Decimal | None
    proposed_amount: Decimal | None
    score: str
    opinions: str
    html: str

    @property
    def anchor(self) -> str:
        return f"dossier-{self.reference}"  # heard by who follows the links


def read_sheets(
    user: User, keys: Sequence[int], *, at: datetime, advance: Callable[[int], None]
) -> list[Sheet]:
    """Return the sheets of dossiers, in the order of their references.

    Only what this person may read now: a dossier whose scores are hidden from them, or that they
    no longer see, is not there.

    Args:
        user: Who will read the file.
        keys: Of the dossiers.
        at: Now.
        advance: Told how many are read, now and then.
    """
    found = []
    ordered = _dossiers(user, keys).order_by("reference", "pk").values_list("pk", flat=True)
    keys = list(ordered)
    for start in range(0, len(keys), CHUNK):
        chunk = keys[start : start + CHUNK]
        found += _chunk(user, chunk, at)
        advance(len(found))
    return found


def _chunk(user: User, keys: Sequence[int], at: datetime) -> Iterator[Sheet]:
    for application in _dossiers(user, keys).order_by("reference", "pk"):
        standing = standing_in(user, application)
        if standing.reads_others:
            context = summary_context(user, application, standing, at=at)
            yield _sheet(application, context)


def _dossiers(user: User, keys: Sequence[int]):
    visible = Application.objects.office_visible_to(user).filter(pk__in=keys)
    found = with_standing(with_last_deposit(visible.with_funded_before()), user)
    return found.select_related("sheet__campaign", "sheet__grid", "organisation").prefetch_related(
        *PLACES, *DOCUMENTS, "condition_answers"
    )


def _sheet(application: Application, context: dict[str, Any]) -> Sheet:
    words = {"sheet_words": f"Fiche {application.reference}"}
    return Sheet(
        key=application.pk,
        reference=application.reference,
        body=application.organisation.legal_name,
        title=application.title,
        requested_amount=application.requested_amount,
        proposed_amount=application.proposed_amount,
        score=_score_words(context["score_sheet"]),
        opinions=_opinion_words(context["opinions"]),
        html=render_to_string(SHEET, context | HEADINGS | words),
    )


def _score_words(sheet: ScoreSheet | None) -> str:
    if sheet is None:
        return "sans notation"
    if sheet.score is None or sheet.score.total is None:
        return "pas de total"
    return number_fr(sheet.score.total)


def _opinion_words(opinions: Sequence[Opinion]) -> str:
    """Return « Favorable (2), Défavorable », in the order the opinions were asked."""
    counted = Counter(opinion.get_position_display() for opinion in opinions)
    return ", ".join(
        f"{words} ({number})" if number > 1 else words for words, number in counted.items()
    )


def book_pdf(
    sheets: Sequence[Sheet],
    *,
    title: str,
    said: Sequence[Sequence[str]],
    author: User,
    at: datetime,
    on_page: Callable[[], None] | None = None,
) -> bytes:
    """Return the book: a cover, the list of its pages, a table of the dossiers, their sheets.

    One tagged file, checked like every PDF of the portal, with a bookmark for each dossier. Time
    and memory grow with the number of sheets: the caller bounds it. The same rows give the same
    bytes on the same day.

    Args:
        sheets: At least one, in order.
        title: What the dossiers are: the name of a list, of a session.
        said: What else the cover says of them, as (name, words).
        author: Who asked: the sheets show what they may read.
        at: Now.
        on_page: Called now and then while it is laid out.
    """
    html = render_to_string(
        "review/pdf/summary_book.html", _context(sheets, title, said, author, at)
    )
    digest = hashlib.sha256(html.encode()).hexdigest()
    return render_html_pdf(html, identifier=f"syntheses/{digest}", on_page=on_page)


def _context(
    sheets: Sequence[Sheet],
    title: str,
    said: Sequence[Sequence[str]],
    author: User,
    at: datetime,
) -> dict[str, Any]:
    today = local_date(at)
    words = values_on(OFFICE_KEYS, today)
    proposed = [one.proposed_amount for one in sheets if one.proposed_amount is not None]
    day = datetime(today.year, today.month, today.day, tzinfo=UTC)
    return {
        "title": title,
        "said": said,
        "author": author,
        "today": today,
        "office": {key.removeprefix("office."): value for key, value in words.items()},
        "sheets": sheets,
        "requested": sum((one.requested_amount or 0 for one in sheets), Decimal(0)),
        "proposed": sum(proposed, Decimal(0)),
        "without_amount": len(sheets) - len(proposed),
        "document_created": day.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
