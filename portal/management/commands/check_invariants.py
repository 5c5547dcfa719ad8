from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction

from portal.invariants import all_faults


class Command(BaseCommand):
    help = "Check that money, references, states and proofs agree; exit 1 and say what does not."

    def handle(self, *args: Any, **options: Any) -> None:
        with transaction.atomic():
            if connection.in_atomic_block and not connection.savepoint_ids:
                with connection.cursor() as cursor:  # one picture of the whole database
                    cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            faults = all_faults()
        for name, found in faults.items():
            self.stdout.write(f"{'FAULT' if found else 'ok':5}  {name}")
            for sentence in found:
                self.stdout.write(f"         {sentence}")
        total = sum(map(len, faults.values()))
        if total:
            raise CommandError(f"{total} fault(s).", returncode=1)
        self.stdout.write(self.style.SUCCESS("Every invariant holds."))
