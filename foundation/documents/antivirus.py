"""Ask ClamAV about a file, over its socket (``INSTREAM``)."""

import socket
import struct
from typing import BinaryIO

from django.conf import settings

from foundation.documents.enums import ScanState


CHUNK = 64 * 1024
TIMEOUT = 20  # seconds, for each exchange


class ScannerDownError(RuntimeError):
    """The scanner does not answer: the file stays in quarantine."""


class ScanFailedError(ScannerDownError):
    """The scanner is there but has no answer for this file; it may have one for others."""


def is_configured() -> bool:
    return bool(settings.CLAMAV_SOCKET)


def scan(content: BinaryIO) -> ScanState:
    """Send a file to ClamAV and return ``CLEAN`` or ``INFECTED``.

    Args:
        content: Opened for reading.

    Raises:
        ScanFailedError: If it could not read this file (too large for it, damaged).
        ScannerDownError: If the scanner is away, slow, or answers something else.
    """
    try:
        with _connect(settings.CLAMAV_SOCKET) as connection:
            _send(connection, content)
            answer = _read_answer(connection)
    except (OSError, ValueError) as error:
        raise ScannerDownError(str(error)) from error
    if answer.endswith(" FOUND"):
        return ScanState.INFECTED
    if answer == "stream: OK":
        return ScanState.CLEAN
    if answer.endswith("ERROR"):
        raise ScanFailedError(f"the scanner gave up: {answer[:100]!r}")
    raise ScannerDownError(f"unexpected answer: {answer[:100]!r}")


def _send(connection: socket.socket, content: BinaryIO) -> None:
    """Send a file; a scanner that hangs up in the middle may have said why first."""
    try:
        connection.sendall(b"zINSTREAM\0")
        while chunk := content.read(CHUNK):
            connection.sendall(struct.pack("!I", len(chunk)) + chunk)
        connection.sendall(struct.pack("!I", 0))
    except (BrokenPipeError, ConnectionResetError):
        return


def _connect(address: str) -> socket.socket:
    """Open ``/path/to/clamd.ctl`` or ``host:port``."""
    if address.startswith("/"):
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(TIMEOUT)
        try:
            connection.connect(address)
        except OSError:
            connection.close()
            raise
        return connection
    host, _, port = address.rpartition(":")
    return socket.create_connection((host, int(port)), timeout=TIMEOUT)


def _read_answer(connection: socket.socket) -> str:
    received = b""
    while not received.endswith(b"\0") and len(received) < 4096:
        part = connection.recv(4096)
        if not part:
            break
        received += part
    return received.rstrip(b"\0\n").decode(errors="replace")
