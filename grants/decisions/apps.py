from django.apps import AppConfig


class DecisionsConfig(AppConfig):
    name = "grants.decisions"
    verbose_name = "Décisions"

    def ready(self) -> None:
        from grants.decisions import registration

        registration.register()
