from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "foundation.notifications"
    verbose_name = "Messages"

    def ready(self) -> None:
        from foundation.notifications import infected

        infected.register()
