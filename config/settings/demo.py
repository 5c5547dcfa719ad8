"""The demonstration and a developer's laptop: embedded services, nothing leaves the machine."""

import os

from config import embedded

from .base import *


_services = embedded.addresses()
DEBUG = False
DEMO_MODE = True
GALLERY = True
STAFF_MFA_REQUIRED = False
SECRET_KEY = "demonstration-only-" + "0" * 40
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]", *env.list("ALLOWED_HOSTS", default=[])]
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
SITE_URL = env("SITE_URL", default=f"http://localhost:{os.environ.get('PORT', '8000')}")
DATABASES = {
    "default": database(_services.database_url, pool=os.environ.get("MAILLAGE_PROCESS") == "web")
}
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": _services.redis_url,
        "KEY_PREFIX": "maillage",
    }
}
CELERY_BROKER_URL = _services.broker_url
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
STORAGES["default"]["OPTIONS"]["location"] = str(embedded.state_folder() / "media")
STATIC_ROOT = embedded.state_folder() / "staticfiles"
EVENT_DIGEST_SALT = "demonstration"
DOWNLOAD_UNSCANNED = True
STORAGES["staticfiles"] = {"BACKEND": "config.storage.UncompressedStaticStorage"}
