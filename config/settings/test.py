"""The test-suite: the real engines, in a state folder of its own."""

import os
from urllib.parse import urlsplit

from .demo import *


DEMO_MODE = False
GALLERY = True
SECRET_KEY = "tests-only-" + "1" * 45
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
DATABASES["default"]["OPTIONS"].pop("pool", None)
ACCOUNT_RATE_LIMITS = False
NUMBERS_KEPT_SECONDS = 0  # a test that has two people act sees the number follow at once
LOGGING["root"]["level"] = "WARNING"

# Tests run in parallel share a state folder: each process keeps its files in one of its own, and
# none of them touches those of the demonstration. A worker that a test starts is told its test's.
_worker = os.environ.get("PYTEST_XDIST_WORKER", "")
STORAGES["default"]["OPTIONS"]["location"] = os.environ.get("MAILLAGE_TEST_MEDIA") or str(
    embedded.state_folder() / "media-tests" / (_worker or "main")
)

# They share a Redis too: each has a database of its own in it.
if _worker.startswith("gw"):
    _number = int(_worker.removeprefix("gw")) + 1
    _address = CACHES["default"]["LOCATION"].split("?")[0]
    if _address.startswith("unix:"):
        _address += f"?db={_number}"
    else:
        _address = urlsplit(_address)._replace(path=f"/{_number}").geturl()
    CACHES["default"]["LOCATION"] = _address
    CELERY_BROKER_URL = embedded.as_broker(_address)
