"""The pages of the desk: who reads what, what each act answers, what a list costs."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.enums import Role
from foundation.documents.services import store_upload
from grants.applications.enums import MessageSide, ReviewState
from grants.applications.models import Application, ApplicationDocument, Event, Place
from grants.applications.services.messages import send_message
from grants.decisions.services.sessions import add_line
from grants.review.models import Assignment, ConflictOfInterest, Review
from grants.review.services.assignment import assign_reader, declare_conflict
from grants.review.services.closing import write_note
from grants.review.services.scoring import conclude_review
from territories.loading import load_parameters
from tests.factories import (
    CommuneFactory,
    EnvelopeFactory,
    FiledApplicationFactory,
    OrganisationFactory,
    SessionFactory,
    member_of,
    person_with_role,
)
from tests.queries import assert_same_queries
from tests.review.world import final, read_by, under_review


pytestmark = pytest.mark.django_db
NOW = timezone.now()
TABS = ("resume", "projet", "budget", "pieces", "notation", "decision", "echanges", "historique")
SECRET = "Synthèse tenue secrète"
AMOUNT = "4\u00a0321,09\u00a0€"


@pytest.fixture(autouse=True)
def _parameters(db):
    load_parameters()


@pytest.fixture
def head():
    return person_with_role(Role.UNIT_HEAD)


@pytest.fixture
def officer():
    return person_with_role(Role.CASE_OFFICER)


@pytest.fixture
def application(officer, head):
    return under_review(officer, head)


def signed_in(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def address(application: Application, name: str = "application", **kwargs) -> str:
    return reverse(f"review:{name}", kwargs={"reference": application.reference, **kwargs})


def tab_address(application: Application, slug: str) -> str:
    if slug == "resume":
        return address(application)
    return address(application, "tab", slug=slug)


def text_of(response) -> str:
    return response.content.decode()


def grid(application: Application, *levels, **fields) -> dict:
    criteria = application.sheet.grid.criteria.all()
    data = {"proposed_amount": "6 000", "summary": "Bon projet.", **fields}
    for criterion, level in zip(criteria, levels, strict=True):
        data[f"level_{criterion.pk}"] = level
        data[f"comment_{criterion.pk}"] = f"Commentaire {criterion.position}"
    return data


# --- The list -----------------------------------------------------------------------------------
def test_the_head_begins_with_what_is_to_assign_and_an_officer_with_their_own(head, officer):
    waiting = FiledApplicationFactory(title="À donner")
    mine = under_review(officer, head, title="À moi")
    for user, shown, hidden in ((head, waiting, mine), (officer, mine, waiting)):
        page = text_of(signed_in(user).get(reverse("review:desk")))
        assert shown.title in page
        assert hidden.title not in page


def test_baskets_count_what_they_hold(head, officer):
    FiledApplicationFactory.create_batch(2)
    under_review(officer, head)
    page = signed_in(officer).get(reverse("review:desk"), {"liste": "tous"})
    counts = {one["basket"].slug: one["count"] for one in page.context["baskets"]}
    assert counts == {
        "a-affecter": 2,
        "mes-dossiers": 1,
        "en-attente": 0,
        "a-noter": 1,
        "instruits": 0,
        "tous": 3,
    }


def test_totals_bear_on_the_whole_filtered_set(head):
    for amount in (1000, 2000, 4000):
        FiledApplicationFactory(requested_amount=Decimal(amount), proposed_amount=Decimal(500))
    page = signed_in(head).get(reverse("review:desk"), {"liste": "tous", "montant_min": "1 500"})
    assert page.context["listing"].totals == {"requested": 6000, "proposed": 1000, "hidden": 0}
    assert "hors" not in text_of(page)
    assert "Total\u00a0: 2 dossiers" in text_of(page)


@pytest.mark.parametrize("value", ["abc", "1e400", "-1"])
def test_a_filter_that_cannot_be_read_is_named(head, value):
    FiledApplicationFactory()
    asked = {"liste": "tous", "note_min": value, "montant_min": "500"}
    page = text_of(signed_in(head).get(reverse("review:desk"), asked))
    assert "Un filtre n’est pas valable" in page
    assert "À corriger\u00a0: «\u00a0Note, au moins\u00a0»." in page
    assert "Aucun dossier ne répond" not in page


def test_the_basket_is_kept_by_filters_sorts_and_pages(head):
    FiledApplicationFactory.create_batch(26)
    page = signed_in(head).get(reverse("review:desk"), {"liste": "tous", "q": "Ateliers"})
    html = text_of(page)
    assert '<input type="hidden" name="liste" value="tous">' in html
    links = re.findall(r'href="(\?[^"]*|/instruction/\?[^"]*)"', html)
    ours = [link for link in links if "tri=" in link or "page=" in link or "par=" in link]
    assert len(ours) > 8
    assert all("liste=tous" in link for link in ours)
    assert page.context["listing"].reset_url.endswith("?liste=tous")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"q": "theatre"}, ["Théâtre"]),
        ({"q": "asso une"}, ["Théâtre"]),
        ({"territoire": "3"}, ["Théâtre"]),
        ({"etat": ["evaluated"]}, ["Médiation"]),
        ({"montant_max": "3000"}, ["Médiation"]),
        ({"q": "introuvable"}, []),
    ],
)
def test_filters_keep_what_they_say(head, query, found):
    commune = CommuneFactory(territory__number=3)
    first = FiledApplicationFactory(
        title="Théâtre",
        organisation__legal_name="Association Une",
        whole_department=False,
        requested_amount=Decimal(9000),
    )
    Place.objects.create(application=first, commune=commune, territories=[3])
    FiledApplicationFactory(
        title="Médiation",
        organisation__legal_name="Deux",
        review_state=ReviewState.EVALUATED,
        whole_department=False,
        requested_amount=Decimal(3000),
    )
    page = signed_in(head).get(reverse("review:desk"), {"liste": "tous", **query})
    assert [row["application"].title for row in page.context["rows"]] == found


HOSTILE = [
    "'; DROP TABLE applications_application; --",
    "%_\\",
    "\\",
    "\u202egnp.exe",
    "😀" * 300,
    "a" * 5000,
    "<script>alert(1)</script>",
    "{{ 7*7 }}",
    "NaN",
    "Infinity",
    "1e999999",
    "-1",
    "99999999999999999999999",
    "ﷺ",
    "İ",
]


@pytest.mark.parametrize("value", HOSTILE)
def test_a_hostile_search_is_an_empty_list(head, value):
    FiledApplicationFactory()
    client = signed_in(head)
    names = "q etat campagne fiche territoire commune nature charge montant_min montant_max"
    for name in [*names.split(), "tri", "par", "page", "liste"]:
        page = client.get(reverse("review:desk"), {"liste": "tous", name: value})
        assert page.status_code == 200, name
        assert "<script>alert(1)</script>" not in text_of(page)


@pytest.mark.parametrize("role", [Role.UNIT_HEAD, Role.COORDINATOR, Role.ADMINISTRATOR])
def test_the_list_costs_the_same_with_fifty_rows(role, head, officer):
    client = signed_in(person_with_role(role))
    second = person_with_role(Role.CASE_OFFICER)
    place = CommuneFactory(territory__number=2)

    def one():
        made = under_review(officer, head, readers=2, whole_department=False)
        Place.objects.create(application=made, commune=place, territories=[2])
        assign_reader(application_id=made.pk, person=second, rank=2, by=head, at=NOW)
        final(made, officer, 4, 4, 4, summary="Bien")
        final(made, second, 2, 2, 2, summary="Moins bien")

    assert_same_queries(
        lambda: client.get(reverse("review:desk"), {"liste": "tous", "par": "50"}),
        few=one,
        many=lambda: [one() for _ in range(49)],
        row="<tr data-row",
    )


def test_an_empty_desk_says_what_to_do(head):
    page = text_of(signed_in(head).get(reverse("review:desk")))
    assert "Aucun dossier n’attend d’être affecté." in page
    assert "Voir tous les dossiers" in page
    page = text_of(signed_in(head).get(reverse("review:desk"), {"liste": "tous"}))
    assert reverse("review:paper_filing") in page


def test_the_dossiers_before_and_after_follow_the_list(head):
    first, second, third = FiledApplicationFactory.create_batch(3)
    page = signed_in(head).get(address(second), {"liste": "tous", "tri": "reference"})
    around = page.context["around"]
    assert first.reference in around["before"]
    assert third.reference in around["after"]
    assert around["list"].endswith("?liste=tous&tri=reference")
    assert signed_in(head).get(address(second)).context["around"] is None


# --- Who reads scores ---------------------------------------------------------------------------
def pages_of(application: Application) -> list[str]:
    return [
        reverse("review:desk") + "?liste=tous",
        *(tab_address(application, slug) for slug in TABS),
        address(application, "conflict"),
        address(application, "close"),
    ]


def seen_by(user, application: Application) -> str:
    """Return every page of a dossier that a person may open, in one text."""
    client = signed_in(user)
    answers = [client.get(url) for url in pages_of(application)]
    return "".join(text_of(one) for one in answers if one.status_code == 200)


def scored(officer, head) -> Application:
    """A dossier whose total is 72,1: a figure that nothing else on a page can give."""
    application = under_review(officer, head, requested_amount=Decimal(8000))
    weights = application.sheet.grid.criteria.all()
    for criterion, weight in zip(weights, (Decimal("41.5"), Decimal("14.25"), 3), strict=True):
        type(criterion).objects.filter(pk=criterion.pk).update(weight=weight)
    final(application, officer, 4, 3, 1, summary=SECRET)
    return application


def total_of(application: Application, reader) -> str:
    client = signed_in(reader)
    page = client.get(tab_address(application, "notation"))
    total = page.context["score_sheet"].score.total
    assert total % 1 != 0
    return f"{total}".replace(".", ",")


def test_the_desk_and_administrators_read_scores(officer, head):
    application = scored(officer, head)
    total = total_of(application, head)
    for user in (head, officer, person_with_role(Role.CASE_OFFICER)):
        page = seen_by(user, application)
        assert SECRET in page
        assert page.count(total) >= 3  # list, summary, scores
    assert SECRET in seen_by(person_with_role(Role.ADMINISTRATOR), application)


def test_coordinators_recused_people_and_applicants_see_no_score_anywhere(officer, head):
    application = scored(officer, head)
    total = total_of(application, head)
    recused = person_with_role(Role.CASE_OFFICER)
    declare_conflict(person=recused, application=application, reason="Proche", at=NOW)
    body_recused = person_with_role(Role.UNIT_HEAD)
    declare_conflict(
        person=body_recused, organisation=application.organisation, reason="Proche", at=NOW
    )
    coordinator = person_with_role(Role.COORDINATOR)
    member = member_of(application.organisation)
    # The amount proposed goes along with the scores.
    Application.objects.filter(pk=application.pk).update(proposed_amount=Decimal("4321.09"))
    assert AMOUNT in seen_by(head, application)
    for user in (coordinator, recused, body_recused, member):
        page = seen_by(user, application)
        assert SECRET not in page
        assert total not in page
        assert AMOUNT not in page
        assert signed_in(user).get(tab_address(application, "notation")).status_code == 404
    assert application.title in seen_by(coordinator, application)
    page = signed_in(member).get(application.get_absolute_url())
    assert page.status_code == 200
    assert SECRET not in text_of(page)
    assert total not in text_of(page)


def test_the_amount_proposed_goes_along_with_the_scores(officer, head):
    application = scored(officer, head)
    Application.objects.filter(pk=application.pk).update(
        review_state=ReviewState.EVALUATED, proposed_amount=Decimal(5731)
    )
    add_line(
        session_id=SessionFactory().pk,
        application_id=application.pk,
        envelope=EnvelopeFactory(),
        by=head,
        at=NOW,
    )
    amount = "5\u00a0731"
    recused = person_with_role(Role.CASE_OFFICER)
    declare_conflict(person=recused, application=application, reason="Proche", at=NOW)
    coordinator = person_with_role(Role.COORDINATOR)
    for user in (officer, head):
        assert amount in text_of(signed_in(user).get(application.get_desk_url()))
    for user in (coordinator, recused):
        assert amount not in text_of(signed_in(user).get(application.get_desk_url()))
    decision_tab = tab_address(application, "decision")
    assert amount in text_of(signed_in(officer).get(decision_tab))
    assert amount not in text_of(signed_in(coordinator).get(decision_tab))


def test_a_coordinator_reads_scores_after_the_notification(officer, head):
    application = scored(officer, head)
    Application.objects.filter(pk=application.pk).update(
        review_state=ReviewState.REJECTED, notified_at=NOW
    )
    coordinator = person_with_role(Role.COORDINATOR)
    assert SECRET in text_of(signed_in(coordinator).get(tab_address(application, "notation")))


def test_a_second_reader_sees_nothing_of_the_first_until_final(officer, head):
    application = under_review(officer, head, readers=2)
    second = person_with_role(Role.CASE_OFFICER)
    assign_reader(application_id=application.pk, person=second, rank=2, by=head, at=NOW)
    final(application, officer, 5, 5, 5, summary=SECRET)
    page = seen_by(second, application)
    assert SECRET not in page
    assert "100 / 100" not in page
    assert "Lecture à l’aveugle" in page
    final(application, second, 2, 2, 2, summary="Réservé")
    page = seen_by(second, application)
    assert SECRET in page
    assert "troisième lecture est demandée" in page
    assert "60 points" in page


def test_a_draft_is_read_by_its_author_only(officer, head, application):
    read_by(application, officer, 4, 4, 4, summary=SECRET)
    assert SECRET in seen_by(officer, application)
    assert SECRET not in seen_by(head, application)


def test_the_reason_of_a_reopened_score_stays_with_those_who_read_scores(officer, head):
    application = scored(officer, head)
    client = signed_in(officer)
    client.post(address(application, "reopen_score"), {"reason": "Note trop basse : 12,3"})
    assert "12,3" in text_of(signed_in(head).get(tab_address(application, "historique")))
    coordinator = signed_in(person_with_role(Role.COORDINATOR))
    assert "12,3" not in text_of(coordinator.get(tab_address(application, "historique")))


# --- Who reads the rest -------------------------------------------------------------------------
def test_coordinators_read_without_notes_nor_acts(officer, head, application):
    write_note(application_id=application.pk, text="Entre nous", by=officer, at=NOW)
    for role, reads_notes in ((Role.COORDINATOR, False), (Role.ADMINISTRATOR, True)):
        page = seen_by(person_with_role(role), application)
        assert ("Entre nous" in page) is reads_notes
        visit = f'action="{address(application, "presence")}"'  # a form of each tab, no act
        assert f'action="{address(application)}' not in page.replace(visit, "")
        shown = re.sub(r"(?s)<header.*?</header>", "", page)
        own = f'action="{reverse("review:view_save")}"'  # of the list: it is theirs
        leaves = shown.count("Déclarer le déport</button>")  # whoever reads may stand aside
        assert shown.count('method="post"') == shown.count(visit) + shown.count(own) + leaves
    assert "Entre nous" in seen_by(officer, application)


def test_a_coordinator_of_elsewhere_opens_nothing(officer, head):
    here = CommuneFactory(territory__number=3)
    application = under_review(officer, head, whole_department=False)
    Place.objects.create(application=application, commune=here, territories=[3])
    there = CommuneFactory(territory__number=5).territory
    for territory, status in ((here.territory, 200), (there, 404)):
        client = signed_in(person_with_role(Role.COORDINATOR, territory=territory))
        assert client.get(address(application)).status_code == status
        listed = text_of(client.get(reverse("review:desk")))
        assert (application.title in listed) is (status == 200)


@pytest.mark.parametrize("slug", TABS)
@pytest.mark.parametrize("role", [Role.UNIT_HEAD, Role.CASE_OFFICER, Role.COORDINATOR])
def test_a_dossier_costs_twenty_queries_at_most(officer, head, role, slug):
    application = full_dossier(officer, head)
    user = {Role.UNIT_HEAD: head, Role.CASE_OFFICER: officer}.get(role) or person_with_role(role)
    client = signed_in(user)
    url = tab_address(application, slug) + "?liste=tous"
    client.get(url)  # content types are read once per process
    with CaptureQueriesContext(connection) as queries:
        response = client.get(url)
    assert response.status_code == (404 if (role, slug) == (Role.COORDINATOR, "notation") else 200)
    assert len(queries) <= 20, "\n".join(q["sql"][:150] for q in queries)


def full_dossier(officer, head) -> Application:
    application = under_review(officer, head, readers=2, whole_department=False)
    second = person_with_role(Role.CASE_OFFICER)
    assign_reader(application_id=application.pk, person=second, rank=2, by=head, at=NOW)
    for position in range(3):
        commune = CommuneFactory(territory__number=2)
        Place.objects.create(
            application=application, position=position, commune=commune, territories=[2]
        )
    for label in ("Statuts", "RIB"):
        a_document(application, officer, label)
    for _ in range(3):
        write_note(application_id=application.pk, text="Vu.", by=head, at=NOW)
    final(application, officer, 4, 4, 4, summary="Bien")
    final(application, second, 3, 3, 3, summary="Bien aussi")
    return application


def a_document(application: Application, by, label: str) -> ApplicationDocument:
    document = ApplicationDocument.objects.create(
        application=application, label=label, added_at=NOW
    )
    upload = SimpleUploadedFile(f"{label}.pdf", b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\n%%EOF\n")
    store_upload(owner=document, kind="document", upload=upload, by=by, at=NOW)
    return document


# --- Acts ---------------------------------------------------------------------------------------
def test_an_officer_takes_a_dossier_in_one_click(officer):
    application = FiledApplicationFactory()
    client = signed_in(officer)
    assert "M’affecter ce dossier" in text_of(client.get(address(application)))
    response = client.post(address(application, "assign"), {"person": officer.pk})
    assert response.status_code == 302
    application.refresh_from_db()
    assert application.review_state == ReviewState.UNDER_REVIEW
    assert Assignment.objects.get(application=application, role="officer").person == officer


def test_an_officer_does_not_give_a_dossier_to_another(officer):
    application = FiledApplicationFactory()
    other = person_with_role(Role.CASE_OFFICER)
    response = signed_in(officer).post(address(application, "assign"), {"person": other.pk})
    assert response.status_code == 403
    assert "affecte un dossier à une autre personne" in text_of(response)
    assert not Assignment.objects.exists()


@pytest.mark.parametrize(
    ("name", "tab"),
    [
        ("assign", "resume"),
        ("note", "resume"),
        ("message", "echanges"),
        ("score", "notation"),
        ("admissibility_answer", "recevabilite"),
        ("correction_ask", "complements"),
        ("opinion_ask", "avis"),
    ],
)
def test_the_address_of_an_act_leads_back_to_its_tab(officer, application, name, tab):
    """A refused act shows the tab at its own address: it may be reloaded."""
    found = signed_in(officer).get(address(application, name))
    slug = [] if tab == "resume" else [tab]
    expected = reverse(
        "review:tab" if slug else "review:application", args=[application.reference, *slug]
    )
    assert (found.status_code, found["Location"]) == (302, expected)
    assert (
        signed_in(member_of(application.organisation)).get(address(application, name)).status_code
        == 404
    )


def test_an_officer_is_offered_a_dossier_for_themself_only(officer, head, application):
    """The head chooses among everybody; whoever has it already is offered nothing."""
    other = person_with_role(Role.CASE_OFFICER)
    assert "Réaffecter" in text_of(signed_in(head).get(address(application)))
    mine = signed_in(officer).get(address(application))
    assert mine.context["assign_form"] is None
    page = signed_in(other).get(address(application))
    assert "Prendre ce dossier" in text_of(page)
    assert "Réaffecter" not in text_of(page)
    assert officer.get_full_name() not in str(page.context["assign_form"])
    posted = {"person": other.pk, "seen": officer.pk}
    refused = signed_in(other).post(address(application, "assign"), posted)
    assert refused.status_code == 422
    assert "Dites pourquoi le dossier change de mains." in text_of(refused)
    signed_in(other).post(address(application, "assign"), {**posted, "reason": "Absence"})
    taken = Assignment.objects.get(application=application, role="officer", ended_at=None)
    assert taken.person == other


def test_the_head_names_a_second_reader(officer, head):
    application = under_review(officer, head, readers=2)
    second = person_with_role(Role.CASE_OFFICER)
    data = {"lecteur-person": second.pk, "lecteur-rank": "2"}
    assert signed_in(officer).post(address(application, "reader"), data).status_code == 403
    assert signed_in(head).post(address(application, "reader"), data).status_code == 302
    assert application.assignments.get(role="reader", rank=2).person == second


def test_an_amount_above_the_request_is_refused_with_what_was_typed(officer, application):
    final(application, officer, 4, 4, 4, summary="Bien")
    client = signed_in(officer)
    response = client.post(address(application, "conclude"), {"proposed_amount": "8 000,01"})
    assert response.status_code == 422
    assert "dépasse le montant demandé" in text_of(response)
    assert 'value="8 000,01"' in text_of(response)
    assert client.post(address(application, "conclude"), {"proposed_amount": "5 500"}).url
    application.refresh_from_db()
    assert (application.review_state, application.proposed_amount) == (
        ReviewState.EVALUATED,
        Decimal(5500),
    )


def test_somebody_else_s_dossier_is_neither_concluded_nor_reopened(officer, head, application):
    other = signed_in(person_with_role(Role.CASE_OFFICER))
    assert other.post(address(application, "conclude"), {"proposed_amount": "1"}).status_code == 403
    assert other.post(address(application, "reopen"), {"reason": "Pour voir"}).status_code == 403


def test_an_instruction_is_reopened_with_its_reason(officer, application):
    final(application, officer, 4, 4, 4, summary="Bien")
    conclude_review(application_id=application.pk, proposed_amount=Decimal(1), by=officer, at=NOW)
    client = signed_in(officer)
    assert "Rouvrir l’instruction" in text_of(client.get(address(application)))
    assert client.post(address(application, "reopen"), {"reason": ""}).status_code == 422
    assert client.post(address(application, "reopen"), {"reason": "Budget revu"}).status_code == 302
    application.refresh_from_db()
    assert application.review_state == ReviewState.UNDER_REVIEW


def test_a_note_is_kept_and_an_empty_one_is_not(officer, application):
    client = signed_in(officer)
    assert client.post(address(application, "note"), {"text": " "}).status_code == 422
    response = client.post(address(application, "note"), {"text": "À rappeler lundi."})
    assert response.url.endswith("#notes")
    assert "À rappeler lundi." in text_of(client.get(address(application)))


def test_the_thread_shows_messages_and_marks_them_read(officer, application):
    member = member_of(application.organisation)
    send_message(
        application_id=application.pk,
        side=MessageSide.APPLICANT,
        author=member,
        text="Avez-vous reçu le RIB ?",
        at=NOW,
    )
    client = signed_in(officer)
    thread = tab_address(application, "echanges")
    assert "À lire" in text_of(client.get(thread))
    client.post(address(application, "message"), {"text": "Oui, merci."})
    page = text_of(client.get(thread))
    assert "Avez-vous reçu le RIB ?" in page
    assert "Oui, merci." in page
    assert client.post(address(application, "read")).url == thread
    assert "À lire" not in text_of(client.get(thread))
    empty = client.post(address(application, "message"), {"text": ""})
    assert empty.status_code == 422


def test_a_document_is_refused_with_a_reason_only(officer, application):
    document = a_document(application, officer, "Statuts")
    client = signed_in(officer)
    url = address(application, "document", pk=document.pk)
    seen = document.files.get().pk
    refused = client.post(url, {"state": "refused", "reason": "", "seen": seen})
    assert refused.status_code == 422
    assert "Dites au demandeur pourquoi la pièce est refusée." in text_of(refused)
    answer = client.post(url, {"state": "refused", "reason": "Page 2 illisible", "seen": seen})
    assert answer.status_code == 302
    page = text_of(client.get(tab_address(application, "pieces")))
    assert "Page 2 illisible" in page
    assert reverse("documents:download", args=[document.files.get().uuid]) in page
    client.post(url, {"state": "accepted", "seen": seen})
    document.refresh_from_db()
    assert (document.state, document.refusal_reason) == ("accepted", "")


def test_a_compulsory_document_refused_is_waited_for_again(officer, application):
    required = application.sheet.documents.create(position=1, label="RIB")
    document = a_document(application, officer, "RIB")
    type(document).objects.filter(pk=document.pk).update(required=required)
    url = address(application, "document", pk=document.pk)
    signed_in(officer).post(
        url,
        {"state": "refused", "reason": "Page 2 illisible", "seen": document.files.get().pk},
    )
    application.refresh_from_db()
    assert application.documents_due_on > timezone.localdate()


def test_dossiers_late_with_their_documents_are_marked_until_the_vote(officer, application):
    late = timezone.localdate() - timedelta(days=1)
    type(application).objects.filter(pk=application.pk).update(documents_due_on=late)
    client = signed_in(officer)
    desk = f"{reverse('review:desk')}?liste=tous"
    assert "délai dépassé</span>" in text_of(client.get(desk))
    assert "délai dépassé" in text_of(client.get(application.get_desk_url()))
    type(application).objects.filter(pk=application.pk).update(review_state="awarded")
    assert "délai dépassé</span>" not in text_of(client.get(desk))
    assert "délai dépassé" not in text_of(client.get(application.get_desk_url()))


def test_no_amount_is_suggested_when_the_readings_differ(officer, head):
    application = under_review(officer, head, readers=2)
    other = person_with_role(Role.CASE_OFFICER)
    assign_reader(application_id=application.pk, person=other, rank=2, by=head, at=timezone.now())
    final(application, officer, 3, 3, 3, summary="Premier", amount=6000)
    final(application, other, 3, 3, 3, summary="Second", amount=4000)
    page = signed_in(officer).get(application.get_desk_url())
    assert page.context["conclude_form"]["proposed_amount"].value() is None


def test_a_document_of_another_dossier_is_not_reached(officer, head, application):
    document = a_document(under_review(officer, head), officer, "Statuts")
    url = address(application, "document", pk=document.pk)
    assert signed_in(officer).post(url, {"state": "accepted"}).status_code == 404


def test_a_conflict_ends_the_reading_and_hides_the_scores(officer, head):
    application = scored(officer, head)
    client = signed_in(officer)
    assert "n’en lirez plus ni les notes" in text_of(client.get(address(application, "conflict")))
    response = client.post(address(application, "conflict"), {"scope": "organisation"})
    assert response.status_code == 302
    assert ConflictOfInterest.objects.get().organisation == application.organisation
    page = seen_by(officer, application)
    assert "Vous vous êtes déporté" in page
    assert SECRET not in page
    again = client.post(address(application, "conflict"), {"scope": "organisation"})
    assert again.status_code == 409


def test_a_dossier_is_closed_for_one_of_three_reasons(officer, application):
    client = signed_in(officer)
    assert client.post(address(application, "close"), {}).status_code == 422
    other = FiledApplicationFactory(
        organisation=application.organisation, sheet__campaign=application.sheet.campaign
    )
    data = {"reason": "duplicate", "duplicate_of": other.reference, "comment": "Le second envoi"}
    read = client.post(address(application, "close"), data).context["words"]
    data |= {"confirm": "1", "read": read}
    assert client.post(address(application, "close"), data).status_code == 302
    application.refresh_from_db()
    assert (
        application.closing_reason
        == f"Demande en double du dossier {other.reference} : Le second envoi"
    )
    assert client.post(address(application, "close"), data).status_code == 409
    assert "ne se classe plus" in text_of(client.get(address(application, "close")))


# --- Scores through the page --------------------------------------------------------------------
def test_a_reading_goes_from_draft_to_final_and_back(officer, application):
    client = signed_in(officer)
    here = tab_address(application, "notation")
    page = text_of(client.get(here))
    assert page.count('class="c-card r-criterion') == 3
    assert page.count('type="radio" name="level_') == 3 * 7
    assert client.post(address(application, "score"), grid(application, "4", "", "na")).url == here
    review = Review.objects.get(application=application)
    assert (review.state, review.version) == ("draft", 1)
    page = text_of(client.get(here))
    assert "80<" in page  # 4 out of 5 on the only criterion chosen
    assert "2 critères sur 3" in page
    full = grid(application, "5", "3", "na", version=1, final="1")
    assert client.post(address(application, "score"), full).url == here
    review.refresh_from_db()
    assert review.state == "final"
    page = text_of(client.get(here))
    assert "85" in page  # (50 × 5 + 30 × 3) / (80 × 5)
    assert "sans objet" in page
    assert client.post(address(application, "reopen_score"), {"reason": ""}).status_code == 422
    response = client.post(address(application, "reopen_score"), {"reason": "Pièce reçue"})
    assert response.url == here
    review.refresh_from_db()
    assert review.state == "draft"


def test_an_incomplete_final_keeps_everything_typed(officer, application):
    data = grid(application, "0", "", "3", summary="", final="1")
    first = application.sheet.grid.criteria.first()
    data[f"comment_{first.pk}"] = ""
    response = signed_in(officer).post(address(application, "score"), data)
    assert response.status_code == 422
    page = text_of(response)
    assert "Brouillon enregistré, pas encore définitif." in page
    assert response.context["scoring_form"].non_field_errors() == []  # it is no mistake to correct
    for sentence in ("Commentez la note 0", "Notez le critère « Critère 2 »", "synthèse"):
        assert sentence in page
    assert "Commentaire 3" in page
    assert 'value="6 000"' in page
    form = response.context["scoring_form"]
    assert form[f"level_{first.pk}"].value() == "0"
    second = application.sheet.grid.criteria.all()[1]
    assert f'href="#id_level_{second.pk}_0"' in page
    assert f'id="id_comment_{first.pk}_error"' in page
    assert form["version"].value() == 1  # the draft was kept: the next save is not stale
    assert Review.objects.get().state == "draft"


def test_an_amount_that_is_no_number_keeps_everything_typed(officer, application):
    data = grid(application, "4", "3", "2", proposed_amount="beaucoup", draft="1")
    response = signed_in(officer).post(address(application, "score"), data)
    assert response.status_code == 422
    page = text_of(response)
    assert 'value="beaucoup"' in page
    assert "Commentaire 2" in page
    assert "66" in page  # the running total of what is chosen
    assert not Review.objects.exists()


def test_a_stale_reading_is_shown_and_may_then_replace_the_other(officer, application):
    client = signed_in(officer)
    client.post(address(application, "score"), grid(application, "4", "4", "4", version=0))
    late = grid(application, "1", "1", "1", version=0, summary="Saisie de l’autre onglet")
    response = client.post(address(application, "score"), late)
    assert response.status_code == 409
    page = text_of(response)
    assert "Votre notation a changé dans un autre onglet" in page
    assert "Saisie de l’autre onglet" in page
    assert Review.objects.get().scores.filter(level=4).count() == 3
    again = {**late, "version": response.context["scoring_form"]["version"].value()}
    assert client.post(address(application, "score"), again).status_code == 302
    assert Review.objects.get().scores.filter(level=1).count() == 3


def test_the_running_total_is_computed_and_nothing_is_kept(officer, application):
    client = signed_in(officer)
    url = address(application, "running_total")
    page = text_of(client.post(url, grid(application, "5", "", "na"), headers={"hx-request": "1"}))
    assert "100" in page
    assert "2 critères sur 3" in page
    assert "provisoire" in page
    assert not Review.objects.exists()
    assert text_of(client.post(url, {})).count("–") == 1


@pytest.mark.parametrize("name", ["score", "running_total", "reopen_score"])
def test_only_the_readers_named_score(officer, head, application, name):
    other = person_with_role(Role.CASE_OFFICER)
    for user in (head, other):
        response = signed_in(user).post(address(application, name), grid(application, 4, 4, 4))
        assert response.status_code == 403
    assert not Review.objects.exists()


@pytest.mark.parametrize("text", ["6", "-1", "٣", "4.0", "x" * 3000, "null"])
def test_a_level_off_the_scale_is_refused_with_the_page(officer, application, text):
    data = grid(application, text, "3", "3")
    response = signed_in(officer).post(address(application, "score"), data)
    assert response.status_code == 422
    assert not Review.objects.exists()


def test_a_reading_of_an_older_deposit_is_marked(officer, head, application):
    final(application, officer, 4, 4, 4, summary="Bien")
    deposit = application.deposits.get()
    deposit.pk, deposit.number = None, 2
    deposit.save()
    page = text_of(signed_in(head).get(tab_address(application, "notation")))
    assert "dépôt antérieur" in page
    assert "80" in page


# --- History ------------------------------------------------------------------------------------
def test_the_administrator_sees_whether_the_history_holds(application):
    client = signed_in(person_with_role(Role.ADMINISTRATOR))
    url = tab_address(application, "historique")
    assert "Historique intègre" in text_of(client.get(url))
    with connection.cursor() as cursor:  # past the trigger that keeps events as they are
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(
            "UPDATE applications_event SET comment = 'Autre chose' WHERE id = %s",
            [Event.objects.filter(application=application).first().pk],
        )
        cursor.execute("SET LOCAL session_replication_role = origin")
    page = text_of(client.get(url))
    assert "L’historique a été altéré" in page
    assert "son commentaire a été changé après coup" in page


def test_the_history_check_is_for_administrators(head, application):
    page = text_of(signed_in(head).get(tab_address(application, "historique")))
    assert "Dossier affecté" in page
    assert "intègre" not in page


def test_another_body_finds_nothing(application):
    stranger = member_of(OrganisationFactory())
    for url in pages_of(application)[1:]:
        assert signed_in(stranger).get(url).status_code == 404


def test_the_order_of_the_desk_tells_a_coordinator_no_proposed_amount(client):
    dear = FiledApplicationFactory(review_state="evaluated", proposed_amount=Decimal(900))
    FiledApplicationFactory(review_state="evaluated", proposed_amount=Decimal(100))
    last = FiledApplicationFactory(review_state="evaluated", proposed_amount=Decimal(500))
    client.force_login(person_with_role("coordinator"))
    orders = []
    for order in ("propose", "-propose", ""):
        page = client.get(reverse("review:desk"), {"tri": order}).content.decode()
        orders.append(page.index(dear.reference) < page.index(last.reference))
    assert len(set(orders)) == 1  # the day of filing, whatever is asked
