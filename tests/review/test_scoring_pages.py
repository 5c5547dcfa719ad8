"""The scoring tab: saved as it is typed, two tabs, a later deposit, a third reading, the spread."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.enums import Role
from config.errors import Refusal
from grants.applications.enums import ReviewState
from grants.applications.models import Application
from grants.applications.services.corrections import cancel_correction, request_correction
from grants.review.calculations import FinalReview, application_score
from grants.review.models import Review
from grants.review.permissions import standing_of
from grants.review.scores import gap_words
from grants.review.selectors import with_last_deposit
from grants.review.services.assignment import assign_reader, declare_conflict
from grants.review.services.scoring import (
    ScoreInput,
    conclude_review,
    finalise_review,
    reconfirm_review,
    reopen_review,
    save_review,
)
from grants.review.summary_sheet import summary_context
from territories.loading import load_parameters
from tests.factories import person_with_role
from tests.queries import assert_same_queries
from tests.review.test_score_everywhere import file_again
from tests.review.world import final, read_by, under_review


pytestmark = pytest.mark.django_db
NOW = timezone.now()
HTMX = {"HX-Request": "true", "HX-Target": "autosave"}


@pytest.fixture
def head(db):
    load_parameters()
    return person_with_role(Role.UNIT_HEAD)


@pytest.fixture
def officer(head):
    return person_with_role(Role.CASE_OFFICER)


@pytest.fixture
def dossier(head, officer) -> Application:
    return under_review(officer, head)


@pytest.fixture
def client(client, officer) -> Client:
    client.force_login(officer)
    return client


def tab(dossier: Application) -> str:
    return reverse("review:tab", args=[dossier.reference, "notation"])


def opened(client: Client, dossier: Application) -> dict[str, str]:
    """Return what the form holds when the tab opens."""
    form = client.get(tab(dossier)).context["scoring_form"]
    return values_of(form)


def values_of(form) -> dict[str, str]:
    found = {name: form[name].value() for name in form.fields}
    return {name: "" if value is None else str(value) for name, value in found.items()}


def send(client: Client, dossier: Application, values: dict, *, auto: bool = True):
    headers = HTMX if auto else {}
    return client.post(reverse("review:score", args=[dossier.reference]), values, headers=headers)


def fields(dossier: Application, part: str = "level") -> list[str]:
    return [f"{part}_{criterion.pk}" for criterion in dossier.sheet.grid.criteria.all()]


def held(answer, name: str) -> str:
    return re.search(rf'name="{name}" value="([^"]*)"', answer.content.decode()).group(1)


# --- Saved as it is typed -------------------------------------------------------------------------
def test_a_level_is_saved_as_it_is_chosen_and_what_is_left_is_said(client, dossier):
    first, *_ = fields(dossier)
    answer = send(client, dossier, opened(client, dossier) | {first: "1"})
    text = answer.content.decode()
    assert answer.status_code == 200
    assert "Brouillon enregistré à" in text
    assert "2 notes, 1 commentaire, le montant proposé, la synthèse" in text
    assert "20<span" in text  # the running total: 1 of 5
    assert held(answer, "version") == "1"
    assert [score.level for score in Review.objects.get().scores.all()] == [1]


def test_what_cannot_be_kept_is_named_and_the_rest_is_saved(client, dossier):
    first, *_ = fields(dossier)
    answer = send(client, dossier, opened(client, dossier) | {first: "4", "proposed_amount": "dix"})
    assert answer.status_code == 200
    assert "sauf : Montant proposé" in answer.content.decode().replace("\u00a0", " ")
    assert Review.objects.get().scores.get().level == 4


@pytest.mark.parametrize("value", ["9", "-1", "<script>", "٣", "\U0001f600", "4" * 400])
def test_a_hostile_level_is_left_out_with_a_sentence(client, dossier, value):
    first, second, _ = fields(dossier)
    hostile = {first: value, second: "3", "deposit": value, "version": value, "base": value}
    answer = send(client, dossier, opened(client, dossier) | hostile)
    assert answer.status_code in {200, 409, 422}
    assert "enregistré" in answer.content.decode()


def test_a_final_reading_is_no_longer_saved(client, dossier, officer):
    values = opened(client, dossier)
    final(dossier, officer, 3, 3, 3, summary="Vu.")
    answer = send(client, dossier, values | {fields(dossier)[0]: "5"})
    assert answer.status_code == 409
    assert "définitive" in answer.content.decode()
    assert {score.level for score in Review.objects.get().scores.all()} == {3}


# --- Two tabs -------------------------------------------------------------------------------------
def test_two_tabs_that_fill_different_criteria_are_put_together(client, dossier):
    first, second, _ = fields(dossier)
    left = right = opened(client, dossier)
    send(client, dossier, left | {first: "2"})
    answer = send(client, dossier, right | {second: "4"})
    assert answer.status_code == 200
    assert "Repris de votre autre onglet" in answer.content.decode()
    taken = json.loads(answer.context["saved"].merge.taken_values)
    assert taken == [[first, ["2"]]]
    assert sorted(score.level for score in Review.objects.get().scores.all()) == [2, 4]


def test_two_tabs_that_change_the_same_criterion_ask_to_choose(client, dossier):
    first, second, _ = fields(dossier)
    values = opened(client, dossier)
    send(client, dossier, values | {first: "2"})
    late = values | {first: "5", second: "3"}
    answer = send(client, dossier, late)
    assert answer.status_code == 409
    assert "Comparer et choisir" in answer.content.decode()
    assert [score.level for score in Review.objects.get().scores.all()] == [2]
    page = send(client, dossier, late | {"draft": "1"}, auto=False)
    assert page.status_code == 409
    assert "Votre notation a changé dans un autre onglet" in page.content.decode()
    again = values_of(page.context["scoring_form"])
    for choice, level in (("theirs", 2), ("mine", 5)):
        kept = send(client, dossier, again | {f"choice-{first}": choice, "draft": "1"}, auto=False)
        assert kept.status_code == 302
        review = Review.objects.get()
        assert review.scores.get(criterion_id=first.split("_")[1]).level == level
        assert review.scores.get(criterion_id=second.split("_")[1]).level == 3


# --- A later deposit ------------------------------------------------------------------------------
def test_a_draft_keeps_the_deposit_it_was_begun_on(client, dossier, officer):
    values = opened(client, dossier)
    read_by(dossier, officer, 3, 3, 3, summary="Vu.")
    second = file_again(dossier)
    send(client, dossier, opened(client, dossier) | {fields(dossier)[0]: "4"})
    assert Review.objects.get().deposit.number == 1
    page = client.get(tab(dossier)).content.decode()
    assert "Dossier modifié depuis votre lecture" in page
    assert "?avant=1&amp;apres=2" in page
    with pytest.raises(Refusal) as refusal:
        finalise_review(application_id=dossier.pk, by=officer, at=NOW)
    assert (refusal.value.code, refusal.value.status) == ("outdated", 409)
    address = reverse("review:reconfirm_score", args=[dossier.reference])
    assert client.post(address, {"depot": "1"}).status_code == 409
    assert client.post(address, {"depot": "2"}).status_code == 302
    assert Review.objects.get().deposit == second
    event = dossier.events.get(kind="review_reconfirmed")
    assert (event.data["from_deposit"], event.data["to_deposit"]) == (1, 2)
    assert finalise_review(application_id=dossier.pk, by=officer, at=NOW).state == "final"
    assert values["deposit"] != str(second.pk)


def test_a_reading_begun_on_a_page_opened_before_bears_on_what_it_showed(client, dossier):
    values = opened(client, dossier)
    file_again(dossier)
    answer = send(client, dossier, values | {fields(dossier)[0]: "4"})
    assert Review.objects.get().deposit.number == 1
    assert "rechargez la page" in answer.content.decode()


def test_a_final_on_an_older_deposit_counts_marked_until_confirmed(client, dossier, officer):
    final(dossier, officer, 3, 3, 3, summary="Vu.")
    file_again(dossier)
    page = client.get(tab(dossier)).content.decode()
    assert "dépôt antérieur" in page
    assert dossier.score_summary.total == Decimal("60.0")
    reconfirm_review(application_id=dossier.pk, deposit_number=2, by=officer, at=NOW)
    assert "dépôt antérieur" not in client.get(tab(dossier)).content.decode()
    with pytest.raises(Refusal) as refusal:
        reconfirm_review(application_id=dossier.pk, deposit_number=2, by=officer, at=NOW)
    assert refusal.value.code == "up_to_date"


def test_a_final_above_what_is_now_requested_is_not_confirmed(dossier, officer):
    final(dossier, officer, 3, 3, 3, summary="Vu.", amount=6000)
    file_again(dossier)
    Application.objects.filter(pk=dossier.pk).update(requested_amount=Decimal(5000))
    with pytest.raises(Refusal, match="dépasse le montant demandé"):
        reconfirm_review(application_id=dossier.pk, deposit_number=2, by=officer, at=NOW)


def test_a_deposit_of_another_dossier_is_refused(dossier, officer, head):
    other = under_review(officer, head).deposits.get()
    with pytest.raises(Refusal) as refusal:
        save_review(application_id=dossier.pk, by=officer, at=NOW, scores={}, deposit_id=other.pk)
    assert refusal.value.code == "unknown_deposit"


# --- Third reading --------------------------------------------------------------------------------
@pytest.fixture
def apart(head, officer) -> Application:
    """Two final readings eighty points apart."""
    found = under_review(officer, head, readers=2)
    second = person_with_role(Role.CASE_OFFICER)
    assign_reader(application_id=found.pk, person=second, rank=2, by=head, at=NOW)
    final(found, officer, 5, 5, 5, summary="Excellent.")
    final(found, second, 1, 1, 1, summary="Faible.")
    return found


def conclusion(dossier: Application, by, **fields):
    common = {"application_id": dossier.pk, "proposed_amount": Decimal(100), "at": NOW}
    return conclude_review(**common, by=by, **fields)


def test_the_instruction_waits_for_the_third_reading(apart, officer, head):
    for by, reason in ((officer, "Tant pis"), (head, " ")):
        with pytest.raises(Refusal) as refusal:
            conclusion(apart, by, reason=reason)
        assert refusal.value.code == "third_missing"
        assert "80" not in refusal.value.sentence  # who reads third stays blind
    third = person_with_role(Role.CASE_OFFICER)
    assign_reader(application_id=apart.pk, person=third, rank=3, by=head, at=NOW)
    final(apart, third, 4, 4, 4, summary="Bon.")
    assert conclusion(apart, officer).review_state == ReviewState.EVALUATED


def test_the_head_does_without_a_third_reading_and_says_why(client, apart, head):
    client.force_login(head)
    address = reverse("review:conclude", args=[apart.reference])
    assert "lecteur-person" in client.get(tab(apart)).content.decode()
    assert client.post(address, {"proposed_amount": "100"}).status_code == 422
    assert client.post(address, {"proposed_amount": "100", "reason": "Vu"}).status_code == 302
    event = apart.events.get(kind="evaluate")
    assert (event.comment, event.data["without_third_reading"]) == ("Vu", True)


def test_a_gap_just_beyond_the_limit_never_reads_as_the_limit():
    def words(gap: str) -> str:
        exact = Fraction(gap)
        pair = [FinalReview(1, Fraction(50)), FinalReview(2, Fraction(50) + exact)]
        return gap_words(application_score(pair), Decimal(20))

    assert [words(gap) for gap in ("20.04", "19.96", "20", "20.06", "20.001", "19.999")] == [
        "20,04 points",
        "19,96 points",
        "20 points",
        "20,1 points",
        "un peu plus de 20 points",
        "un peu moins de 20 points",
    ]


def test_a_reading_reopened_after_the_others_is_told_as_such(client, apart, officer, head):
    mark = "rouverte après lecture des autres"
    assert mark not in client.get(tab(apart)).content.decode()
    reopen_review(application_id=apart.pk, by=officer, reason="Erreur de saisie", at=NOW)
    assert apart.events.get(kind="review_reopened").data["after_others"] is True
    final(apart, officer, 4, 4, 4, summary="Revu.")
    client.force_login(head)
    assert client.get(tab(apart)).content.decode().count(mark) == 1
    history = client.get(reverse("review:tab", args=[apart.reference, "historique"]))
    assert "après lecture des autres notations" in history.content.decode()
    fresh = with_last_deposit(Application.objects.filter(pk=apart.pk)).get()
    context = summary_context(head, fresh, standing_of(head, fresh), at=NOW)
    sheet = render_to_string("review/pdf/summary_sheet.html", context)
    assert sheet.count("ouverte après lecture des autres") == 2


def test_a_reading_reopened_before_any_other_is_not_marked(head, officer):
    dossier = under_review(officer, head, readers=2)
    second = person_with_role(Role.CASE_OFFICER)
    assign_reader(application_id=dossier.pk, person=second, rank=2, by=head, at=NOW)
    final(dossier, officer, 5, 5, 5, summary="Bien.")
    read_by(dossier, second, 1, 1, 1, summary="Brouillon.")
    reopen_review(application_id=dossier.pk, by=officer, reason="Erreur", at=NOW)
    assert dossier.events.get(kind="review_reopened").data["after_others"] is False


def test_who_stands_aside_or_coordinates_is_not_told_that_a_third_reading_is_wanted(
    client, apart, head
):
    aside = person_with_role(Role.CASE_OFFICER)
    declare_conflict(person=aside, application=apart, reason="Proche", at=NOW)
    for person, told in ((head, True), (aside, False), (person_with_role(Role.COORDINATOR), False)):
        client.force_login(person)
        page = client.get(apart.get_desk_url())
        said = [one.text for one in page.context["blockers"]] + [page.context["next_action"].text]
        assert any("roisième" in one for one in said) is told


def test_a_reason_is_not_kept_when_no_third_reading_was_asked(dossier, officer, head):
    final(dossier, officer, 3, 3, 3, summary="Vu.")
    conclusion(dossier, head, reason="Inutile")
    assert dossier.events.get(kind="evaluate").comment == ""


# --- How scores spread ----------------------------------------------------------------------------
def test_the_spread_gives_mean_median_and_bars(client, apart, dossier, officer, head):
    final(dossier, officer, 3, 3, 3, summary="Vu.")
    Application.objects.filter(pk=apart.pk).update(sheet=dossier.sheet)
    page = client.get(reverse("review:score_spread"))
    (spread,) = page.context["spreads"]
    assert (spread.count, spread.mean, spread.median) == (2, Decimal("60.0"), Decimal("60.0"))
    assert [bar.count for bar in spread.bars] == [0, 0, 0, 0, 0, 0, 2, 0, 0, 0]
    assert page.context["severities"] == []  # the head's alone
    client.force_login(head)
    severe, mild = client.get(reverse("review:score_spread")).context["severities"]
    assert (severe.mean, severe.difference) == (Decimal("20.0"), Decimal("-80.0"))
    assert (mild.mean, mild.shared, mild.difference) == (Decimal("80.0"), 1, Decimal("80.0"))


def test_the_spread_leaves_out_what_one_may_not_read(client, dossier, officer, head):
    final(dossier, officer, 3, 3, 3, summary="Vu.")
    other = person_with_role(Role.UNIT_HEAD)  # who has read the others does not name themself
    assign_reader(application_id=dossier.pk, person=head, rank=2, by=other, at=NOW)
    client.force_login(head)
    assert client.get(reverse("review:score_spread")).context["spreads"] == []


def test_the_spread_costs_the_same_with_fifty_dossiers(client, dossier, officer, head):
    final(dossier, officer, 3, 3, 3, summary="Vu.")
    client.force_login(head)

    def many() -> None:
        for _ in range(5):
            other = under_review(officer, head)
            final(other, officer, 2, 3, 4, summary="Vu.")
            Application.objects.filter(pk=other.pk).update(sheet=dossier.sheet)

    address = reverse("review:score_spread")
    assert_same_queries(lambda: client.get(address), few=lambda: None, many=many, at_most=12)


def test_an_unknown_criterion_is_refused(dossier, officer):
    with pytest.raises(Refusal):
        save_review(
            application_id=dossier.pk, by=officer, at=NOW, scores={10**9: ScoreInput(level=3)}
        )


# --- While corrections are awaited ----------------------------------------------------------------
def ask_for_corrections(dossier: Application, officer) -> None:
    request_correction(
        application_id=dossier.pk,
        fields=["projet.title"],
        message="Précisez le titre.",
        due_on=timezone.localdate() + timedelta(days=10),
        by=officer,
        at=timezone.now(),
    )


def test_a_grid_opened_before_corrections_are_asked_is_still_saved(client, dossier, officer):
    values = opened(client, dossier)
    first, *_ = fields(dossier)
    ask_for_corrections(dossier, officer)
    assert send(client, dossier, values | {first: "4", "summary": "Tapé."}).status_code == 200
    kept = opened(client, dossier)
    assert (kept[first], kept["summary"]) == ("4", "Tapé.")
    answer = send(client, dossier, kept | {"summary": "Tapé encore."}, auto=False)
    assert answer.status_code == 302
    assert Review.objects.get().summary == "Tapé encore."


def test_a_reading_is_begun_while_corrections_are_awaited_and_not_made_final(
    client, dossier, officer
):
    ask_for_corrections(dossier, officer)
    page = client.get(tab(dossier)).content.decode()
    assert "Votre brouillon de notation s’enregistre toujours" in page
    assert 'name="final"' not in page
    assert "rend la lecture définitive" not in page
    values = opened(client, dossier) | dict.fromkeys(fields(dossier), "3")
    values |= {"proposed_amount": "100", "summary": "Complet.", "final": "1"}
    refused = send(client, dossier, values, auto=False)  # from a page opened before
    assert refused.status_code == 409
    text = refused.content.decode()
    assert "se rendra définitive quand le dossier sera de nouveau en instruction" in text
    assert "Brouillon enregistré, pas encore définitif." in text
    review = Review.objects.get()
    assert (review.state, review.summary) == ("draft", "Complet.")
    with pytest.raises(Refusal) as found:
        finalise_review(application_id=dossier.pk, by=officer, at=NOW)
    assert found.value.code == "wrong_state"
    cancel_correction(application_id=dossier.pk, reason="Inutile.", by=officer, at=timezone.now())
    assert 'name="final"' in client.get(tab(dossier)).content.decode()
    again = opened(client, dossier) | {"final": "1"}
    assert send(client, dossier, again, auto=False).status_code == 302
    review.refresh_from_db()
    assert review.state == "final"


@pytest.mark.parametrize("state", ["submitted", "evaluated", "proposed", "withdrawn"])
def test_no_draft_is_saved_out_of_the_instruction(officer, dossier, state):
    Application.objects.filter(pk=dossier.pk).update(review_state=state)
    with pytest.raises(Refusal) as found:
        read_by(dossier, officer, 3, 3, 3, summary="Trop tard.")
    assert (found.value.code, found.value.status) == ("wrong_state", 409)
