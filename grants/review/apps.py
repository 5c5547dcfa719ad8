from django.apps import AppConfig


class ReviewConfig(AppConfig):
    name = "grants.review"
    verbose_name = "Instruction"

    def ready(self) -> None:
        from grants.applications import hooks
        from grants.review import (
            admissibility_facts,
            grid_preview,
            job_redaction,
            letter_values,
            merging,
            opinion_reminders,
            readings,
            redaction,
        )
        from grants.review.batches import registration as batches
        from grants.review.listing import export
        from grants.review.permissions import is_in_charge, is_recused, stands_in_for
        from grants.review.selectors import officers_of, substitutes_of

        letter_values.register()
        grid_preview.register()
        admissibility_facts.register()
        readings.register()
        export.register()
        redaction.register()
        job_redaction.register()
        merging.register()
        opinion_reminders.register()
        batches.register()
        hooks.officer_readers.append(officers_of)
        hooks.substitute_readers.append(substitutes_of)
        hooks.recusal_readers.append(is_recused)
        hooks.stand_in_readers.append(stands_in_for)
        hooks.charge_readers.append(is_in_charge)
