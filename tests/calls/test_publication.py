"""Publication, openings to the second, extensions, versions."""

from datetime import UTC, date, datetime, timedelta

import pytest

from accounts.enums import Role
from config.dates import end_of_day
from config.errors import Refusal
from grants.calls.calculations import days_left, start_of_day
from grants.calls.enums import CampaignState, SheetState
from grants.calls.labels import phase_of
from grants.calls.models import CallSheet, Criterion, RequiredDocument, ScoringGrid
from grants.calls.selectors import (
    accepts_new_request,
    closing_for,
    current_sheet,
    is_open_for,
    publication_checks,
    sheets_open_in,
)
from grants.calls.services import (
    close_sheet,
    delete_sheet,
    edit_sheet,
    grant_extension,
    publish_sheet,
    replace_documents,
    revise_sheet,
)
from tests.factories import (
    CallSheetFactory,
    CampaignFactory,
    CommuneFactory,
    OrganisationFactory,
    person_with_role,
)


pytestmark = pytest.mark.django_db
AT = datetime(2026, 9, 1, 8, tzinfo=UTC)
SECOND = timedelta(seconds=1)
OPENING = start_of_day(date(2026, 9, 15))
CLOSING = end_of_day(date(2027, 1, 15))


@pytest.fixture
def head():
    return person_with_role(Role.UNIT_HEAD)


def a_grid() -> ScoringGrid:
    grid = ScoringGrid.objects.create(name="Grille")
    Criterion.objects.create(
        grid=grid, position=1, label="Qualité", weight=100, level_sentences=["x"] * 6
    )
    return grid


def ready_draft(**fields) -> CallSheet:
    """A draft that may be published as it is."""
    values = {
        "campaign": CampaignFactory(state=CampaignState.DRAFT),
        "operational_objective": "Accueillir",
        "opens_at": OPENING,
        "closes_at": CLOSING,
        "grid": a_grid(),
        **fields,
    }
    return CallSheetFactory(state=SheetState.DRAFT, published_at=None, **values)


def test_publishing_freezes_sheet_documents_and_grid_and_opens_the_campaign(head):
    sheet = ready_draft()
    published = publish_sheet(sheet_id=sheet.pk, by=head, at=AT)
    assert published.state == SheetState.PUBLISHED
    assert (published.published_at, published.published_by) == (AT, head)
    assert ScoringGrid.objects.get().frozen_at == AT
    sheet.campaign.refresh_from_db()
    assert sheet.campaign.state == CampaignState.OPEN
    for act in (
        lambda: edit_sheet(sheet_id=sheet.pk, fields={"title": "X"}, by=head),
        lambda: replace_documents(sheet_id=sheet.pk, rows=[], by=head),
        lambda: delete_sheet(sheet_id=sheet.pk, by=head),
        lambda: publish_sheet(sheet_id=sheet.pk, by=head, at=AT),
    ):
        with pytest.raises(Refusal) as refusal:
            act()
        assert (refusal.value.code, refusal.value.status) == ("frozen", 409)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"code": ""}, "Le code manque."),
        ({"title": ""}, "Le titre manque."),
        ({"operational_objective": ""}, "L’objectif opérationnel manque."),
        ({"applicant_kinds": []}, "Personne ne peut demander\u00a0: cochez qui le peut."),
        (
            {"whole_department": False},
            "Aucun lieu n’est choisi\u00a0: des communes, des quartiers ou tout le département.",
        ),
        ({"opens_at": None}, "La date d’ouverture manque."),
        ({"closes_at": None}, "La date de clôture manque."),
        ({"action_from": None}, "La période des actions manque."),
        (
            {"opens_at": datetime(2026, 1, 1, tzinfo=UTC), "closes_at": AT - SECOND},
            "La clôture est déjà passée.",
        ),
        (
            {"grid": None},
            "Une fiche lue par quelqu’un a besoin d’une grille de notation.",
        ),
    ],
)
def test_publication_says_what_is_missing(head, change, sentence):
    sheet = ready_draft(**change)
    blocking = [c.message for c in publication_checks(sheet, at=AT) if c.blocking]
    assert blocking == [sentence]
    with pytest.raises(Refusal) as refusal:
        publish_sheet(sheet_id=sheet.pk, by=head, at=AT)
    assert refusal.value.code == "incomplete"
    assert sentence in refusal.value.sentence
    sheet.refresh_from_db()
    assert sheet.state == SheetState.DRAFT


def test_a_sheet_nobody_scores_needs_no_grid(head):
    sheet = ready_draft(grid=None, readers=0)
    assert publish_sheet(sheet_id=sheet.pk, by=head, at=AT).state == SheetState.PUBLISHED


def test_a_grid_without_criteria_blocks(head):
    sheet = ready_draft(grid=ScoringGrid.objects.create(name="Vide"))
    with pytest.raises(Refusal, match="La grille choisie n’a aucun critère"):
        publish_sheet(sheet_id=sheet.pk, by=head, at=AT)


def test_two_campaigns_of_a_year_do_not_share_a_public_address(head):
    first = ready_draft(campaign=CampaignFactory(fiscal_year=2027), code="C1")
    publish_sheet(sheet_id=first.pk, by=head, at=AT)
    second = ready_draft(campaign=CampaignFactory(fiscal_year=2027), code="C1")
    with pytest.raises(Refusal, match="leurs adresses se confondraient"):
        publish_sheet(sheet_id=second.pk, by=head, at=AT)


def test_case_officer_does_not_publish():
    with pytest.raises(Refusal) as refusal:
        publish_sheet(sheet_id=ready_draft().pk, by=person_with_role(Role.CASE_OFFICER), at=AT)
    assert refusal.value.code == "forbidden"


# --- To the second --------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("at", "is_open"),
    [
        (OPENING - SECOND, False),
        (OPENING, True),
        (CLOSING, True),
        (CLOSING.replace(microsecond=999_999), True),
        (CLOSING + SECOND, False),
    ],
)
def test_opening_and_closing_seconds_are_included(at, is_open):
    sheet = CallSheetFactory(opens_at=OPENING, closes_at=CLOSING)
    body = OrganisationFactory()
    assert sheet.is_open(at) is is_open
    assert is_open_for(sheet, body, at) is is_open
    assert accepts_new_request(sheet, body, at) is is_open
    assert CallSheet.objects.open_on(at).exists() is is_open
    assert phase_of(sheet, at).is_open is is_open


def test_a_closing_day_ends_at_midnight_in_paris():
    assert end_of_day(date(2027, 1, 15)) == datetime(2027, 1, 15, 22, 59, 59, tzinfo=UTC)
    assert start_of_day(date(2026, 7, 1)) == datetime(2026, 6, 30, 22, tzinfo=UTC)
    late = datetime(2027, 1, 14, 23, 30, tzinfo=UTC)  # already the 15th in Paris
    assert days_left(until=CLOSING, at=late) == 0
    assert days_left(until=CLOSING, at=late - timedelta(hours=1)) == 1


def test_phase_says_the_hour_and_the_days_left():
    sheet = CallSheetFactory(opens_at=OPENING, closes_at=CLOSING)
    phase = phase_of(sheet, CLOSING - timedelta(days=3))
    assert phase.sentence == "Dépôt jusqu’au 15 janvier 2027 à 23\u00a0h\u00a059"
    assert (phase.hint, phase.is_soon) == ("Encore 3 jours", True)
    assert phase_of(sheet, CLOSING - timedelta(days=1)).hint == "Clôture demain"
    assert phase_of(sheet, CLOSING).hint == "Dernier jour"
    assert phase_of(sheet, OPENING - timedelta(days=2)).hint == "Ouvre dans 2 jours"
    assert phase_of(sheet, CLOSING + SECOND).key == "closed"


def test_a_draft_is_never_open():
    sheet = ready_draft()
    assert not is_open_for(sheet, None, OPENING + SECOND)
    assert not CallSheet.objects.open_on(OPENING + SECOND).exists()


# --- Closing early, more time ---------------------------------------------------------------------
def test_closing_early_stops_at_once(head):
    sheet = CallSheetFactory(opens_at=OPENING, closes_at=CLOSING)
    at = OPENING + timedelta(days=5)
    close_sheet(sheet_id=sheet.pk, by=head, at=at)
    sheet.refresh_from_db()
    assert sheet.state == SheetState.CLOSED
    assert not is_open_for(sheet, None, at)
    assert not CallSheet.objects.open_on(at).exists()
    with pytest.raises(Refusal) as refusal:
        close_sheet(sheet_id=sheet.pk, by=head, at=at)
    assert refusal.value.code == "not_open"


def test_closing_before_the_opening(head):
    sheet = CallSheetFactory(opens_at=OPENING, closes_at=CLOSING)
    close_sheet(sheet_id=sheet.pk, by=head, at=OPENING - timedelta(days=1))
    sheet.refresh_from_db()
    assert not is_open_for(sheet, None, OPENING)
    assert not CallSheet.objects.open_on(OPENING).exists()


def test_an_extension_for_one_body_is_its_own(head):
    sheet = CallSheetFactory(opens_at=OPENING, closes_at=CLOSING)
    body, other = OrganisationFactory(), OrganisationFactory()
    until = CLOSING + timedelta(days=3)
    grant_extension(
        sheet=sheet, organisation=body, until=until, reason="Sinistre", by=head, at=CLOSING
    )
    assert is_open_for(sheet, body, until)
    assert not is_open_for(sheet, body, until + SECOND)
    assert not is_open_for(sheet, other, CLOSING + SECOND)
    assert not CallSheet.objects.open_on(CLOSING + SECOND).exists()
    assert closing_for(sheet, other) == CLOSING.replace(microsecond=999_999)


def test_an_extension_for_everybody_reopens_the_sheet(head):
    sheet = CallSheetFactory(opens_at=OPENING, closes_at=CLOSING)
    until = CLOSING + timedelta(days=3)
    later = CLOSING + timedelta(days=1)
    grant_extension(sheet=sheet, until=until, reason="Panne", by=head, at=later)
    assert is_open_for(sheet, OrganisationFactory(), later)
    opened = CallSheet.objects.open_on(later).get()
    assert opened.deadline_at == until
    assert phase_of(opened, later).sentence == "Dépôt jusqu’au 18 janvier 2027 à 23\u00a0h\u00a059"
    assert CallSheet.objects.with_phase(later).get().phase == 0


@pytest.mark.parametrize(
    ("until", "reason", "code"),
    [
        (CLOSING, "Panne", "too_early"),
        (CLOSING + timedelta(days=1), "  ", "no_reason"),
        (CLOSING + timedelta(days=1), "Panne", "too_early"),  # asked after that day
    ],
)
def test_an_extension_that_gives_nothing_is_refused(head, until, reason, code):
    sheet = CallSheetFactory(opens_at=OPENING, closes_at=CLOSING)
    at = CLOSING + timedelta(days=2) if until > CLOSING and reason.strip() else CLOSING
    with pytest.raises(Refusal) as refusal:
        grant_extension(sheet=sheet, until=until, reason=reason, by=head, at=at)
    assert refusal.value.code == code
    assert not sheet.extensions.exists()


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.CASE_OFFICER])
def test_only_the_head_extends(role):
    with pytest.raises(Refusal) as refusal:
        grant_extension(
            sheet=CallSheetFactory(opens_at=OPENING, closes_at=CLOSING),
            until=CLOSING + timedelta(days=1),
            reason="Panne",
            by=person_with_role(role),
            at=CLOSING,
        )
    assert refusal.value.code == "forbidden"


# --- Versions -------------------------------------------------------------------------------------
def test_a_new_version_takes_the_new_requests_and_leaves_those_begun(head):
    campaign = CampaignFactory(fiscal_year=2027)
    sheet = ready_draft(campaign=campaign, code="C1", title="Avant")
    RequiredDocument.objects.create(sheet=sheet, kind="rib", label="RIB")
    publish_sheet(sheet_id=sheet.pk, by=head, at=AT)
    version = revise_sheet(sheet_id=sheet.pk, by=head, at=AT)
    assert (version.version, version.code, version.state) == (2, "C1", SheetState.DRAFT)
    assert [d.label for d in version.documents.all()] == ["RIB"]
    assert current_sheet(year=2027, code="C1").title == "Avant"
    edit_sheet(sheet_id=version.pk, fields={"title": "Après"}, by=head)
    with pytest.raises(Refusal) as refusal:
        revise_sheet(sheet_id=sheet.pk, by=head, at=AT)
    assert refusal.value.code == "already_revised"

    publish_sheet(sheet_id=version.pk, by=head, at=AT)
    sheet.refresh_from_db()
    assert sheet.state == SheetState.REPLACED
    assert sheet.title == "Avant"
    during = OPENING + SECOND
    assert current_sheet(year=2027, code="C1").title == "Après"
    assert is_open_for(sheet, None, during)  # a dossier begun on it is still filed
    assert not accepts_new_request(sheet, None, during)
    assert [s.version for s in CallSheet.objects.open_on(during)] == [2]


def test_a_draft_has_no_next_version(head):
    with pytest.raises(Refusal) as refusal:
        revise_sheet(sheet_id=ready_draft().pk, by=head, at=AT)
    assert refusal.value.code == "not_published"


# --- Places and ages ------------------------------------------------------------------------------
def test_open_sheets_of_a_commune_include_those_of_the_whole_department():
    here, elsewhere = CommuneFactory(), CommuneFactory()
    everywhere = CallSheetFactory(opens_at=OPENING, closes_at=CLOSING)
    local = CallSheetFactory(opens_at=OPENING, closes_at=CLOSING, whole_department=False)
    local.communes.add(here)
    found = sheets_open_in(insee_codes=[here.pk], at=OPENING)
    assert set(found) == {everywhere, local}
    assert list(sheets_open_in(insee_codes=[elsewhere.pk], at=OPENING)) == [everywhere]
    assert not sheets_open_in(insee_codes=[here.pk], at=CLOSING + SECOND).exists()


@pytest.mark.parametrize(
    ("low", "high", "age", "found"),
    [
        (11, 15, 11, True),
        (11, 15, 15, True),
        (11, 15, 16, False),
        (16, None, 40, True),
        (None, 12, 13, False),
        (None, None, 12, False),
    ],
)
def test_age_filter(low, high, age, found):
    CallSheetFactory(age_min=low, age_max=high)
    assert CallSheet.objects.for_age(age).exists() is found
