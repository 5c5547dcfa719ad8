"""Who instructs, who reads, who stands aside."""

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.enums import Role
from config.errors import Refusal
from foundation.notifications.models import OutboxMessage
from grants.applications.enums import ReviewState
from grants.applications.events import verify_chain
from grants.calls.enums import CampaignState
from grants.review.letter_values import officer_values
from grants.review.models import Assignment
from grants.review.services.assignment import assign_officer, assign_reader, declare_conflict
from grants.review.services.rules import save_rule
from grants.review.services.scoring import reopen_review
from grants.review.team_forms import LateFilingForm
from tests.factories import (
    CallSheetFactory,
    FiledApplicationFactory,
    RoleAssignmentFactory,
    UserFactory,
)
from tests.review.world import final, under_review


pytestmark = pytest.mark.django_db


def officer():
    return RoleAssignmentFactory(role=Role.CASE_OFFICER).user


def head():
    return RoleAssignmentFactory(role=Role.UNIT_HEAD).user


def assign(application, person, by, reason=""):
    return assign_officer(
        application_id=application.pk, person=person, by=by, at=timezone.now(), reason=reason
    )


def name_reader(application, person, by, rank=2, **kwargs):
    return assign_reader(
        application_id=application.pk, person=person, rank=rank, by=by, at=timezone.now(), **kwargs
    )


def test_assigning_brings_a_filed_dossier_under_review():
    application, person = FiledApplicationFactory(), officer()
    assign(application, person, head())
    application.refresh_from_db()
    assert application.review_state == ReviewState.UNDER_REVIEW
    assert application.events.last().data == {"officer": person.pk, "mode": "manual"}
    assert verify_chain(application) == []


def test_the_officer_becomes_the_first_reader_when_the_sheet_asks_for_one():
    application, person = FiledApplicationFactory(sheet__readers=1), officer()
    assign(application, person, head())
    assert Assignment.objects.filter(person=person, role="reader", rank=1).exists()


def test_a_sheet_without_reader_names_none():
    application = FiledApplicationFactory(sheet__readers=0)
    assign(application, officer(), head())
    assert not Assignment.objects.filter(role="reader").exists()


def test_an_officer_takes_a_dossier_but_gives_none():
    application, person = FiledApplicationFactory(), officer()
    assign(application, person, person)
    with pytest.raises(Refusal) as refusal:
        assign(application, officer(), person)
    assert (refusal.value.code, refusal.value.status) == ("not_allowed", 403)


def test_reassigning_ends_the_former_officer():
    application, first, second, boss = FiledApplicationFactory(), officer(), officer(), head()
    assign(application, first, boss)
    assign(application, second, boss, reason="Départ")
    current = Assignment.objects.get(role="officer", ended_at__isnull=True)
    assert current.person == second
    assert application.events.last().kind == "reassigned"


def test_the_same_officer_twice_is_a_lost_race():
    application, person, boss = FiledApplicationFactory(), officer(), head()
    assign(application, person, boss)
    with pytest.raises(Refusal) as refusal:
        assign(application, person, boss)
    assert (refusal.value.code, refusal.value.status) == ("already_assigned", 409)


def test_nobody_outside_the_desk_is_assigned():
    with pytest.raises(Refusal) as refusal:
        assign(FiledApplicationFactory(), UserFactory(), head())
    assert refusal.value.code == "not_desk"


def test_a_decided_dossier_is_not_assigned():
    application = FiledApplicationFactory(review_state=ReviewState.REJECTED)
    with pytest.raises(Refusal) as refusal:
        assign(application, officer(), head())
    assert refusal.value.status == 409


def test_a_conflict_ends_the_assignments_and_bars_new_ones():
    application, person, boss = FiledApplicationFactory(), officer(), head()
    assign(application, person, boss)
    declare_conflict(
        person=person,
        organisation=application.organisation,
        reason="Membre du bureau",
        at=timezone.now(),
    )
    assert not Assignment.objects.filter(person=person, ended_at__isnull=True).exists()
    with pytest.raises(Refusal) as refusal:
        assign(application, person, boss)
    assert refusal.value.code == "recused"
    assert application.events.last().kind == "conflict_declared"


def test_a_reader_holds_one_rank():
    application, person, boss = FiledApplicationFactory(sheet__readers=2), officer(), head()
    assign(application, person, boss)
    with pytest.raises(Refusal) as refusal:
        assign_reader(
            application_id=application.pk, person=person, rank=2, by=boss, at=timezone.now()
        )
    assert refusal.value.code == "already_reader"


def test_a_rank_is_first_second_or_third():
    application, person, boss = FiledApplicationFactory(sheet__readers=2), officer(), head()
    for rank in (0, 4):
        with pytest.raises(Refusal) as refusal:
            name_reader(application, person, boss, rank=rank)
        assert refusal.value.code == "bad_rank"


def test_of_two_heads_who_name_a_reader_the_second_learns_of_the_first():
    application, bosses = FiledApplicationFactory(sheet__readers=2), [head(), head()]
    first, second = officer(), officer()
    name_reader(application, first, bosses[0], seen=0)
    with pytest.raises(Refusal) as refusal:
        name_reader(application, second, bosses[1], seen=0)
    assert (refusal.value.code, refusal.value.status) == ("changed", 409)
    assert f"{bosses[0]} a désigné {first} à ce rang" in refusal.value.sentence
    assert name_reader(application, second, bosses[1], seen=first.pk).person == second


def test_the_page_posts_the_readers_it_showed(client):
    first, second, late, boss = officer(), officer(), officer(), head()
    application = under_review(first, boss, readers=2)
    client.force_login(boss)
    html = client.get(application.get_desk_url()).text
    assert f'name="lecteur-seen_1" value="{first.pk}"' in html
    assert 'name="lecteur-seen_2" value="0"' in html
    name_reader(application, second, boss)
    data = {"lecteur-person": late.pk, "lecteur-rank": 2, "lecteur-seen_2": 0}
    url = reverse("review:reader", args=[application.reference])
    answer = client.post(url, data)
    assert answer.status_code == 409
    assert f"{boss} a désigné {second} à ce rang" in answer.text
    assert f'name="lecteur-seen_2" value="{second.pk}"' in answer.text  # they know now
    assert client.post(url, data | {"lecteur-seen_2": second.pk}).status_code == 302


def test_a_reader_who_has_finished_is_not_replaced():
    first, other, boss = officer(), officer(), head()
    application = under_review(first, boss, readers=1)
    final(application, first, 3, 3, 3, summary="Bien")
    with pytest.raises(Refusal) as refusal:
        name_reader(application, other, boss, rank=1)
    assert (refusal.value.code, refusal.value.status) == ("already_final", 409)
    assert refusal.value.sentence == (
        f"La lecture de {first} est définitive\u00a0: elle compte. {first} peut la rouvrir, ou "
        "confiez une troisième lecture."
    )
    reopen_review(application_id=application.pk, reason="À revoir", by=first, at=timezone.now())
    assert name_reader(application, other, boss, rank=1).person == other


def test_no_dossier_changes_hands_without_a_reason():
    application, first, boss = FiledApplicationFactory(), officer(), head()
    assign(application, first, boss)
    with pytest.raises(Refusal) as refusal:
        assign(application, officer(), boss, reason="  ")
    assert (refusal.value.code, refusal.value.status) == ("reason_needed", 422)
    assert application.assignments.get(role="officer", ended_at=None).person == first


def test_the_rules_take_no_dossier_from_a_colleague_just_named(client):
    application, first, second, boss = FiledApplicationFactory(), officer(), officer(), head()
    save_rule(sheet=None, territory=None, people=[second], by=boss, at=timezone.now())
    assign(application, first, boss)
    client.force_login(boss)
    url = reverse("review:assign", args=[application.reference])
    late = client.post(url, {"by_rule": "1", "person": "", "seen": 0})
    assert late.status_code == 409
    assert f"{boss} a affecté ce dossier à {first}" in late.text
    assert f'name="seen" value="{first.pk}"' in late.text
    assert application.assignments.get(role="officer", ended_at=None).person == first


def test_a_letter_names_the_officer_in_charge():
    application, person = FiledApplicationFactory(), officer()
    assert officer_values(application, "award", timezone.now()) == {}
    assign(application, person, head())
    values = officer_values(application, "award", timezone.now())
    assert values["agent.nom"] == person.get_full_name()
    assert values["agent.courriel"] == person.email


def test_a_dossier_that_changes_hands_says_why(client):
    application, first, second, boss = FiledApplicationFactory(), officer(), officer(), head()
    assign(application, first, boss)
    client.force_login(boss)
    url = reverse("review:assign", args=[application.reference])
    without = client.post(url, {"person": second.pk, "seen": first.pk})
    assert without.status_code == 422
    assert "Dites pourquoi le dossier change de mains." in without.text
    done = client.post(url, {"person": second.pk, "seen": first.pk, "reason": "Congé maternité"})
    assert done.status_code == 302
    assert application.events.last().comment == "Congé maternité"


def test_a_page_left_open_learns_who_assigned_meanwhile(client):
    application, first, second, boss = FiledApplicationFactory(), officer(), officer(), head()
    assign(application, first, boss)
    client.force_login(boss)
    url = reverse("review:assign", args=[application.reference])
    late = client.post(url, {"person": second.pk, "seen": 0})
    assert late.status_code == 409
    assert f"{boss} a affecté ce dossier à {first}" in late.text


def test_the_head_assigns_by_the_rules_from_the_dossier(client):
    application, person, boss = FiledApplicationFactory(), officer(), head()
    client.force_login(boss)
    url = reverse("review:assign", args=[application.reference])
    none = client.post(url, {"by_rule": "1"})
    assert none.status_code == 422
    assert "aucune règle ne vise ce dossier" in none.text
    save_rule(sheet=None, territory=None, people=[person], by=boss, at=timezone.now())
    done = client.post(url, {"by_rule": "1"}, follow=True)
    assert f"Le dossier est affecté à {person}. Règle 1" in done.text


def test_only_sheets_of_open_campaigns_of_this_year_on_take_a_late_filing():
    year = timezone.localdate().year
    taken = CallSheetFactory()
    CallSheetFactory(campaign__fiscal_year=year - 1)
    CallSheetFactory(campaign__state=CampaignState.CLOSED)
    assert list(LateFilingForm(on=timezone.localdate()).fields["sheet"].queryset) == [taken]


def test_a_body_is_let_file_late_from_the_desk(client):
    application, boss = FiledApplicationFactory(), head()
    client.force_login(boss)
    url = reverse("review:late_filing")
    page = client.get(url, {"organisation": application.organisation_id})
    assert f'value="{application.organisation_id}" selected' in page.text
    data = {
        "organisation": application.organisation_id,
        "sheet": application.sheet_id,
        "until_on": application.sheet.action_to,
        "reason": "Panne de messagerie",
    }
    far = client.post(url, data | {"until_on": "9999-12-31"})
    assert far.status_code == 422
    assert "au plus tard le dernier jour des actions" in far.text
    assert not OutboxMessage.objects.exists()
    assert client.post(url, data).status_code == 302
    assert application.sheet.extensions.get().organisation == application.organisation
    early = client.post(url, data | {"until_on": "2020-01-01"})
    assert early.status_code == 422
    client.force_login(officer())
    assert client.get(url).status_code == 403
