"""Who stands in for somebody away: for how long, on which dossiers, to do what."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from threading import Barrier

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from accounts.enums import Role
from accounts.models import User
from config.errors import Refusal
from foundation.notifications.models import OutboxMessage
from foundation.parameters.models import Parameter
from grants.applications.enums import MessageSide
from grants.applications.events import verify_chain
from grants.applications.models import Application
from grants.applications.recipients import office_of
from grants.applications.services.messages import send_message
from grants.review.models import Replacement
from grants.review.permissions import acts_for, is_in_charge, may_score
from grants.review.querysets import instructed_by, to_score_by
from grants.review.services.assignment import declare_conflict
from grants.review.services.replacements import cancel_replacement, declare_replacement
from grants.review.services.scoring import conclude_review, save_review
from territories.loading import load_parameters
from tests.factories import UserFactory, member_of, person_with_role
from tests.review.world import final, under_review


pytestmark = pytest.mark.django_db
NOW = timezone.now()
TODAY = timezone.localdate()


@pytest.fixture(autouse=True)
def _parameters(db):
    load_parameters()


def officer() -> User:
    return person_with_role(Role.CASE_OFFICER)


def head() -> User:
    return person_with_role(Role.UNIT_HEAD)


def replace(person, substitute, *, starts=0, ends=10, by=None) -> Replacement:
    return declare_replacement(
        person=person,
        substitute=substitute,
        starts_on=TODAY + timedelta(days=starts),
        ends_on=TODAY + timedelta(days=ends),
        by=by or person,
        at=NOW,
    )


def refused(service, *args, **kwargs) -> Refusal:
    with pytest.raises(Refusal) as refusal:
        service(*args, **kwargs)
    return refusal.value


def day(days: int):
    return TODAY + timedelta(days=days)


@pytest.mark.parametrize(("days", "stands_in"), [(-1, False), (0, True), (10, True), (11, False)])
def test_a_substitute_acts_from_the_first_day_to_the_last_both_included(days, stands_in):
    away, substitute = officer(), officer()
    dossier = under_review(away, head())
    replace(away, substitute)
    on = day(days)
    assert acts_for(substitute, on) == ({substitute.pk, away.pk} if stands_in else {substitute.pk})
    assert is_in_charge(substitute, dossier, on) is stands_in
    assert instructed_by(Application.objects.all(), substitute, on).exists() is stands_in
    assert is_in_charge(away, dossier, on)  # who comes back early finds everything


def test_a_mail_of_the_applicant_reaches_the_substitute_too():
    away, substitute = officer(), officer()
    dossier, bound = (under_review(away, head()) for _ in range(2))
    replace(away, substitute)
    declare_conflict(person=substitute, application=bound, reason="", at=NOW)
    assert office_of(dossier, TODAY) == [away.email, substitute.email]
    assert office_of(dossier, day(30)) == [away.email]
    assert office_of(bound, TODAY) == [away.email]
    send_message(
        application_id=dossier.pk,
        side=MessageSide.APPLICANT,
        author=member_of(dossier.organisation),
        text="Bonjour",
        at=NOW,
    )
    sent = OutboxMessage.objects.filter(kind="message").values_list("to", flat=True)
    assert sorted(sent) == sorted([away.email, substitute.email])


def test_the_history_says_for_whom_a_substitute_acted(client):
    away, substitute = officer(), officer()
    dossier = under_review(away, head())
    final(dossier, away, 3, 4, 4, summary="Bon projet.")
    replace(away, substitute)
    conclude_review(application_id=dossier.pk, proposed_amount=Decimal(10), by=substitute, at=NOW)
    last = dossier.events.last()
    assert last.data["for"] == away.pk
    assert verify_chain(Application.objects.get(pk=dossier.pk)) == []
    client.force_login(head())
    page = client.get(reverse("review:tab", args=[dossier.reference, "historique"]))
    assert f"{substitute}, pour {away}" in page.content.decode()


def test_who_acts_on_their_own_dossier_acts_for_nobody():
    away, substitute = officer(), officer()
    dossier = under_review(substitute, head())
    final(dossier, substitute, 3, 4, 4, summary="Bon projet.")
    replace(away, substitute)
    conclude_review(application_id=dossier.pk, proposed_amount=Decimal(10), by=substitute, at=NOW)
    assert "for" not in dossier.events.last().data


def test_nobody_scores_in_the_place_of_somebody_else():
    away, substitute = officer(), officer()
    dossier = under_review(away, head())
    replace(away, substitute)
    assert not to_score_by(Application.objects.all(), substitute).exists()
    assert not may_score(substitute, dossier)
    found = refused(save_review, application_id=dossier.pk, by=substitute, at=NOW, scores={})
    assert found.code == "not_reader"


@pytest.mark.parametrize("whole_body", [False, True])
def test_a_substitute_has_nothing_of_a_dossier_they_are_recused_from(whole_body):
    away, substitute = officer(), officer()
    dossier, other = under_review(away, head()), under_review(away, head())
    replace(away, substitute)
    target = {"organisation": dossier.organisation} if whole_body else {"application": dossier}
    declare_conflict(person=substitute, reason="Proche", at=NOW, **target)
    assert list(instructed_by(Application.objects.all(), substitute)) == [other]
    assert not is_in_charge(substitute, dossier, TODAY)
    found = refused(
        conclude_review,
        application_id=dossier.pk,
        proposed_amount=Decimal(1),
        by=substitute,
        at=NOW,
    )
    assert found.code == "recused"


def test_somebody_who_left_the_desk_replaces_nobody():
    away, substitute = officer(), officer()
    dossier = under_review(away, head())
    replace(away, substitute)
    substitute.role_assignments.update(starts_on=day(-30), ends_on=day(-1))
    gone = User.objects.get(pk=substitute.pk)
    assert acts_for(gone, TODAY) == {gone.pk}
    assert not is_in_charge(gone, dossier, TODAY)


def test_a_cancelled_replacement_gives_nothing_more():
    away, substitute = officer(), officer()
    under_review(away, head())
    found = replace(away, substitute)
    cancel_replacement(replacement_id=found.pk, by=away, at=NOW)
    assert acts_for(substitute, TODAY) == {substitute.pk}
    again = refused(cancel_replacement, replacement_id=found.pk, by=away, at=NOW)
    assert (again.code, again.status) == ("already_cancelled", 409)


def test_a_replacement_that_is_over_is_not_cancelled():
    away, boss = officer(), head()
    found = replace(away, officer(), by=boss)
    Replacement.objects.filter(pk=found.pk).update(starts_on=day(-9), ends_on=day(-1))
    assert refused(cancel_replacement, replacement_id=found.pk, by=boss, at=NOW).code == "over"


@pytest.mark.parametrize(("starts", "ends"), [(-5, 0), (10, 20), (3, 4), (-5, 20)])
def test_two_replacements_of_one_person_do_not_overlap(starts, ends):
    away, boss = officer(), head()
    replace(away, officer())
    found = refused(replace, away, officer(), starts=starts, ends=ends, by=boss)
    assert (found.code, found.status) == ("overlap", 409)


def test_a_replacement_begins_the_day_after_another():
    away = officer()
    replace(away, officer())
    assert replace(away, officer(), starts=11, ends=12)


def test_who_is_away_replaces_nobody_and_who_replaces_is_not_away():
    away, second, third, boss = officer(), officer(), officer(), head()
    replace(away, second)
    assert refused(replace, third, away, by=boss).code == "overlap"
    assert refused(replace, second, third, by=boss).code == "overlap"


def test_each_declares_their_own_absence_and_the_head_anybodys():
    away, other, boss = officer(), officer(), head()
    assert refused(replace, away, other, by=other).code == "not_allowed"
    assert replace(away, other, by=boss)


def test_only_somebody_of_the_desk_replaces():
    assert refused(replace, officer(), UserFactory()).code == "not_desk"
    assert refused(replace, away := officer(), away).code == "same_person"
    assert refused(replace, officer(), officer(), starts=5, ends=4).code == "bad_dates"
    assert refused(replace, officer(), officer(), starts=-5, ends=-1).code == "bad_dates"


def test_an_officer_declares_their_absence_on_the_page(client):
    away, substitute = officer(), officer()
    client.force_login(away)
    url = reverse("review:replacement_new")
    data = {"substitute": substitute.pk, "starts_on": day(1), "ends_on": day(5)}
    assert client.post(url, data).status_code == 302
    assert Replacement.objects.get().person == away
    again = client.post(url, data)
    assert again.status_code == 409
    assert "déjà remplacé" in again.content.decode()
    assert client.post(url, {}).status_code == 422


def test_the_list_says_whose_dossiers_stand_among_one_s_own(client):
    away, substitute = officer(), officer()
    dossier = under_review(away, head())
    replace(away, substitute)
    client.force_login(substitute)
    page = client.get(reverse("review:desk"), {"liste": "mes-dossiers"}).content.decode()
    assert f"{away} s’absente jusqu’au" in page
    row = page[page.index("data-row") :]
    assert dossier.reference in row
    assert str(away) in row
    everything = client.get(reverse("review:desk"), {"liste": "tous"}).content.decode()
    assert "s’absente jusqu’au" not in everything
    client.force_login(away)
    own = client.get(reverse("review:desk"), {"liste": "mes-dossiers"}).content.decode()
    assert "s’absente jusqu’au" not in own


def test_an_officer_cannot_name_somebody_else_as_away(client):
    away, other = officer(), officer()
    client.force_login(away)
    data = {"person": other.pk, "substitute": other.pk, "starts_on": day(1), "ends_on": day(5)}
    client.post(reverse("review:replacement_new"), data)
    assert Replacement.objects.get().person == away


def test_who_is_away_cancels_and_the_substitute_does_not(client):
    away, substitute, stranger = officer(), officer(), officer()
    found = replace(away, substitute)
    url = reverse("review:replacement_cancel", args=[found.pk])
    for person, status in ((stranger, 404), (substitute, 403), (away, 200)):
        client.force_login(person)
        assert client.get(url).status_code == status
    assert client.post(url).status_code == 302
    found.refresh_from_db()
    assert found.cancelled_at is not None


@pytest.mark.django_db(transaction=True)
def test_two_overlapping_replacements_declared_at_once_leave_one():
    away, boss = officer(), head()
    substitutes = [officer(), officer()]
    gate = Barrier(2)

    def declare(substitute):
        gate.wait()
        try:
            replace(away, substitute, by=boss)
        except Refusal as refusal:
            return refusal.code
        finally:
            connection.close()
        return "done"

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(declare, substitutes)) == ["done", "overlap"]
    assert Replacement.objects.count() == 1


@pytest.mark.parametrize(("starts", "ends"), [(-32, 5), (0, 367), (400, 410)])
def test_a_replacement_is_near(starts, ends):
    refusal = refused(replace, officer(), officer(), starts=starts, ends=ends)
    assert refusal.code == "bad_dates"
    assert "au plus t" in refusal.sentence


def test_the_office_chooses_how_far_a_replacement_goes():
    for key in ("replacement.days_back", "replacement.days_ahead"):
        Parameter.objects.create(key=key, label=key, value="2", valid_from=TODAY, source="Test")
    for starts, ends in ((-3, 1), (0, 3)):
        with pytest.raises(Refusal) as refusal:
            replace(officer(), officer(), starts=starts, ends=ends)
        assert refusal.value.code == "bad_dates"
    assert replace(officer(), officer(), starts=-2, ends=2).pk


def test_a_replacement_may_start_a_month_back_and_end_in_a_year():
    assert replace(officer(), officer(), starts=-31, ends=366).pk
