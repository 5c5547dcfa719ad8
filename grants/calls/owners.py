"""Who may download the blank files of a sheet: everybody, once it is published."""

from __future__ import annotations

from typing import Any

from foundation.documents.owners import register_owner
from grants.calls.models import CallSheet, RequiredDocument


def register() -> None:
    """Declare the files of this app to the download view; no account is needed."""
    register_owner(RequiredDocument, _may_read, is_public=True)


def _may_read(user: Any, document: RequiredDocument) -> bool:
    return CallSheet.objects.visible_to(user).filter(pk=document.sheet_id).exists()
