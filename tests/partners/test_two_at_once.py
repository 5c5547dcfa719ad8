"""Two people at the same instant: the rules hold."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection
from django.utils import timezone

from config.errors import Refusal
from partners.models import Membership, Organisation
from partners.services.memberships import end_membership
from partners.services.organisations import create_organisation
from tests.factories import MembershipFactory, OrganisationFactory, UserFactory, siret_of


pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*acts: Callable[[], object]) -> list[str]:
    """Run acts in threads of their own; return « ok » or the code of each refusal."""
    barrier = Barrier(len(acts))

    def run(act: Callable[[], object]) -> str:
        try:
            barrier.wait()
            act()
        except Refusal as refusal:
            return refusal.code
        finally:
            connection.close()
        return "ok"

    with ThreadPoolExecutor(len(acts)) as pool:
        return sorted(pool.map(run, acts))


def test_two_managers_leave_and_one_stays():
    organisation = OrganisationFactory()
    rows = [MembershipFactory(organisation=organisation) for _ in range(2)]
    acts = [
        lambda row=row: end_membership(by=row.user, membership_id=row.pk, at=timezone.now())
        for row in rows
    ]
    assert at_once(*acts) == ["last_manager", "ok"]
    assert Membership.objects.active().count() == 1


def test_two_people_create_the_same_body_and_one_is_sent_to_join():
    acts = [
        lambda user=user: create_organisation(
            by=user,
            at=timezone.now(),
            kind="association",
            legal_name="Les Passerelles",
            siret=siret_of(500999),
            function="Présidente",
            capacity="representative",
        )
        for user in (UserFactory(), UserFactory())
    ]
    assert at_once(*acts) == ["already_there", "ok"]
    assert Organisation.objects.get().memberships.count() == 1
