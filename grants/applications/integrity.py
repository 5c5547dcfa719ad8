"""Whether what was filed stands untouched: asked each night, by command and by the invariants."""

import hashlib
from collections.abc import Iterator

from grants.applications.events import REDACTED, verify_chain
from grants.applications.models import Application, Deposit, Event


BATCH = 200


def history_faults() -> Iterator[tuple[int, str]]:
    """Yield each fault of each dossier's history, with the dossier's primary key."""
    for application in Application.objects.order_by("pk").iterator(chunk_size=BATCH):
        for fault in verify_chain(application):
            yield application.pk, fault


def deposit_faults() -> Iterator[str]:
    """Yield a sentence for each deposit whose bytes are not those filed, or masked since.

    The bytes of a masked deposit have the SHA-256 that the last redaction wrote in the history.
    """
    vouched = _redacted_deposits()
    rows = Deposit.objects.order_by("pk").values_list(
        "application_id",
        "application__reference",
        "number",
        "sha256",
        "redacted_at",
        "redacted_sha256",
        "payload",
    )
    for pk, reference, number, filed, redacted_at, redacted, payload in rows.iterator(
        chunk_size=BATCH
    ):
        where = f"{reference}: the bytes of deposit {number}"
        expected = filed
        if redacted_at is not None:
            expected = redacted
            if vouched.get((pk, number)) != redacted:
                yield f"{where} were masked without an event that vouches for it"
        if hashlib.sha256(bytes(payload)).hexdigest() != expected:
            yield f"{where} do not match their SHA-256"


def _redacted_deposits() -> dict[tuple[int, int], str]:
    """Return the SHA-256 that redactions gave to deposits, by dossier and number."""
    events = Event.objects.filter(kind=REDACTED).order_by("application_id", "position")
    return {
        (pk, int(number)): digest
        for pk, data in events.values_list("application_id", "data").iterator(chunk_size=BATCH)
        for number, digest in data.get("deposits", {}).items()
    }
