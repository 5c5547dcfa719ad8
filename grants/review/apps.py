from django.apps import AppConfig


class ReviewConfig(AppConfig):
    name = "grants.review"
    verbose_name = "Instruction"

    def ready(self) -> None:
        from grants.review import letter_values, redaction

        letter_values.register()
        redaction.register()
