from io import StringIO

import pytest
from django.core.management import call_command


@pytest.fixture
def reference(db) -> str:
    """The reference data, as the command loads them; the value is what it printed."""
    printed = StringIO()
    call_command("load_reference", stdout=printed)
    return printed.getvalue()
