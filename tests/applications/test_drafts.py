"""Starting, finding, deleting a draft; who sees which."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from config.errors import Refusal
from foundation.documents.models import StoredFile
from grants.applications.bullets import split_bullets
from grants.applications.enums import ReviewState
from grants.applications.models import Application
from grants.applications.services.drafts import delete_draft, save_section, start_draft
from grants.calls.models import ClosingExtension, RequiredDocument
from partners.enums import MembershipState
from tests.applications.dossiers import a_complete_draft, a_draft, a_sheet, load_parameters
from tests.factories import (
    ApplicationFactory,
    FiledApplicationFactory,
    MembershipFactory,
    OrganisationFactory,
    UserFactory,
    member_of,
    person_with_role,
)
from tests.queries import assert_same_queries


pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _parameters():
    load_parameters()


def start_url(sheet) -> str:
    return reverse("applications:start", args=[sheet.campaign.fiscal_year, sheet.code])


# --- Bullets ------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("", []),
        ("Une seule condition", ["Une seule condition"]),
        ("Première\nSeconde", ["Première", "Seconde"]),
        ("- Une\n- Deux\n  suite", ["Une", "Deux suite"]),
        ("Il faut :\n• Une\n\n• Deux", ["Une", "Deux"]),
        ("1. Une\n2. Deux", ["Une", "Deux"]),
    ],
)
def test_a_list_is_split_at_its_bullets(text, items):
    assert split_bullets(text) == items


# --- Starting -----------------------------------------------------------------------------------
def test_a_draft_begins_with_the_conditions_and_results_of_its_sheet():
    draft = a_draft()
    assert [a.condition for a in draft.condition_answers.all()] == [
        "Convention avec le collège",
        "Deux adultes au moins",
    ]
    assert [i.label for i in draft.indicators.all()] == ["Taux d’accueil", "Baisse des exclusions"]
    assert draft.is_draft
    assert draft.reference is None


def test_starting_from_the_page_opens_the_draft(client):
    sheet, organisation = a_sheet(), OrganisationFactory()
    client.force_login(member_of(organisation))
    response = client.post(start_url(sheet), {"organisation": organisation.pk})
    draft = Application.objects.get()
    assert response["Location"] == draft.get_absolute_url()


def test_a_draft_already_begun_is_offered_first(client):
    draft = a_complete_draft()
    client.force_login(draft.created_by)
    page = client.get(start_url(draft.sheet)).content.decode()
    assert "Continuer un brouillon" in page
    assert draft.get_absolute_url() in page
    assert "Commencer un autre brouillon" in page


def test_a_body_of_somebody_else_cannot_be_chosen(client):
    sheet, theirs = a_sheet(), OrganisationFactory(legal_name="CANARI")
    client.force_login(member_of(OrganisationFactory()))
    response = client.post(start_url(sheet), {"organisation": theirs.pk})
    assert response.status_code == 422
    assert "Choisissez une de vos organisations." in response.content.decode()
    assert "CANARI" not in response.content.decode()
    assert not Application.objects.exists()


def test_a_member_without_edit_cannot_start():
    sheet, organisation = a_sheet(), OrganisationFactory()
    with pytest.raises(Refusal) as refused:
        start_draft(
            sheet_id=sheet.pk,
            organisation_id=organisation.pk,
            by=member_of(organisation, "sign"),
            at=timezone.now(),
        )
    assert refused.value.code == "not_allowed"


def test_nothing_starts_after_the_closing_except_for_a_body_with_more_time():
    closed = timezone.now() - timedelta(days=1)
    sheet = a_sheet(closes_at=closed)
    ours, theirs = OrganisationFactory(), OrganisationFactory()
    ClosingExtension.objects.create(
        sheet=sheet,
        organisation=ours,
        until=timezone.now() + timedelta(days=2),
        reason="Sinistre",
        granted_by=UserFactory(),
        granted_at=timezone.now(),
    )
    with pytest.raises(Refusal) as refused:
        a_draft(sheet=sheet, organisation=theirs)
    assert refused.value.code == "not_open"
    assert a_draft(sheet=sheet, organisation=ours).pk


def test_a_sheet_for_others_refuses_with_their_names():
    with pytest.raises(Refusal) as refused:
        a_draft(sheet=a_sheet(applicant_kinds=["commune"]))
    assert refused.value.code == "wrong_kind"
    assert "communes et intercommunalités" in refused.value.sentence


def test_the_page_of_what_to_prepare_is_public(client):
    sheet = a_sheet()
    url = reverse("applications:prepare", args=[sheet.campaign.fiscal_year, sheet.code])
    page = client.get(url).content.decode()
    assert "Convention avec le collège" in page
    assert "Rémunération des personnels" in page
    assert "Liberté de conscience" in page


def test_what_to_prepare_asks_nothing_of_who_may_not_apply(client):
    sheet = a_sheet(applicant_kinds=["commune"])
    for kind in ("commune", "association"):
        RequiredDocument.objects.create(
            sheet=sheet, kind="rib", label=f"RIB de {kind}", applicant_kind=kind
        )
    url = reverse("applications:prepare", args=[sheet.campaign.fiscal_year, sheet.code])
    page = client.get(url).content.decode()
    assert "RIB de commune" in page
    assert "RIB de association" not in page


def test_from_a_sheet_to_a_body_and_back(client):
    sheet = a_sheet()
    client.force_login(UserFactory())
    back = start_url(sheet)
    search = f"{reverse('partners:join_search')}?next={back}"
    assert f'href="{search}"' in client.get(back).content.decode()
    body = OrganisationFactory(legal_name="Les Passerelles")
    page = client.get(search, {"q": "passerelles", "next": back}).content.decode()
    join = f"{reverse('partners:join', args=[body.pk])}?next={back.replace('/', '%2F')}"
    assert f'href="{join}"' in page
    answer = client.post(join, {"function": "Bénévole", "capacity": ""})
    assert answer["Location"] == back
    assert "Les Passerelles" in client.get(back).content.decode()


# --- Pending members ----------------------------------------------------------------------------
def test_a_pending_member_fills_their_own_draft_and_sees_no_other(client):
    organisation = OrganisationFactory()
    theirs = a_complete_draft(organisation=organisation)
    pending = MembershipFactory(organisation=organisation, state=MembershipState.PENDING).user
    own = a_draft(sheet=theirs.sheet, organisation=organisation, by=pending)
    client.force_login(pending)
    page = client.get(own.get_absolute_url()).content.decode()
    assert "Votre rattachement" in page
    assert client.get(theirs.get_absolute_url()).status_code == 404
    assert theirs.title not in client.get("/dossiers/").content.decode()
    assert set(Application.objects.visible_to(pending)) == {own}
    assert set(Application.objects.editable_by(pending)) == {own}


@pytest.mark.parametrize("state", [MembershipState.ENDED, MembershipState.REFUSED])
def test_a_former_or_refused_member_loses_even_what_they_began(client, state):
    organisation = OrganisationFactory()
    user = member_of(organisation)
    draft = a_draft(organisation=organisation, by=user)
    user.memberships.update(state=state)
    client.force_login(user)
    assert client.get(draft.get_absolute_url()).status_code == 404
    assert not Application.objects.visible_to(user).exists()
    with pytest.raises(Refusal):
        delete_draft(application_id=draft.pk, by=user)


def test_the_office_never_reads_a_draft(client):
    draft = a_complete_draft()
    for role in ("case_officer", "unit_head", "administrator", "coordinator"):
        client.force_login(person_with_role(role))
        assert client.get(draft.get_absolute_url()).status_code == 404


# --- Deleting -----------------------------------------------------------------------------------
def test_deleting_asks_then_leaves_nothing(client):
    draft = a_complete_draft()
    client.force_login(draft.created_by)
    url = reverse("applications:delete", args=[draft.uuid])
    assert "Ateliers du soir" in client.get(url).content.decode()
    assert client.post(url)["Location"] == reverse("applications:list")
    assert not Application.objects.exists()
    assert not StoredFile.objects.exists()


def test_a_filed_dossier_is_not_deleted():
    dossier = FiledApplicationFactory()
    with pytest.raises(Refusal) as refused:
        delete_draft(application_id=dossier.pk, by=member_of(dossier.organisation))
    assert refused.value.code == "already_filed"


def test_a_filed_dossier_is_not_edited(client):
    dossier = FiledApplicationFactory()
    user = member_of(dossier.organisation)
    with pytest.raises(Refusal) as refused:
        save_section(
            application_id=dossier.pk,
            section="public",
            values={},
            invalid={},
            expected="",
            by=user,
            at=timezone.now(),
        )
    assert refused.value.code == "already_filed"
    client.force_login(user)
    for name in ("draft", "verify", "submit"):
        response = client.get(reverse(f"applications:{name}", args=[dossier.uuid]))
        assert response.status_code == 302


# --- The list -----------------------------------------------------------------------------------
def test_my_dossiers_cost_the_same_with_one_and_fifty(client):
    organisation = OrganisationFactory()
    client.force_login(member_of(organisation))
    assert_same_queries(
        lambda: client.get("/dossiers/?par=50"),
        few=lambda: ApplicationFactory(organisation=organisation),
        many=lambda: [FiledApplicationFactory(organisation=organisation) for _ in range(49)],
        row="<tr data-row",
    )


def test_drafts_come_first_and_only_mine_are_listed(client):
    organisation = OrganisationFactory()
    FiledApplicationFactory(organisation=organisation, title="Déjà déposé")
    ApplicationFactory(organisation=organisation, title="Brouillon à finir")
    ApplicationFactory(title="CANARI")
    client.force_login(member_of(organisation))
    page = client.get("/dossiers/").content.decode()
    assert page.index("Brouillon à finir") < page.index("Déjà déposé")
    assert "Brouillon\u00a0: pas encore déposé" in page
    assert "CANARI" not in page


def test_a_vote_not_notified_does_not_show(client):
    organisation = OrganisationFactory()
    dossier = FiledApplicationFactory(
        organisation=organisation, review_state=ReviewState.REJECTED, title="Ateliers"
    )
    client.force_login(member_of(organisation))
    for url in ("/dossiers/", dossier.get_absolute_url()):
        page = client.get(url).content.decode()
        assert "En cours d’examen" in page
        assert "Non retenu" not in page
    assert "Ateliers" not in client.get("/dossiers/?etat=decisions").content.decode()
    assert "Ateliers" in client.get("/dossiers/?etat=examen").content.decode()


def test_the_empty_list_says_what_to_do(client):
    client.force_login(UserFactory())
    page = client.get("/dossiers/").content.decode()
    assert "Pas encore de dossier" in page
    assert "Voir les appels à projets" in page


@pytest.mark.parametrize(
    ("query", "found"),
    [("q=ateliers", True), ("q=zzz", False), ("etat=brouillons", True), ("etat=termines", False)],
)
def test_the_list_is_filtered(client, query, found):
    organisation = OrganisationFactory()
    ApplicationFactory(organisation=organisation, title="Ateliers d’été")
    client.force_login(member_of(organisation))
    assert ("Ateliers d’été" in client.get(f"/dossiers/?{query}").content.decode()) is found
