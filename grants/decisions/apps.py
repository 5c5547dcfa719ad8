from django.apps import AppConfig


class DecisionsConfig(AppConfig):
    name = "grants.decisions"
    verbose_name = "Décisions"
