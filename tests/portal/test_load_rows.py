"""The rows of a load are true to every rule of the portal; one load serves every test."""

from collections import Counter
from datetime import date

import pytest
from django.core.management import call_command
from django.db import transaction

from grants.applications.enums import FILED_STATES
from grants.applications.integrity import deposit_faults, history_faults
from grants.applications.models import Application, Event, Place, SearchEntry
from grants.applications.selectors import with_dossier
from grants.applications.snapshot import freeze, snapshot
from grants.review.models import Review, ScoreSummary
from portal.invariants import all_faults
from portal.load.plan import at_hour
from portal.load.run import load
from territories.models import PriorityNeighbourhood


pytestmark = pytest.mark.django_db  # also what has the base of the tests made
ON = date(2026, 11, 20)
COUNT = 300


@pytest.fixture(scope="module", autouse=True)
def _loaded(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), transaction.atomic():
        call_command("load_reference", verbosity=0)
        load(dossiers=COUNT, at=at_hour(ON, 6))
        yield
        transaction.set_rollback(True)


def test_every_invariant_holds():
    assert {name: found for name, found in all_faults().items() if found} == {}


def test_histories_and_deposits_are_sound():
    assert list(history_faults()) == []
    assert list(deposit_faults()) == []
    assert Event.objects.count() > 5 * COUNT


def test_the_last_deposit_is_what_the_portal_would_freeze():
    for application in with_dossier(Application.objects.filed()).order_by("pk")[::6]:
        last = application.deposits.order_by("number").last()
        _, expected = freeze(snapshot(application, at=last.filed_at))
        assert last.sha256 == expected, application.reference


def test_campaigns_and_states_are_spread():
    states = Counter(Application.objects.values_list("review_state", flat=True))
    years = Counter(Application.objects.values_list("sheet__campaign__fiscal_year", flat=True))

    assert Application.objects.count() == COUNT
    assert set(years) == {2023, 2024, 2025, 2026, 2027}
    assert set(states) >= {str(state) for state in FILED_STATES} - {"deferred"}
    assert SearchEntry.objects.count() == COUNT
    finals = Review.objects.filter(state="final").values("application").distinct().count()
    assert ScoreSummary.objects.count() == finals > COUNT / 3


def test_places_carry_their_territories():
    quarters = {
        one.pk: sorted({commune.territory_id for commune in one.communes.all()})
        for one in PriorityNeighbourhood.objects.prefetch_related("communes")
    }
    found = set()
    for place in Place.objects.select_related("commune", "school__commune"):
        if place.neighbourhood_id:
            expected = quarters[place.neighbourhood_id]
        else:
            expected = [(place.commune or place.school.commune).territory_id]
        assert place.territories == expected
        found.update(place.territories)
    assert found == set(range(1, 8))
    assert Place.objects.filter(neighbourhood__isnull=False).exists()
    assert Place.objects.filter(school__isnull=False).exists()
