"""The PDF engine: tagged files that screen readers and archives accept, from our templates."""

from foundation.documents.pdf.engine import PdfNotValidError, render_html_pdf, render_pdf
from foundation.documents.pdf.fetcher import FetchRefusedError
from foundation.documents.pdf.markup import MarkupError
from foundation.documents.pdf.printable import printable


__all__ = [
    "FetchRefusedError",
    "MarkupError",
    "PdfNotValidError",
    "printable",
    "render_html_pdf",
    "render_pdf",
]
