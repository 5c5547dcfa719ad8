"""A dossier as one ZIP file, sent while it is made: its PDF, files, thread, and digests."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.core.files.base import ContentFile, File as DjangoFile
from django.db.models import Prefetch

from config.errors import Refusal
from config.templatetags.fr import datetime_fr
from config.templatetags.ui import file_size
from config.text import clean_name
from foundation.documents.downloads import check_download
from foundation.documents.models import StoredFile
from foundation.documents.names import clean_file_name, extension_of
from foundation.documents.owners import may_read
from grants.applications.models import Application, ApplicationDocument, Message
from grants.applications.printing import dossier_pdf


if TYPE_CHECKING:
    from accounts.models import User

# Beyond it a ZIP fails on the machines it is meant for: what does not fit is named, not lost.
MAX_BYTES = 400 * 1024 * 1024
CHUNK = 256 * 1024
STEM = 80
_FILES = Prefetch("files", StoredFile.objects.order_by("pk"))


@dataclass(frozen=True)
class Entry:
    """One file of the archive: its path there, its bytes."""

    path: str
    file: DjangoFile


@dataclass(frozen=True)
class Contents:
    """What goes in, and what stays out with the reason, in French."""

    entries: list[Entry]
    left_out: list[tuple[str, str]]


def contents_of(
    application: Application, user: User, *, at: datetime, max_bytes: int = MAX_BYTES
) -> Contents:
    """Gather what a person may take of a dossier: never the internal notes, nor the scores.

    Args:
        application: Fetched with ``selectors.with_dossier``.
        user: Who asks: a file they may not open on its own is left out.
        at: Now.
        max_bytes: What the files may weigh together.
    """
    name = f"dossier-{application.reference}"
    entries = [Entry(f"{name}.pdf", ContentFile(dossier_pdf(application, at=at)))]
    thread = list(_messages(application))
    if thread:
        entries.append(Entry("echanges/echanges.txt", ContentFile(_thread_text(thread).encode())))
    left_out: list[tuple[str, str]] = []
    weight = 0
    for path, stored, owner in _files(application, thread):
        reason = _why_not(stored, owner, user)
        if not reason and weight + stored.size > max_bytes:
            reason = (
                f"trop volumineux pour cette archive ({file_size(stored.size)})\u00a0: "
                "téléchargez-le depuis le dossier"
            )
        if reason:
            left_out.append((path, reason))
        else:
            weight += stored.size
            entries.append(Entry(path, stored.file))
    return Contents(entries, left_out)


def stream(contents: Contents, *, title: str, at: datetime) -> Iterator[bytes]:
    """Yield the bytes of the ZIP, one chunk of one file in memory at a time.

    The last two files are ``lisez-moi.txt``, which names what is not there, and
    ``empreintes.sha256``, which ``sha256sum --check`` reads.
    """
    sink = _Sink()
    digests: list[tuple[str, str]] = []
    left_out = list(contents.left_out)
    stamp = at.timetuple()[:6]
    with zipfile.ZipFile(sink, "w", compression=zipfile.ZIP_DEFLATED) as archive:
        for entry in contents.entries:
            digest = hashlib.sha256()
            try:
                source = entry.file.open("rb")
            except FileNotFoundError:
                left_out.append((entry.path, "introuvable sur le serveur"))
                continue
            with source, archive.open(_info(entry.path, stamp), "w", force_zip64=True) as target:
                while chunk := source.read(CHUNK):
                    digest.update(chunk)
                    target.write(chunk)
                    yield sink.taken()
            digests.append((entry.path, digest.hexdigest()))
        notice = _notice(title, digests, left_out, at=at).encode()
        digests.append(("lisez-moi.txt", hashlib.sha256(notice).hexdigest()))
        archive.writestr(_info("lisez-moi.txt", stamp), notice)
        lines = "".join(f"{digest}  {path}\n" for path, digest in digests)
        archive.writestr(_info("empreintes.sha256", stamp), lines.encode())
        yield sink.taken()
    yield sink.taken()


# --- Parts ----------------------------------------------------------------------------------------
class _Sink:
    """Where the ZIP is written: what was written is taken away at once."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._parts.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing waits."""

    def taken(self) -> bytes:
        data = b"".join(self._parts)
        self._parts.clear()
        return data


def _info(path: str, stamp: tuple) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(path, date_time=stamp)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.external_attr = 0o644 << 16
    return info


def _messages(application: Application) -> Iterable[Message]:
    messages = Message.objects.filter(application=application).order_by("sent_at", "pk")
    return messages.select_related("author").prefetch_related(_FILES)


def _files(
    application: Application, thread: list[Message]
) -> Iterator[tuple[str, StoredFile, Application | ApplicationDocument | Message]]:
    """Yield each file of a dossier with its path in the archive and the row it hangs on."""
    for number, one in enumerate(application.files.order_by("pk"), start=1):
        yield f"dossier/{number:02}-{_named(one.original_name, one)}", one, application
    documents = (
        ApplicationDocument.objects.filter(application=application)
        .select_related("required")
        .prefetch_related(_FILES)
        .order_by("pk")
    )
    for number, document in enumerate(documents, start=1):
        document.application = application
        if document.file is not None:
            yield (
                f"pieces/{number:02}-{_named(document.label, document.file)}",
                document.file,
                (document),
            )
    for number, message in enumerate(thread, start=1):
        message.application = application
        for one in message.files.all():
            yield f"echanges/{number:02}-{_named(one.original_name, one)}", one, message


def _named(label: str, stored: StoredFile) -> str:
    """Return a name of our own making: the words of the label, the extension of the file."""
    extension = extension_of(clean_file_name(stored.original_name))
    stem = clean_name(label.replace("/", "-").replace("\\", "-"))
    if extension and stem.lower().endswith(f".{extension}"):
        stem = stem[: -len(extension) - 1]
    stem = clean_file_name(stem.replace(".", " "))[:STEM].rstrip(" .")
    return f"{stem}.{extension}" if extension else stem


def _why_not(
    stored: StoredFile, owner: Application | ApplicationDocument | Message, user: User
) -> str:
    """Return why a file is left out; empty when it goes in."""
    if not may_read(user, owner):
        return "réservé aux personnes qui suivent les coordonnées bancaires"
    try:
        check_download(stored)
    except Refusal as refusal:
        return {
            "quarantine": "en attente du contrôle de l’antivirus",
            "infected": "refusé par l’antivirus",
        }.get(refusal.code, "non contrôlé par un antivirus")
    return ""


def _thread_text(thread: list[Message]) -> str:
    parts = [
        f"{datetime_fr(one.sent_at)} – {one.get_side_display()}, {one.author}\n\n{one.text}\n"
        + "".join(f"Pièce jointe\u00a0: {file.original_name}\n" for file in one.files.all())
        for one in thread
    ]
    return ("\n" + "-" * 60 + "\n").join(parts)


def _notice(
    title: str, digests: list[tuple[str, str]], left_out: list[tuple[str, str]], *, at: datetime
) -> str:
    lines = [
        title,
        f"Archive faite le {datetime_fr(at)}. Les notes internes et les notations n’y sont pas.",
        "",
        f"{len(digests)} fichier{'s' if len(digests) > 1 else ''}, dont les empreintes SHA-256 "
        "sont dans «\u00a0empreintes.sha256\u00a0» (à vérifier avec «\u00a0sha256sum --check "
        "empreintes.sha256\u00a0»).",
    ]
    if left_out:
        lines += ["", "N’y sont pas\u00a0:"]
        lines += [f"- {path}\u00a0: {reason}" for path, reason in left_out]
    return "\n".join(lines) + "\n"
