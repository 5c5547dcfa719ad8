"""A compulsory field left empty says what to do, never « Ce champ est obligatoire. »."""

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.enums import Role
from grants.review.closing_form import CloseForm
from grants.review.forms import ConcludeForm, PaperForm
from grants.review.team_forms import LateFilingForm
from territories.loading import load_parameters
from tests.factories import FiledApplicationFactory, person_with_role


pytestmark = pytest.mark.django_db
BARE = "Ce champ est obligatoire."


@pytest.fixture(autouse=True)
def _parameters():
    load_parameters()


def forms():
    today = timezone.localdate()
    return [
        CloseForm({"comment": ""}, application=FiledApplicationFactory(), on=today),
        ConcludeForm({"proposed_amount": ""}),
        PaperForm({"title": ""}),
        LateFilingForm({"reason": ""}, on=today),
    ]


def test_each_form_says_in_its_words_what_lacks():
    for form in forms():
        assert not form.is_valid()
        said = [sentence for found in form.errors.values() for sentence in found]
        assert said
        assert BARE not in said, form


@pytest.mark.parametrize("name", ["review:paper_filing", "review:late_filing"])
def test_the_pages_say_it(client, name):
    client.force_login(person_with_role(Role.UNIT_HEAD))
    page = client.post(reverse(name), {"reason": ""})
    assert page.status_code == 422
    assert BARE not in page.text
