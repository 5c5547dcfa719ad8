"""The public list and page, the office's pages."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.enums import Role
from grants.calls.enums import SheetState
from grants.calls.models import CallSheet, RequiredDocument
from grants.calls.services import grant_extension
from territories.models import PriorityNeighbourhood, Theme
from tests.calls.reference import load_places
from tests.factories import (
    CallSheetFactory,
    CampaignFactory,
    CommuneFactory,
    OrganisationFactory,
    TerritoryFactory,
    person_with_role,
)
from tests.queries import assert_same_queries


pytestmark = pytest.mark.django_db


def titles(response) -> set[str]:
    return {sheet.title for sheet in response.context["listing"].rows}


# --- Public list ------------------------------------------------------------------------------
def test_empty_list_says_what_to_do(client):
    page = client.get("/appels/").content.decode()
    assert "Aucun appel à projets n’est publié pour l’instant" in page
    assert "0 fiche<" in page


def test_list_shows_open_first_then_to_come_then_closed(client):
    now = timezone.now()
    day = timedelta(days=1)
    CallSheetFactory(title="Close", closes_at=now - day)
    CallSheetFactory(title="À venir", opens_at=now + day)
    CallSheetFactory(title="Tard", closes_at=now + 9 * day)
    CallSheetFactory(title="Tôt", closes_at=now + 2 * day)
    CallSheetFactory(title="Brouillon", state=SheetState.DRAFT, published_at=None)
    rows = client.get("/appels/").context["listing"].rows
    assert [sheet.title for sheet in rows] == ["Tôt", "Tard", "À venir", "Close"]
    for key, title in (("ouverte", "Tôt"), ("a-venir", "À venir"), ("close", "Close")):
        assert title in titles(client.get("/appels/", {"etat": key}))


def test_filters_by_place(client):
    t1, t2 = TerritoryFactory(number=1), TerritoryFactory(number=2)
    here, there = CommuneFactory(territory=t1), CommuneFactory(territory=t2)
    quarter = PriorityNeighbourhood.objects.create(
        code="QN1", generation=2024, name="Les Blés", in_force_from="2024-01-01"
    )
    quarter.communes.add(here)
    CallSheetFactory(title="Partout")
    local = CallSheetFactory(title="Ici", whole_department=False)
    local.communes.add(here)
    CallSheetFactory(title="Là-bas", whole_department=False).communes.add(there)
    in_quarter = CallSheetFactory(title="Quartier", whole_department=False)
    in_quarter.neighbourhoods.add(quarter)
    expected = {"Partout", "Ici", "Quartier"}
    for query in ({"territoire": 1}, {"commune": here.pk}, {"quartier": "QN1"}):
        assert titles(client.get("/appels/", query)) == expected, query
    assert titles(client.get("/appels/", {"commune": there.pk})) == {"Partout", "Là-bas"}


@pytest.mark.parametrize(
    "words", ["ecole", "ÉCOLE", "decrochage ecole", "boulogne billancourt", "c12"]
)
def test_words_are_found_whatever_accents_case_and_hyphens(client, words):
    CallSheetFactory(
        code="C12",
        title="Prévenir le décrochage",
        identified_need="À l’école",
        territories_text="Boulogne-Billancourt",
    )
    CallSheetFactory(title="Autre chose", code="X1")
    assert titles(client.get("/appels/", {"q": words})) == {"Prévenir le décrochage"}


def test_filters_add_up_and_show_as_tags(client):
    theme = Theme.objects.create(slug="memoire", label="Mémoire")
    sheet = CallSheetFactory(title="Oui", age_min=11, age_max=15)
    sheet.themes.add(theme)
    CallSheetFactory(title="Trop vieux", age_min=16, age_max=25).themes.add(theme)
    CallSheetFactory(title="Sans thème", age_min=11, age_max=15)
    response = client.get("/appels/", {"theme": theme.pk, "age": "12"})
    assert titles(response) == {"Oui"}
    tags = {(tag.label, tag.value) for tag in response.context["listing"].tags}
    assert tags == {("Thème", "Mémoire"), ("Âge du public", "12")}
    nothing = client.get("/appels/", {"q": "introuvable"}).content.decode()
    assert "Aucune fiche ne répond à ces filtres" in nothing


def test_a_filter_that_means_nothing_is_told(client):
    CallSheetFactory()
    page = client.get("/appels/", {"age": "douze"})
    assert page.status_code == 200
    assert "Un filtre n’est pas compris" in page.content.decode()


@pytest.mark.parametrize(
    "text", ["<script>x</script>", "'; DROP TABLE", "%%", "a" * 5000, "\u202e"]
)
def test_hostile_words_find_nothing_and_break_nothing(client, text):
    CallSheetFactory(title="Prévenir")
    page = client.get("/appels/", {"q": text})
    assert page.status_code == 200
    assert "<script>x" not in page.content.decode()


def test_htmx_gets_the_same_rows(client):
    CallSheetFactory(title="Une fiche bien à part")
    part = client.get("/appels/", headers={"HX-Request": "true", "HX-Target": "results"})
    text = part.content.decode()
    assert "Une fiche bien à part" in text
    assert "<html" not in text
    assert text.strip() in client.get("/appels/").content.decode()


def test_list_costs_the_same_whatever_its_rows(client):
    commune = CommuneFactory()

    def make(count: int) -> None:
        campaign = CampaignFactory()
        for _ in range(count):
            CallSheetFactory(campaign=campaign, whole_department=False).communes.add(commune)

    assert_same_queries(
        lambda: client.get("/appels/?par=50"),
        few=lambda: make(1),
        many=lambda: make(49),
        row="data-sheet",
    )


# --- Public page ------------------------------------------------------------------------------
def test_page_of_an_open_sheet_says_everything(client):
    load_places()
    sheet = CallSheetFactory(
        code="C1",
        title="Accueillir les exclus",
        identified_need="Des collégiens restent seuls.",
        operational_objective="Accueillir :\n- le matin\n- l’après-midi",
        conditions="1. un\n2. deux",
        expected_results="- Taux d’accueil",
        target_public="11-15 ans",
        age_min=11,
        age_max=15,
        indicative_amount=150_000,
        contact_email="service@essai.example",
        contact_name="Service prévention",
    )
    RequiredDocument.objects.create(sheet=sheet, kind="rib", label="Un RIB récent")
    page = client.get(sheet.get_absolute_url()).content.decode()
    for words in (
        "Accueillir les exclus",
        "Des collégiens restent seuls.",
        "<ul><li>le matin</li><li>l’après-midi</li></ul>",
        "<ol><li>un</li><li>deux</li></ol>",
        "11 à 15 ans",
        "150\u00a0000\u00a0€",
        "Un RIB récent",
        "service@essai.example",
        "Associations",
        "reste le vôtre",
        "Dépôt jusqu’au",
    ):
        assert words in page


def test_page_shows_the_scoring_criteria(client):
    load_places()
    from grants.calls.selectors import default_grid

    sheet = CallSheetFactory(grid=default_grid())
    page = client.get(sheet.get_absolute_url()).content.decode()
    assert "Comment les demandes sont lues" in page
    assert "Adéquation aux priorités de l’appel et au diagnostic local" in page


@pytest.mark.parametrize(
    ("opens", "closes", "words"),
    [(-10, -1, "Le dépôt a pris fin le"), (2, 9, "Ouvre dans 2 jours")],
)
def test_page_of_a_sheet_not_open_has_no_button(client, opens, closes, words):
    now = timezone.now()
    sheet = CallSheetFactory(
        opens_at=now + timedelta(days=opens), closes_at=now + timedelta(days=closes)
    )
    page = client.get(sheet.get_absolute_url()).content.decode()
    assert words in page
    assert "Déposer une demande" not in page


def test_page_shows_the_extension_given_to_everybody(client):
    now = timezone.now()
    sheet = CallSheetFactory(closes_at=now - timedelta(days=1))
    until = now + timedelta(days=3)
    head = person_with_role(Role.UNIT_HEAD)
    grant_extension(sheet=sheet, until=until, reason="Panne", by=head, at=now)
    page = client.get(sheet.get_absolute_url()).content.decode()
    assert "Encore 3 jours" in page
    assert "Ouverte" in page


def test_a_draft_and_an_unknown_code_are_not_found(client):
    draft = CallSheetFactory(state=SheetState.DRAFT, published_at=None)
    year = draft.campaign.fiscal_year
    assert client.get(f"/appels/{year}/{draft.code}/").status_code == 404
    assert client.get(f"/appels/{year}/INCONNU/").status_code == 404


def test_a_sheet_page_costs_few_queries(client, django_assert_max_num_queries):
    sheet = CallSheetFactory(whole_department=False)
    sheet.communes.set([CommuneFactory() for _ in range(12)])
    with django_assert_max_num_queries(12):
        client.get(sheet.get_absolute_url())


# --- Office -------------------------------------------------------------------------------------
@pytest.fixture
def head(client):
    client.force_login(person_with_role(Role.UNIT_HEAD))
    return client


def form_data(response) -> dict:
    return {
        bound.html_name: bound.value()
        for bound in response.context["form"]
        if bound.value() not in (None, False)
    }


def test_a_campaign_and_a_sheet_from_nothing_to_published(head):
    load_places()
    data = {
        "fiscal_year": 2031,
        "name": "Prévention 2031",
        "opens_on": timezone.localdate().isoformat(),
        "closes_on": (timezone.localdate() + timedelta(days=40)).isoformat(),
    }
    answer = head.post(reverse("calls:campaign_create"), data)
    create = reverse("calls:sheet_create", args=[answer["Location"].rstrip("/").split("/")[-1]])
    data = form_data(head.get(create))
    data |= {
        "code": "c1",
        "title": "Accueillir",
        "operational_objective": "Accueillir",
        "whole_department": "on",
        "rate_percent": "62,5",
        "indicative_amount": "12 500,50",
    }
    answer = head.post(create, data)
    assert answer.status_code == 302, answer.context["form"].errors
    sheet = CallSheet.objects.get()
    assert (sheet.code, str(sheet.rate_ceiling)) == ("C1", "0.6250")
    assert str(sheet.indicative_amount) == "12500.50"
    assert timezone.localtime(sheet.closes_at).strftime("%H:%M:%S") == "23:59:59"
    edit = reverse("calls:sheet_edit", args=[sheet.pk])
    again = form_data(head.get(edit))
    assert again["rate_percent"] is not None
    assert head.post(edit, {**again, "rate_percent": "62,5"}).status_code == 302
    sheet.refresh_from_db()
    assert str(sheet.rate_ceiling) == "0.6250"
    publish = reverse("calls:sheet_publish", args=[sheet.pk])
    assert "Publier la fiche C1" in head.get(publish).content.decode()
    assert head.post(publish).status_code == 302
    sheet.refresh_from_db()
    assert sheet.state == SheetState.PUBLISHED
    assert head.get(edit).status_code == 409


def test_publish_page_lists_what_blocks(head):
    sheet = CallSheetFactory(state=SheetState.DRAFT, published_at=None, title="", opens_at=None)
    url = reverse("calls:sheet_publish", args=[sheet.pk])
    page = head.get(url).content.decode()
    for words in ("Le titre manque.", "La date d’ouverture manque.", "Compléter la fiche"):
        assert words in page
    assert head.post(url).status_code == 422
    sheet.refresh_from_db()
    assert sheet.state == SheetState.DRAFT


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("code", "pas un code"),
        ("title", "x" * 201),
        ("age_max", "3"),
        ("closes_on", "2001-01-01"),
        ("indicative_amount", "-5"),
        ("contact_email", "pas une adresse"),
        ("rate_percent", "150"),
        ("communes", "99999"),
    ],
)
def test_an_invalid_sheet_is_shown_again_as_typed(head, field, value):
    sheet = CallSheetFactory(state=SheetState.DRAFT, published_at=None, age_min=11)
    url = reverse("calls:sheet_edit", args=[sheet.pk])
    answer = head.post(url, {**form_data(head.get(url)), field: value})
    assert answer.status_code == 422
    assert field in answer.context["form"].errors
    assert "data-portal-error-summary" in answer.content.decode()


def test_documents_are_edited_as_a_list(head):
    sheet = CallSheetFactory(state=SheetState.DRAFT, published_at=None)
    RequiredDocument.objects.create(sheet=sheet, kind="rib", label="RIB", position=1)
    url = reverse("calls:sheet_documents", args=[sheet.pk])
    data = {
        "pieces-TOTAL_FORMS": "3",
        "pieces-INITIAL_FORMS": "1",
        "pieces-0-kind": "rib",
        "pieces-0-label": "RIB",
        "pieces-0-history": "any",
        "pieces-0-DELETE": "on",
        "pieces-1-label": "Lettre d’engagement",
        "pieces-1-history": "first",
        "pieces-1-applicant_kind": "association",
        "pieces-1-mandatory": "on",
        "pieces-2-history": "any",
    }
    assert head.post(url, data).status_code == 302
    document = sheet.documents.get()
    assert (document.kind, document.label) == ("lettre-dengagement", "Lettre d’engagement")


def test_extension_form_gives_the_whole_day(head):
    sheet = CallSheetFactory()
    body = OrganisationFactory()
    url = reverse("calls:sheet_extensions", args=[sheet.pk])
    day = timezone.localdate() + timedelta(days=60)
    data = {"until_on": day.isoformat(), "organisation": body.pk, "reason": "Incendie"}
    assert head.post(url, data).status_code == 302
    extension = sheet.extensions.get()
    assert timezone.localtime(extension.until).strftime("%H:%M:%S") == "23:59:59"
    early = {**data, "until_on": timezone.localdate().isoformat()}
    answer = head.post(url, early)
    assert answer.status_code == 422
    assert "Choisissez un jour à venir, après la clôture actuelle" in answer.content.decode()


@pytest.mark.parametrize(
    ("name", "state"),
    [("sheet_close", "closed"), ("sheet_revise", None), ("sheet_delete", None)],
)
def test_confirmations_name_the_sheet_then_act(head, name, state):
    is_draft = name == "sheet_delete"
    fields = {"state": SheetState.DRAFT, "published_at": None} if is_draft else {}
    sheet = CallSheetFactory(**fields)
    url = reverse(f"calls:{name}", args=[sheet.pk])
    assert sheet.title in head.get(url).content.decode()
    assert head.post(url).status_code == 302
    if name == "sheet_delete":
        assert not CallSheet.objects.exists()
    elif name == "sheet_revise":
        assert CallSheet.objects.filter(replaces=sheet).exists()
    else:
        sheet.refresh_from_db()
        assert sheet.state == state


def test_duplicate_page(head):
    sheet = CallSheetFactory()
    target = CampaignFactory()
    url = reverse("calls:sheet_duplicate", args=[sheet.pk])
    assert head.post(url, {"campaign": target.pk, "code": sheet.code}).status_code == 302
    assert target.sheets.get().title == sheet.title
    assert head.post(url, {"campaign": target.pk, "code": sheet.code}).status_code == 422


def test_campaign_pages_cost_the_same_whatever_their_rows(head):
    campaign = CampaignFactory(name="A")
    assert_same_queries(
        lambda: head.get("/campagnes/?par=100"),
        few=lambda: None,
        many=lambda: CampaignFactory.create_batch(49),
        row="data-row",
    )
    assert_same_queries(
        lambda: head.get(campaign.get_absolute_url()),
        few=lambda: CallSheetFactory(campaign=campaign),
        many=lambda: CallSheetFactory.create_batch(49, campaign=campaign),
        row="data-row",
    )


def test_case_officer_reads_without_the_buttons(client):
    client.force_login(person_with_role(Role.CASE_OFFICER))
    sheet = CallSheetFactory(state=SheetState.DRAFT, published_at=None)
    page = client.get(reverse("calls:sheet_manage", args=[sheet.pk])).content.decode()
    assert sheet.title in page
    for words in ("Publier…", "Supprimer le brouillon", "Dupliquer"):
        assert words not in page
