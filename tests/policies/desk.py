"""The desk's lists: their files, and the views one keeps of them."""

from django.utils import timezone

from grants.review.listing.saved import save_view
from tests.factories import UserFactory
from tests.policies import ADMINISTRATOR, CASE_OFFICER, COORDINATOR, UNIT_HEAD, Policy, Target


WHO_READS = {CASE_OFFICER, UNIT_HEAD, ADMINISTRATOR, COORDINATOR}


def a_view_of_another() -> Target:
    view = save_view(person=UserFactory(), name="CANARI-VUE", query="", at=timezone.now())
    return Target(kwargs={"pk": view.pk}, canary="CANARI-VUE")


def _on_a_view() -> Policy:
    # One's own views alone: tests/review/test_desk_views.py lets their author in.
    return Policy(roles=set(), methods=("post",), make=a_view_of_another)


POLICY = {
    "review:desk_export": Policy(roles=WHO_READS, make=lambda: Target(kwargs={"extension": "csv"})),
    "review:desk_export_job": Policy(
        roles=WHO_READS, methods=("post",), make=lambda: Target(kwargs={"extension": "ods"})
    ),
    "review:view_list": Policy(roles=WHO_READS),
    "review:view_save": Policy(roles=WHO_READS, methods=("post",)),
    "review:view_rename": _on_a_view(),
    "review:view_replace": _on_a_view(),
    "review:view_delete": _on_a_view(),
}
