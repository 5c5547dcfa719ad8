"""Every field of a dossier and every table that hangs on one says what a renewal does of it."""

import pytest
from django.apps import apps
from django.db.models import ForeignKey
from django.utils import timezone

from grants.applications import sections
from grants.applications.enums import Section
from grants.applications.forms import FORMS
from grants.applications.models import Application
from grants.applications.renewal import APPLICATION, NEVER_COPIED, PARTS, REREAD, Policy, policy_of
from tests.applications.dossiers import a_complete_draft


def concrete_fields(model) -> set[str]:
    return {field.name for field in model._meta.get_fields() if field.concrete}


def models_of_a_dossier() -> set[type]:
    """Return the tables with a foreign key to the dossier, itself aside."""
    return {
        model
        for model in apps.get_models()
        for field in model._meta.get_fields()
        if isinstance(field, ForeignKey) and field.related_model is Application
    } - {Application}


def test_every_field_of_the_dossier_has_a_policy():
    assert set(APPLICATION) == concrete_fields(Application)


@pytest.mark.parametrize("model", PARTS, ids=lambda model: model.__name__)
def test_every_field_of_a_copied_part_has_a_policy(model):
    assert set(PARTS[model]) == concrete_fields(model)


def test_every_table_of_a_dossier_is_copied_or_said_never_to_be():
    copied = {model._meta.label for model in PARTS}
    assert not copied & NEVER_COPIED
    assert copied | NEVER_COPIED == {model._meta.label for model in models_of_a_dossier()}


def test_a_field_nobody_declared_is_seen(monkeypatch):
    monkeypatch.delitem(APPLICATION, "means")
    with pytest.raises(AssertionError):
        test_every_field_of_the_dossier_has_a_policy()


def test_a_table_nobody_declared_is_seen(monkeypatch):
    # This module keeps its own name of the set: tell it the same.
    monkeypatch.setitem(globals(), "NEVER_COPIED", NEVER_COPIED - {"applications.Message"})
    with pytest.raises(AssertionError):
        test_every_table_of_a_dossier_is_copied_or_said_never_to_be()


# What ``sections.read`` names otherwise than the tables do.
_PARTS_READ = {
    "answers": Policy.ASK,
    "indicators": Policy.ASK,
    "counts": Policy.ASK,
    "lines": Policy.ASK,
    "staff": Policy.ASK,
    "annual_budget": Policy.ASK,
    "places": Policy.COPY,
}


@pytest.mark.django_db
def test_the_sections_to_read_again_are_those_with_something_asked_again():
    draft = a_complete_draft()
    found = []
    for section in Section:
        if section in (Section.DOCUMENTS, Section.COMMITMENTS):
            continue
        names = [name.removesuffix("_id") for name in sections.read(draft, section)]
        policies = {_PARTS_READ.get(n) or APPLICATION[n] for n in names}
        if Policy.ASK in policies:
            found.append(section)
    assert tuple(found) == REREAD


@pytest.mark.django_db
def test_every_control_of_a_section_is_known_to_the_policy():
    draft = a_complete_draft()
    chosen = {"communes", "neighbourhoods", "schools"}  # boxes: rows of one table
    for section, form_class in FORMS.items():
        if section == Section.COMMITMENTS:
            continue
        unknown = {
            n for n in form_class(draft, on=timezone.localdate()).fields if policy_of(n) is None
        } - chosen
        assert not unknown, (section, unknown)
