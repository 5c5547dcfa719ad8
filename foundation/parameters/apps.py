from django.apps import AppConfig


class ParametersConfig(AppConfig):
    name = "foundation.parameters"
    verbose_name = "Paramètres datés"
