from django.apps import AppConfig
from django.contrib.staticfiles.apps import StaticFilesConfig as DjangoStaticFilesConfig


class PlumbingConfig(AppConfig):
    """The shared web plumbing: template tags, no models."""

    name = "config"
    label = "plumbing"


class StaticFilesConfig(DjangoStaticFilesConfig):
    """Static files, without the forms of the front-end packages that no page asks for."""

    ignore_patterns = [
        *DjangoStaticFilesConfig.ignore_patterns,
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
    ]
