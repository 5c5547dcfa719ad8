from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import IntegrityError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.enums import Role
from accounts.models import RoleAssignment, User
from accounts.services import assign_role, create_person, end_role, sync_administration_access
from config.errors import Refusal
from tests.factories import (
    OrganisationFactory,
    RoleAssignmentFactory,
    SchoolFactory,
    TerritoryFactory,
    UserFactory,
    member_of,
    person_with_role,
)
from tests.queries import assert_same_queries


pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 20)
NOW = datetime(2026, 11, 20, 10, tzinfo=UTC)


@pytest.fixture
def administrator() -> User:
    return RoleAssignmentFactory(role=Role.ADMINISTRATOR, starts_on=date(2026, 1, 1)).user


def give(by, user, role=Role.CASE_OFFICER, **fields):
    return assign_role(by=by, user=user, role=role, on=TODAY, **{"starts_on": TODAY, **fields})


def test_a_person_may_hold_several_roles(administrator):
    user = UserFactory()
    give(administrator, user, Role.CASE_OFFICER)
    give(administrator, user, Role.COORDINATOR, territory=TerritoryFactory(number=7))
    give(administrator, user, Role.COORDINATOR, territory=TerritoryFactory(number=6))
    access = User.objects.get(pk=user.pk).access
    assert access.is_case_officer
    assert access.territories == {6, 7}
    assert not access.whole_department


def test_only_an_administrator_gives_roles():
    with pytest.raises(Refusal) as refused:
        give(person_with_role(Role.UNIT_HEAD), UserFactory())
    assert (refused.value.code, refused.value.status) == ("forbidden", 403)
    assert RoleAssignment.objects.filter(role=Role.CASE_OFFICER).count() == 0


def test_the_same_role_is_not_given_twice_over_the_same_days(administrator):
    user = UserFactory()
    first = give(administrator, user)
    with pytest.raises(Refusal) as refused:
        give(administrator, user)
    assert refused.value.code == "already_held"
    end_role(by=administrator, assignment_id=first.pk, ends_on=TODAY, on=TODAY, at=NOW)
    give(administrator, user, starts_on=TODAY + timedelta(days=1))
    assert user.role_assignments.count() == 2


def test_a_school_role_names_its_school(administrator):
    with pytest.raises(ValidationError, match="Indiquez le collège"):
        give(administrator, UserFactory(), Role.SCHOOL)
    assert give(administrator, UserFactory(), Role.SCHOOL, school=SchoolFactory()).school


def test_the_database_refuses_a_school_role_without_school():
    with pytest.raises(IntegrityError, match="accounts_roleassignment_school_for_school_role"):
        RoleAssignmentFactory(role=Role.SCHOOL, school=None)


def test_a_role_holds_from_its_first_day_to_its_last_included():
    assignment = RoleAssignmentFactory(starts_on=TODAY, ends_on=TODAY + timedelta(days=2))
    held = [
        RoleAssignment.objects.in_force(TODAY + timedelta(days=n)).filter(pk=assignment.pk).exists()
        for n in range(-1, 4)
    ]
    assert held == [False, True, True, True, False]


def test_the_last_administrator_stays(administrator):
    assignment = administrator.role_assignments.get()
    with pytest.raises(Refusal) as refused:
        end_role(by=administrator, assignment_id=assignment.pk, ends_on=TODAY, on=TODAY, at=NOW)
    assert refused.value.code == "last_administrator"
    other = give(administrator, UserFactory(), Role.ADMINISTRATOR, ends_on=TODAY)
    with pytest.raises(Refusal):  # the other one leaves tonight
        end_role(by=administrator, assignment_id=assignment.pk, ends_on=TODAY, on=TODAY, at=NOW)
    other.ends_on = None
    other.save()
    end_role(by=administrator, assignment_id=assignment.pk, ends_on=TODAY, on=TODAY, at=NOW)
    assert assignment.user.role_assignments.get().ends_on == TODAY


def test_an_ended_role_is_not_ended_again(administrator):
    past = RoleAssignmentFactory(starts_on=date(2026, 1, 1), ends_on=date(2026, 2, 1))
    with pytest.raises(Refusal) as refused:
        end_role(by=administrator, assignment_id=past.pk, ends_on=TODAY, on=TODAY, at=NOW)
    assert (refused.value.code, refused.value.status) == ("already_ended", 409)


def test_a_role_does_not_end_before_it_starts_nor_in_the_past(administrator):
    given = give(administrator, UserFactory(), starts_on=TODAY + timedelta(5))
    for days, code in ((1, "before_start"), (-1, "past")):
        with pytest.raises(Refusal) as refused:
            end_role(
                by=administrator,
                assignment_id=given.pk,
                ends_on=TODAY + timedelta(days),
                on=TODAY,
                at=NOW,
            )
        assert refused.value.code == code


@pytest.mark.parametrize("starts_on", [TODAY, TODAY - timedelta(30), TODAY + timedelta(5)])
def test_a_role_ends_at_once(administrator, starts_on):
    user = UserFactory()
    given = give(administrator, user, Role.ADMINISTRATOR, starts_on=starts_on)
    end_role(by=administrator, assignment_id=given.pk, ends_on=None, on=TODAY, at=NOW)
    user = User.objects.get(pk=user.pk)
    assert not user.role_assignments.in_force(TODAY).exists()
    assert not user.role_assignments.in_force(TODAY + timedelta(9)).exists()
    assert (user.is_staff, user.is_superuser) == (False, False)
    with pytest.raises(Refusal) as refused:
        end_role(by=administrator, assignment_id=given.pk, ends_on=TODAY, on=TODAY, at=NOW)
    assert refused.value.code == "already_ended"
    assert give(administrator, user, Role.ADMINISTRATOR, starts_on=starts_on)  # given again


def test_the_last_administrator_is_not_ended_at_once(administrator):
    other = give(administrator, UserFactory(), Role.ADMINISTRATOR)
    end_role(by=administrator, assignment_id=other.pk, ends_on=None, on=TODAY, at=NOW)
    with pytest.raises(Refusal) as refused:
        end_role(
            by=administrator,
            assignment_id=administrator.role_assignments.get().pk,
            ends_on=None,
            on=TODAY,
            at=NOW,
        )
    assert refused.value.code == "last_administrator"


@pytest.mark.parametrize("role", Role.values)
def test_nobody_gives_themselves_a_role(administrator, role):
    with pytest.raises(Refusal) as refused:
        give(administrator, administrator, role, school=SchoolFactory())
    assert (refused.value.code, refused.value.status) == ("own", 403)
    assert administrator.role_assignments.count() == 1


def test_djangos_administration_follows_the_administrator_role(administrator):
    user = UserFactory()
    given = give(administrator, user, Role.ADMINISTRATOR)
    user.refresh_from_db()
    assert (user.is_staff, user.is_superuser) == (True, True)
    end_role(by=administrator, assignment_id=given.pk, ends_on=TODAY, on=TODAY, at=NOW)
    user.refresh_from_db()
    assert user.is_superuser  # until tonight
    sync_administration_access(user, on=TODAY + timedelta(days=1))
    user.refresh_from_db()
    assert (user.is_staff, user.is_superuser) == (False, False)


# --- Pages --------------------------------------------------------------------------------------
def test_an_administrator_gives_a_role_on_the_page(client: Client, administrator):
    client.force_login(administrator)
    somebody = UserFactory(email="nouvelle@essai.example")
    answer = client.post(
        reverse("accounts:role_assign"),
        {"email": "Nouvelle@Essai.example", "role": "case_officer", "starts_on": "2026-11-20"},
    )
    assert answer.status_code == 302
    assert somebody.role_assignments.get().assigned_by == administrator


def test_a_coordination_of_everything_is_asked_for_in_so_many_words(client: Client, administrator):
    client.force_login(administrator)
    somebody = UserFactory(email="nouvelle@essai.example")
    data = {"email": somebody.email, "role": "coordinator", "starts_on": "2026-11-20"}
    answer = client.post(reverse("accounts:role_assign"), data | {"whole_department": "on"})
    assert answer.status_code == 302
    assert somebody.role_assignments.get().territory is None


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"email": "inconnue@essai.example"}, "Personne n’a de compte à cette adresse."),
        ({"role": "school"}, "Indiquez le collège de cette personne."),
        ({"role": "coordinator"}, "Choisissez un territoire, ou bien cochez tout le département."),
        ({"ends_on": "2026-11-01"}, "La fin d’un rôle ne peut pas précéder son début."),
    ],
)
def test_a_wrong_assignment_is_shown_again(client: Client, administrator, changed, sentence):
    client.force_login(administrator)
    UserFactory(email="nouvelle@essai.example")
    data = {"email": "nouvelle@essai.example", "role": "case_officer", "starts_on": "2026-11-20"}
    answer = client.post(reverse("accounts:role_assign"), data | changed)
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert 'value="2026-11-20"' in answer.content.decode()


def test_the_page_refuses_ones_own_address(client: Client, administrator):
    client.force_login(administrator)
    data = {"email": administrator.email, "role": "unit_head", "starts_on": "2026-11-20"}
    answer = client.post(reverse("accounts:role_assign"), data)
    assert answer.status_code == 403
    assert "On ne se donne pas un rôle à soi-même" in answer.content.decode()


def test_the_page_ends_a_role_at_once_or_on_a_day(client: Client, administrator):
    client.force_login(administrator)
    given = RoleAssignmentFactory(role=Role.CASE_OFFICER)
    url = reverse("accounts:role_end", args=[given.pk])
    assert "Tout de suite" in client.get(url).content.decode()
    assert client.post(url, {"when": "day", "ends_on": ""}).status_code == 422
    assert client.post(url, {"when": "at_once", "ends_on": "2026-11-20"}).status_code == 302
    given.refresh_from_db()
    assert given.ended_at is not None
    assert not User.objects.get(pk=given.user_id).access.is_case_officer
    ended = client.get(f"{reverse('accounts:role_list')}?etat=termine").content.decode()
    assert ended.count("<tr data-row") == 1
    assert "terminé le" in ended


def test_a_role_of_the_office_is_given_to_a_member_of_a_body_knowingly(
    client: Client, administrator
):
    client.force_login(administrator)
    body = OrganisationFactory(legal_name="Les Amis du Parc")
    somebody = member_of(body, user=UserFactory(email="membre@essai.example"))
    url = reverse("accounts:role_assign")
    data = {"email": somebody.email, "role": "case_officer", "starts_on": "2026-11-20"}
    assert 'type="checkbox" name="ties_seen"' not in client.get(url).content.decode()
    answer = client.post(url, data | {"ties_seen": "False"})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "est membre de Les Amis du Parc" in page
    assert 'type="checkbox" name="ties_seen"' in page
    assert not somebody.role_assignments.exists()
    assert client.post(url, data | {"ties_seen": "on"}).status_code == 302
    assert somebody.role_assignments.get().role == Role.CASE_OFFICER


def test_a_role_outside_the_office_asks_nothing(client: Client, administrator):
    client.force_login(administrator)
    somebody = member_of(OrganisationFactory(), user=UserFactory(email="membre@essai.example"))
    data = {"email": somebody.email, "role": "professional", "starts_on": "2026-11-20"}
    assert client.post(reverse("accounts:role_assign"), data).status_code == 302
    assert somebody.role_assignments.exists()


def test_the_list_is_filtered_by_person_role_territory_and_state(client: Client, administrator):
    client.force_login(administrator)
    seven = TerritoryFactory(number=7)
    RoleAssignmentFactory(
        role=Role.COORDINATOR, territory=seven, user__first_name="Éloïse", user__last_name="Gâté"
    )
    RoleAssignmentFactory(
        user__last_name="Ancien", ends_on=timezone.localdate() - timedelta(days=1)
    )
    url = reverse("accounts:role_list")
    for query in ("q=eloise+gate", "role=coordinator", "territoire=7"):
        page = client.get(f"{url}?{query}").content.decode()
        assert page.count("<tr data-row") == 1, query
        assert "Éloïse Gâté" in page
    ended = client.get(f"{url}?etat=termine").content.decode()
    assert ended.count("<tr data-row") == 1
    assert "Ancien" in ended


def test_the_list_costs_the_same_with_fifty_rows(client: Client, administrator):
    client.force_login(administrator)
    RoleAssignmentFactory()
    assert_same_queries(
        lambda: client.get(f"{reverse('accounts:role_list')}?role=reader&par=50"),
        few=lambda: RoleAssignmentFactory(role=Role.READER),
        many=lambda: RoleAssignmentFactory.create_batch(49, role=Role.READER),
        row="<tr data-row",
    )


# --- create_first_administrator -----------------------------------------------------------------
def test_the_first_administrator_chooses_a_password_by_a_link(client: Client, capsys):
    call_command("create_first_administrator", "Premiere@Essai.example")
    user = User.objects.get(email="premiere@essai.example")
    assert user.access.is_administrator
    assert user.is_superuser
    assert not user.has_usable_password()
    out = capsys.readouterr().out
    path = out.strip().splitlines()[-1].split("://")[1].partition("/")[2]
    page = client.get(f"/{path}", follow=True)
    answer = client.post(
        page.redirect_chain[-1][0],
        {"password1": "dix-huit lampions bleus", "password2": "dix-huit lampions bleus"},
    )
    assert answer.status_code == 302
    user.refresh_from_db()
    assert user.check_password("dix-huit lampions bleus")


def test_there_is_only_one_first_administrator(administrator):
    with pytest.raises(CommandError, match="déjà une administration"):
        call_command("create_first_administrator", "seconde@essai.example")
    assert not User.objects.filter(email="seconde@essai.example").exists()


def test_a_wrong_address_is_refused():
    with pytest.raises(CommandError, match="pas valable"):
        call_command("create_first_administrator", "pas-une-adresse")


def test_two_people_cannot_share_an_address():
    create_person(email="une@essai.example", first_name=" Anne ‮ ", last_name="Lee")
    assert User.objects.get().first_name == "Anne"
    with pytest.raises(Refusal) as refused:
        create_person(email="UNE@essai.example")
    assert refused.value.code == "email_taken"
    with pytest.raises(IntegrityError, match="accounts_user_email_once"):
        User.objects.create(email="UNE@ESSAI.example")


def test_every_change_of_a_role_is_kept_with_who_made_it(client: Client, administrator):
    client.force_login(administrator)
    given = RoleAssignmentFactory(starts_on=TODAY)
    client.post(
        reverse("accounts:role_end", args=[given.pk]), {"when": "day", "ends_on": "2099-01-01"}
    )
    history = list(given.events.order_by("pgh_id").select_related("pgh_context"))
    assert [(row.pgh_label, row.ends_on) for row in history] == [
        ("insert", None),
        ("update", date(2099, 1, 1)),
    ]
    assert history[-1].pgh_context.metadata["user"] == administrator.pk
