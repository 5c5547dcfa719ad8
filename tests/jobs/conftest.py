import pytest

from foundation.jobs import registry


@pytest.fixture
def kinds(monkeypatch):
    """Let a test register kinds of its own."""
    monkeypatch.setattr(registry, "_kinds", dict(registry._kinds))
