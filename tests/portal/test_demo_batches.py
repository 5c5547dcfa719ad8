"""The demonstration shows a batch done, and one with two dossiers that could not be."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.utils import timezone

from accounts.enums import Role
from foundation.jobs.models import Job
from foundation.jobs.selectors import unseen_jobs
from grants.applications.enums import ReviewState
from portal.demo import batches
from territories.loading import load_parameters
from tests.factories import person_with_role
from tests.review.batch_world import a_sheet_asking, filed


pytestmark = pytest.mark.django_db
NOW = timezone.now()


def test_the_head_finds_two_failures_waiting(client):
    load_parameters()
    head, officer = person_with_role(Role.UNIT_HEAD), person_with_role(Role.CASE_OFFICER)
    sheet = a_sheet_asking("rib")
    common = {"sheet": sheet, "submitted_at": NOW - timedelta(days=9), "with_member": True}
    filed(5, **common)
    filed(4, review_state=ReviewState.UNDER_REVIEW, **common)
    filed(1, review_state=ReviewState.CORRECTION_REQUESTED, **common)
    filed(1, review_state=ReviewState.EVALUATED, **common)
    cast = SimpleNamespace(head=head, officers=[officer])
    batches.tell(cast, SimpleNamespace(campaign=sheet.campaign), at=NOW)
    asked, assigned = Job.objects.order_by("-created_at")
    assert (assigned.done, assigned.failures) == (4, 0)
    assert (asked.total, asked.failures) == (5, 2)
    assert unseen_jobs(head).get() == asked
    client.force_login(head)
    page = client.get(asked.get_absolute_url()).content.decode()
    assert "Terminé, avec des échecs" in page
