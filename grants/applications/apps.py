from django.apps import AppConfig


class ApplicationsConfig(AppConfig):
    name = "grants.applications"
    verbose_name = "Dossiers"

    def ready(self) -> None:
        from grants.applications import (
            correction_reminders,
            holdings,
            infected,
            merging,
            messages,
            owners,
            reminders,
            renewal_panel,
        )

        owners.register()
        reminders.register()
        correction_reminders.register()
        messages.register()
        renewal_panel.register()
        holdings.register()
        merging.register()
        infected.register()
