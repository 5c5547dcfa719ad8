"""Whether what was filed stands untouched: asked each night, by command and by the invariants."""

import hashlib
from collections.abc import Iterator

from grants.applications.events import verify_chain
from grants.applications.models import Application, Deposit


BATCH = 200


def history_faults() -> Iterator[tuple[int, str]]:
    """Yield each fault of each dossier's history, with the dossier's primary key."""
    for application in Application.objects.order_by("pk").iterator(chunk_size=BATCH):
        for fault in verify_chain(application):
            yield application.pk, fault


def deposit_faults() -> Iterator[str]:
    """Yield a sentence for each deposit whose bytes no longer have the SHA-256 noted at filing."""
    rows = Deposit.objects.order_by("pk").values_list(
        "application__reference", "number", "sha256", "payload"
    )
    for reference, number, digest, payload in rows.iterator(chunk_size=BATCH):
        if hashlib.sha256(bytes(payload)).hexdigest() != digest:
            yield f"{reference}: the bytes of deposit {number} do not match their SHA-256"
