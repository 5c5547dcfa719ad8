"""The office reads on a dossier what waits in its body."""

import pytest
from django.test import Client
from django.utils import timezone

from accounts.enums import Role
from partners.enums import FlagKind, MembershipState
from partners.services.flags import raise_flag
from territories.loading import load_parameters
from tests.factories import FiledApplicationFactory, MembershipFactory, person_with_role


pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _parameters(db):
    load_parameters()


def test_flags_and_requests_are_shown_to_the_desk_and_block_nothing(client: Client):
    dossier = FiledApplicationFactory()
    client.force_login(person_with_role(Role.CASE_OFFICER))
    url = dossier.get_desk_url()
    assert "À savoir sur l’organisation" not in client.get(url).content.decode()
    raise_flag(
        organisation=dossier.organisation,
        kind=FlagKind.REPRESENTATIVE,
        text="Nouvelle présidente.",
        by=None,
        at=timezone.now(),
    )
    MembershipFactory(organisation=dossier.organisation, state=MembershipState.PENDING)
    page = client.get(url).content.decode()
    assert "Nouvelle présidente." in page
    assert "1 demande à la rejoindre attend une réponse." in page
    assert "Rien de cela ne bloque l’instruction." in page


def test_who_filed_while_waiting_is_named(client: Client):
    dossier = FiledApplicationFactory()
    MembershipFactory(
        organisation=dossier.organisation,
        user=dossier.submitted_by,
        state=MembershipState.PENDING,
    )
    client.force_login(person_with_role(Role.UNIT_HEAD))
    page = client.get(dossier.get_desk_url()).content.decode()
    assert f"{dossier.submitted_by}, qui a déposé ce dossier, attend encore" in page


def test_a_coordinator_does_not_read_it(client: Client):
    dossier = FiledApplicationFactory()
    MembershipFactory(organisation=dossier.organisation, state=MembershipState.PENDING)
    client.force_login(person_with_role(Role.COORDINATOR))
    assert "À savoir sur l’organisation" not in client.get(dossier.get_desk_url()).content.decode()
