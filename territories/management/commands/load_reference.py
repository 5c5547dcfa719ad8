from time import monotonic

from django.core.management.base import BaseCommand
from django.db import transaction

from territories.reference import loaders


class Command(BaseCommand):
    help = (
        "Charge les données de référence : territoires, communes, quartiers, collèges, "
        "vocabulaire, paramètres datés, et ce que les autres applications ajoutent. "
        "Peut être relancée sans risque."
    )

    def handle(self, *args, **options) -> None:
        started = monotonic()
        with transaction.atomic():
            counts = [(loader.name, loader.load()) for loader in loaders()]
        for name, done in counts:
            self.stdout.write(f"{done:>6}  {name}" if isinstance(done, int) else f"        {done}")
        elapsed = f"{monotonic() - started:.1f}".replace(".", ",")
        self.stdout.write(self.style.SUCCESS(f"Données de référence à jour ({elapsed} s)."))
