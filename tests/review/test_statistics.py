"""The desk in figures: delays, ages and loads against worlds made by hand, and who reads them."""

import csv
import io
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.enums import Role
from grants.applications.enums import FILED_STATES, CorrectionState, ReviewState
from grants.applications.events import append_event
from grants.applications.models import Application, CorrectionRequest, Place
from grants.review import statistics, team
from grants.review.enums import UNDECIDED
from grants.review.models import Assignment, ConflictOfInterest
from territories.loading import load_parameters
from tests.factories import (
    CommuneFactory,
    FiledApplicationFactory,
    TerritoryFactory,
    UserFactory,
    person_with_role,
)


pytestmark = pytest.mark.django_db
PARIS = ZoneInfo("Europe/Paris")
DAY = timedelta(days=1)
FILED = datetime(2026, 9, 1, 10, tzinfo=PARIS)
ON = date(2026, 11, 20)
PAGE = "/instruction/statistiques/"


@pytest.fixture(autouse=True)
def _parameters(db):
    load_parameters()


@pytest.fixture
def head():
    return person_with_role(Role.UNIT_HEAD)


def told(*story: tuple[str, float], state=ReviewState.SUBMITTED, **fields) -> Application:
    """File a dossier on 1 September and tell what happened, in days after it."""
    application = FiledApplicationFactory(submitted_at=FILED, **fields)
    for kind, days in story:
        to_state = MOVES.get(kind, "")
        append_event(
            application=application, kind=kind, actor=None, at=FILED + days * DAY,
            to_state=to_state,
        )  # fmt: skip
    Application.objects.filter(pk=application.pk).update(review_state=state)
    application.refresh_from_db()
    return application


MOVES = {
    "assign": "under_review",
    "request_correction": "correction_requested",
    "complete": "under_review",
    "evaluate": "evaluated",
    "reopen_review": "under_review",
    "award": "awarded",
}
WHOLE = (
    ("assign", 2), ("review_finalised", 6), ("evaluate", 7), ("award", 17),
    ("notified", 20),
)  # fmt: skip


def asked(application: Application, since: float, until: float | None, **fields) -> None:
    """Wait for an answer from a day to another."""
    at = FILED + since * DAY
    CorrectionRequest.objects.create(
        application=application,
        number=1,
        message="Précisez.",
        fields=["budget"],
        first_due_on=at.date(),
        due_on=fields.get("due_on", (at + 15 * DAY).date()),
        state=CorrectionState.OPEN if until is None else CorrectionState.ANSWERED,
        asked_at=at,
        asked_by=UserFactory(),
        answered_at=None if until is None else FILED + until * DAY,
    )


def measured() -> dict[str, tuple]:
    """Return the delays of every dossier: count, median and ninth, by step."""
    found = statistics.delays(Application.objects.filed())
    return {one.step.key: (one.count, one.median, one.ninth) for one in found}


# --- Delays ---------------------------------------------------------------------------------------
def test_each_step_goes_from_one_event_to_the_next():
    told(*WHOLE)

    assert measured() == {
        "assign": (1, Decimal("2.0"), Decimal("2.0")),
        "read": (1, Decimal("4.0"), Decimal("4.0")),
        "conclude": (1, Decimal("1.0"), Decimal("1.0")),
        "vote": (1, Decimal("10.0"), Decimal("10.0")),
        "notify": (1, Decimal("3.0"), Decimal("3.0")),
        "whole": (1, Decimal("20.0"), Decimal("20.0")),
        "wait": (0, None, None),
    }


def test_half_and_nine_out_of_ten():
    for days in range(1, 12):  # 1 to 11 days
        told(("assign", days))

    assert measured()["assign"] == (11, Decimal("6.0"), Decimal("10.0"))


def test_the_wait_for_an_answer_is_taken_out_of_the_steps_it_falls_in():
    application = told(*WHOLE)
    asked(application, 3, 6.5)  # three days before the last reading, half a day after it

    found = measured()

    assert found["assign"][1] == Decimal("2.0")
    assert found["read"][1] == Decimal("1.0")  # 4 − 3
    assert found["conclude"][1] == Decimal("0.5")  # 1 − 0,5
    assert found["whole"][1] == Decimal("16.5")  # 20 − 3,5
    assert found["wait"] == (1, Decimal("3.5"), Decimal("3.5"))


def test_a_wait_that_still_runs_is_not_counted_yet():
    application = told(("assign", 2), state=ReviewState.CORRECTION_REQUESTED)
    asked(application, 3, None)

    assert measured()["wait"] == (0, None, None)


def test_a_dossier_without_reading_goes_from_assignment_to_the_end():
    told(("assign", 2), ("evaluate", 9))

    found = measured()

    assert found["read"] == (0, None, None)
    assert found["conclude"][1] == Decimal("7.0")


def test_an_instruction_reopened_is_not_over():
    told(*WHOLE[:3], ("reopen_review", 8), state=ReviewState.UNDER_REVIEW)
    told(*WHOLE[:3], ("reopen_review", 8), ("evaluate", 12))

    assert measured()["conclude"] == (1, Decimal("6.0"), Decimal("6.0"))


def test_a_paper_request_counts_from_its_reception():
    told(("assign", 2), received_on=FILED.date() - 3 * DAY)

    assert measured()["assign"][1] > Decimal(5)


@pytest.mark.parametrize("month", [1, 7])  # winter and summer time
def test_a_day_on_paper_begins_at_midnight_in_paris(month):
    told(received_on=date(2026, month, 5))

    found = Application.objects.filed().annotate(at=statistics.filed_at())
    assert found.get().at == datetime(2026, month, 5, tzinfo=PARIS)


# --- Ages -----------------------------------------------------------------------------------------
def test_ages_follow_the_entry_in_the_state():
    def since(days: int, kind: str, state: str) -> None:
        entered = datetime(2026, 11, 20, 23, 30, tzinfo=PARIS) - days * DAY
        application = told(state=state)
        append_event(
            application=application, kind=kind, actor=None, at=entered, to_state=MOVES[kind]
        )
        append_event(application=application, kind="message_sent", actor=None, at=FILED)

    for days in (0, 7, 8, 15, 16, 30, 31, 60, 61):
        since(days, "assign", ReviewState.UNDER_REVIEW)
    since(3, "evaluate", ReviewState.EVALUATED)
    told(*WHOLE, state=ReviewState.AWARDED)  # waits for nobody

    found = {one.state: one.counts for one in statistics.ageing(Application.objects.filed(), on=ON)}

    assert found["under_review"] == (2, 2, 2, 2, 1)
    assert found["evaluated"] == (1, 0, 0, 0, 0)
    assert list(found) == [str(state) for state in UNDECIDED]


# --- Loads ----------------------------------------------------------------------------------------
def held(person, role="officer", **fields) -> Application:
    application = told(("assign", 1), **fields)
    rank = 1 if role == "reader" else None
    Assignment.objects.create(
        application=application, person=person, role=role, rank=rank, assigned_by=person,
        assigned_at=FILED,
    )  # fmt: skip
    return application


def test_a_load_counts_what_is_in_hand_and_what_was_concluded_this_month():
    officer = person_with_role(Role.CASE_OFFICER)
    held(officer, state=ReviewState.UNDER_REVIEW)
    late = held(officer, state=ReviewState.CORRECTION_REQUESTED)
    asked(late, 5, None, due_on=ON - DAY)
    held(officer, state=ReviewState.UNDER_REVIEW, documents_due_on=ON - DAY)
    held(officer, state=ReviewState.UNDER_REVIEW, documents_due_on=ON)
    held(officer, "reader", state=ReviewState.UNDER_REVIEW)
    held(officer, state=ReviewState.REJECTED)
    for days in (60, 62):  # 31 October and 2 November
        done = held(officer, state=ReviewState.EVALUATED)
        append_event(application=done, kind="evaluate", actor=None, at=FILED + days * DAY)

    (load,) = statistics.loads(Application.objects.filed(), [officer], on=ON)

    assert (load.open_count, load.to_score_count, load.late_count, load.done_count) == (4, 1, 2, 1)


def test_a_person_has_one_load_on_the_team_page_and_in_the_statistics(client):
    officer, head = person_with_role(Role.CASE_OFFICER), person_with_role(Role.UNIT_HEAD)
    for state in FILED_STATES:
        held(officer, state=state)
    (load,) = statistics.loads(Application.objects.filed(), [officer], on=ON)
    (member,) = [one for one in team.loads(head, ON) if one.person == officer]
    assert load.open_count == member.open_count == 3
    for person in (officer, head):  # and the list it leads to holds as many
        client.force_login(person)
        page = client.get(f"{reverse('review:desk')}?{member.query}")
        assert page.context["listing"].count == 3


def test_an_ended_assignment_weighs_nothing():
    officer = person_with_role(Role.CASE_OFFICER)
    held(officer, state=ReviewState.UNDER_REVIEW)
    Assignment.objects.update(ended_at=timezone.now())

    (load,) = statistics.loads(Application.objects.filed(), [officer], on=ON)

    assert load.open_count == 0


# --- Who reads what -------------------------------------------------------------------------------
def page(user, query: str = ""):
    client = Client()
    client.force_login(user)
    return client.get(f"{PAGE}{query}")


def test_the_head_reads_every_load_and_an_officer_their_own(head):
    one, other = person_with_role(Role.CASE_OFFICER), person_with_role(Role.CASE_OFFICER)
    held(one, state=ReviewState.UNDER_REVIEW)
    held(other, state=ReviewState.UNDER_REVIEW)

    everybody = page(head).content.decode()
    mine = page(one).content.decode()

    assert f'data-person="{one.pk}"' in everybody
    assert f'data-person="{other.pk}"' in everybody
    assert f'data-person="{one.pk}"' in mine
    assert f'data-person="{other.pk}"' not in mine
    assert str(other) not in mine


def test_an_administrator_reads_delays_and_no_load():
    administrator = person_with_role(Role.ADMINISTRATOR)
    officer = person_with_role(Role.CASE_OFFICER)
    held(officer, state=ReviewState.UNDER_REVIEW)
    client = Client()
    client.force_login(administrator)

    text = client.get(PAGE).content.decode()

    assert "Délais par étape" in text
    assert "data-person" not in text
    assert client.get(f"{PAGE}charge.csv").status_code == 404


def test_a_coordinator_reads_the_delays_of_their_territory_and_no_load():
    seven, one = TerritoryFactory(number=7), TerritoryFactory(number=1)
    for territory, count in ((seven, 2), (one, 3)):
        for _ in range(count):
            application = told(*WHOLE, whole_department=False)
            Place.objects.create(
                application=application,
                position=0,
                commune=CommuneFactory(territory=territory),
                territories=[territory.number],
            )
    officer = person_with_role(Role.CASE_OFFICER)
    held(officer, state=ReviewState.UNDER_REVIEW, whole_department=False)
    coordinator = person_with_role(Role.COORDINATOR, territory=seven)
    client = Client()
    client.force_login(coordinator)

    found = client.get(PAGE)

    assert [row.delay.count for row in found.context["delays"]][:6] == [2] * 6
    assert "Vous comptez les dossiers de votre territoire." in found.content.decode()
    assert "data-person" not in found.content.decode()
    assert f'href="{reverse("review:score_spread")}"' not in found.content.decode()
    assert client.get(f"{PAGE}delais.csv").status_code == 200
    assert client.get(f"{PAGE}charge.csv").status_code == 404
    assert f'href="{PAGE}"' in client.get(reverse("review:desk")).content.decode()


def test_a_reader_has_no_statistics():
    assert page(person_with_role(Role.READER)).status_code == 403


def test_somebody_who_stands_aside_still_counts_the_dossier(head):
    application = told(*WHOLE)
    ConflictOfInterest.objects.create(
        person=head, application=application, declared_at=timezone.now()
    )

    found = page(head)

    assert [row.delay.count for row in found.context["delays"]][:6] == [1] * 6


# --- Scope ----------------------------------------------------------------------------------------
def test_filters_keep_a_campaign_a_sheet_or_a_territory(head):
    one, other = (told(("assign", days), whole_department=False) for days in (2, 4))
    commune = CommuneFactory()
    Place.objects.create(application=one, commune=commune, territories=[commune.territory_id])

    def median(query: str) -> str:
        return page(head, query).context["delays"][0].delay.median

    assert median("") == Decimal("3.0")
    assert median(f"?campagne={one.sheet.campaign_id}&fiche={one.sheet_id}") == Decimal("2.0")
    assert median(f"?fiche={other.sheet_id}") == Decimal("4.0")
    assert median(f"?territoire={commune.territory_id}") == Decimal("2.0")


@pytest.mark.parametrize("query", ["?fiche=999999", "?territoire=9", "?campagne=' OR 1=1"])
def test_a_filter_that_does_not_exist_counts_nothing(head, query):
    told(*WHOLE)

    found = page(head, query)

    assert found.status_code == 200
    assert sum(row.delay.count for row in found.context["delays"]) == 0


def test_a_total_leads_to_the_list_of_the_same_dossiers(head):
    application = told(("assign", 2), state=ReviewState.UNDER_REVIEW)
    query = f"?fiche={application.sheet_id}"
    told(("assign", 2), state=ReviewState.UNDER_REVIEW)
    row = next(r for r in page(head, query).context["ages"] if r.ageing.state == "under_review")
    client = Client()
    client.force_login(head)

    listed = client.get(row.url)

    assert row.ageing.total == 1
    assert listed.context["listing"].count == 1


# --- Files ----------------------------------------------------------------------------------------
def test_a_file_says_what_the_page_shows(head):
    told(*WHOLE)
    client = Client()
    client.force_login(head)

    answer = client.get(f"{PAGE}delais.csv")

    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text), delimiter=";"))
    assert rows[0] == ["etape", "nombre", "mediane_jours", "neuf_sur_dix_jours"]
    assert rows[1] == ["Du dépôt à l’affectation", "1", "2,0", "2,0"]
    assert len(rows) == 8


@pytest.mark.parametrize("table", ["delais", "anciennete", "charge"])
@pytest.mark.parametrize("extension", ["csv", "xlsx", "ods"])
def test_every_file_is_handed_out(head, table, extension):
    client = Client()
    client.force_login(head)

    answer = client.get(reverse("review:statistics_file", args=[table, extension]))

    assert answer.status_code == 200
    assert len(b"".join(answer.streaming_content)) > 50


# --- Cost -----------------------------------------------------------------------------------------
def test_the_page_costs_the_same_whatever_the_dossiers(head):
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert page(head).status_code == 200
        return len(queries)

    told(*WHOLE)
    held(head, state=ReviewState.UNDER_REVIEW)
    page(head)
    few = cost()
    for _ in range(9):
        held(person_with_role(Role.CASE_OFFICER), state=ReviewState.UNDER_REVIEW)

    assert cost() == few <= 12
