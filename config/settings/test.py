"""The test-suite: the real engines, in a state folder of its own."""

import os
from urllib.parse import urlsplit, urlunsplit

from .demo import *


DEMO_MODE = False
GALLERY = True
SECRET_KEY = "tests-only-" + "1" * 45
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
DATABASES["default"]["OPTIONS"].pop("pool", None)
ACCOUNT_RATE_LIMITS = False
LOGGING["root"]["level"] = "WARNING"

# Tests run in parallel share a Redis: each process has a database of its own in it.
_worker = os.environ.get("PYTEST_XDIST_WORKER", "")
if _worker.startswith("gw"):
    _parts = urlsplit(_services.redis_url)
    _number = str(int(_worker.removeprefix("gw")) + 1)
    _own = {"query": f"db={_number}"} if _parts.scheme == "unix" else {"path": f"/{_number}"}
    CACHES["default"]["LOCATION"] = urlunsplit(_parts._replace(**_own))
    CELERY_BROKER_URL = embedded.as_broker(CACHES["default"]["LOCATION"])
