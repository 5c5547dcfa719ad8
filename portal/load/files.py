"""One tiny file on disk that every document of the load shows; the rows are real."""

from __future__ import annotations

import hashlib
from datetime import datetime
from random import Random
from uuid import UUID

from django.contrib.contenttypes.models import ContentType
from django.core.files.base import ContentFile

from foundation.documents.models import StoredFile
from grants.applications.models import ApplicationDocument
from grants.letters.models import Letter
from portal.demo.requests import a_page
from portal.load.tables import Tables


OWNERS = {"document": ApplicationDocument, "letter": Letter}


class SharedFile:
    """The bytes that every row points to, stored once."""

    def __init__(self, random: Random) -> None:
        content = a_page("Document de charge")
        hexadecimal = UUID(int=random.getrandbits(128), version=4).hex
        path = f"{hexadecimal[:2]}/{hexadecimal}"
        storage = StoredFile._meta.get_field("file").storage
        self.path = storage.save(path, ContentFile(content))
        self.size = len(content)
        self.sha256 = hashlib.sha256(content).hexdigest()
        self._types = {
            name: ContentType.objects.get_for_model(model).pk for name, model in OWNERS.items()
        }

    def attach(
        self,
        tables: Tables,
        random: Random,
        *,
        owner: str,
        key: int,
        kind: str,
        name: str,
        by: int | None,
        at: datetime,
    ) -> str:
        """Keep a row of the file for an owner; return the name it bears."""
        tables.files.add(
            UUID(int=random.getrandbits(128), version=4), self._types[owner], key, kind, self.path,
            name, "application/pdf", self.size, self.sha256, by, at,
        )  # fmt: skip
        return name
