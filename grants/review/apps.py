from django.apps import AppConfig


class ReviewConfig(AppConfig):
    name = "grants.review"
    verbose_name = "Instruction"
