import pytest

from foundation.parameters.models import Parameter


@pytest.fixture(autouse=True)
def _parameters(request: pytest.FixtureRequest):
    if request.node.get_closest_marker("django_db"):
        request.getfixturevalue("db")
        Parameter.objects.bulk_create(
            Parameter(key=key, value=value, valid_from="2017-01-01")
            for key, value in {
                "notification_consent.version": "2026-1",
                "deemed_notified.days": "15",
                "office.email": "service@essai.example",
                "invitation.days": "14",
                "documents.notice_days": "30",
                "accounts.months": "18",
            }.items()
        )
