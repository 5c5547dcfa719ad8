from accounts.enums import Role
from tests.factories import RoleAssignmentFactory
from tests.policies import ADMINISTRATOR, EVERYONE, Policy, Target


def an_assignment() -> Target:
    assignment = RoleAssignmentFactory(role=Role.READER, user__last_name="CANARI-ROLE")
    return Target(
        kwargs={"pk": assignment.pk}, canary="CANARI-ROLE", data={"ends_on": "2099-01-01"}
    )


POLICY = {
    "accounts:demo_sign_in": Policy(methods=("post",)),  # 404 for everybody outside the demo
    "accounts:profile": Policy(roles=EVERYONE, methods=("get", "post")),
    "accounts:role_list": Policy(roles={ADMINISTRATOR}),
    "accounts:role_assign": Policy(roles={ADMINISTRATOR}, methods=("get", "post")),
    "accounts:role_end": Policy(roles={ADMINISTRATOR}, methods=("get", "post"), make=an_assignment),
}
