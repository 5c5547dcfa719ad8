"""The test-suite: the real engines, in a state folder of its own."""

import os

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
    CACHES["default"]["OPTIONS"] = {"db": int(_worker.removeprefix("gw")) + 1}
