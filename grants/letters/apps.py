from django.apps import AppConfig


class LettersConfig(AppConfig):
    name = "grants.letters"
    verbose_name = "Courriers"

    def ready(self) -> None:
        from grants.letters import redaction, registration

        registration.register()
        redaction.register()
