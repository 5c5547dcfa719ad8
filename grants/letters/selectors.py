"""What the screens read of the letters."""

import hashlib
from typing import Any, BinaryIO

from django.contrib.contenttypes.models import ContentType
from django.db.models import Count, Q, QuerySet

from foundation.documents.models import StoredFile
from grants.letters.codes import normal_code
from grants.letters.models import Letter, LetterState
from grants.letters.services import GENERATED, SIGNED


def generation_progress(letters: QuerySet[Letter]) -> dict[str, Any]:
    """Return how far the making of the current letters is, in one query.

    Args:
        letters: Those the person may see; superseded ones are not counted.
    """
    counts = letters.filter(superseded_at=None).aggregate(
        total=Count("pk"),
        waiting=Count("pk", filter=Q(state=LetterState.TO_GENERATE)),
        failed=Count("pk", filter=Q(state=LetterState.FAILED)),
    )
    made = counts["total"] - counts["waiting"] - counts["failed"]
    label = f"{made} sur {counts['total']} courriers produits, {counts['waiting']} en cours"
    return {**counts, "made": made, "progress_label": label}


def is_authentic(*, code: str = "", content: BinaryIO | None = None) -> bool:
    """Tell whether a code, a file or both belong to one letter that was issued.

    A file is authentic when it is, to the byte, the one generated or the one signed.

    Args:
        code: Check code as typed; empty to look for the file alone.
        content: The file received.
    """
    letters = Letter.objects.exclude(ready_at=None)
    if code.strip():
        letters = letters.filter(check_code=normal_code(code))
    if content is None:
        return bool(code.strip()) and letters.exists()
    issued = StoredFile.objects.filter(
        content_type=ContentType.objects.get_for_model(Letter),
        kind__in=[GENERATED, SIGNED],
        sha256=_digest(content),
    )
    return letters.filter(pk__in=issued.values("object_id")).exists()


def _digest(content: BinaryIO) -> str:
    digest = hashlib.sha256()
    while chunk := content.read(64 * 1024):
        digest.update(chunk)
    return digest.hexdigest()
