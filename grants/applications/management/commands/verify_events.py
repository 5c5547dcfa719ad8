import hashlib

from django.core.management.base import BaseCommand, CommandError

from grants.applications.events import verify_chain
from grants.applications.models import Application, Deposit


class Command(BaseCommand):
    """Check that no dossier's history or deposit was altered."""

    help = "Vérifie l’empreinte de chaque événement et de chaque dépôt."

    def handle(self, *args, **options) -> None:
        faults = [
            fault
            for application in Application.objects.order_by("pk").iterator(chunk_size=200)
            for fault in verify_chain(application)
        ]
        faults += [
            f"deposit {deposit.pk}: bytes do not match their SHA-256"
            for deposit in Deposit.objects.order_by("pk").iterator(chunk_size=200)
            if hashlib.sha256(bytes(deposit.payload)).hexdigest() != deposit.sha256
        ]
        for fault in faults:
            self.stderr.write(fault)
        if faults:
            raise CommandError(f"{len(faults)} anomalie(s).")
        self.stdout.write(self.style.SUCCESS("Historique et dépôts intègres."))
