"""Production: everything that differs from one machine to another comes from the environment."""

import os

from django.core.exceptions import ImproperlyConfigured

from .base import *


DEBUG = False
SECRET_KEY = env("SECRET_KEY")
EVENT_DIGEST_SALT = env("EVENT_DIGEST_SALT")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS")
SITE_URL = env("SITE_URL")
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[SITE_URL])
if SECRET_KEY.startswith("demonstration-only-") or len(SECRET_KEY) < 50:
    raise ImproperlyConfigured("SECRET_KEY must be a secret of at least 50 characters.")

DATABASES = {
    "default": database(env("DATABASE_URL"), pool=os.environ.get("MAILLAGE_PROCESS") == "web")
}
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": env("REDIS_URL"),
        "KEY_PREFIX": "maillage",
    }
}
CELERY_BROKER_URL = env("REDIS_URL")

EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
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
