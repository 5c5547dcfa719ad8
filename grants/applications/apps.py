from django.apps import AppConfig


class ApplicationsConfig(AppConfig):
    name = "grants.applications"
    verbose_name = "Dossiers"

    def ready(self) -> None:
        from grants.applications import messages, owners, reminders

        owners.register()
        reminders.register()
        messages.register()
