"""Going through a list: the dossier before and the next one stay at hand through every act."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from django.urls import resolve, reverse
from django.utils import timezone

from accounts.enums import Role
from grants.review.services.assignment import assign_officer
from territories.loading import load_parameters
from tests.factories import FiledApplicationFactory, GridFactory, person_with_role
from tests.review.world import read_by, under_review


pytestmark = pytest.mark.django_db
TRAIL = "liste=tous&etat=under_review&tri=reference"


@pytest.fixture
def three(client):
    load_parameters()
    officer, head = person_with_role(Role.CASE_OFFICER), person_with_role(Role.UNIT_HEAD)
    client.force_login(head)
    return [under_review(officer, head) for _ in range(3)], officer, head


def same(query: str) -> bool:
    return parse_qs(query) == parse_qs(TRAIL)


def test_an_act_leads_back_with_the_list(client, three):
    _before, dossier, after = three[0]
    url = reverse("review:note", args=[dossier.reference])
    answer = client.post(f"{url}?{TRAIL}", {"text": "À relire"})
    to = urlsplit(answer.headers["Location"])
    assert same(to.query)
    assert to.fragment == "notes"
    page = client.get(answer.headers["Location"])
    assert after.reference in page.context["around"]["after"]


def test_what_the_list_does_not_know_is_not_carried(client, three):
    dossier = three[0][1]
    url = reverse("review:note", args=[dossier.reference])
    answer = client.post(f"{url}?liste=tous&next=//ailleurs&vue=12", {"text": "À relire"})
    assert parse_qs(urlsplit(answer.headers["Location"]).query) == {
        "liste": ["tous"],
        "vue": ["12"],
    }


def test_a_refused_act_shows_its_page_with_the_list(client, three):
    dossier = three[0][1]
    page = client.post(f"{reverse('review:note', args=[dossier.reference])}?{TRAIL}", {"text": ""})
    assert page.status_code == 422
    assert page.context["around"]["before"]
    assert page.context["around"]["after"]


def test_every_form_and_every_page_of_a_dossier_carries_the_list(client, three):
    """All the addresses of a dossier's pages: whatever leads to an act, and from it."""
    dossier, officer = three[0][1], three[1]
    read_by(dossier, officer, 3, 3, 3, summary="Bien")
    lost = []
    pages = [reverse("review:application", args=[dossier.reference])]
    pages += [
        reverse("review:tab", args=[dossier.reference, slug])
        for slug in ("pieces", "recevabilite", "complements", "notation", "avis", "echanges")
    ]
    pages += [
        reverse(f"review:{name}", args=[dossier.reference])
        for name in ("close", "conflict", "redact", "edit")
    ]
    for user in (officer, three[2]):
        client.force_login(user)
        for page in pages:
            answer = client.get(f"{page}?{TRAIL}")
            assert answer.status_code == 200, page
            lost += [f"{page} → {one}" for one in without_trail(answer, dossier.reference)]
    assert lost == []


# What leads nowhere: files, and parts of a page that a script asks for.
APART = {"dossier_pdf", "dossier_zip", "summary_pdf", "body", "my_opinion"}


def without_trail(answer, reference: str) -> list[str]:
    found = re.findall(r'(?:href|action)="(/[^"]*)"', answer.content.decode())
    lost = []
    for one in found:
        to = urlsplit(one.replace("&amp;", "&"))
        if reference not in to.path:
            continue
        match = resolve(to.path)
        if match.namespace == "review" and match.url_name not in APART:
            kept = {name: value for name, value in parse_qs(to.query).items() if name in TRAIL}
            if kept != parse_qs(TRAIL):
                lost.append(one)
    return lost


@pytest.mark.parametrize("method", ["get", "post"])
def test_each_act_that_leads_to_a_dossier_keeps_the_list(client, three, method):
    """Through the address of every act, read or posted as its tab posts it."""
    dossier, head = three[0][1], three[2]
    posts = {
        "assign": {"person": head.pk, "reason": "Absence", "seen": ""},
        "message": {"text": "Bonjour", "request_key": "00000000-0000-4000-8000-000000000001"},
        "read": {},
        "presence": {"lu": "1"},
        "admissibility_answer": {},
        "conflict": {"scope": "application", "reason": ""},
    }
    for name, data in posts.items():
        if method == "get" and name in {"presence", "conflict"}:
            continue
        url = f"{reverse(f'review:{name}', args=[dossier.reference])}?{TRAIL}"
        answer = client.post(url, data) if method == "post" else client.get(url)
        if answer.status_code in {302, 303}:
            assert same(urlsplit(answer.headers["Location"]).query), name
        else:
            assert answer.context["around"], name


def test_a_dossier_that_left_the_list_keeps_its_neighbours(client):
    officer, head = person_with_role(Role.CASE_OFFICER), person_with_role(Role.UNIT_HEAD)
    client.force_login(head)
    waiting = [FiledApplicationFactory(sheet__grid=GridFactory()) for _ in range(3)]
    url = reverse("review:application", args=[waiting[1].reference]) + "?liste=a-affecter"
    before = client.get(url).context["around"]
    assign_officer(application_id=waiting[1].pk, person=officer, by=head, at=timezone.now())
    assert client.get(url).context["around"] == before
    assert before["before"]
    assert before["after"]
