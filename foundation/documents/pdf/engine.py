"""From a template to a PDF that is both PDF/UA-1 (accessible) and PDF/A-2a (archivable)."""

import hashlib
import logging
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from io import BytesIO

import page
from django.template.loader import render_to_string
from pydyf import Dictionary
from weasyprint import CSS, HTML
from weasyprint.logger import PROGRESS_LOGGER
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import FatalURLFetchingError

from foundation.documents.pdf.fetcher import FetchRefusedError, LockedFetcher, showing
from foundation.documents.pdf.markup import check_markup, make_printable
from foundation.documents.pdf.streams import separate_streams


STYLE_SHEET = "maillage:css/pdf.css"
PROFILES = ("ua1", "2a")
_NO_PICTURES: Mapping[str, bytes] = {}

# WeasyPrint writes one conformance level; this adds the other to the same description, with the
# schema that PDF/A asks of any property it does not know.
_UA_METADATA = (
    b'<rdf:Description xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/" rdf:about="" '
    b'pdfuaid:part="1"/>'
    b'<rdf:Description xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/" '
    b'xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#" '
    b'xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#" rdf:about="">'
    b'<pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">'
    b"<pdfaSchema:schema>PDF/UA identification schema</pdfaSchema:schema>"
    b"<pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/</pdfaSchema:namespaceURI>"
    b"<pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix>"
    b'<pdfaSchema:property><rdf:Seq><rdf:li rdf:parseType="Resource">'
    b"<pdfaProperty:name>part</pdfaProperty:name>"
    b"<pdfaProperty:valueType>Integer</pdfaProperty:valueType>"
    b"<pdfaProperty:category>internal</pdfaProperty:category>"
    b"<pdfaProperty:description>Part of ISO 14289</pdfaProperty:description>"
    b"</rdf:li></rdf:Seq></pdfaSchema:property>"
    b"</rdf:li></rdf:Bag></pdfaExtension:schemas></rdf:Description>"
)


class PdfNotValidError(RuntimeError):
    """The file made is not PDF/UA-1 and PDF/A-2a: it must not be issued.

    Attributes:
        failures: What is wrong, as ``profile rule: message``.
    """

    def __init__(self, failures: list[str]) -> None:
        super().__init__("; ".join(failures)[:2000])
        self.failures = failures


@dataclass(frozen=True)
class _Engine:
    """What every document of a process shares: parsing it again costs more than the letter."""

    fetcher: LockedFetcher
    fonts: FontConfiguration
    style_sheet: CSS


@lru_cache(maxsize=1)
def _engine(pid: int) -> _Engine:
    """Return the engine of this process (a forked worker builds its own)."""
    separate_streams()
    fetcher, fonts = LockedFetcher(), FontConfiguration()
    sheet = CSS(url=STYLE_SHEET, url_fetcher=fetcher, font_config=fonts)
    return _Engine(fetcher, fonts, sheet)


_lock = threading.Lock()  # Pango's font map is not made for two threads at once


def render_pdf(
    template_name: str,
    context: Mapping,
    *,
    identifier: str,
    created_at: datetime,
    pictures: Mapping[str, bytes] = _NO_PICTURES,
) -> bytes:
    """Render one of our templates as a checked PDF.

    The same arguments give the same bytes, so that a file made twice has one digest.

    Args:
        template_name: A template that extends ``documents/pdf/base.html``.
        context: Its variables; texts typed by people are escaped by the template.
        identifier: Text that names this document and version for ever (``2027-0042-AT1``).
        created_at: The date written in the file.
        pictures: Drawings of this document, shown as ``maillage:picture/<name>`` (.svg or .png).

    Raises:
        FetchRefusedError: If the HTML asks for anything but our own static files.
        MarkupError: If the HTML lacks what assistive technologies need.
        PdfNotValidError: If the file breaks a rule of PDF/UA-1 or PDF/A-2a.
    """
    created = created_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    html = render_to_string(template_name, {**context, "document_created": created})
    return render_html_pdf(html, identifier=identifier, pictures=pictures)


def render_html_pdf(
    html: str,
    *,
    identifier: str,
    pictures: Mapping[str, bytes] = _NO_PICTURES,
    on_page: Callable[[], None] | None = None,
) -> bytes:
    """Render a whole HTML document as a checked PDF; see :func:`render_pdf`.

    Args:
        html: The document.
        identifier: As for :func:`render_pdf`.
        pictures: As for :func:`render_pdf`.
        on_page: Called at each step of a long document; what it raises stops the rendering.
    """
    with _lock, showing(pictures), _telling(on_page):
        engine = _engine(os.getpid())
        try:
            content = _write(engine, html, hashlib.md5(identifier.encode()).digest())  # noqa: S324
        except FatalURLFetchingError as error:
            raise FetchRefusedError(str(error)) from error
    check_pdf(content)
    return content


class _Told(logging.Handler):
    """Hear each step of the engine."""

    def __init__(self, on_page: Callable[[], None]) -> None:
        super().__init__(logging.INFO)
        self.on_page = on_page

    def emit(self, record: logging.LogRecord) -> None:
        self.on_page()


@contextmanager
def _telling(on_page: Callable[[], None] | None) -> Iterator[None]:
    """Call a function at each step (a page laid out) of the document being rendered."""
    if on_page is None:
        yield
        return
    told, level, propagate = _Told(on_page), PROGRESS_LOGGER.level, PROGRESS_LOGGER.propagate
    PROGRESS_LOGGER.addHandler(told)
    PROGRESS_LOGGER.setLevel(logging.INFO)
    PROGRESS_LOGGER.propagate = False  # a line a page is nothing for the logs
    try:
        yield
    finally:
        PROGRESS_LOGGER.removeHandler(told)
        PROGRESS_LOGGER.setLevel(level)
        PROGRESS_LOGGER.propagate = propagate


def _write(engine: _Engine, html: str, identifier: bytes) -> bytes:
    source = HTML(string=html, url_fetcher=engine.fetcher, base_url="maillage:")
    check_markup(source.etree_element)
    make_printable(source.etree_element)
    target = BytesIO()
    source.write_pdf(
        target,
        stylesheets=[engine.style_sheet],
        font_config=engine.fonts,
        pdf_variant="pdf/a-2a",
        pdf_identifier=identifier.hex().encode(),
        finisher=_finish,
    )
    return target.getvalue()


def _finish(document, pdf) -> None:
    _declare_accessible(pdf)
    _scope_headers(pdf)


def _scope_headers(pdf) -> None:
    """Say of each header cell what it heads, which WeasyPrint leaves out.

    Our tables head columns in ``thead`` and rows everywhere else.
    """
    for cell in pdf.objects:
        if isinstance(cell, Dictionary) and cell.get("S") == "/TH":
            row = _object(pdf, cell["P"])
            in_head = _object(pdf, row["P"]).get("S") == "/THead"
            cell["A"]["Scope"] = "/Column" if in_head else "/Row"


def _object(pdf, reference):
    text = reference.decode() if isinstance(reference, bytes) else reference
    return pdf.objects[int(text.split()[0])]


def _declare_accessible(pdf) -> None:
    metadata = pdf.objects[int(pdf.catalog["Metadata"].split()[0])]
    metadata.stream = [
        part.replace(b"</rdf:RDF>", _UA_METADATA + b"</rdf:RDF>", 1) for part in metadata.stream
    ]
    metadata.compress = False


def check_pdf(content: bytes) -> None:
    """Check a file against PDF/UA-1 and PDF/A-2a (milliseconds).

    Raises:
        PdfNotValidError: With the rules that fail.
    """
    failures: list[str] = []
    for profile in PROFILES:
        report = page.validate_pdf_bytes(content, profile=profile)
        if not report.is_compliant:
            failures += [f"{profile} {f.rule_id}: {f.message}" for f in report.failures]
    if failures:
        raise PdfNotValidError(failures)
