"""Dated parameters: the value of the day, and the rows that ship with the portal."""

import json
import re
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.urls import reverse
from django.utils import timezone

from accounts.enums import Role
from accounts.services import sync_administration_access
from config.templatetags.fr import nbsp_fr
from foundation.parameters.checks import check_stored_values
from foundation.parameters.declared import DECLARED, kind_of
from foundation.parameters.models import Parameter
from foundation.parameters.selectors import (
    MissingParameterError,
    amount_on,
    count_in_force,
    days_on,
    faults,
    numbers_by_day,
    value_on,
    values_on,
)
from foundation.parameters.services import add_missing_parameters
from territories.reference import FOLDER
from tests.factories import person_with_role


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


# --- What a value may be --------------------------------------------------------------------------
def test_every_parameter_of_the_file_is_declared_and_within_its_bounds():
    assert {row["key"] for row in ROWS} == set(DECLARED)
    for row in ROWS:
        assert kind_of(row["key"]).fault(row["value"]) == "", row["key"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("key", "value", "sentence"),
    [
        ("review.gap_points", "vingt", "Indiquez un nombre de points, de 0 à 100."),
        ("silence.months", "deux", "Indiquez un nombre entier de mois, de 1 à 12."),
        ("opinion.days", "zut", "Indiquez un nombre entier de jours, de 1 à 365."),
        ("correction.days", "999999999", "Indiquez un nombre entier de jours, de 1 à 365."),
        ("correction.days", "0", "Indiquez un nombre entier de jours, de 1 à 365."),
        ("correction.days", "-3", "Indiquez un nombre entier de jours, de 1 à 365."),
        ("correction.days", "٣", "Indiquez un nombre entier de jours, de 1 à 365."),
        ("envelope.warning_rate", "1.01", "Indiquez une part, de 0 à 1."),
        ("agreement.threshold", "1e9", "un montant en euros"),
        ("office.email", "personne", "Indiquez une adresse e-mail complète."),
        ("court.url", "javascript:alert(1)", "Indiquez une adresse web complète"),
        ("department.siret", "123", "quatorze chiffres"),
        ("text.rgpd", "  ", "Indiquez un texte."),
    ],
)
def test_a_value_of_another_kind_is_refused(key: str, value: str, sentence: str):
    with pytest.raises(ValidationError) as refused:
        Parameter(key=key, value=value, valid_from=DAY, label="x", source="x").full_clean()
    assert sentence in nbsp_fr(str(refused.value.message_dict["value"][0]))


@pytest.mark.django_db
def test_a_number_is_kept_as_the_code_reads_it():
    row = Parameter(key="agreement.threshold", value=" 23 000,50 ", valid_from=DAY)
    row.full_clean()
    assert row.value == "23000.50"


@pytest.mark.usefixtures("_loaded")
@pytest.mark.parametrize("value", ["vingt", "999999999", "", "-1", "١٢"])
def test_a_bad_value_already_stored_breaks_no_reading(value: str, caplog):
    late = date(2026, 6, 1)
    for key in ("correction.days", "review.gap_points", "note.edit_minutes", "silence.months"):
        Parameter.objects.create(key=key, value=value, valid_from=late)
    assert days_on("correction.days", DAY) == 15  # the value before it
    assert "correction.days" in caplog.text
    Parameter.objects.filter(key__in=["correction.days", "review.gap_points"]).update(value=value)
    assert days_on("correction.days", DAY) == 15  # that of the reference file
    assert values_on(["correction.days"], DAY) == {"correction.days": "15"}
    assert numbers_by_day("review.gap_points") == [(date(2017, 1, 1), Decimal(20))]
    assert count_in_force("note.edit_minutes", DAY).get()["value"] == "60"
    assert {one.split(" ")[0] for one in faults()} == {
        "correction.days",
        "review.gap_points",
        "note.edit_minutes",
        "silence.months",
    }


@pytest.mark.usefixtures("_loaded")
def test_the_start_up_check_names_the_parameter():
    assert check_stored_values(databases=["default"]) == []
    Parameter.objects.filter(key="opinion.days").update(value="zut")
    (warning,) = check_stored_values(databases=["default"])
    assert warning.msg.startswith("opinion.days from 2017-01-01: 'zut'")


def test_a_parameter_without_value_is_named(db):
    assert any(one.startswith("opinion.days: no value") for one in faults())


# --- The administration ---------------------------------------------------------------------------
@pytest.fixture
def administrator(client, db):
    add_missing_parameters(ROWS)
    person = person_with_role(Role.ADMINISTRATOR)
    sync_administration_access(person, on=timezone.localdate())
    client.force_login(person)
    return person


@pytest.mark.usefixtures("administrator")
def test_a_value_in_force_is_neither_changed_nor_deleted(client):
    row = Parameter.objects.get(key="opinion.days")
    page = client.get(reverse("admin:parameters_parameter_change", args=[row.pk]))
    assert "elle ne se modifie pas et ne se supprime pas" in page.content.decode()
    assert f"{reverse('admin:parameters_parameter_add')}?key=opinion.days" in page.content.decode()
    change = reverse("admin:parameters_parameter_change", args=[row.pk])
    assert client.post(change, _typed(value="9")).status_code == 403
    delete = reverse("admin:parameters_parameter_delete", args=[row.pk])
    assert client.post(delete, {"post": "yes"}).status_code == 403
    client.post(
        reverse("admin:parameters_parameter_changelist"),
        {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"},
    )
    row.refresh_from_db()
    assert row.value == "15"


@pytest.mark.usefixtures("administrator")
def test_a_change_is_a_new_row_that_may_be_corrected_until_its_day(client):
    add = reverse("admin:parameters_parameter_add")
    page = client.get(f"{add}?key=opinion.days").content.decode()
    assert "un nombre entier de jours, de 1 à 365" in page
    refused = client.post(add, _typed(value="zut"))
    assert "Indiquez un nombre entier de jours, de 1 à 365." in refused.content.decode()
    past = client.post(add, _typed(valid_from=timezone.localdate() - timedelta(days=1)))
    assert "ne vaut pas pour des jours passés" in past.content.decode()
    assert client.post(add, _typed(value="20")).status_code == 302
    row = Parameter.objects.get(key="opinion.days", value="20")
    assert row.label  # that of the rows before
    change = reverse("admin:parameters_parameter_change", args=[row.pk])
    assert client.post(change, _typed(value="25")).status_code == 302
    assert Parameter.objects.get(pk=row.pk).value == "25"
    delete = reverse("admin:parameters_parameter_delete", args=[row.pk])
    assert client.post(delete, {"post": "yes"}).status_code == 302
    assert not Parameter.objects.filter(pk=row.pk).exists()


def _typed(**changed) -> dict:
    tomorrow = timezone.localdate() + timedelta(days=1)
    return {"key": "opinion.days", "value": "20", "valid_from": tomorrow, **changed}
