from django.apps import AppConfig


class ParametersConfig(AppConfig):
    name = "foundation.parameters"
    verbose_name = "Paramètres datés"

    def ready(self) -> None:
        from foundation.parameters import checks  # noqa: F401
