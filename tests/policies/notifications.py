from tests.factories import OutboxMessageFactory
from tests.policies import ADMINISTRATOR, Policy, Target


def a_failed_message() -> Target:
    message = OutboxMessageFactory(state="failed", text="CANARI-MESSAGE")
    return Target(kwargs={"pk": message.pk}, canary="CANARI-MESSAGE")


POLICY = {
    "notifications:outbox_list": Policy(roles={ADMINISTRATOR}),
    "notifications:outbox_detail": Policy(roles={ADMINISTRATOR}, make=a_failed_message),
    "notifications:mailbox": Policy(),  # the demonstration's only
    "notifications:mailbox_message": Policy(make=a_failed_message),
    "notifications:outbox_retry": Policy(
        roles={ADMINISTRATOR}, methods=("post",), make=a_failed_message
    ),
}
