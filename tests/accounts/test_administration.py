"""Django's administration: in French, and nothing there undoes a rule of the portal."""

import pytest
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.enums import Role
from accounts.services import sync_administration_access
from grants.calls.models import ScoringGrid
from partners.models import Membership, Organisation
from tests.factories import GridFactory, MembershipFactory, OrganisationFactory, person_with_role


pytestmark = pytest.mark.django_db


@pytest.fixture
def support(client: Client) -> Client:
    person = person_with_role(Role.ADMINISTRATOR)
    sync_administration_access(person, on=timezone.localdate())
    client.force_login(person)
    return client


@pytest.mark.parametrize("frozen", [True, False])
def test_a_grid_is_read_and_never_written_there(support, frozen):
    grid = GridFactory()
    ScoringGrid.objects.filter(pk=grid.pk).update(frozen_at=timezone.now() if frozen else None)
    url = reverse("admin:calls_scoringgrid_change", args=[grid.pk])
    page = support.get(url)
    assert page.status_code == 200
    assert "_save" not in page.text
    assert support.post(url, {"name": "Autre"}).status_code == 403
    assert support.get(reverse("admin:calls_scoringgrid_add")).status_code == 403
    grid.refresh_from_db()
    assert grid.name != "Autre"


def test_every_list_opens_in_french(support):
    person = person_with_role(Role.CASE_OFFICER)
    Authenticator.objects.create(user=person, type=Authenticator.Type.TOTP, data={})
    MembershipFactory()
    text = support.get(reverse("admin:index")).text
    for model in admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"
        answer = support.get(reverse(name))
        assert answer.status_code == 200, name
        text += answer.text
    for words in ("Authenticator", ">User<", "Decided by", "Created by", "Merged into"):
        assert words not in text
    assert "Double authentification" in text


def test_the_pages_of_bodies_are_in_french(support):
    for row in (OrganisationFactory(), MembershipFactory()):
        model = Organisation if isinstance(row, Organisation) else Membership
        name = f"admin:partners_{model._meta.model_name}_change"
        page = support.get(reverse(name, args=[row.pk])).text
        for words in ("Created by", "Merged into", "Decided by", "User:", "Search name"):
            assert words not in page


def test_the_names_of_the_library_ask_for_no_migration():
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)
