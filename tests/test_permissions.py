"""Every address × every kind of person, from the tables of ``tests/policies``."""

from collections.abc import Iterator

import pytest
from django.conf import settings
from django.db import transaction
from django.http import HttpResponseBase
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from accounts.models import RoleAssignment, User
from grants.letters.reference import load_templates
from territories.loading import load_parameters
from tests.policies import ACTORS, APPLICANT, SCHOOL, STRANGER, Policy, Target, all_policies


POLICIES = all_policies()
OURS = ("config", "foundation", "territories", "accounts", "partners", "grants", "reporting")
OURS += ("portal", "actions")


def named_addresses(resolver: URLResolver | None = None, spaces: tuple = ()) -> Iterator[str]:
    """Yield ``app:name`` of each address whose view is ours (not the admin's, not allauth's)."""
    for entry in (resolver or get_resolver()).url_patterns:
        if isinstance(entry, URLResolver):
            inside = (*spaces, entry.namespace) if entry.namespace else spaces
            yield from named_addresses(entry, inside)
        elif isinstance(entry, URLPattern) and _is_ours(entry):
            assert entry.name, f"an address without a name: {entry.pattern}"
            yield ":".join((*spaces, entry.name))


def _is_ours(entry: URLPattern) -> bool:
    return entry.callback.__module__.split(".")[0] in OURS


def test_every_address_has_a_policy():
    missing = set(named_addresses()) - POLICIES.keys()
    assert not missing, f"add to tests/policies/<app>.py: {sorted(missing)}"


def test_every_policy_has_an_address():
    unknown = POLICIES.keys() - set(named_addresses())
    assert not unknown, f"no such address: {sorted(unknown)}"


@pytest.fixture
def reference_data(db) -> None:
    load_parameters()
    load_templates()


@pytest.mark.usefixtures("reference_data")
@pytest.mark.parametrize("name", sorted(POLICIES))
def test_only_those_allowed_are_let_in(name: str):
    policy = POLICIES[name]
    target = policy.make() if policy.make else Target()
    url = reverse(name, kwargs=target.kwargs) + target.query
    wrong = []
    for method in policy.methods:
        # Those who are refused first: an accepted POST may change what the others see.
        actors = sorted((None, *ACTORS), key=lambda a: a in policy.roles)
        for actor in actors:
            with transaction.atomic():
                person = _person(actor, target)
                response = _ask(method, url, target, person)
                problem = _problem(policy, target, actor, response)
                transaction.set_rollback(True)
            if problem:
                wrong.append(f"{method.upper()} {url} as {actor or 'anonymous'}: {problem}")
    assert not wrong, "\n".join(wrong)


def _person(actor: str | None, target: Target) -> User | None:
    if actor is None:
        return None
    if actor == APPLICANT and target.applicant:
        return target.applicant
    if actor == STRANGER and target.outsider:
        return target.outsider
    user = User.objects.create_user(f"{actor}@matrice.example", first_name="Camille")
    if actor not in {APPLICANT, STRANGER}:
        RoleAssignment.objects.create(
            user=user,
            role=actor,
            starts_on=timezone.localdate(),
            school=_a_school() if actor == SCHOOL else None,
        )
    return user


def _a_school():
    from tests.factories import SchoolFactory

    return SchoolFactory()


def _ask(method: str, url: str, target: Target, person: User | None) -> HttpResponseBase:
    client = Client(raise_request_exception=True)
    if person:
        client.force_login(person)
    data = target.data if method == "post" else None
    return getattr(client, method)(url, data)


def _problem(policy: Policy, target: Target, actor: str | None, answer: HttpResponseBase) -> str:
    status = answer.status_code
    to_sign_in = status == 302 and answer["Location"].startswith(str(settings.LOGIN_URL))
    if policy.public or actor in policy.roles:
        if to_sign_in or not (status < 400 or status in {409, 422}):
            return f"should be let in, got {status}{' to sign-in' if to_sign_in else ''}"
        return ""
    if actor is None:
        return "" if to_sign_in or status == 404 else f"should have to sign in, got {status}"
    hidden = policy.private or (policy.make is not None and actor in {APPLICANT, STRANGER})
    if status not in ({404} if hidden else {403, 404}):
        return f"should be refused with {'404' if hidden else '403 or 404'}, got {status}"
    if target.canary and target.canary in _text(answer):
        return f"the refusal shows “{target.canary}”"
    return ""


def _text(answer: HttpResponseBase) -> str:
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return body.decode(errors="replace")
