"""What every browser test ends with: a server at rest before its tables are emptied."""

import threading

import pytest
from playwright.sync_api import expect


expect.set_options(timeout=20_000)  # ms; five seconds are short on a machine that does much else
STILL = 20  # seconds; a request of a test takes one or two on a loaded machine


@pytest.fixture(autouse=True)
def _served_before_the_flush(request: pytest.FixtureRequest):
    """Join the server's threads once the pages are closed.

    A page may close on a request under way (an autosave, a presence): emptying the tables in the
    middle of its transaction is a deadlock now and then.
    """
    if "live_server" in request.fixturenames:
        request.getfixturevalue("transactional_db")  # set up before, so emptied after
    yield
    for thread in threading.enumerate():
        if "process_request_thread" in thread.name:
            thread.join(STILL)
            assert not thread.is_alive(), "the server still answers a page that is closed"
