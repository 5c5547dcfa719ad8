"""Campaigns and drafts: written, corrected, copied, deleted; what the data base holds."""

from datetime import UTC, date, datetime

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.enums import Role
from config.errors import Refusal
from grants.calls.enums import ApplicantKind, CampaignState, SheetState
from grants.calls.models import CallSheet, RequiredDocument
from grants.calls.rendering import one_line, rendered
from grants.calls.selectors import default_grid
from grants.calls.services import (
    close_campaign,
    create_campaign,
    create_sheet,
    delete_sheet,
    duplicate_sheet,
    edit_campaign,
    edit_sheet,
    replace_documents,
)
from tests.calls.reference import load_places
from tests.factories import CallSheetFactory, CampaignFactory, CommuneFactory, person_with_role


pytestmark = pytest.mark.django_db
AT = datetime(2026, 9, 1, 8, tzinfo=UTC)


@pytest.fixture
def head():
    return person_with_role(Role.UNIT_HEAD)


def draft(**fields) -> CallSheet:
    return CallSheetFactory(state=SheetState.DRAFT, published_at=None, **fields)


def test_a_new_sheet_takes_the_usual_grid_documents_applicants_and_window(head):
    load_places()
    campaign = CampaignFactory(
        fiscal_year=2027, opens_at=AT, closes_at=datetime(2027, 1, 15, 22, 59, 59, tzinfo=UTC)
    )
    sheet = create_sheet(campaign_id=campaign.pk, fields={"code": "C1"}, by=head, at=AT)
    sheet.refresh_from_db()
    assert sheet.state == SheetState.DRAFT
    assert (sheet.action_from, sheet.action_to) == (date(2027, 1, 1), date(2028, 8, 31))
    assert (sheet.opens_at, sheet.closes_at) == (campaign.opens_at, campaign.closes_at)
    assert sheet.grid == default_grid()
    assert sum(c.weight for c in sheet.grid.criteria.all()) == 100
    assert all(len(c.level_sentences) == 6 for c in sheet.grid.criteria.all())
    assert sheet.applicant_kinds == ["association", "commune"]
    asked = set(sheet.documents.values_list("kind", "applicant_kind"))
    assert {("bylaws", "association"), ("deliberation", "commune")} <= asked
    assert ("bylaws", "commune") not in asked


def test_loading_the_grid_again_keeps_what_the_office_changed():
    load_places()
    criterion = default_grid().criteria.first()
    criterion.label = "Notre intitulé"
    criterion.save()
    load_places()
    criterion.refresh_from_db()
    assert criterion.label == "Notre intitulé"
    assert default_grid().criteria.count() == 9


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.UNIT_HEAD, Role.ADMINISTRATOR}))
def test_only_the_head_and_the_administrator_manage(role):
    person = person_with_role(role)
    campaign, sheet = CampaignFactory(), draft()
    acts = [
        lambda: create_campaign(fields={"fiscal_year": 2027, "name": "X"}, by=person),
        lambda: create_sheet(campaign_id=campaign.pk, fields={"code": "C1"}, by=person, at=AT),
        lambda: edit_sheet(sheet_id=sheet.pk, fields={"title": "X"}, by=person),
        lambda: replace_documents(sheet_id=sheet.pk, rows=[], by=person),
        lambda: delete_sheet(sheet_id=sheet.pk, by=person),
    ]
    for act in acts:
        with pytest.raises(Refusal) as refusal:
            act()
        assert (refusal.value.code, refusal.value.status) == ("forbidden", 403)


def test_a_draft_may_lack_everything(head):
    sheet = create_sheet(campaign_id=CampaignFactory().pk, fields={}, by=head, at=AT)
    other = create_sheet(campaign_id=sheet.campaign_id, fields={}, by=head, at=AT)
    assert sheet.code == other.code == ""
    assert str(sheet) == "Fiche sans titre"


def test_a_code_is_once_in_a_campaign(head):
    sheet = draft(code="C1")
    with pytest.raises(Refusal) as refusal:
        create_sheet(campaign_id=sheet.campaign_id, fields={"code": "C1"}, by=head, at=AT)
    assert "Une fiche de cette campagne porte déjà ce code." in refusal.value.sentence
    once = pytest.raises(IntegrityError, match="calls_callsheet_code_once_a_campaign")
    with once, transaction.atomic():
        CallSheetFactory(campaign=sheet.campaign, code="C1")


@pytest.mark.parametrize("code", ["c1", "C 1", "C/1", "é1", "ABCDEFGHIJK", "-C1", "C1\n"])
def test_a_code_fits_in_an_address(head, code):
    with pytest.raises(Refusal):
        create_sheet(campaign_id=CampaignFactory().pk, fields={"code": code}, by=head, at=AT)


def test_unknown_field_is_a_slip_of_ours(head):
    with pytest.raises(TypeError, match="state"):
        edit_sheet(sheet_id=draft().pk, fields={"state": "published"}, by=head)


def test_a_copy_takes_everything_but_the_dates(head):
    source = draft(code="C1", operational_objective="Accueillir", opens_at=AT)
    source.communes.add(CommuneFactory())
    RequiredDocument.objects.create(sheet=source, kind="rib", label="RIB", position=1)
    target = CampaignFactory(fiscal_year=2028)
    copy = duplicate_sheet(sheet_id=source.pk, campaign_id=target.pk, code="c1", by=head, at=AT)
    assert (copy.code, copy.version, copy.operational_objective) == ("C1", 1, "Accueillir")
    assert copy.opens_at is None
    assert copy.action_to == date(2029, 8, 31)
    assert list(copy.communes.all()) == list(source.communes.all())
    assert [d.label for d in copy.documents.all()] == ["RIB"]
    assert source.documents.count() == 1
    with pytest.raises(Refusal):
        duplicate_sheet(sheet_id=source.pk, campaign_id=target.pk, code="C1", by=head, at=AT)


def test_documents_are_replaced_in_order_and_asked_once(head):
    sheet = draft()
    row = {
        "kind": "rib",
        "label": "RIB",
        "help_text": "",
        "applicant_kind": ApplicantKind.COMMUNE,
        "history": "any",
        "mandatory": True,
    }
    replace_documents(sheet_id=sheet.pk, rows=[row, {**row, "kind": "plan"}], by=head)
    assert [d.kind for d in sheet.documents.all()] == ["rib", "plan"]
    with pytest.raises(Refusal, match="Cette pièce est déjà demandée"):
        replace_documents(sheet_id=sheet.pk, rows=[row, row], by=head)
    assert [d.kind for d in sheet.documents.all()] == ["rib", "plan"]


def test_a_campaign_closes_when_no_sheet_is_open(head):
    sheet = CallSheetFactory(opens_at=AT, closes_at=datetime(2026, 10, 1, tzinfo=UTC))
    with pytest.raises(Refusal) as refusal:
        close_campaign(campaign_id=sheet.campaign_id, by=head, at=AT)
    assert refusal.value.code == "still_open"
    later = datetime(2026, 10, 2, tzinfo=UTC)
    close_campaign(campaign_id=sheet.campaign_id, by=head, at=later)
    sheet.campaign.refresh_from_db()
    assert sheet.campaign.state == CampaignState.CLOSED
    with pytest.raises(Refusal) as refusal:
        create_sheet(campaign_id=sheet.campaign_id, fields={}, by=head, at=later)
    assert refusal.value.code == "campaign_closed"


def test_the_year_of_a_campaign_stays_once_a_sheet_is_out(head):
    sheet = CallSheetFactory()
    with pytest.raises(Refusal) as refusal:
        edit_campaign(campaign_id=sheet.campaign_id, fields={"fiscal_year": 2040}, by=head)
    assert refusal.value.code == "frozen"
    edit_campaign(campaign_id=sheet.campaign_id, fields={"name": "Autre nom"}, by=head)


# --- The data base itself -------------------------------------------------------------------------
def refused_by_the_database(sql: str, *params) -> bool:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql, params)
    except IntegrityError:
        return True
    return False


def test_the_database_freezes_a_published_sheet():
    sheet = CallSheetFactory()
    RequiredDocument.objects.bulk_create([RequiredDocument(sheet=sheet, kind="a", label="A")])
    for sql in (
        "UPDATE calls_callsheet SET title = 'autre' WHERE id = %s",
        "UPDATE calls_callsheet SET opens_at = now() WHERE id = %s",
        "UPDATE calls_callsheet SET state = 'draft' WHERE id = %s",
        "DELETE FROM calls_callsheet WHERE id = %s",
        "UPDATE calls_requireddocument SET label = 'autre' WHERE sheet_id = %s",
        "DELETE FROM calls_requireddocument WHERE sheet_id = %s",
    ):
        assert refused_by_the_database(sql, sheet.pk), sql
    assert not refused_by_the_database(
        "UPDATE calls_callsheet SET state = 'closed', closes_at = now() WHERE id = %s", sheet.pk
    )


def test_the_database_freezes_the_criteria_of_a_grid_in_use():
    load_places()
    grid = default_grid()
    assert not refused_by_the_database(
        "UPDATE calls_criterion SET weight = 21 WHERE grid_id = %s AND position = 1", grid.pk
    )
    grid.frozen_at = AT
    grid.save()
    for sql in (
        "UPDATE calls_criterion SET weight = 20 WHERE grid_id = %s",
        "DELETE FROM calls_criterion WHERE grid_id = %s",
    ):
        assert refused_by_the_database(sql, grid.pk), sql


# --- Text of a sheet --------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("Une phrase.", "<p>Une phrase.</p>"),
        ("- un\n- deux", "<ul><li>un</li><li>deux</li></ul>"),
        ("Avant :\n1. un\n2. deux", "<p>Avant\u00a0:</p><ol><li>un</li><li>deux</li></ol>"),
        ("3. trois\n4. quatre", '<ol start="3"><li>trois</li><li>quatre</li></ol>'),
        ("- un\nqui continue\n- deux", "<ul><li>un qui continue</li><li>deux</li></ul>"),
        ("Une ligne\n\n\nUne autre", "<p>Une ligne</p><p>Une autre</p>"),
        ("", ""),
        (
            "- <script>alert('x')</script> & \"lui\"",
            "<ul><li>&lt;script&gt;alert(’x’)&lt;/script&gt; &amp; &quot;lui&quot;</li></ul>",
        ),
    ],
)
def test_text_is_set_in_lists_and_escaped(text, html):
    assert rendered(text).replace("&#x27;", "’") == html


def test_one_line_drops_the_marks():
    assert one_line("- un\n- deux") == "un deux"
