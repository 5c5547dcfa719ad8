"""« À vérifier »: who does not check a kind is told who does."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.enums import Role
from tests.factories import BankDetailsFactory, OrganisationDocumentFactory, person_with_role


pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("role", "tab", "checks"),
    [
        (Role.CASE_OFFICER, "to_check_bank", False),
        (Role.UNIT_HEAD, "to_check_bank", True),
        (Role.ADMINISTRATOR, "to_check_bank", True),
        (Role.ADMINISTRATOR, "to_check", False),
        (Role.CASE_OFFICER, "to_check", True),
    ],
)
def test_who_does_not_check_is_told_who_does(client: Client, role, tab, checks):
    BankDetailsFactory()
    OrganisationDocumentFactory()
    client.force_login(person_with_role(role))
    page = client.get(reverse(f"partners:{tab}")).content.decode()
    assert (">Vérifier<" in page) is checks
    assert ("vous suivez ici" in page) is not checks
