"""Fill an empty portal with the demonstration's story."""

from argparse import ArgumentParser

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts.models import User
from portal.demo.story import tell_story


class Command(BaseCommand):
    help = "Remplit un portail vide avec les données de démonstration (inventées)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--if-empty", action="store_true", help="ne rien faire s’il y a déjà quelqu’un"
        )
        parser.add_argument("--associations", type=int, default=45)
        parser.add_argument("--dossiers", type=int, default=45, help="par campagne, environ")

    def handle(self, *args, **options) -> None:
        if not settings.DEMO_MODE:
            raise CommandError("Les données de démonstration ne se chargent qu’en démonstration.")
        if User.objects.exists():
            if options["if_empty"]:
                self.stdout.write("Le portail a déjà des données : rien à faire.")
                return
            raise CommandError("Le portail n’est pas vide : « make demo-reset » l’efface d’abord.")
        tell_story(
            at=timezone.now(),
            associations=options["associations"],
            dossiers=options["dossiers"],
            say=lambda step: self.stdout.write(f"  {step}"),
        )
        self.stdout.write(self.style.SUCCESS("Démonstration prête."))
