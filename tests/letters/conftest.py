"""A dated world for letters: parameters, templates, a filed dossier of a private body."""

from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from grants.applications.enums import ReviewState
from grants.letters.models import Letter, LetterKind
from grants.letters.reference import load_templates
from grants.letters.services import create_letter, generate_letter
from territories.loading import load_parameters
from tests.factories import ApplicationFactory


AT = datetime(2027, 3, 1, 10, 30, tzinfo=ZoneInfo("Europe/Paris"))
AWARD = {
    "decision.montant": Decimal("1200.50"),
    "decision.exercice": 2027,
    "decision.date": date(2027, 2, 15),
    "decision.deliberation": "27.042",
    "decision.rapport": "27.118",
}
REFUSAL = {
    "decision.exercice": 2027,
    "decision.date": date(2027, 2, 15),
    "decision.deliberation": "27.042",
    "decision.motif": "Demande classée après celles retenues",
}
CONTEXTS = {
    LetterKind.AWARD: AWARD,
    LetterKind.REJECTION: REFUSAL,
    LetterKind.DEFERRAL: {"decision.exercice": 2027, "decision.date": date(2027, 2, 15)},
    LetterKind.RECEIPT: {},
}


@pytest.fixture
def reference_data(db) -> None:
    load_parameters()
    load_templates()


@pytest.fixture
def dossier(reference_data):
    return a_filed_dossier()


def a_filed_dossier(**fields):
    """Make a filed dossier; ``reference`` is needed when there are several."""
    defaults = {
        "reference": "2027-0042",
        "review_state": ReviewState.SUBMITTED,
        "submitted_at": AT,
        "attested_at": AT,
        "title": "Ateliers théâtre au collège",
        "requested_amount": Decimal(3000),
        "starts_on": date(2027, 1, 15),
        "ends_on": date(2027, 12, 31),
    }
    return ApplicationFactory(**{**defaults, **fields})


def a_letter(application, kind: str = LetterKind.AWARD, *, made: bool = True, **context) -> Letter:
    """Write a letter and, unless told otherwise, make its PDF."""
    values = {**CONTEXTS[kind], **context}
    letter = create_letter(application=application, kind=kind, context=values, at=AT, by=None)
    if made:
        assert generate_letter(letter_id=letter.pk, at=AT)
        letter.refresh_from_db()
    return letter
