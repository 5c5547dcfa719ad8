"""A coordinator reads a vote once its applicant is told: the same on every page, list and file."""

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.enums import Role
from grants.applications.enums import MoneyState, PaperState, ReviewState
from grants.applications.events import append_event
from grants.applications.models import Application
from grants.review.permissions import scores_hidden_from, standing_of
from grants.review.timeline import is_told
from grants.review.votes_told import headline_for, told_state
from territories.loading import load_parameters
from tests.factories import FiledApplicationFactory, person_with_role


pytestmark = pytest.mark.django_db
NOW = timezone.now()
VOTES = (ReviewState.AWARDED, ReviewState.REJECTED, ReviewState.DEFERRED)


@pytest.fixture
def coordinator():
    return person_with_role(Role.COORDINATOR)


@pytest.mark.parametrize("state", VOTES)
def test_a_vote_not_told_is_none_to_a_coordinator_anywhere(client, coordinator, state):
    load_parameters()
    dossier = FiledApplicationFactory(
        review_state=state,
        paper_state=PaperState.TO_GENERATE,
        money_state=MoneyState.COMMITTED if state == ReviewState.AWARDED else MoneyState.NONE,
    )
    append_event(application=dossier, kind="award", actor=None, at=NOW)
    year = dossier.sheet.campaign.fiscal_year
    label = state.label
    client.force_login(coordinator)
    desk, mine = reverse("review:desk") + "?liste=tous", reverse("portal:coordinator_applications")
    for url in (
        dossier.get_desk_url(),
        reverse("review:tab", args=[dossier.reference, "historique"]),
        reverse("review:tab", args=[dossier.reference, "decision"]),
    ):
        page = client.get(url).text.split("<main")[1]
        assert label not in page
        for word in ("Attribution votée", "Décision à notifier", "Engagé", "À générer"):
            assert word not in page
    for url in (desk, mine):
        joined = "&" if "?" in url else "?"
        found = client.get(f"{url}{joined}etat=proposed").text
        assert dossier.reference in found
        assert dossier.reference not in client.get(f"{url}{joined}etat={state}").text
    home = client.get(reverse("portal:coordinator_home") + f"?exercice={year}")
    assert [one.line.key for one in home.context["states"]] == [ReviewState.PROPOSED]
    file = b"".join(client.get(reverse("portal:coordinator_export", args=["csv"])))
    assert label not in file.decode("utf-8-sig")


@pytest.mark.parametrize("state", VOTES)
def test_told_it_is_read_by_all(coordinator, state):
    dossier = FiledApplicationFactory(review_state=state, notified_at=NOW)
    assert headline_for(coordinator, dossier).label.startswith(state.label)
    found = Application.objects.annotate(told=told_state(coordinator)).get()
    assert found.told == state
    assert is_told("award", {}, dossier, coordinator, standing_of(coordinator, dossier))


def test_the_desk_reads_a_vote_at_once():
    head = person_with_role(Role.UNIT_HEAD)
    dossier = FiledApplicationFactory(review_state=ReviewState.REJECTED)
    assert headline_for(head, dossier).label == ReviewState.REJECTED.label
    assert Application.objects.annotate(told=told_state(head)).get().told == "rejected"


@pytest.mark.parametrize(
    ("state", "notified_at", "reads"),
    [
        (ReviewState.PROPOSED, None, False),
        (ReviewState.AWARDED, None, False),
        (ReviewState.AWARDED, NOW, True),
        (ReviewState.REJECTED, NOW, True),
        (ReviewState.DEFERRED, None, False),
        (ReviewState.DEFERRED, NOW, False),
    ],
)
def test_scores_open_once_an_award_or_a_refusal_is_told(coordinator, state, notified_at, reads):
    dossier = FiledApplicationFactory(review_state=state, notified_at=notified_at)
    assert standing_of(coordinator, dossier).reads_scores is reads
    hidden = Application.objects.filter(scores_hidden_from(coordinator)).exists()
    assert hidden is not reads
