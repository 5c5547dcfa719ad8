"""Where the embedded services are, without starting them."""

import os
from pathlib import Path

import pytest

from config.embedded import paths


@pytest.fixture(autouse=True)
def _no_services(monkeypatch):
    for name in ("DATABASE_URL", "REDIS_URL", "MAILLAGE_STATE_DIR"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def open_folder(tmp_path, monkeypatch):
    """A state folder that no closed parent hides, whoever runs the tests."""
    monkeypatch.setattr(paths, "is_closed", lambda path: False)
    monkeypatch.setenv("MAILLAGE_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setattr(paths, "SOCKETS_PARENT", tmp_path)
    return paths.make_state_folder()


def test_each_address_of_the_environment_is_taken_alone(open_folder, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://db/maillage")
    found = paths.addresses()
    assert found.database_url == "postgresql://db/maillage"
    assert found.redis_url.startswith("unix:///")
    monkeypatch.setenv("REDIS_URL", "redis://cache:6379/3")
    assert paths.addresses().broker_url == "redis://cache:6379/3"


def test_celery_gets_its_own_form_of_a_socket():
    assert paths.as_broker("unix:///run/r.sock?db=4") == "redis+socket:///run/r.sock?virtual_host=4"
    assert paths.as_broker("unix:///run/r.sock") == "redis+socket:///run/r.sock?virtual_host=0"


def test_sockets_stay_short_under_a_long_checkout(monkeypatch):
    monkeypatch.setenv("MAILLAGE_STATE_DIR", "/srv/" + "très long chemin/" * 20)
    for socket in (".s.PGSQL.5432.lock", "redis.sock"):
        assert len(os.fsencode(paths.socket_folder() / socket)) <= 100


def test_two_checkouts_have_different_sockets(monkeypatch):
    monkeypatch.setenv("MAILLAGE_STATE_DIR", "/srv/a")
    first = paths.addresses()
    monkeypatch.setenv("MAILLAGE_STATE_DIR", "/srv/b")
    assert paths.addresses().database_url != first.database_url


def test_asking_creates_nothing(tmp_path, monkeypatch):
    monkeypatch.setenv("MAILLAGE_STATE_DIR", str(tmp_path / "state"))
    paths.addresses()
    assert list(tmp_path.iterdir()) == []


def test_root_leaves_a_closed_home(tmp_path, monkeypatch):
    home = tmp_path / "home"
    (home / "checkout").mkdir(parents=True)
    home.chmod(0o700)
    monkeypatch.setenv("MAILLAGE_STATE_DIR", str(home / "checkout/var"))
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    found = paths.state_folder()
    assert found.parent == paths.SYSTEM_STATE
    assert home.stat().st_mode & 0o777 == 0o700
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert paths.state_folder() == Path(os.path.realpath(home / "checkout/var"))


def test_a_folder_is_closed_when_a_parent_is(tmp_path):
    inside = tmp_path / "a" / "b"
    inside.mkdir(parents=True)
    (tmp_path / "a").chmod(0o750)
    assert paths.is_closed(inside)
    assert paths.is_closed(inside / "not yet there")


def test_a_squatted_socket_folder_is_not_used(open_folder):
    usual = paths.usual_socket_folder(paths.state_folder())
    usual.mkdir()
    usual.chmod(0o777)
    claimed = paths.claim_socket_folder(os.geteuid())
    assert claimed != usual
    assert claimed.stat().st_mode & 0o777 == 0o700
    assert str(claimed) in paths.addresses().redis_url
    assert paths.claim_socket_folder(os.geteuid()) == claimed


def test_a_link_in_place_of_the_socket_folder_is_not_followed(open_folder, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir(mode=0o700)
    usual = paths.usual_socket_folder(paths.state_folder())
    usual.symlink_to(elsewhere)
    assert paths.claim_socket_folder(os.geteuid()) != usual
