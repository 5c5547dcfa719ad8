"""The only door of the PDF engine to the world: our own static files, and nothing else.

A letter holds what strangers typed. With WeasyPrint's own fetcher a slip in one template would let
them read files of the server or call its neighbours; here any other address stops the rendering.
"""

import re
from collections.abc import Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from pathlib import Path

from django.contrib.staticfiles import finders
from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse


SCHEME = "maillage:"
PICTURES = "picture/"
MEDIA_TYPES = {
    ".css": "text/css",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
}
_NAME = re.compile(r"(?:css|img|vendor/atkinson)/[a-z0-9][a-z0-9_-]*\.(?:css|png|svg|woff2)")
_pictures: ContextVar[Mapping[str, bytes]] = ContextVar("pictures", default={})  # noqa: B039


class FetchRefusedError(RuntimeError):
    """A document asked for something that is not one of our static files."""


class LockedFetcher(URLFetcher):
    """Serve ``maillage:css/…``, ``maillage:img/…``, ``maillage:vendor/atkinson/…`` and pictures.

    ``maillage:picture/<name>`` is a drawing made for the document being rendered (:func:`showing`).
    """

    def __init__(self) -> None:
        # Not the parent's: it prepares handlers for http, ftp and file, which nothing here may use.
        self._timeout = 0

    def fetch(self, url: str, headers: dict | None = None) -> URLFetcherResponse:
        name = url.removeprefix(SCHEME) if url.startswith(SCHEME) else ""
        picture = _pictures.get().get(name.removeprefix(PICTURES))
        if name.startswith(PICTURES) and picture is not None:
            content = picture
        elif _NAME.fullmatch(name):
            content = static_file(name)
        else:
            raise FatalURLFetchingError(f"refused address: {url[:200]!r}")
        suffix = Path(name).suffix
        return URLFetcherResponse(url, content, {"Content-Type": MEDIA_TYPES[suffix]})

    def open(self, url: str, data: bytes | None = None, timeout: float | None = None):
        return self.fetch(getattr(url, "full_url", url))


@lru_cache(maxsize=64)
def static_file(name: str) -> bytes:
    """Return the bytes of one of our static files.

    Raises:
        FatalURLFetchingError: If it does not exist.
    """
    path = finders.find(name)
    if path is None:
        raise FatalURLFetchingError(f"no such static file: {name!r}")
    return Path(path).read_bytes()


@contextmanager
def showing(pictures: Mapping[str, bytes]):
    """Make drawings (name ending in .svg or .png → bytes) known while a document is rendered."""
    token = _pictures.set(pictures)
    try:
        yield
    finally:
        _pictures.reset(token)
