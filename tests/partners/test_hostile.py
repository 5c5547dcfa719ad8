"""Every field of sign-up, profile, roles and bodies takes anything without breaking."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.enums import Role
from partners.models import Membership
from tests.factories import (
    MembershipFactory,
    OrganisationFactory,
    UserFactory,
    person_with_role,
)


pytestmark = pytest.mark.django_db

HOSTILE = {
    "nul": "a\x00b",
    "bidi": "a\u202eb",
    "four bytes": "😀" * 5,
    "long": "é" * 20000,
    "markup": "<script>alert(1)</script>",
    "template": "{{ 7 * 7 }}{% debug %}",
    "sql": "' OR 1=1 --",
    "formula": '=HYPERLINK("http://a.example")',
    "lines": "a\r\nBcc: b@a.example",
    "spaces": "\u00a0\u2003\u200b ",
    "full width": "１２３４５６７８９０１２３４",
    "negative": "-1",
}

ROWS = {
    f"{rows}-{name}": value
    for rows in ("people", "approvals")
    for name, value in {"TOTAL_FORMS": 1, "INITIAL_FORMS": 0}.items()
} | {"people-0-role": "legal"}


@pytest.fixture
def forms(client: Client) -> dict[str, tuple[str, list[str]]]:
    membership = MembershipFactory(user=person_with_role(Role.ADMINISTRATOR))
    body = [membership.organisation_id]
    client.force_login(membership.user)
    profile = "legal_name short_name actor_type address postal_code city email phone website"
    create = f"{profile} kind siret rna function capacity".split()
    return {
        "profile": (reverse("accounts:profile"), ["first_name", "last_name", "phone"]),
        "role": (
            reverse("accounts:role_assign"),
            ["email", "role", "territory", "school", "title", "starts_on", "ends_on"],
        ),
        "create": (reverse("partners:organisation_create"), create),
        "edit": (reverse("partners:organisation_edit", args=body), [*profile.split(), "siret"]),
        "join": (reverse("partners:join", args=body), ["function", "capacity"]),
        "consent": (reverse("partners:consent", args=body), ["email", "agreed"]),
        **_profile_forms(body),
        **_member_forms(membership, profile),
    }


def _member_forms(membership: Membership, profile: str) -> dict[str, tuple[str, list[str]]]:
    body, own = membership.organisation_id, [membership.organisation_id, membership.pk]
    waiting = membership.organisation.invitations.create(
        email=membership.user.email,
        rights=["sign"],
        token_digest="e" * 64,
        invited_by=membership.user,
        invited_at=membership.asked_at,
        expires_at="2099-01-01T00:00Z",
    )
    return {
        "invite": (
            reverse("partners:invitations", args=[body]),
            ["email", "function", "rights", "message", "request_key"],
        ),
        "accept": (
            reverse("partners:invitation_mine", args=[waiting.pk]),
            ["function", "capacity"],
        ),
        "mandate": (reverse("partners:mandate", args=own), ["issued_on", "valid_until", "upload"]),
        "leave": (reverse("partners:membership_end", args=own), ["manager"]),
        "office": (reverse("partners:office_create"), [*profile.split(), "kind", "siret", "rna"]),
        "choose": (reverse("partners:choose_body"), ["organisation", "next"]),
        "merge": (
            reverse("partners:merge_confirm", args=[OrganisationFactory().pk, body]),
            ["reason", "typed"],
        ),
    }


def _profile_forms(body: list[int]) -> dict[str, tuple[str, list[str]]]:
    def address(name: str) -> str:
        return reverse(f"partners:{name}", args=body)

    people = ["role", "name", "function", "email", "phone", "remove"]
    means = [
        "volunteers",
        "employees",
        "subsidised_jobs",
        "employees_fte",
        "seconded",
        "members",
        "seen",
    ]
    links = ["network", "legal_person_members", "is_public_utility", "public_utility_on"]
    year = ["starts_on", "ends_on", "charges_amount", "income_amount", "cash_amount", "approved_on"]
    approval = [f"approvals-0-{name}" for name in ("kind", "given_by", "given_on")]
    return {
        "identity": (address("organisation_edit"), ["purpose", "local_registry"]),
        "people": (
            address("representatives"),
            [*(f"people-0-{name}" for name in people), "people-TOTAL_FORMS", "add"],
        ),
        "means": (address("human_means"), means),
        "links": (address("affiliations"), [*links, *approval, "approvals-INITIAL_FORMS"]),
        "accounts": (address("year_accounts"), year),
        "bank": (address("bank_edit"), ["holder", "iban", "bic", "key", "proof"]),
        "document": (
            address("document_add"),
            ["kind", "label", "issued_on", "valid_until", "key", "file"],
        ),
    }


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_no_text_breaks_a_form(client: Client, forms, text: str):
    for name, (url, fields) in forms.items():
        for field in fields:
            data = ROWS | {"declaration": "on", "creation_in_progress": "on", field: text}
            answer = client.post(url, data)
            assert answer.status_code < 500, (name, field)
            assert b"<script>alert" not in answer.content, (name, field)


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_no_text_breaks_the_searches(client: Client, text: str):
    client.force_login(person_with_role(Role.ADMINISTRATOR))
    for url, names in (
        (reverse("partners:join_search"), ["q"]),
        (reverse("partners:organisation_create"), ["siret", "nom"]),
        (reverse("partners:merge_choose"), ["q", "doublon", "fiche"]),
        (reverse("partners:admin_list"), ["q", "nature", "commune", "territoire", "tri", "page"]),
        (reverse("partners:to_check"), ["q", "nature", "territoire", "document", "tri"]),
        (reverse("partners:to_check_flags"), ["q", "objet", "page"]),
        (reverse("accounts:role_list"), ["q", "role", "territoire", "etat", "tri", "par"]),
    ):
        for name in names:
            answer = client.get(url, {name: text[:2000]})
            assert answer.status_code < 500, (url, name)
            assert b"<script>alert" not in answer.content, (url, name)


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_no_text_breaks_signing_up_or_in(client: Client, text: str):
    data = {
        "first_name": "A",
        "last_name": "B",
        "email": "a@essai.example",
        "password1": "dix-huit lampions bleus",
    }
    for field in data:
        assert client.post(reverse("account_signup"), data | {field: text}).status_code < 500
    sign_in = {"login": UserFactory().email, "password": "x"}
    for field in sign_in:
        assert client.post(reverse("account_login"), sign_in | {field: text}).status_code < 500
    assert client.post(reverse("account_reset_password"), {"email": text}).status_code < 500
