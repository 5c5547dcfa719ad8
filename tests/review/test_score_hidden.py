"""Who must not read scores finds them at no address, in no export, by no search."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import NoReverseMatch, URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone
from pypdf import PdfReader

from accounts.enums import Role
from accounts.models import User
from grants.applications.enums import ReviewState
from grants.applications.models import Application, Place
from grants.calls.models import Criterion
from grants.decisions.services.sessions import add_line
from grants.letters.reference import load_templates
from grants.review.models import Assignment
from grants.review.permissions import standing_of
from grants.review.services.assignment import assign_reader, declare_conflict
from territories.loading import load_parameters
from tests.factories import (
    CommuneFactory,
    EnvelopeFactory,
    FiledApplicationFactory,
    SessionFactory,
    TerritoryFactory,
    member_of,
    person_with_role,
)
from tests.review.world import final, under_review


pytestmark = pytest.mark.django_db
NOW = timezone.now()
SECRET = "CANARI-SYNTHESE"
TOTAL = "72,1"  # nothing else on a page can give it
READER_AMOUNT, UNIT_AMOUNT = "4\u00a0321,09", "5\u00a0731,17"
CANARIES = (SECRET, TOTAL, "72.1", READER_AMOUNT, UNIT_AMOUNT, "4321.09", "5731.17", "4321,09")
CANARIES += ("5731,17",)
SEARCHES = (
    "",
    f"?liste=tous&q={SECRET}",
    "?liste=tous&tri=-note&colonnes=note&colonnes=propose",
    "?liste=tous&note_min=72&note_max=72,5",
    "?liste=tous&montant_min=5731&montant_max=5732",
)
# Where a dossier is written about; the other apps know nothing of what is judged.
APPS = {"review", "decisions", "reporting", "portal", "applications", "letters", "jobs"}
SLUGS = (
    "resume",
    "projet",
    "budget",
    "pieces",
    "recevabilite",
    "complements",
    "notation",
    "avis",
    "decision",
    "echanges",
    "historique",
)


@pytest.fixture
def dossier(db) -> Application:
    """A dossier of territory 7 with two final readings and an amount, on a session's list."""
    load_parameters()
    load_templates()
    officer, head = person_with_role(Role.CASE_OFFICER), person_with_role(Role.UNIT_HEAD)
    found = under_review(officer, head, readers=1, whole_department=False)
    commune = CommuneFactory(territory=TerritoryFactory(number=7))
    Place.objects.create(application=found, position=0, commune=commune, territories=[7])
    weights = (Decimal("41.5"), Decimal("14.25"), 3)
    for criterion, weight in zip(found.sheet.grid.criteria.all(), weights, strict=True):
        Criterion.objects.filter(pk=criterion.pk).update(weight=weight)
    final(found, officer, 4, 3, 1, summary=SECRET, amount="4321.09")
    assert found.score_summary.total == Decimal("72.1")
    return found


def concluded(dossier: Application) -> Application:
    """Put it on a session's list with the unit's amount, beside another dossier: the totals of an
    envelope or of a session are nobody's amount."""
    head = person_with_role(Role.UNIT_HEAD)
    Application.objects.filter(pk=dossier.pk).update(
        review_state=ReviewState.EVALUATED, proposed_amount=Decimal("5731.17")
    )
    other = FiledApplicationFactory(
        sheet=dossier.sheet, review_state=ReviewState.EVALUATED, proposed_amount=Decimal(1000)
    )
    session, envelope = SessionFactory(), EnvelopeFactory()
    for one in (dossier, other):
        add_line(session_id=session.pk, application_id=one.pk, envelope=envelope, by=head, at=NOW)
    return dossier


def addresses(dossier: Application) -> Iterator[str]:
    """Yield every address of the policies that this dossier, or nothing, can fill."""
    lines = dossier.session_lines.all()
    keys = {dossier.pk}
    keys |= {key for line in lines for key in (line.pk, line.session_id, line.envelope_id)}
    known = {
        "reference": [dossier.reference],
        "slug": SLUGS,
        "extension": ["csv", "xlsx", "ods", "pdf"],
        "pk": sorted(keys),
        "year": [dossier.sheet.campaign.fiscal_year],
        "code": [dossier.sheet.code],
        "uuid": [dossier.uuid],
        "number": [1, 7],
        "section": ["projet", "budget"],
    }
    for name, parameters in named():
        if name.split(":")[0] not in APPS or not parameters <= known.keys():
            continue
        for kwargs in filled(sorted(parameters), known):
            try:
                yield reverse(name, kwargs=kwargs)
            except NoReverseMatch:
                continue


def named(resolver: URLResolver | None = None, space: str = "") -> Iterator[tuple[str, set[str]]]:
    for entry in (resolver or get_resolver()).url_patterns:
        if isinstance(entry, URLResolver):
            yield from named(entry, f"{entry.namespace}:" if entry.namespace else space)
        elif isinstance(entry, URLPattern) and entry.name:
            yield f"{space}{entry.name}", set(entry.pattern.regex.groupindex)


def filled(parameters: list[str], known: dict) -> Iterator[dict]:
    if not parameters:
        yield {}
        return
    first, *others = parameters
    for value in known[first]:
        for rest in filled(others, known):
            yield {first: value, **rest}


def words_of(answer) -> str:
    """Return all that a file or a page says."""
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    if content.startswith(b"%PDF"):
        pages = PdfReader(io.BytesIO(content)).pages
        return " ".join(page.extract_text() for page in pages)
    if content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return " ".join(
                archive.read(name).decode(errors="ignore") for name in archive.namelist()
            )
    return content.decode(errors="ignore")


def found_by(user: User, dossier: Application) -> list[str]:
    """Return the addresses where a person finds a canary."""
    client = Client(raise_request_exception=True)
    client.force_login(user)
    leaks = []
    listed = reverse("review:desk")
    for url in sorted(set(addresses(dossier))):
        queries = SEARCHES if url.startswith(listed) and "-" not in url else ("",)
        for query in queries:
            answer = client.get(url + query)
            if answer.status_code == 405:
                continue
            text = words_of(answer)
            leaks += [
                f"{url}{query}: {canary}"
                for canary in CANARIES
                if canary in text and canary not in query  # the page repeats what was searched
            ]
            if ("note_min" in query or "q=" in query) and dossier.title in text:
                elsewhere = query.replace("=72", "=98").replace(SECRET, "introuvable")
                if dossier.title in words_of(client.get(url + elsewhere)):
                    continue  # no such filter for them: it tells nothing
                leaks.append(f"{url}{query}: what is found tells the score")
    return leaks


def test_the_head_finds_them_and_so_the_walk_sees(dossier):
    found = " ".join(found_by(person_with_role(Role.UNIT_HEAD), concluded(dossier)))
    for words in (SECRET, TOTAL, READER_AMOUNT, UNIT_AMOUNT, "synthese.pdf", "dossiers.csv"):
        assert words in found, words


@pytest.mark.parametrize(
    ("role", "whole_body"),
    [(Role.CASE_OFFICER, False), (Role.UNIT_HEAD, True), (Role.ADMINISTRATOR, False)],
)
def test_the_recused_find_no_score(dossier, role, whole_body):
    person = person_with_role(role)
    target = {"organisation": dossier.organisation} if whole_body else {"application": dossier}
    declare_conflict(person=person, **target, reason="Proche", at=NOW)
    assert found_by(person, concluded(dossier)) == []


@pytest.mark.parametrize("role", [Role.CASE_OFFICER, Role.UNIT_HEAD, Role.ADMINISTRATOR])
def test_a_member_of_the_body_finds_no_score(dossier, role):
    person = person_with_role(role)
    member_of(dossier.organisation, user=person)
    assert found_by(person, concluded(dossier)) == []


def test_a_reader_is_blind_until_their_own_is_final(dossier):
    reader, head = person_with_role(Role.CASE_OFFICER), person_with_role(Role.UNIT_HEAD)
    assign_reader(application_id=dossier.pk, person=reader, rank=2, by=head, at=NOW)
    Application.objects.filter(pk=dossier.pk).update(proposed_amount=Decimal("5731.17"))
    assert found_by(reader, dossier) == []
    final(dossier, reader, 2, 2, 2, summary="Ma lecture.", amount=1)
    assert standing_of(reader, dossier).reads_others


def test_the_head_who_reads_third_is_blind_too(dossier):
    head, colleague = (person_with_role(Role.UNIT_HEAD) for _ in range(2))
    assign_reader(application_id=dossier.pk, person=head, rank=3, by=colleague, at=NOW)
    Application.objects.filter(pk=dossier.pk).update(proposed_amount=Decimal("5731.17"))
    assert found_by(head, dossier) == []


def test_a_coordinator_and_the_applicant_find_no_score_before_the_vote(dossier):
    assert Assignment.objects.filter(application=dossier).exists()
    foreign = person_with_role(Role.COORDINATOR, territory=TerritoryFactory(number=1))
    own = person_with_role(Role.COORDINATOR)
    member = member_of(dossier.organisation)
    dossier = concluded(dossier)
    for person in (foreign, own, member, person_with_role(Role.READER)):
        assert found_by(person, dossier) == [], person
