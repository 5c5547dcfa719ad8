"""Every address of the portal.

Each app writes its own full French paths (``/dossiers/…``, ``/instruction/…``) in its ``urls.py``;
the table of prefixes is in docs/architecture.md, so that no two apps share one.
"""

from importlib.util import find_spec

from allauth.account.decorators import secure_admin_login
from django.conf import settings
from django.contrib import admin
from django.urls import include, path

from config import health


handler400 = "config.errors.bad_request"
handler403 = "config.errors.permission_denied"
handler404 = "config.errors.page_not_found"
handler500 = "config.errors.server_error"

APPS = [
    "portal",
    "reporting",
    "grants.decisions",
    "grants.review",
    "grants.letters",
    "grants.applications",
    "grants.calls",
    "partners",
    "accounts",
    "territories",
    "foundation.notifications",
    "foundation.documents",
    "foundation.jobs",
    "foundation.parameters",
]

if settings.SECURE_ADMIN_LOGIN:
    admin.autodiscover()
    admin.site.login = secure_admin_login(admin.site.login)

urlpatterns = [
    path("", include(f"{app}.urls")) for app in APPS if find_spec(f"{app}.urls") is not None
]
urlpatterns += [
    path("compte/", include("allauth.urls")),
    path("administration/", admin.site.urls),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
]
