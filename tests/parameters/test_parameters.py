"""Dated parameters: the value of the day, and the rows that ship with the portal."""

import json
import re
from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError

from config.templatetags.fr import nbsp_fr
from foundation.parameters.models import Parameter
from foundation.parameters.selectors import (
    MissingParameterError,
    amount_on,
    days_on,
    value_on,
    values_on,
)
from foundation.parameters.services import add_missing_parameters
from territories.reference import FOLDER


ROWS = json.loads((FOLDER / "parameters.json").read_text(encoding="utf-8"))
DECIDED = re.findall(
    r"\S+",
    "office.name office.direction office.address office.email office.phone department.name "
    "department.siret department.president_title court.name court.address court.url dpo.email "
    "silence.months attestation.days documents.days appeal.months agreement.threshold "
    "audit.threshold payment.days report.months reminder.first_days reminder.last_hours "
    "envelope.warning_rate review.gap_points republican_contract.version "
    "notification_consent.version deemed_notified.days text.appeal text.rgpd text.silence",
)
DAY = date(2026, 11, 20)


@pytest.fixture
def _loaded(db):
    add_missing_parameters(ROWS)


@pytest.mark.usefixtures("_loaded")
def test_every_key_decided_has_a_value_and_a_source():
    values = values_on(DECIDED, DAY)
    assert all(values.values())
    assert all(row["source"] and row["label"] for row in ROWS)
    assert amount_on("agreement.threshold", DAY) == Decimal(23000)
    assert amount_on("audit.threshold", DAY) == Decimal(153000)
    assert amount_on("envelope.warning_rate", DAY) == Decimal("0.90")
    assert days_on("documents.days", DAY) == 30
    assert days_on("silence.months", DAY) == 2
    assert "Cergy-Pontoise" in value_on("court.name", DAY)


@pytest.mark.usefixtures("_loaded")
def test_a_new_value_counts_from_its_day_and_the_old_one_before():
    Parameter.objects.create(key="agreement.threshold", value="30000", valid_from=date(2027, 1, 1))
    assert amount_on("agreement.threshold", date(2026, 12, 31)) == Decimal(23000)
    assert amount_on("agreement.threshold", date(2027, 1, 1)) == Decimal(30000)
    keys = ["agreement.threshold", "audit.threshold"]
    assert values_on(keys, date(2027, 6, 1)) == {keys[0]: "30000", keys[1]: "153000"}


@pytest.mark.usefixtures("_loaded")
def test_what_is_not_in_force_is_missing():
    with pytest.raises(MissingParameterError, match=r"court\.name on 2016-12-31"):
        value_on("court.name", date(2016, 12, 31))
    with pytest.raises(MissingParameterError, match=r"no\.such"):
        values_on(["court.name", "no.such"], DAY)


@pytest.mark.usefixtures("_loaded")
def test_loading_again_keeps_an_edited_value_and_adds_a_new_key():
    Parameter.objects.filter(key="court.address").update(value="Ailleurs")
    extra = {**ROWS[0], "key": "office.extra"}
    assert add_missing_parameters([*ROWS, extra]) == len(ROWS) + 1
    assert value_on("court.address", DAY) == "Ailleurs"


@pytest.mark.usefixtures("_loaded")
def test_one_value_a_day():
    with pytest.raises(IntegrityError, match="parameters_parameter_one_value_a_day"):
        Parameter.objects.create(key="court.name", value="x", valid_from=date(2017, 1, 1))


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["Court.name", "court", "court name", "court.", "court..name"])
def test_a_key_has_two_parts_in_lower_case(key: str):
    with pytest.raises(ValidationError, match="deux parties"):
        Parameter(key=key, value="x", valid_from=DAY).full_clean()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["key"])
def test_texts_follow_french_typography(row: dict):
    for text in (row["value"], row["label"], row["source"]):
        if not text.startswith("http"):
            assert text == nbsp_fr(text)
            assert "'" not in text


def test_invented_contacts_lead_nowhere():
    text = json.dumps(ROWS, ensure_ascii=False)
    assert all(mail.endswith(".example") for mail in re.findall(r"[\w.-]+@[\w.-]*\w", text))
    phone = next(row["value"] for row in ROWS if row["key"] == "office.phone")
    assert phone.startswith("01 99 00 ")
