"""The web process. ``MAILLAGE_PROCESS=web`` asks for a connection pool (settings.base.database)."""

import os

from django.core.wsgi import get_wsgi_application


os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.demo")
os.environ.setdefault("MAILLAGE_PROCESS", "web")

application = get_wsgi_application()
