from django.apps import AppConfig


class ReviewConfig(AppConfig):
    name = "grants.review"
    verbose_name = "Instruction"

    def ready(self) -> None:
        from grants.applications import hooks
        from grants.review import letter_values, merging, redaction
        from grants.review.permissions import is_recused
        from grants.review.selectors import officers_of

        letter_values.register()
        redaction.register()
        merging.register()
        hooks.officer_readers.append(officers_of)
        hooks.recusal_readers.append(is_recused)
