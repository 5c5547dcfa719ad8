"""Exports: the first byte and the last of a CSV, rows a second of a workbook."""

from __future__ import annotations

import csv
import io
import tempfile
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

import xlsxwriter
from django.test import Client


@dataclass(frozen=True)
class ExportFigures:
    """What was measured of one export.

    Attributes:
        first_ms: Milliseconds to the first byte.
        total_ms: Milliseconds to the last one.
        plain_ms: Milliseconds of the same rows, already in memory, by the bare library.
    """

    label: str
    rows: int
    columns: int
    first_ms: float
    total_ms: float
    plain_ms: float | None = None

    @property
    def rows_a_second(self) -> int:
        return round(self.rows / (self.total_ms / 1000)) if self.total_ms else 0

    @property
    def share(self) -> float | None:
        """Its rows a second next to the bare library's."""
        return round(self.plain_ms / self.total_ms, 2) if self.plain_ms else None


ZIP = b"PK"  # how a workbook begins


def measure_export(client: Client, label: str, csv_address: str, xlsx_address: str) -> list:
    """Measure the two files of one export; a workbook made as a job is left out."""
    first, total, body = _streamed(client, csv_address)
    rows = list(csv.reader(io.StringIO(body.decode("utf-8-sig")), delimiter=";"))
    count, columns = len(rows) - 1, len(rows[0])
    found = [ExportFigures(f"{label}, CSV", count, columns, first, total)]
    first, total, book = _streamed(client, xlsx_address)
    if not book.startswith(ZIP):  # the page that offers to make it
        return found
    plain = _plain_workbook(rows)
    found.append(ExportFigures(f"{label}, XLSX", count, columns, first, total, plain))
    return found


def _streamed(client: Client, address: str) -> tuple[float, float, bytes]:
    start = time.perf_counter()
    response = client.get(address)
    if response.status_code != 200:
        raise RuntimeError(f"{urlsplit(address).path}: {response.status_code}")
    parts = iter(response.streaming_content if response.streaming else [response.content])
    head = next(parts)
    first = time.perf_counter() - start
    body = head + b"".join(parts)
    total = time.perf_counter() - start
    return round(first * 1000, 1), round(total * 1000, 1), body


def _plain_workbook(rows: list[list[str]]) -> float:
    """Write the same cells, amounts as numbers, with nothing but XlsxWriter."""
    cells = [[_as_number(cell) for cell in row] for row in rows]
    start = time.perf_counter()
    with tempfile.TemporaryFile() as target:
        book = xlsxwriter.Workbook(target, {"constant_memory": True})
        sheet = book.add_worksheet()
        for number, row in enumerate(cells):
            for position, cell in enumerate(row):
                if isinstance(cell, float):
                    sheet.write_number(number, position, cell)
                elif cell:
                    sheet.write_string(number, position, cell)
        book.close()
    return round((time.perf_counter() - start) * 1000, 1)


def _as_number(cell: str) -> str | float:
    try:
        return float(cell.replace(",", "."))
    except ValueError:
        return cell
