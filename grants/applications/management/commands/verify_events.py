from django.core.management.base import BaseCommand, CommandError

from grants.applications.integrity import deposit_faults, history_faults


class Command(BaseCommand):
    """Check that no dossier's history or deposit was altered."""

    help = "Vérifie l’empreinte de chaque événement et de chaque dépôt."

    def handle(self, *args, **options) -> None:
        faults = [*(fault for _, fault in history_faults()), *deposit_faults()]
        for fault in faults:
            self.stderr.write(fault)
        if faults:
            raise CommandError(f"{len(faults)} anomalie(s).")
        self.stdout.write(self.style.SUCCESS("Historique et dépôts intègres."))
