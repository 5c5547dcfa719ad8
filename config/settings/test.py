"""The test-suite: the real engines, in a state folder of its own."""

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
