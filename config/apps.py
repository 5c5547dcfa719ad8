from django.apps import AppConfig


class PlumbingConfig(AppConfig):
    """The shared web plumbing: template tags, no models."""

    name = "config"
    label = "plumbing"
