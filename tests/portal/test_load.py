"""The load: refused where it must be, added without a gap, the same each time."""

import hashlib
from datetime import date

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from grants.applications.models import Application, ReferenceSequence
from portal.invariants import all_faults
from portal.load.plan import at_hour
from portal.load.run import load
from tests.factories import FiledApplicationFactory


pytestmark = pytest.mark.django_db
ON = date(2026, 11, 20)


@pytest.fixture
def _demonstration(settings):
    settings.DEMO_MODE = True


def digest() -> str:
    """Return what the rows say, keys aside: they follow the sequences of the database."""
    found = hashlib.sha256()
    with connection.cursor() as cursor:
        for statement in (
            "SELECT a.uuid, a.reference, a.review_state, a.paper_state, a.title, a.description,"
            " a.requested_amount, a.proposed_amount, a.created_at, a.submitted_at, a.notified_at,"
            " o.siret, s.code, n.total FROM applications_application a"
            " JOIN partners_organisation o ON o.id = a.organisation_id"
            " JOIN calls_callsheet s ON s.id = a.sheet_id"
            " LEFT JOIN review_scoresummary n ON n.application_id = a.id ORDER BY a.uuid",
            "SELECT a.uuid, e.position, e.kind, e.at FROM applications_event e"
            " JOIN applications_application a ON a.id = e.application_id"
            " ORDER BY a.uuid, e.position",
            "SELECT a.uuid, p.commune_id, p.neighbourhood_id, p.school_id, p.territories"
            " FROM applications_place p JOIN applications_application a"
            " ON a.id = p.application_id ORDER BY a.uuid, p.position",
            "SELECT a.uuid, l.account, l.planned_amount FROM applications_budgetline l"
            " JOIN applications_application a ON a.id = l.application_id"
            " ORDER BY a.uuid, l.position",
            "SELECT reference, check_code FROM letters_letter ORDER BY reference",
        ):
            cursor.execute(statement)
            for row in cursor.fetchall():
                found.update(repr(row).encode())
    return found.hexdigest()


# --- Where ----------------------------------------------------------------------------------------
def test_production_is_refused(settings):
    settings.DEMO_MODE = False

    with pytest.raises(CommandError, match="jamais sur un portail réel"):
        call_command("seed_load", dossiers=10)

    assert not Application.objects.exists()


@pytest.mark.usefixtures("_demonstration")
def test_a_base_with_dossiers_is_refused_unless_asked_to_add():
    FiledApplicationFactory()

    with pytest.raises(CommandError, match="déjà 1 dossier"):
        call_command("seed_load", dossiers=10)


@pytest.mark.usefixtures("_demonstration")
def test_more_may_be_added_without_a_gap_in_the_references():
    call_command("load_reference", verbosity=0)
    call_command("seed_load", dossiers=60, on=ON, seed=7)
    before = dict(ReferenceSequence.objects.values_list("year", "last"))

    call_command("seed_load", dossiers=40, on=ON, add=True)

    after = dict(ReferenceSequence.objects.values_list("year", "last"))
    assert all(after[year] > last for year, last in before.items())
    assert Application.objects.count() == 100
    assert {name: found for name, found in all_faults().items() if found} == {}


# --- The same each time ---------------------------------------------------------------------------
def test_same_seed_same_rows(rows_of):
    first, second, other = (rows_of(seed) for seed in (92, 92, 93))

    assert first == second
    assert first != other


@pytest.fixture
def rows_of(_demonstration):
    """Write a load in a savepoint, return its digest, and take it back."""
    call_command("load_reference", verbosity=0)

    def write(seed: int) -> str:
        point = transaction.savepoint()
        load(dossiers=40, at=at_hour(ON, 6), seed=seed)
        found = digest()
        transaction.savepoint_rollback(point)
        return found

    return write
