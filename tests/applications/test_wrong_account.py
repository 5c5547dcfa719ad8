"""A link of a mail opened with another account: a page that says so, and confirms nothing."""

import re
from uuid import uuid4

import pytest
from django.urls import reverse

from tests.applications.dossiers import a_draft, a_sheet, load_parameters
from tests.factories import (
    FiledApplicationFactory,
    OrganisationFactory,
    member_of,
    person_with_role,
)


pytestmark = pytest.mark.django_db
UNKNOWN = "2031-9999"


@pytest.fixture(autouse=True)
def _parameters():
    load_parameters()


@pytest.fixture
def stranger():
    return member_of(OrganisationFactory())


def words(response) -> str:
    """Return a page without what changes at each request, nor its own address."""
    text = response.content.decode().replace(response.request["PATH_INFO"], "")
    return re.sub(r'(nonce=|value=|X-CSRFToken": )"[^"]*"', "", text)


def mailed_links(dossier, draft) -> list[tuple[str, str]]:
    """Return the links of our mails, each beside the same one towards nothing."""
    pairs = [
        (reverse(f"applications:{name}", args=[real]), reverse(f"applications:{name}", args=[none]))
        for name, real, none in (
            ("detail", dossier.reference, UNKNOWN),
            ("attest", dossier.reference, UNKNOWN),
            ("receipt", dossier.reference, UNKNOWN),
            ("draft", draft.uuid, uuid4()),
        )
    ]
    section = "applications:section"
    pairs.append(
        (
            reverse(section, args=[draft.uuid, "projet"]),
            reverse(section, args=[uuid4(), "projet"]),
        )
    )
    return pairs


def test_another_account_learns_its_name_and_nothing_else(client, stranger):
    draft = a_draft()
    dossier = FiledApplicationFactory(sheet=a_sheet(), title="Ateliers du soir")
    client.force_login(stranger)
    for real, unknown in mailed_links(dossier, draft):
        found, none = client.get(real), client.get(unknown)
        assert found.status_code == none.status_code == 404
        assert f"Vous êtes connecté avec <strong>{stranger.email}</strong>" in words(found)
        assert dossier.title not in words(found)
        assert words(found) == words(none)


def test_the_button_signs_out_and_comes_back(client, stranger):
    dossier = FiledApplicationFactory(sheet=a_sheet())
    client.force_login(stranger)
    link = reverse("applications:attest", args=[dossier.reference])
    page = client.get(link).content.decode()
    assert f'name="next" value="{link}"' in page
    response = client.post(reverse("account_logout"), {"next": link})
    assert response["Location"] == link
    again = client.get(link)
    assert again["Location"] == f"{reverse('account_login')}?next={link}"


def test_an_address_of_nothing_keeps_the_ordinary_page(client, stranger):
    client.force_login(stranger)
    page = client.get("/dossiers/2027-0001/nulle-part/").content.decode()
    assert "Nous ne trouvons pas cette page" in page


def test_somebody_of_the_desk_is_sent_to_the_desk(client):
    client.force_login(person_with_role("case_officer"))
    page = client.get(reverse("applications:detail", args=[UNKNOWN])).content.decode()
    assert f'href="{reverse("review:desk")}"' in page.split("<main", 1)[1]
