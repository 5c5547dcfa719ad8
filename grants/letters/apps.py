from django.apps import AppConfig


class LettersConfig(AppConfig):
    name = "grants.letters"
    verbose_name = "Courriers"
