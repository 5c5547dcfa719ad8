"""What a person may do: read once from the role assignments, asked everywhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from accounts.enums import STAFF_ROLES, Role


if TYPE_CHECKING:
    from accounts.models import RoleAssignment


@dataclass(frozen=True)
class Access:
    """The roles in force and the territories they cover.

    Attributes:
        roles: Roles in force.
        territories: Numbers of the territories a coordinator follows.
        whole_department: A coordinator's role without territory: everything is theirs.
    """

    roles: frozenset[str] = frozenset()
    territories: frozenset[int] = frozenset()
    whole_department: bool = False

    @classmethod
    def from_assignments(cls, assignments: list[RoleAssignment]) -> Access:
        coordinations = [a for a in assignments if a.role == Role.COORDINATOR]
        return cls(
            roles=frozenset(a.role for a in assignments),
            territories=frozenset(a.territory_id for a in coordinations if a.territory_id),
            whole_department=any(a.territory_id is None for a in coordinations),
        )

    def has(self, *roles: str) -> bool:
        """Tell whether one of these roles is in force."""
        return not self.roles.isdisjoint(roles)

    @property
    def is_office(self) -> bool:
        """Any role of the office: staff who must use a second factor."""
        return not self.roles.isdisjoint(STAFF_ROLES)

    @property
    def is_case_officer(self) -> bool:
        return Role.CASE_OFFICER in self.roles

    @property
    def is_unit_head(self) -> bool:
        return Role.UNIT_HEAD in self.roles

    @property
    def is_coordinator(self) -> bool:
        return Role.COORDINATOR in self.roles

    @property
    def is_administrator(self) -> bool:
        return Role.ADMINISTRATOR in self.roles

    @property
    def is_reader(self) -> bool:
        return Role.READER in self.roles

    @property
    def is_desk(self) -> bool:
        """May open every filed dossier with its scores: officers and the head."""
        return self.is_case_officer or self.is_unit_head
