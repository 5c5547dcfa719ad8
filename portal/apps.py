from django.apps import AppConfig


class PortalConfig(AppConfig):
    """The pages that gather what the other apps hold; no models."""

    name = "portal"
    verbose_name = "Portail"

    def ready(self) -> None:
        from portal import registration

        registration.register()
