"""Fill a portal with thousands of invented dossiers, to measure it."""

import time
from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from config.errors import Refusal
from portal.load.guard import check_may_load
from portal.load.plan import at_hour
from portal.load.run import SEED, load


class Command(BaseCommand):
    help = "Écrit des milliers de dossiers inventés, toujours les mêmes, pour mesurer le portail."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dossiers", type=int, default=10000)
        parser.add_argument("--seed", type=int, default=SEED)
        parser.add_argument(
            "--on", type=date.fromisoformat, help="jour de référence (AAAA-MM-JJ) : aujourd’hui"
        )
        parser.add_argument(
            "--add", action="store_true", help="ajouter aux dossiers qui sont déjà là"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["dossiers"] < 1:
            raise CommandError("Il faut au moins un dossier.")
        try:
            check_may_load(add=options["add"])
        except Refusal as refusal:
            raise CommandError(refusal.sentence) from None
        start = time.monotonic()
        on = options["on"] or timezone.localdate()
        result = load(
            dossiers=options["dossiers"],
            at=at_hour(on, 6),
            seed=options["seed"],
            say=lambda text: self.stdout.write(f"  {text}"),
        )
        seconds = f"{time.monotonic() - start:.1f}".replace(".", ",")
        self.stdout.write(
            self.style.SUCCESS(
                f"{result.dossiers} dossiers de {result.bodies} organisations, "
                f"{result.rows} lignes, en {seconds} s."
            )
        )
