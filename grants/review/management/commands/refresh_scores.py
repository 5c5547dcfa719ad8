"""Write again the score kept beside each dossier, from its readings."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction

from grants.applications.models import Application
from grants.review.models import Review
from grants.review.services.summaries import refresh_summaries


CHUNK = 500


class Command(BaseCommand):
    help = "Recalcule la note de chaque dossier à partir de ses notations."

    def handle(self, *args: Any, **options: Any) -> None:
        read = Review.objects.order_by("application").values_list("application", flat=True)
        keys = list(read.distinct())
        scored = 0
        for start in range(0, len(keys), CHUNK):
            with transaction.atomic():
                locked = Application.objects.select_for_update(no_key=True).order_by("pk")
                some = list(
                    locked.filter(pk__in=keys[start : start + CHUNK]).values_list("pk", flat=True)
                )
                scored += refresh_summaries(some)
        self.stdout.write(f"{scored} dossiers notés sur {len(keys)} lus.")
