"""Sessions in Redis that outlive an absence of Redis."""

import time
from collections.abc import Callable
from typing import Any

from django.contrib.sessions.backends import cache
from redis.exceptions import RedisError


PATIENCE_SECONDS = 5.0  # a killed Redis is back in one or two
PAUSE_SECONDS = 0.2


class SessionStore(cache.SessionStore):
    """Django's store takes an error for an empty session and has the cookie deleted.

    Everybody who clicked while Redis started again would be signed out, and what they typed
    refused. This one waits a little; then the request fails and the cookie stays.
    """

    def load(self) -> dict[str, Any]:
        data = _patiently(self._read)
        if data is not None:
            return data
        self._session_key = None
        return {}

    def save(self, must_create: bool = False) -> None:
        _patiently(lambda: super(SessionStore, self).save(must_create=must_create))

    def _read(self) -> dict[str, Any] | None:
        try:
            return self._cache.get(self.cache_key)
        except RedisError:
            raise
        except Exception:  # as Django: a name or a content that cannot be a session’s is none
            return None


def _patiently(act: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return act()
        except RedisError:
            if time.monotonic() > deadline:
                raise
            time.sleep(PAUSE_SECONDS)
