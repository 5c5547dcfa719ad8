from django.apps import AppConfig


class CallsConfig(AppConfig):
    name = "grants.calls"
    verbose_name = "Appels à projets"
