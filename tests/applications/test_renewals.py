"""Which dossiers renew: one rule, read dossier by dossier or to filter them all."""

import pytest
from django.utils import timezone

from grants.applications.enums import ReviewState
from grants.applications.models import Application
from grants.applications.selectors import renewal_condition, renewals
from tests.factories import (
    CallSheetFactory,
    CampaignFactory,
    FiledApplicationFactory,
    OrganisationFactory,
)


pytestmark = pytest.mark.django_db
YEARS = (2024, 2025, 2026)


def test_the_filter_says_what_the_condition_says():
    now = timezone.now()
    sheets = [CallSheetFactory(campaign=CampaignFactory(fiscal_year=year)) for year in YEARS]
    funded = {"review_state": ReviewState.AWARDED}
    for number in range(4):
        body = OrganisationFactory()
        first = FiledApplicationFactory(organisation=body, sheet=sheets[0], **funded)
        if number % 2:
            Application.objects.filter(pk=first.pk).update(notified_at=now)
        for sheet in sheets[1:]:
            FiledApplicationFactory(organisation=body, sheet=sheet)
    alone = OrganisationFactory()
    begun = FiledApplicationFactory(organisation=alone, sheet=sheets[0])
    FiledApplicationFactory(organisation=alone, sheet=sheets[1], renewal_of=begun)
    rows = Application.objects.annotate(told=renewal_condition())
    told = {row.pk for row in rows if row.told}
    assert len(told) == 5  # two years of the two bodies told of their grant, and who says so
    assert {row.pk for row in Application.objects.filter(renewals(YEARS))} == told
    others = {row.pk for row in Application.objects.filter(~renewals(YEARS))}
    assert others == {row.pk for row in rows} - told
