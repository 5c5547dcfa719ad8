"""Section values as JSON and back, and a dossier as other values would make it."""

import json
from datetime import date
from decimal import Decimal

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings, strategies as st
from hypothesis.extra.django import TestCase

from grants.applications import sections
from grants.applications.chart_of_accounts import ACCOUNTS
from grants.applications.enums import AgeBand, AidRegime, FundingStatus, Period, StaffCategory
from grants.applications.forms.reopening import reopenable
from grants.applications.models import Application
from grants.applications.reopening import REOPENABLE, WHOLE
from grants.applications.section_values import from_json, overlaid, to_json
from grants.applications.sections import IndicatorValue, LineValue, PlaceValue, StaffValue
from grants.applications.selectors import with_dossier
from grants.applications.services.completing import answer_correction
from tests.applications.correcting import ask, everything, type_in, under_review
from tests.applications.dossiers import fresh
from tests.factories import CommuneFactory, SchoolFactory


texts = st.text(
    st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\x00"), max_size=40
)
amounts = st.integers(0, 99999).map(Decimal)
counts = st.none() | st.integers(0, 9999)
days = st.dates(date(2027, 1, 1), date(2028, 8, 31))
rates = st.none() | st.integers(0, 10000).map(lambda n: Decimal(n).scaleb(-4))
yes_no = st.none() | st.booleans()


def lines():
    account = st.sampled_from([a for a in ACCOUNTS if a.key != "departement"])
    line = st.builds(
        lambda a, amount, funder, status: LineValue(
            str(a.side), a.key, amount, funder if a.needs_funder else "", status
        ),
        account,
        amounts,
        texts,
        st.sampled_from(["", *FundingStatus.values]),
    )
    return st.lists(line, max_size=6).map(
        lambda rows: sorted(rows, key=lambda row: [a.key for a in ACCOUNTS].index(row.account))
    )


def _staff(kinds: set[str]) -> list[StaffValue]:
    ordered = [kind for kind in StaffCategory.values if kind in kinds]
    return [StaffValue(kind, n, Decimal("0.25")) for n, kind in enumerate(ordered)]


def values_of(section: str) -> st.SearchStrategy:
    """Return any values that a section may hold."""
    return st.fixed_dictionaries(_VALUES[section])


_VALUES = {
    "demandeur": {
        "contact_name": texts,
        "contact_function": texts,
        "contact_email": st.sampled_from(["", "ada@club.example"]),
        "contact_phone": st.sampled_from(["", "01 02 03 04 05"]),
        "contact_service": texts,
        "deliberation_to_come": st.booleans(),
        "deliberation_number": texts,
        "deliberation_on": st.none() | days,
        "has_economic_activity": yes_no,
        "public_aid_amount": st.none() | amounts,
        "public_aid_regime": st.sampled_from(["", *AidRegime.values]),
        "annual_budget": st.dictionaries(st.sampled_from(["60", "64", "70", "74", "86"]), amounts),
    },
    "projet": {
        "kind": st.sampled_from(["project", "operating"]),
        "period": st.sampled_from(Period.values),
        "is_city_policy": yes_no,
        "title": texts,
        "objectives": texts,
        "description": texts,
        "starts_on": st.none() | st.just(date(2027, 2, 1)),
        "ends_on": st.none() | st.dates(date(2027, 2, 1), date(2028, 8, 31)),
        "steering_body": texts,
        "framework_id": st.none(),
        "answers": st.fixed_dictionaries({0: texts, 1: texts}),
    },
    "public": {
        "girls_count": counts,
        "boys_count": counts,
        "qpv_rate": rates,
        "public_description": texts,
        "inclusion_text": texts,
        "counts": st.dictionaries(st.sampled_from(AgeBand.values), st.integers(0, 999)),
    },
    "moyens": {
        "means": texts,
        "partners_text": texts,
        "plans_recruitment": yes_no,
        "recruitment_fte": st.none() | st.just(Decimal("0.50")),
        "in_kind_request": texts,
        "staff": st.sets(st.sampled_from(StaffCategory.values), max_size=4).map(_staff),
    },
    "evaluation": {
        "evaluation_method": texts,
        "complement": texts,
        "indicators": st.lists(st.builds(IndicatorValue, texts, texts), max_size=5),
    },
    "budget": {"requested_amount": st.none() | amounts, "lines": lines()},
    "lieux": {"whole_department": st.booleans(), "places": st.just([])},
}
quick = settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))


def test_the_strategies_know_every_section_and_every_value():
    assert set(_VALUES) == set(REOPENABLE)


@pytest.mark.django_db
def test_the_strategies_know_every_value():
    for section, values in everything(under_review()).items():
        assert set(_VALUES[section]) == set(values), section


@pytest.mark.parametrize("section", sorted(_VALUES))
def test_any_values_survive_json(section):
    @settings(max_examples=60, deadline=None)
    @given(values_of(section))
    def round_trip(values):
        assert from_json(json.loads(json.dumps(to_json(values)))) == values

    round_trip()


def test_what_a_section_never_holds_is_refused():
    with pytest.raises(TypeError):
        to_json({"title": 1.5})


class Overlays(TestCase):
    def setUp(self):
        self.application = under_review()
        self.places = [
            PlaceValue("commune", CommuneFactory().pk),
            PlaceValue("school", SchoolFactory().pk, Decimal("0.25")),
        ]

    def offered(self, section: str) -> set[str]:
        """Return the values that may be asked of this body."""
        whole = with_dossier(Application.objects).get(pk=self.application.pk)
        group = next(group for group in reopenable(whole) if group.section == section)
        return {choice.key.partition(".")[2] for choice in group.choices}

    @quick
    @given(st.data())
    def test_a_dossier_in_memory_reads_as_it_would_once_written(self, data):
        section = data.draw(st.sampled_from(sorted(_VALUES)))
        values = data.draw(values_of(section))
        if section == "lieux":
            values["places"] = data.draw(st.permutations(self.places))
        whole = with_dossier(Application.objects).get(pk=self.application.pk)
        twin = overlaid(whole, {section: values})
        assert sections.read(twin, section) == values
        row = fresh(self.application)
        sections.write(row, section, values)
        row.save()
        assert sections.read(fresh(row), section) == sections.read(twin, section)

    @quick
    @given(st.data())
    def test_a_redeposit_changes_the_named_values_and_nothing_else(self, data):
        section = data.draw(st.sampled_from(["demandeur", "projet", "moyens", "evaluation"]))
        values = data.draw(values_of(section))
        named = data.draw(st.sets(st.sampled_from(sorted(values)), min_size=1))
        # What would block the sending stays as it was; it is not what is tested here.
        for name in ("title", "objectives", "description", "starts_on", "ends_on"):
            values.pop(name, None)
        for name in ("contact_name", "contact_email", "kind"):
            values.pop(name, None)
        named &= set(values) & self.offered(section)
        if not named:
            return
        before = everything(self.application)
        ask(self.application, *(f"{section}.{name}" for name in sorted(named)))
        type_in(self.application, section, **values)  # everything is sent, as a hostile page would
        answer_correction(
            application_id=self.application.pk,
            by=self.application.created_by,
            at=timezone.now(),
            comment="Voilà.",
        )
        after = everything(self.application)
        expected = {name: dict(kept) for name, kept in before.items()}
        for name in named:
            expected[section][name] = values[name]
        assert after == expected


def test_sections_that_reopen_whole_are_sections():
    assert set(REOPENABLE) >= WHOLE
