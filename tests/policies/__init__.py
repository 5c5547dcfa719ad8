"""Who may open which address. One table per app; ``tests/test_permissions.py`` checks them all.

In ``tests/policies/<app>.py``::

    POLICY = {
        "calls:sheet_list": Policy(public=True),
        "review:desk": Policy(roles={CASE_OFFICER, UNIT_HEAD}),
        "applications:detail": Policy(roles={APPLICANT, CASE_OFFICER, UNIT_HEAD}, make=a_dossier),
    }

    def a_dossier() -> Target:
        application = ApplicationFactory()
        return Target(
            kwargs={"reference": application.reference},
            applicant=application.organisation.memberships.first().user,
            canary=application.title,
        )

Every named address of our apps must be listed, and every listed name must exist.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING


if TYPE_CHECKING:
    from accounts.models import User

# Roles of the office and around it (accounts.enums.Role), whole département for a coordinator.
CASE_OFFICER = "case_officer"
UNIT_HEAD = "unit_head"
COORDINATOR = "coordinator"
ADMINISTRATOR = "administrator"
PROFESSIONAL = "professional"
SCHOOL = "school"
READER = "reader"
OFFICE = frozenset({CASE_OFFICER, UNIT_HEAD, COORDINATOR, ADMINISTRATOR, READER})
# Somebody of the body that owns the object, and somebody signed in with no role and no body.
APPLICANT = "applicant"
STRANGER = "stranger"
EVERYONE = OFFICE | {PROFESSIONAL, SCHOOL, APPLICANT, STRANGER}
ACTORS = tuple(sorted(EVERYONE))


@dataclass(frozen=True)
class Target:
    """One object behind an address, made for a test.

    Attributes:
        kwargs: Arguments of the address.
        applicant: Who plays ``APPLICANT``: a member of the body that owns the object, with all
            rights. Without it, somebody signed in with no body.
        outsider: Who plays ``STRANGER``, when it should be more than an empty account: a member
            of *another* body.
        canary: Text of the object that must not appear in the answer to those who are refused.
        data: Fields sent along with a POST.
        query: Text after ``?``.
    """

    kwargs: dict = field(default_factory=dict)
    applicant: User | None = None
    outsider: User | None = None
    canary: str = ""
    data: dict = field(default_factory=dict)
    query: str = ""


@dataclass(frozen=True)
class Policy:
    """What is expected of one address.

    Attributes:
        public: Anyone may open it, signed in or not. ``roles`` is not read then.
        roles: Who is let in once signed in: an answer below 400, 409 (not now) or 422 (form not
            filled in). The others get 403 (role missing) or 404 (not theirs).
        methods: What is tried: ``("get",)``, ``("post",)`` or both.
        make: Makes the object behind the address; needed when the address has arguments.
        private: A refused person must get 404, not 403: they may not learn that it exists.
            By default, APPLICANT and STRANGER get 404 whenever there is an object.
    """

    public: bool = False
    roles: frozenset[str] | set[str] = frozenset()
    methods: tuple[str, ...] = ("get",)
    make: Callable[[], Target] | None = None
    private: bool = False

    def __post_init__(self) -> None:
        unknown = set(self.roles) - EVERYONE
        if unknown:
            raise ValueError(f"unknown roles: {sorted(unknown)}")


def all_policies() -> dict[str, Policy]:
    """Gather the tables of every module of this package."""
    tables: dict[str, Policy] = {}
    for module in pkgutil.iter_modules(__path__):
        table = importlib.import_module(f"{__name__}.{module.name}").POLICY
        twice = tables.keys() & table.keys()
        if twice:
            raise ValueError(f"listed twice: {sorted(twice)}")
        tables.update(table)
    return tables
