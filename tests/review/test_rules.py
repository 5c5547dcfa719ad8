"""Whom the rules of assignment choose, and why."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.enums import Role
from accounts.models import User
from config.errors import Refusal
from grants.applications.enums import ReviewState
from grants.applications.models import Application, Place
from grants.calls.enums import CampaignState, SheetState
from grants.calls.models import CallSheet
from grants.decisions.services.sessions import check_envelope
from grants.review.distribution import totals_by_sheet
from grants.review.models import Assignment, AssignmentMode, AssignmentRule, ScoreSummary
from grants.review.querysets import unassigned
from grants.review.services import rules
from grants.review.services.assignment import assign_officer, declare_conflict
from grants.review.services.replacements import declare_replacement
from grants.review.services.rules import (
    assign_by_rule,
    delete_rule,
    move_rule,
    propose_officers,
    save_rule,
)
from territories.loading import load_parameters
from tests.factories import (
    CallSheetFactory,
    CommuneFactory,
    EnvelopeFactory,
    FiledApplicationFactory,
    TerritoryFactory,
    UserFactory,
    person_with_role,
)
from tests.review.world import under_review


pytestmark = pytest.mark.django_db
NOW = timezone.now()
TODAY = timezone.localdate()


@pytest.fixture(autouse=True)
def _parameters(db):
    load_parameters()


@pytest.fixture
def head():
    return person_with_role(Role.UNIT_HEAD)


def officer(last_name: str) -> User:
    return person_with_role(Role.CASE_OFFICER, user__last_name=last_name)


def rule(head, *people, sheet=None, territory=None) -> AssignmentRule:
    return save_rule(sheet=sheet, territory=territory, people=people, by=head, at=NOW)


def proposal(application):
    return propose_officers([application], TODAY)[application.pk]


def in_territory(number: int, **fields) -> Application:
    territory = TerritoryFactory(number=number)
    application = FiledApplicationFactory(**fields)
    Place.objects.create(
        application=application,
        commune=CommuneFactory(territory=territory),
        territories=[number],
    )
    return application


def test_the_first_rule_that_matches_applies(head):
    first, second = officer("Abel"), officer("Zoé")
    dossier = in_territory(5)
    rule(head, first, territory=TerritoryFactory(number=4))
    rule(head, second, territory=dossier.places.get().commune.territory)
    rule(head, first)
    found = proposal(dossier)
    assert found.person == second
    assert found.sentence == "règle 2\u00a0: territoire 5, 0 dossier ouvert"


def test_a_rule_of_a_sheet_leaves_the_other_sheets_alone(head):
    sheet = CallSheetFactory()
    rule(head, officer("Abel"), sheet=sheet)
    assert proposal(FiledApplicationFactory(sheet=sheet)).person is not None
    nobody = proposal(FiledApplicationFactory())
    assert (nobody.person, nobody.sentence) == (None, "aucune règle ne vise ce dossier")


def test_a_dossier_of_the_whole_department_enters_no_territory(head):
    dossier = FiledApplicationFactory(whole_department=True)
    rule(head, officer("Abel"), territory=TerritoryFactory(number=5))
    assert proposal(dossier).person is None


def test_the_least_loaded_receives_and_what_is_given_counts(head):
    busy, free = officer("Abel"), officer("Zoé")
    under_review(busy, head)
    rule(head, busy, free)
    dossiers = [FiledApplicationFactory() for _ in range(4)]
    found = propose_officers(dossiers, TODAY)
    assert [found[one.pk].person for one in dossiers] == [free, busy, free, busy]
    assert found[dossiers[0].pk].sentence.endswith("tous les dossiers, 0 dossier ouvert")
    assert found[dossiers[1].pk].sentence.endswith("tous les dossiers, 1 dossier ouvert")


def test_the_same_dossiers_in_any_order_give_the_same_answer(head):
    rule(head, officer("Abel"), officer("Zoé"), officer("Mona"))
    dossiers = [FiledApplicationFactory() for _ in range(5)]
    assert propose_officers(dossiers, TODAY) == propose_officers(dossiers[::-1], TODAY)


def test_a_dossier_that_is_done_weighs_no_more(head):
    done, free = officer("Abel"), officer("Zoé")
    dossier = under_review(done, head)
    rule(head, done, free)
    assert proposal(FiledApplicationFactory()).person == free
    Application.objects.filter(pk=dossier.pk).update(review_state=ReviewState.EVALUATED)
    assert proposal(FiledApplicationFactory()).person == done


def test_who_is_away_receives_nothing(head):
    away, there = officer("Abel"), officer("Zoé")
    rule(head, away, there)
    dossier = FiledApplicationFactory()
    declare_replacement(
        person=away,
        substitute=head,
        starts_on=TODAY,
        ends_on=TODAY + timedelta(days=2),
        by=head,
        at=NOW,
    )
    assert proposal(dossier).person == there
    later = propose_officers([dossier], TODAY + timedelta(days=3))[dossier.pk]
    assert later.person == away


@pytest.mark.parametrize("whole_body", [False, True])
def test_the_recused_receive_nothing_and_the_next_rule_is_tried(head, whole_body):
    aside, other = officer("Abel"), officer("Zoé")
    dossier = FiledApplicationFactory()
    target = {"organisation": dossier.organisation} if whole_body else {"application": dossier}
    declare_conflict(person=aside, reason="Proche", at=NOW, **target)
    rule(head, aside, sheet=dossier.sheet)
    rule(head, other)
    found = proposal(dossier)
    assert found.person == other
    assert found.sentence.startswith("règle 1\u00a0: personne de disponible\u00a0; règle 2")


def test_who_left_the_desk_receives_nothing(head):
    gone = officer("Abel")
    rule(head, gone)
    gone.role_assignments.update(
        starts_on=TODAY - timedelta(days=9), ends_on=TODAY - timedelta(days=1)
    )
    assert proposal(FiledApplicationFactory()).person is None


def test_proposing_costs_the_same_for_one_dossier_and_fifty(head):
    rule(head, officer("Abel"), officer("Zoé"))
    one = [FiledApplicationFactory()]
    fifty = [FiledApplicationFactory() for _ in range(50)]
    with CaptureQueriesContext(connection) as few:
        propose_officers(one, TODAY)
    with CaptureQueriesContext(connection) as many:
        propose_officers(fifty, TODAY)
    assert len(few) == len(many) <= 8


def test_assigning_by_rule_says_so_in_the_history(head):
    person = officer("Abel")
    rule(head, person)
    dossier = FiledApplicationFactory()
    assign_by_rule(application_id=dossier.pk, by=head, at=NOW)
    assignment = Assignment.objects.get(role="officer")
    assert (assignment.person, assignment.mode) == (person, AssignmentMode.RULE)
    event = dossier.events.last()
    assert event.comment == "Règle 1\u00a0: tous les dossiers, 0 dossier ouvert"
    assert event.data["mode"] == "rule"


def test_no_rule_no_assignment(head):
    with pytest.raises(Refusal) as refusal:
        assign_by_rule(application_id=FiledApplicationFactory().pk, by=head, at=NOW)
    assert refusal.value.code == "no_rule"


def test_rules_move_and_go(head):
    first, second = (
        rule(head, officer("Abel")),
        rule(head, officer("Zoé"), sheet=CallSheetFactory()),
    )
    move_rule(rule_id=second.pk, up=True, by=head)
    assert list(AssignmentRule.objects.all()) == [second, first]
    move_rule(rule_id=second.pk, up=True, by=head)  # already first
    assert list(AssignmentRule.objects.all()) == [second, first]
    delete_rule(rule_id=second.pk, by=head)
    with pytest.raises(Refusal) as refusal:
        delete_rule(rule_id=second.pk, by=head)
    assert (refusal.value.code, refusal.value.status) == ("gone", 409)


def test_a_rule_needs_people_of_the_desk_and_a_target_of_its_own(head):
    person = officer("Abel")
    rule(head, person)
    for people, code in (([], "nobody"), ([UserFactory()], "not_desk"), ([person], "rule_exists")):
        with pytest.raises(Refusal) as refusal:
            rule(head, *people)
        assert refusal.value.code == code
    with pytest.raises(Refusal) as refusal:
        rule(person, person)
    assert refusal.value.status == 403


def test_of_two_heads_who_add_the_same_rule_at_once_the_second_learns_it(head, monkeypatch):
    person = officer("Abel")
    rule(head, person)
    monkeypatch.setattr(rules, "_locked_rules", dict)  # read before the other one was written
    with pytest.raises(Refusal) as refusal:
        rule(head, person)
    assert (refusal.value.code, refusal.value.status) == ("rule_exists", 409)


def test_a_dossier_whose_officer_stood_aside_waits_for_another(head):
    person = officer("Abel")
    dossier = under_review(person, head)
    assert not unassigned(Application.objects.all()).exists()
    declare_conflict(person=person, application=dossier, reason="Proche", at=NOW)
    assert list(unassigned(Application.objects.all())) == [dossier]


def test_a_choice_made_on_an_old_page_says_who_chose_since(head):
    first, second, third = officer("Abel"), officer("Zoé"), officer("Mona")
    dossier = under_review(first, head)
    with pytest.raises(Refusal) as refusal:
        assign_officer(application_id=dossier.pk, person=second, by=head, at=NOW, seen=third.pk)
    assert refusal.value.status == 409
    assert f"{head} a affecté ce dossier à {first}" in refusal.value.sentence


# --- The page -------------------------------------------------------------------------------------
def test_the_head_reads_loads_rules_and_proposals(client, head):
    person = officer("Abelard")
    under_review(person, head)
    rule(head, person)
    waiting = FiledApplicationFactory()
    client.force_login(head)
    html = client.get(reverse("review:team")).content.decode()
    assert "règle 1\u00a0: tous les dossiers, 1 dossier ouvert" in html
    assert waiting.reference in html


def test_an_officer_reads_their_own_load_alone(client, head):
    me, _other = officer("Abelard"), officer("Zacharie")
    client.force_login(me)
    html = client.get(reverse("review:team")).content.decode()
    assert "Abelard" in html
    assert "Zacharie" not in html
    assert reverse("review:rule_new") not in html


def test_the_team_page_costs_the_same_with_fifty_of_everything(client, head):
    def fill(count):
        for number in range(count):
            person = officer(f"Nom{number}")
            under_review(person, head)
            rule(head, person, sheet=CallSheetFactory())
            declare_replacement(
                person=person,
                substitute=head,
                starts_on=TODAY,
                ends_on=TODAY,
                by=head,
                at=NOW,
            )
            FiledApplicationFactory()

    client.force_login(head)
    fill(1)
    client.get(reverse("review:team"))
    with CaptureQueriesContext(connection) as few:
        client.get(reverse("review:team"))
    fill(24)
    with CaptureQueriesContext(connection) as many:
        html = client.get(reverse("review:team")).content.decode()
    assert html.count("data-row") > 50
    assert len(many) - len(few) <= 1  # the count, once there are more than are shown
    assert len(many) <= 25


def test_the_head_writes_a_rule_on_the_page(client, head):
    person = officer("Abelard")
    client.force_login(head)
    url = reverse("review:rule_new")
    assert client.post(url, {"people": [person.pk]}).status_code == 302
    found = AssignmentRule.objects.get()
    twice = client.post(url, {"people": [person.pk]})
    assert twice.status_code == 409
    assert client.post(url, {}).status_code == 422
    other = client.post(reverse("review:rule_edit", args=[found.pk]), {"people": [head.pk]})
    assert other.status_code == 302
    assert list(found.people.all()) == [head]


# --- Versions of a sheet --------------------------------------------------------------------------
def two_versions():
    """Return a sheet and the one that replaced it."""
    first = CallSheetFactory(code="C1", title="Décrochage")
    CallSheet.objects.filter(pk=first.pk).update(state=SheetState.REPLACED)
    first.refresh_from_db()
    second = CallSheetFactory(
        campaign=first.campaign, code="C1", title="Décrochage scolaire", version=2, replaces=first
    )
    return first, second


def test_a_rule_holds_for_every_version_of_its_sheet(head):
    first, second = two_versions()
    abel = officer("Abel")
    rule(head, abel, sheet=first)
    for sheet in (first, second):
        assert proposal(FiledApplicationFactory(sheet=sheet)).person == abel
    elsewhere = CallSheetFactory(code="C1", campaign__fiscal_year=2031)  # the code comes back
    assert proposal(FiledApplicationFactory(sheet=elsewhere)).person is None
    with pytest.raises(Refusal, match="vise déjà cette fiche"):
        rule(head, abel, sheet=second)


def test_the_filter_offers_a_sheet_once_and_finds_all_its_versions(client, head):
    first, second = two_versions()
    found = {FiledApplicationFactory(sheet=sheet).reference for sheet in (first, second)}
    FiledApplicationFactory()
    client.force_login(head)
    for key in (first.pk, second.pk):  # an address kept from before goes on working
        page = client.get(reverse("review:desk"), {"liste": "tous", "fiche": key})
        listing = page.context["listing"]
        assert {row.reference for row in listing.rows} == found
    offered = [
        choice for group in listing.form.fields["fiche"].choices if group[0] for choice in group[1]
    ]
    assert [words for _key, words in offered].count("C1 – Décrochage scolaire") == 1
    assert "C1 – Décrochage" not in [words for _key, words in offered]
    answer = client.get(reverse("review:statistics"), {"fiche": first.pk}).content.decode()
    assert answer.count("C1 – Décrochage scolaire") == 1
    assert "C1 – Décrochage<" not in answer


def test_the_scores_of_the_versions_of_a_sheet_are_added_up_together(head):
    first, second = two_versions()
    for sheet, total in ((first, 40), (second, 60)):
        one = FiledApplicationFactory(sheet=sheet)
        ScoreSummary.objects.create(application=one, total=total)
    found = totals_by_sheet(Application.objects.filter(score_summary__isnull=False))
    assert {sheet: sorted(totals) for sheet, totals in found.items()} == {second: [40, 60]}


def test_the_money_of_a_sheet_is_that_of_its_versions():
    first, second = two_versions()
    envelope = EnvelopeFactory(fiscal_year=first.campaign.fiscal_year)
    envelope.sheets.add(first)
    check_envelope(FiledApplicationFactory(sheet=second), envelope)
    other = FiledApplicationFactory(sheet=CallSheetFactory(campaign=first.campaign, code="C2"))
    with pytest.raises(Refusal, match="réservée à d’autres fiches"):
        check_envelope(other, envelope)


# --- Two heads at once ----------------------------------------------------------------------------
def test_a_rule_changed_meanwhile_is_not_overwritten(client, head):
    abel, zoe = officer("Abel"), officer("Zoé")
    found = rule(head, abel)
    url = reverse("review:rule_edit", args=[found.pk])
    client.force_login(head)
    seen = client.get(url).context["form"]["seen"].value()
    save_rule(
        rule_id=found.pk, sheet=None, territory=None, people=[zoe], by=head, at=NOW, seen=seen
    )
    late = client.post(url, {"people": [head.pk], "seen": seen})
    assert late.status_code == 409
    page = late.content.decode().replace("\u00a0", " ")
    assert f"elle vise maintenant tous les dossiers et va à {zoe}" in page
    assert [*found.people.all()] == [zoe]
    gone = client.post(reverse("review:rule_delete", args=[found.pk]), {"seen": seen}, follow=True)
    assert "Cette règle a changé" in gone.content.decode()
    assert AssignmentRule.objects.filter(pk=found.pk).exists()
    again = {"people": [head.pk], "seen": late.context["form"]["seen"].value()}
    assert client.post(url, again).status_code == 302  # read, then confirmed
    assert [*found.people.all()] == [head]


def test_a_rule_is_offered_the_sheets_of_open_campaigns_and_keeps_its_own(client, head):
    closed = CallSheetFactory(campaign__state=CampaignState.CLOSED, code="A1")
    replaced, current = two_versions()
    client.force_login(head)

    def offered(url):
        return {*client.get(url).context["form"].fields["sheet"].queryset}

    assert offered(reverse("review:rule_new")) == {current}
    found = rule(head, head, sheet=closed)
    assert offered(reverse("review:rule_edit", args=[found.pk])) == {current, closed}
    old = rule(head, head, sheet=replaced)
    page = client.get(reverse("review:rule_edit", args=[old.pk]))
    assert str(page.context["form"]["sheet"].value()) == str(current.pk)
