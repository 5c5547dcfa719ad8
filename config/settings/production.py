"""Production: everything that differs from one machine to another comes from the environment."""

import os

from django.core.exceptions import ImproperlyConfigured

from .base import *


def required(name: str) -> str:
    """Return a variable that must be set: a line of .env left empty is a mistake, not a value."""
    value = env(name)
    if not value:
        raise ImproperlyConfigured(f"{name} is empty.")
    return value


DEBUG = False
SECRET_KEY = required("SECRET_KEY")
EVENT_DIGEST_SALT = required("EVENT_DIGEST_SALT")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[])
SITE_URL = required("SITE_URL")
DEFAULT_FROM_EMAIL = SERVER_EMAIL = required("DEFAULT_FROM_EMAIL")
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[SITE_URL])
if SECRET_KEY.startswith("demonstration-only-") or len(SECRET_KEY) < 50:
    raise ImproperlyConfigured("SECRET_KEY must be a secret of at least 50 characters.")
if not ALLOWED_HOSTS or "*" in ALLOWED_HOSTS:
    raise ImproperlyConfigured("ALLOWED_HOSTS must name the addresses of the portal.")
if not SITE_URL.startswith("https://"):
    raise ImproperlyConfigured("SITE_URL must begin with https://.")

DATABASES = {
    "default": database(required("DATABASE_URL"), pool=os.environ.get("MAILLAGE_PROCESS") == "web")
}
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": required("REDIS_URL"),
        "KEY_PREFIX": "maillage",
    }
}
CELERY_BROKER_URL = required("REDIS_URL")

required("EMAIL_URL")
vars().update(env.email_url("EMAIL_URL"))
EMAIL_TIMEOUT = 20

SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_SSL_REDIRECT = True
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = 31536000
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
SESSION_COOKIE_NAME = "__Host-sessionid"
CSRF_COOKIE_NAME = "__Host-csrftoken"

MEDIA_FOLDER = env("MEDIA_FOLDER", default="/var/lib/maillage/media")
if env("S3_BUCKET", default=""):
    STORAGES["default"] = {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": env("S3_BUCKET"),
            "endpoint_url": env("S3_ENDPOINT_URL", default=None),
            "default_acl": "private",
            "querystring_auth": True,
        },
    }
else:
    STORAGES["default"]["OPTIONS"]["location"] = MEDIA_FOLDER
