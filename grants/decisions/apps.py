from django.apps import AppConfig


class DecisionsConfig(AppConfig):
    name = "grants.decisions"
    verbose_name = "Décisions"

    def ready(self) -> None:
        from grants.decisions.panels import funded_actions
        from territories.panels import register_panel

        register_panel(
            "funded-actions", "decisions/panels/funded_actions.html", funded_actions, order=30
        )
