import pytest
from django.utils import timezone

from accounts.enums import Role
from config.errors import Refusal
from partners.enums import FlagKind
from partners.selectors import open_flags
from partners.services.flags import handle_flag, raise_flag
from tests.factories import OrganisationFactory, member_of, person_with_role


pytestmark = pytest.mark.django_db


def flagged(organisation, text="Nouvelle présidente : Rose Kermorvan.", **values):
    values = {"kind": FlagKind.REPRESENTATIVE, "by": None, "at": timezone.now()} | values
    return raise_flag(organisation=organisation, text=text, **values)


def test_the_same_open_flag_is_refreshed_not_doubled():
    organisation = OrganisationFactory()
    first = flagged(organisation)
    again = flagged(organisation, "Nouveau président : Paul Sauveterre.")
    assert again.pk == first.pk
    assert [flag.text for flag in open_flags(organisation)] == [
        "Nouveau président : Paul Sauveterre."
    ]


def test_each_kind_of_flag_stands_by_itself():
    organisation = OrganisationFactory()
    flagged(organisation)
    flagged(organisation, kind=FlagKind.MANDATE)
    assert len(open_flags(organisation)) == 2


def test_a_handled_flag_is_no_longer_open_and_the_next_change_is_a_new_one():
    organisation, officer = OrganisationFactory(), person_with_role(Role.CASE_OFFICER)
    first = handle_flag(flag_id=flagged(organisation).pk, by=officer, at=timezone.now())
    assert (open_flags(organisation), first.handled_by) == ([], officer)
    assert flagged(organisation).pk != first.pk


def test_a_flag_is_handled_once():
    flag, officer = flagged(OrganisationFactory()), person_with_role(Role.ADMINISTRATOR)
    handle_flag(flag_id=flag.pk, by=officer, at=timezone.now())
    with pytest.raises(Refusal) as refused:
        handle_flag(flag_id=flag.pk, by=officer, at=timezone.now())
    assert refused.value.code == "already_handled"


def test_only_the_office_handles_a_flag():
    organisation = OrganisationFactory()
    flag = flagged(organisation)
    for person in (member_of(organisation), person_with_role(Role.COORDINATOR)):
        with pytest.raises(Refusal) as refused:
            handle_flag(flag_id=flag.pk, by=person, at=timezone.now())
        assert refused.value.code == "forbidden"


def test_a_flag_of_no_known_kind_is_a_mistake_of_the_caller():
    with pytest.raises(ValueError, match="weather"):
        flagged(OrganisationFactory(), kind="weather")
