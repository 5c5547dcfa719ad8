from django.apps import AppConfig, apps

# Makes ours the current Celery application in every Django process. Not done in
# config/__init__.py: that would choose settings for ``config.embedded``, which needs none.
from config.celery import app as celery_app  # noqa: F401


# Forms of the front-end packages that no page asks for.
UNUSED_STATIC_FILES = [
    "ext",
    "htmx.amd.js",
    "htmx.cjs.js",
    "htmx.esm.*",
    "*.gz",
    "*.rtl.*",
    "bootstrap-*",
    "bootstrap.css*",
    "bootstrap.esm.*",
    "bootstrap.js*",
    "bootstrap.min.js*",
    "*.woff",
    "*-[235689]00-*",  # weights of the typeface
]


class PlumbingConfig(AppConfig):
    """The shared web plumbing: template tags, no models."""

    name = "config"
    label = "plumbing"

    def ready(self) -> None:
        static_files = apps.get_app_config("staticfiles")
        static_files.ignore_patterns = [*static_files.ignore_patterns, *UNUSED_STATIC_FILES]
