"""The grid builder: what it keeps, what it refuses, what a frozen grid is."""

from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.enums import Role
from config.errors import Refusal
from grants.calls.enums import SheetState
from grants.calls.grids.content import (
    MAX_CRITERIA,
    CriterionContent,
    GridContent,
    QuestionContent,
    alike,
    content_of,
)
from grants.calls.grids.forms import rows_of
from grants.calls.grids.services import create_grid, delete_grid, duplicate_grid, edit_grid
from grants.calls.models import AdmissibilityQuestion, Criterion, ScoringGrid
from grants.calls.reference import load_default_grid, load_default_questions
from grants.calls.selectors import default_grid
from grants.calls.services import publish_sheet
from tests.calls.test_publication import AT, ready_draft
from tests.factories import CallSheetFactory, CampaignFactory, GridFactory, person_with_role
from tests.queries import assert_same_queries


pytestmark = pytest.mark.django_db
SENTENCES = tuple(f"Phrase {level}" for level in range(6))
QUALITY = CriterionContent("Qualité", Decimal(60), SENTENCES)
BUDGET = CriterionContent("Budget", Decimal("20.5"), SENTENCES, "Lire le budget", False)
QUESTION = QuestionContent("Le dossier est complet.", "", "documents")
CONTENT = GridContent("Ma grille", 1, 5, (QUALITY, BUDGET), (QUESTION,))


@pytest.fixture
def admin():
    return person_with_role(Role.ADMINISTRATOR)


@pytest.fixture
def head():
    return person_with_role(Role.UNIT_HEAD)


def refusal_of(act):
    with pytest.raises(Refusal) as refusal:
        act()
    return refusal.value


def changed(**fields) -> GridContent:
    return GridContent(**{**CONTENT.__dict__, **fields})


# --- Services -----------------------------------------------------------------------------------
def test_a_grid_is_read_back_as_it_was_written(admin):
    grid = create_grid(content=CONTENT, by=admin)
    assert content_of(grid) == CONTENT
    assert content_of(grid).version == CONTENT.version
    other = changed(criteria=(BUDGET, QUALITY), questions=())
    edit_grid(grid_id=grid.pk, content=other, version=CONTENT.version, by=admin)
    assert content_of(ScoringGrid.objects.get()) == other


def test_shares_are_parts_of_the_total():
    assert CONTENT.total_weight == Decimal("80.5")
    assert sum(CONTENT.shares()) == pytest.approx(1)
    assert GridContent("Vide").shares() == []


def test_only_the_administrator_writes_and_the_head_duplicates(admin, head):
    grid = create_grid(content=CONTENT, by=admin)
    officer = person_with_role(Role.CASE_OFFICER)
    for act in (
        lambda: create_grid(content=changed(name="Autre"), by=head),
        lambda: edit_grid(grid_id=grid.pk, content=CONTENT, by=head),
        lambda: delete_grid(grid_id=grid.pk, by=head),
        lambda: duplicate_grid(grid_id=grid.pk, name="Copie", by=officer),
    ):
        assert refusal_of(act).status == 403
    copy = duplicate_grid(grid_id=grid.pk, name="Copie", by=head)
    assert content_of(copy) == changed(name="Copie")


def test_two_people_at_once_the_second_is_told_what_changed(admin):
    grid = create_grid(content=CONTENT, by=admin)
    edit_grid(
        grid_id=grid.pk,
        content=changed(criteria=(QUALITY,)),
        version=CONTENT.version,
        by=admin,
    )
    refusal = refusal_of(
        lambda: edit_grid(
            grid_id=grid.pk, content=changed(name="X"), version=CONTENT.version, by=admin
        )
    )
    assert (refusal.code, refusal.status) == ("stale", 409)
    assert content_of(ScoringGrid.objects.get()).name == "Ma grille"


@pytest.mark.parametrize(
    "content",
    [
        changed(name=""),
        changed(name="x" * 151),
        changed(criteria=(CriterionContent("Nul", Decimal(0), SENTENCES),)),
        changed(criteria=(CriterionContent("Négatif", Decimal(-5), SENTENCES),)),
        changed(criteria=(CriterionContent("Lourd", Decimal("1e9"), SENTENCES),)),
        changed(criteria=(CriterionContent("Long", Decimal(1), ("x" * 300, *SENTENCES[1:])),)),
        changed(criteria=(CriterionContent("Court", Decimal(1), SENTENCES[1:]),)),
        changed(criteria=(CriterionContent("Sans phrase", Decimal(1), ("",) * 6),)),
        changed(criteria=(CriterionContent("", Decimal(1), SENTENCES),)),
        changed(criteria=(QUALITY,) * (MAX_CRITERIA + 1)),
        changed(questions=(QUESTION, QUESTION)),
        changed(questions=(QuestionContent("x", "", "magic"),)),
        changed(comment_at_most=5, comment_at_least=5),
        changed(comment_at_least=7),
    ],
    ids=range(14),
)
def test_what_makes_no_grid_is_refused_and_nothing_is_written(admin, content):
    grid = create_grid(content=CONTENT, by=admin)
    assert refusal_of(lambda: edit_grid(grid_id=grid.pk, content=content, by=admin)).code in {
        "invalid"
    }
    assert content_of(ScoringGrid.objects.get()) == CONTENT


def test_names_are_not_shared(admin):
    grid = create_grid(content=CONTENT, by=admin)
    refusal = refusal_of(lambda: duplicate_grid(grid_id=grid.pk, name="MA GRILLE", by=admin))
    assert refusal.code == "name_taken"


def test_a_grid_is_deleted_when_no_sheet_uses_it(admin):
    grid = create_grid(content=CONTENT, by=admin)
    sheet = CallSheetFactory(state=SheetState.DRAFT, published_at=None, grid=grid)
    assert refusal_of(lambda: delete_grid(grid_id=grid.pk, by=admin)).code == "used"
    sheet.delete()
    delete_grid(grid_id=grid.pk, by=admin)
    assert not ScoringGrid.objects.exists()
    assert refusal_of(lambda: delete_grid(grid_id=grid.pk, by=admin)).code == "gone"


# --- Frozen -------------------------------------------------------------------------------------
@pytest.fixture
def frozen(admin, head):
    grid = create_grid(content=CONTENT, by=admin)
    publish_sheet(sheet_id=ready_draft(grid=grid).pk, by=head, at=AT)
    grid.refresh_from_db()
    assert grid.frozen_at == AT
    return grid


def test_publishing_freezes_the_grid_and_says_how_to_change_it(frozen, admin):
    for act in (
        lambda: edit_grid(grid_id=frozen.pk, content=CONTENT, by=admin),
        lambda: delete_grid(grid_id=frozen.pk, by=admin),
    ):
        refusal = refusal_of(act)
        assert (refusal.code, refusal.status) == ("frozen", 409)
        assert "dupliquez-la" in refusal.sentence
    assert content_of(duplicate_grid(grid_id=frozen.pk, name="Copie", by=admin)).criteria


@pytest.mark.parametrize(
    "act",
    [
        lambda grid: ScoringGrid.objects.filter(pk=grid.pk).update(name="Autre"),
        lambda grid: ScoringGrid.objects.filter(pk=grid.pk).update(frozen_at=None),
        lambda grid: Criterion.objects.filter(grid=grid).update(weight=1),
        lambda grid: Criterion.objects.filter(grid=grid).first().delete(),
        lambda grid: AdmissibilityQuestion.objects.filter(grid=grid).update(label="Autre"),
        lambda grid: AdmissibilityQuestion.objects.filter(grid=grid).delete(),
        lambda grid: AdmissibilityQuestion.objects.create(grid=grid, position=9, label="De plus"),
        lambda grid: Criterion.objects.filter(grid__name="Ailleurs").update(grid=grid, position=9),
        lambda grid: ScoringGrid.objects.filter(pk=grid.pk)._raw_delete("default"),
    ],
    ids=range(9),
)
def test_the_database_itself_holds_a_frozen_grid(frozen, act):
    GridFactory(name="Ailleurs")
    with pytest.raises(IntegrityError), transaction.atomic():
        act(frozen)


# --- Pages --------------------------------------------------------------------------------------
def signed_in(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def posted(content: GridContent, *, version="", action="save") -> dict:
    data = {
        "name": content.name,
        "comment_at_most": content.comment_at_most,
        "comment_at_least": content.comment_at_least,
        "version": version,
        "action": action,
    }
    for prefix, rows in rows_of(content).items():
        data |= {f"{prefix}-TOTAL_FORMS": len(rows), f"{prefix}-INITIAL_FORMS": 0}
        for number, row in enumerate(rows):
            for name, value in row.items():
                if name == "allows_not_applicable":
                    if value:
                        data[f"{prefix}-{number}-{name}"] = "on"
                else:
                    data[f"{prefix}-{number}-{name}"] = value
    return data


NEW = "/campagnes/grilles/nouvelle/"


def test_a_grid_is_written_then_changed_through_its_pages(admin):
    client = signed_in(admin)
    assert client.get(NEW).status_code == 200
    response = client.post(NEW, posted(CONTENT))
    grid = ScoringGrid.objects.get()
    assert response.url == reverse("calls:grid_detail", args=[grid.pk])
    assert content_of(grid) == CONTENT
    page = client.get(response.url).content.decode()
    assert "Phrase 3" in page
    assert "74,5\u00a0%" in page  # 60 of 80.5
    url = reverse("calls:grid_edit", args=[grid.pk])
    page = client.get(url)
    assert page.context["form"]["version"].value() == CONTENT.version
    assert "20,5" in page.content.decode()
    other = changed(name="Renommée")
    assert client.post(url, posted(other, version=CONTENT.version)).status_code == 302
    assert content_of(ScoringGrid.objects.get()) == other


def test_a_lost_race_keeps_what_was_typed_and_the_second_sending_prevails(admin):
    grid = create_grid(content=CONTENT, by=admin)
    url = reverse("calls:grid_edit", args=[grid.pk])
    client = signed_in(admin)
    edit_grid(grid_id=grid.pk, content=changed(name="La leur"), by=admin)
    response = client.post(url, posted(changed(name="La mienne"), version=CONTENT.version))
    assert response.status_code == 409
    page = response.content.decode()
    assert "La mienne" in page
    assert "La leur" in page
    version = response.context["form"]["version"].value()
    assert client.post(url, posted(changed(name="La mienne"), version=version)).status_code == 302


@pytest.mark.parametrize(
    ("action", "labels"),
    [
        ("down-criteres-0", ["Budget", "Qualité"]),
        ("up-criteres-1", ["Budget", "Qualité"]),
        ("up-criteres-0", ["Qualité", "Budget"]),
        ("remove-criteres-0", ["Budget"]),
        ("add-criteres", ["Qualité", "Budget", ""]),
        ("preview", ["Qualité", "Budget"]),
        ("down-criteres-99", ["Qualité", "Budget"]),
        ("up-criteres-x", ["Qualité", "Budget"]),
        ("explose-tout-1", ["Qualité", "Budget"]),
    ],
)
def test_rows_move_without_anything_being_saved_or_lost(admin, action, labels):
    data = {**posted(CONTENT, action=action), "criteres-0-weight": "beaucoup"}
    response = signed_in(admin).post(NEW, data)
    assert response.status_code == 200
    rows = response.context["criteria"]
    assert [row["label"].value() for row in rows] == labels
    if "Qualité" in labels:
        assert "beaucoup" in response.content.decode()
    assert not ScoringGrid.objects.exists()


@pytest.mark.parametrize(
    "wrong",
    [
        {"criteres-0-weight": "0"},
        {"criteres-0-weight": "-3"},
        {"criteres-0-weight": "1e9"},
        {"criteres-0-weight": "NaN"},
        {"criteres-0-weight": "9" * 400},
        {"criteres-0-level_3": "x" * 300},
        {"criteres-0-level_3": ""},
        {"criteres-0-label": ""},
        {"name": ""},
        {"comment_at_most": "4", "comment_at_least": "2"},
        {"comment_at_most": "douze"},
        {"questions-0-automatic": "magic"},
        {"criteres-TOTAL_FORMS": "1000000"},
        {"criteres-TOTAL_FORMS": "²"},
    ],
    ids=range(14),
)
def test_hostile_values_come_back_with_a_sentence(admin, wrong):
    response = signed_in(admin).post(NEW, {**posted(CONTENT), **wrong})
    assert response.status_code == 422
    assert "data-portal-error-summary" in response.content.decode()
    assert not ScoringGrid.objects.exists()


def test_sixty_criteria_are_too_many_and_come_back(admin):
    response = signed_in(admin).post(NEW, posted(changed(criteria=(QUALITY,) * 60)))
    assert response.status_code == 422
    assert len(response.context["criteria"].forms) == 60
    assert f"{MAX_CRITERIA} critères au plus" in response.content.decode()


def test_a_blank_row_is_left_out(admin):
    data = posted(CONTENT) | {"criteres-TOTAL_FORMS": 3, "criteres-2-allows_not_applicable": "on"}
    assert signed_in(admin).post(NEW, data).status_code == 302
    assert content_of(ScoringGrid.objects.get()) == CONTENT


def test_the_preview_is_the_reader_s_cards_disabled_and_escapes(admin):
    content = changed(
        criteria=(CriterionContent("<b>Gras</b>", Decimal(3), SENTENCES),), questions=(QUESTION,)
    )
    response = signed_in(admin).post(reverse("calls:grid_preview"), posted(content))
    page = response.content.decode()
    assert "<fieldset disabled" in page
    assert "r-criterion" in page
    assert "Phrase 5" in page
    assert "<b>Gras" not in page
    assert QUESTION.label in page
    assert not ScoringGrid.objects.exists()
    assert signed_in(admin).post(reverse("calls:grid_preview"), {}).status_code == 200


def test_a_frozen_grid_s_page_says_how_to_change_it(frozen, admin):
    client = signed_in(admin)
    page = client.get(reverse("calls:grid_detail", args=[frozen.pk])).content.decode()
    assert "dupliquez-la" in page
    assert reverse("calls:grid_edit", args=[frozen.pk]) not in page
    response = client.get(reverse("calls:grid_edit", args=[frozen.pk]))
    assert response.status_code == 409
    delete = reverse("calls:grid_delete", args=[frozen.pk])
    assert client.post(delete).status_code == 409


def test_the_head_reads_and_duplicates_without_the_rest(head, admin):
    grid = create_grid(content=CONTENT, by=admin)
    client = signed_in(head)
    page = client.get(reverse("calls:grid_detail", args=[grid.pk])).content.decode()
    assert reverse("calls:grid_edit", args=[grid.pk]) not in page
    url = reverse("calls:grid_duplicate", args=[grid.pk])
    assert client.get(url).status_code == 200
    assert client.post(url, {"name": "Ma grille"}).status_code == 422
    assert client.post(url, {"name": "Copie"}).status_code == 302


def test_the_list_costs_the_same_with_fifty_grids(admin):
    client = signed_in(admin)
    campaign = CampaignFactory()

    def make(count):
        for _ in range(count):
            CallSheetFactory(campaign=campaign, grid=GridFactory())

    assert_same_queries(
        lambda: client.get(reverse("calls:grid_list"), {"par": 50}),
        few=lambda: make(1),
        many=lambda: make(49),
        row="<tr data-row",
    )


def test_choosing_a_grid_on_a_sheet_shows_what_it_holds(admin):
    load_default_grid()
    load_default_questions()
    GridFactory(name="L’autre")
    sheet = CallSheetFactory(state=SheetState.DRAFT, published_at=None, grid=default_grid())
    url = reverse("calls:sheet_edit", args=[sheet.pk])
    client = signed_in(admin)
    with CaptureQueriesContext(connection) as few:
        page = client.get(url).content.decode()
    assert "L’autre" in page
    assert "7 questions de recevabilité" in page
    GridFactory.create_batch(5)
    with CaptureQueriesContext(connection) as many:
        client.get(url)
    assert len(many) <= len(few)


def test_what_was_typed_on_a_grid_frozen_meanwhile_becomes_another_grid(frozen, admin):
    client = signed_in(admin)
    url = reverse("calls:grid_edit", args=[frozen.pk])
    mine = changed(criteria=(QUALITY,))
    page = client.post(url, posted(mine, version=CONTENT.version))
    assert page.status_code == 409
    assert "vient d’être publiée" in page.text
    assert 'value="copy"' in page.text
    name = page.context["form"]["name"].value()
    assert name == "Ma grille (copie)"
    copied = client.post(url, posted(changed(name=name, criteria=(QUALITY,)), action="copy"))
    copy = ScoringGrid.objects.get(name=name)
    assert copied.url == reverse("calls:grid_detail", args=[copy.pk])
    assert content_of(copy).criteria == (QUALITY,)
    assert content_of(ScoringGrid.objects.get(pk=frozen.pk)) == CONTENT


def test_criteria_that_look_alike_are_told_without_being_refused(admin):
    same = CriterionContent(" qualité ", Decimal(5), ("Pareil", "Pareil", "b", "c", "d", "e"))
    page = signed_in(admin).post(NEW, posted(changed(criteria=(QUALITY, same))), follow=True)
    assert "2 critères s’intitulent «\u00a0Qualité\u00a0»" in page.text
    assert "les notes 0 et 1 ont la même phrase" in page.text
    assert alike(CONTENT) == []


def test_deleting_a_grid_names_the_drafts_that_use_it(admin):
    grid = create_grid(content=CONTENT, by=admin)
    url = reverse("calls:grid_delete", args=[grid.pk])
    assert "Cela ne se défait pas" in signed_in(admin).get(url).text
    sheet = CallSheetFactory(state=SheetState.DRAFT, published_at=None, grid=grid)
    page = signed_in(admin).get(url).text
    assert f"{sheet.code} {sheet.campaign.fiscal_year} (brouillon)" in page


def test_what_a_criterion_lacks_names_the_criterion(admin):
    page = form_page(admin, {"criteres-1-weight": "", "criteres-0-weight": "100000"})
    assert page.context["criteria"].forms[1].errors["weight"] == ["à remplir (critère\u00a02)."]
    assert page.context["criteria"].forms[0].errors["weight"] == [
        "Le poids d’un critère ne dépasse pas 999,99 (critère\u00a01)."
    ]


def test_rows_that_came_incomplete_are_told_in_french(admin):
    page = form_page(admin, {"criteres-TOTAL_FORMS": "x"})
    assert "Les lignes de la grille sont arrivées incomplètes" in page.content.decode()
    assert "ManagementForm" not in page.content.decode()


def test_a_grid_with_nothing_is_refused(admin):
    page = form_page(admin, {"criteres-TOTAL_FORMS": "0", "questions-TOTAL_FORMS": "0"})
    assert "Une grille a au moins un critère ou une question." in page.content.decode()


def form_page(admin, typed):
    answer = signed_in(admin).post(NEW, posted(CONTENT) | typed)
    assert answer.status_code == 422
    return answer
