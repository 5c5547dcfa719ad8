"""One score everywhere: recomputed from the rows, on screen, in exports, in the PDF."""

from __future__ import annotations

import csv
import io
import re
import runpy
from datetime import timedelta
from decimal import Decimal

import pytest
from django.conf import settings as project
from django.core.management import call_command
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck, example, given, settings, strategies as st
from pypdf import PdfReader

from accounts.enums import Role
from foundation.parameters.models import Parameter
from grants.applications.models import Application, Deposit
from grants.calls.models import Criterion
from grants.review.enums import THIRD
from grants.review.models import Review, Score, ScoreSummary
from grants.review.services.assignment import assign_reader, declare_conflict
from grants.review.services.scoring import (
    ScoreInput,
    finalise_review,
    reopen_review,
    save_review,
)
from grants.review.services.summaries import refresh_summary
from portal.invariants import CHECKS
from territories.loading import load_parameters
from tests.factories import person_with_role
from tests.review.world import under_review


pytestmark = pytest.mark.django_db
NOW = timezone.now()
SCRIPT = runpy.run_path(str(project.BASE_DIR / "scripts/recompute_scores.py"))
WEIGHTS = ("50.00", "33.33", "0.01", "14.25", "100.00", "7.50")
level = st.none() | st.integers(0, 5)  # None: not applicable
reading = st.fixed_dictionaries(
    {
        "levels": st.lists(level, min_size=3, max_size=3),
        "end": st.sampled_from(["final", "final", "final", "draft", "reopened", "recused", "body"]),
        "older_deposit": st.booleans(),
    }
)
world = st.fixed_dictionaries(
    {
        "weights": st.lists(st.sampled_from(WEIGHTS), min_size=3, max_size=3),
        "readings": st.lists(reading, min_size=0, max_size=3),
    }
)


def read(*levels: int | None, end: str = "final", older_deposit: bool = False) -> dict:
    return {"levels": list(levels), "end": end, "older_deposit": older_deposit}


SETTLED = {"weights": ["50.00", "30.00", "20.00"], "readings": [read(5, 5, 5), read(1, 1, 1)]}
WORLDS = {
    "nobody": {"weights": ["50.00"] * 3, "readings": []},
    "all not applicable": {"weights": ["50.00"] * 3, "readings": [read(None, None, None)]},
    # 70,05 exactly: the half goes up.
    "half": {"weights": ["100.50", "60.00", "39.50"], "readings": [read(4, 3, 3)]},
    "third awaited": SETTLED,
    "third equal pairs": {**SETTLED, "readings": [*SETTLED["readings"], read(3, 3, 3)]},
    "recused after final": {
        **SETTLED,
        "readings": [read(5, 5, 5), read(1, 1, 1, end="recused"), read(4, 3, 3)],
    },
    "older deposit": {**SETTLED, "readings": [read(4, 4, 4, older_deposit=True), read(3, 4, 4)]},
    "third without total": {
        **SETTLED,
        "readings": [*SETTLED["readings"], read(None, None, None)],
    },
}


@pytest.fixture
def head(db):
    load_parameters()
    return person_with_role(Role.UNIT_HEAD)


def make(head, drawn: dict) -> Application:
    """Make a dossier as people would, with the services."""
    officer = person_with_role(Role.CASE_OFFICER)
    dossier = under_review(officer, head, readers=2)
    for criterion, weight in zip(
        dossier.sheet.grid.criteria.all(), drawn["weights"] * 3, strict=False
    ):
        Criterion.objects.filter(pk=criterion.pk).update(weight=weight)
    criteria = list(dossier.sheet.grid.criteria.all())
    for rank, one in enumerate(drawn["readings"], start=1):
        reader = officer if rank == 1 else person_with_role(Role.CASE_OFFICER)
        if rank > 1:
            assign_reader(application_id=dossier.pk, person=reader, rank=rank, by=head, at=NOW)
        act(dossier, reader, criteria, one, rank=rank)
    return dossier


def act(dossier, reader, criteria, one: dict, *, rank: int) -> None:
    common = {"application_id": dossier.pk, "by": reader, "at": NOW}
    levels = one["levels"]
    before_the_rule = rank == THIRD and one["end"] != "draft" and set(levels) == {None}
    if before_the_rule:
        levels = [3, *levels[1:]]
    scores = {
        criterion.pk: ScoreInput(level, not_applicable=level is None, comment="Vu.")
        for criterion, level in zip(criteria, levels, strict=True)
    }
    save_review(**common, scores=scores, proposed_amount=Decimal(100), summary="Vu.")
    if one["end"] == "draft":
        return
    finalise_review(**common)
    if before_the_rule:
        without_total(dossier, reader)
    if one["older_deposit"]:
        file_again(dossier)
    match one["end"]:
        case "reopened":
            reopen_review(**common, reason="Revu")
        case "recused":
            declare_conflict(person=reader, application=dossier, reason="Proche", at=NOW)
        case "body":
            body = dossier.organisation
            declare_conflict(person=reader, organisation=body, reason="Proche", at=NOW)


def without_total(dossier: Application, reader) -> None:
    """Leave a final third reading as it could be before the rule that it settles: all n/a."""
    rows = Score.objects.filter(review__application=dossier, review__reviewer=reader)
    rows.update(level=None, not_applicable=True)
    refresh_summary(dossier)


def file_again(dossier: Application) -> Deposit:
    last = dossier.deposits.order_by("-number").first()
    return Deposit.objects.create(
        application=dossier,
        number=last.number + 1,
        payload=last.payload,
        sha256=last.sha256,
        filed_by=last.filed_by,
        filed_at=NOW,
    )


def recomputed(dossier: Application) -> dict:
    with connection.cursor() as cursor:
        assert SCRIPT["differences"](cursor) == []
        empty = {"total": None, "gap": None, "needs_third": False, "finals": 0}
        return SCRIPT["recompute"](cursor).get(dossier.pk, empty)


def tenths(value: int | None) -> str:
    """Write tenths of a point as a French reader writes them: « 72,1 », « 60 »."""
    if value is None:
        return ""
    whole, decimal = divmod(value, 10)
    return f"{whole},{decimal}" if decimal else f"{whole}"


def on_screen(client: Client, dossier: Application) -> str:
    page = client.get(reverse("review:tab", args=[dossier.reference, "notation"]))
    html = page.content.decode()
    shown = re.search(r"data-dossier-total>(?:(\d[\d,]*)<|<span[^>]*>pas encore)", html)
    assert shown, html
    assert ("troisième lecture est demandée" in html) == page.context[
        "score_sheet"
    ].score.needs_third
    return shown.group(1) or ""


def cell_of(client: Client, url: str, name: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200, url
    text = b"".join(answer.streaming_content) if answer.streaming else answer.content
    rows = list(csv.reader(io.StringIO(text.decode("utf-8-sig")), delimiter=";"))
    assert len(rows) == 2, rows
    cell = rows[1][rows[0].index(name)]
    return cell.removesuffix(",0")


def in_pdf(client: Client, dossier: Application) -> str:
    answer = client.get(reverse("review:summary_pdf", args=[dossier.reference]))
    assert answer.status_code == 200
    pages = PdfReader(io.BytesIO(answer.content)).pages
    text = " ".join(" ".join(page.extract_text() for page in pages).split())
    found = re.search(r"(\d[\d,]*) sur 100|pas de total", text)
    assert found, text
    return found.group(1) or ""


def agree(head, drawn: dict, *, with_pdf: bool) -> None:
    with transaction.atomic():
        dossier = make(head, drawn)
        expected = recomputed(dossier)
        total = tenths(expected["total"])
        client = Client()
        client.force_login(head)
        assert on_screen(client, dossier) == total
        desk = reverse("review:desk_export", args=["csv"])
        assert cell_of(client, f"{desk}?liste=tous", "Note") == total
        year = dossier.sheet.campaign.fiscal_year
        assert cell_of(client, annual_export(year), "note") == total
        if with_pdf:
            assert in_pdf(client, dossier) == total
        for check in CHECKS.values():
            if check.__module__ == "portal.invariants" and "score" in check.__name__:
                assert list(check()) == []
        transaction.set_rollback(True)


def annual_export(year: int) -> str:
    return reverse("reporting:export", kwargs={"year": year, "extension": "csv"})


@given(drawn=world)
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@example(drawn=WORLDS["half"])
@example(drawn=WORLDS["third without total"])
def test_the_score_is_the_one_its_rows_give(head, drawn):
    agree(head, drawn, with_pdf=False)


@pytest.mark.parametrize("name", sorted(WORLDS))
def test_the_committee_reads_the_same_score(head, name):
    agree(head, WORLDS[name], with_pdf=True)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("nobody", (None, None, False, 0)),
        ("all not applicable", (None, None, False, 1)),
        ("half", (701, None, False, 1)),
        ("third awaited", (600, 800, True, 2)),
        ("third equal pairs", (800, None, False, 3)),
        ("recused after final", (850, 300, True, 2)),
        ("older deposit", (750, 100, False, 2)),
        ("third without total", (600, 800, True, 3)),
    ],
)
def test_what_the_rules_give_by_hand(head, name, expected):
    found = recomputed(make(head, WORLDS[name]))
    assert (found["total"], found["gap"], found["needs_third"], found["finals"]) == expected


def test_the_gap_allowed_is_the_one_of_the_day_of_the_last_reading(head):
    dossier = make(head, WORLDS["third awaited"])
    assert dossier.score_summary.needs_third
    Parameter.objects.create(
        key="review.gap_points",
        value="85.5",
        valid_from=timezone.localdate() + timedelta(days=1),
    )
    call_command("refresh_scores", stdout=io.StringIO())
    dossier.score_summary.refresh_from_db()
    assert dossier.score_summary.needs_third
    assert recomputed(dossier)["needs_third"]
    Parameter.objects.filter(value="85.5").update(valid_from=timezone.localdate())
    call_command("refresh_scores", stdout=io.StringIO())
    dossier.score_summary.refresh_from_db()
    assert not dossier.score_summary.needs_third
    assert not recomputed(dossier)["needs_third"]


def test_the_script_and_the_invariant_find_a_score_that_lies(head):
    dossier = make(head, WORLDS["older deposit"])
    check = CHECKS["scores follow readings"]
    assert list(check()) == []
    Score.objects.filter(review__application=dossier, level=3).update(level=2)
    with connection.cursor() as cursor:
        (sentence,) = SCRIPT["differences"](cursor)
    assert dossier.reference in sentence
    assert dossier.reference in next(check())
    call_command("refresh_scores", stdout=io.StringIO())
    assert list(check()) == []
    Review.objects.update(state="draft")
    call_command("refresh_scores", stdout=io.StringIO())
    assert ScoreSummary.objects.get().total is None
    assert list(check()) == []
