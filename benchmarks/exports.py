"""Exports: the first byte and the last, rows a second next to the bare library, memory."""

from __future__ import annotations

import csv
import gc
import io
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

import xlsxwriter
from django.db import transaction
from django.test import Client
from django.utils import timezone

from accounts.models import User
from config.spreadsheets import WRITERS, Column, Kind, Value
from foundation.jobs.running import take_job
from grants.review.listing.export import run_export, start_export


TIMES = 3  # the quickest is kept
FORMATS = {
    Kind.MONEY: "#,##0.00",
    Kind.SCORE: "0.0",
    Kind.COUNT: "0",
    Kind.DAY: "dd/mm/yyyy",
}
Rows = Sequence[Sequence[Value]]


@dataclass(frozen=True)
class ExportCase:
    """An export to measure.

    Attributes:
        label: What it is.
        address: Of its file, with « {} » for the extension.
        columns: What it writes.
        rows: Makes its values.
        query: Of the list, for the workbooks that a job prepares.
    """

    label: str
    address: str
    columns: Sequence[Column]
    rows: Callable[[], Iterable[Sequence[Value]]]
    query: str = ""


@dataclass(frozen=True)
class Times:
    """Milliseconds to the first byte and to the last, and those of this process among them."""

    first: float
    total: float
    processor: float


@dataclass(frozen=True)
class ExportFigures:
    """What was measured of one file.

    Attributes:
        time: Of the whole request, or of the whole run of a job.
        plain: Of the bare library, the same values already in memory.
        peak_mib: Most memory that Python held for it at one time.
    """

    label: str
    rows: int
    columns: int
    time: Times
    plain: Times
    peak_mib: float

    @property
    def rows_a_second(self) -> int:
        return round(self.rows / (self.time.total / 1000))

    @property
    def share(self) -> float:
        """Its rows a second next to the bare library's."""
        return round(self.plain.total / self.time.total, 2)

    @property
    def processor_share(self) -> float:
        """The same with the processor time of this process alone: neither database nor waits."""
        return round(self.plain.processor / self.time.processor, 2)


def measure_export(client: Client, person: User, case: ExportCase) -> list[ExportFigures]:
    """Measure the three files of one export, at once or as a job as the portal makes them."""
    rows = [tuple(row) for row in case.rows()]
    found = []
    for extension in ("csv", *WRITERS):
        address = case.address.format(extension)
        is_job = extension != "csv" and not _is_file(client, address)
        if is_job and not case.query:
            continue

        def make(address=address, extension=extension, is_job=is_job) -> float:
            return _run(person, case.query, extension) if is_job else _read(client, address)

        bare = _plain_csv if extension == "csv" else _plain_workbook
        found.append(
            ExportFigures(
                label=f"{case.label}, {extension.upper()}{' (job)' if is_job else ''}",
                rows=len(rows),
                columns=len(case.columns),
                time=_best(make),
                plain=_best(lambda bare=bare: bare(case.columns, rows)),
                peak_mib=_peak(make),
            )
        )
    return found


def _best(call: Callable[[], float]) -> Times:
    """Time something that returns the instant of its first byte."""
    found = []
    for _ in range(TIMES):
        gc.collect()
        processor, start = time.process_time(), time.perf_counter()
        first = call()
        end = time.perf_counter()
        spent = time.process_time() - processor
        found.append(Times(*(round(s * 1000, 1) for s in (first - start, end - start, spent))))
    return min(found, key=lambda one: one.total)


def _peak(call: Callable[[], float]) -> float:
    gc.collect()
    tracemalloc.start()
    call()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return round(peak / 2**20, 1)


# --- The portal -----------------------------------------------------------------------------------
def _is_file(client: Client, address: str) -> bool:
    """Tell whether a workbook comes at once: else a page offers to make it."""
    return "html" not in client.get(address)["Content-Type"]


def _read(client: Client, address: str) -> float:
    response = client.get(address)
    if response.status_code != 200:
        raise RuntimeError(f"{urlsplit(address).path}: {response.status_code}")
    parts = iter(response.streaming_content)
    next(parts)
    first = time.perf_counter()
    for _ in parts:
        pass
    response.close()
    return first


def _run(person: User, query: str, extension: str) -> float:
    """Run the job of a workbook as its worker does, and leave nothing of it."""
    with transaction.atomic():
        at = timezone.now()
        job = start_export(person=person, query=query, extension=extension, at=at)
        run_export(take_job(job_id=job.pk, at=at), at)
        transaction.set_rollback(True)  # the file goes with its row
    return time.perf_counter()


# --- The bare libraries ---------------------------------------------------------------------------
def _plain_workbook(columns: Sequence[Column], rows: Rows) -> float:
    """Write the same cells, of the same types and formats, with nothing but XlsxWriter.

    Like the portal's, it keeps no row in memory; unlike it, it neither looks for formulas nor sums.
    """
    with tempfile.TemporaryFile() as target:
        book = xlsxwriter.Workbook(target, {"constant_memory": True})
        formats = {kind: book.add_format({"num_format": f}) for kind, f in FORMATS.items()}
        sheet = book.add_worksheet()
        for position, column in enumerate(columns):
            sheet.write_string(0, position, column.name)
        kinds = [(position, column.kind) for position, column in enumerate(columns)]
        for line, row in enumerate(rows, start=1):
            for position, kind in kinds:
                value = row[position]
                if value is None or value == "":
                    continue
                if kind == Kind.TEXT:
                    sheet.write_string(line, position, value)
                elif kind == Kind.DAY:
                    sheet.write_datetime(line, position, value, formats[kind])
                else:
                    sheet.write_number(line, position, value, formats[kind])
        book.close()
    return time.perf_counter()


def _plain_csv(columns: Sequence[Column], rows: Rows) -> float:
    """Write the same values as they are with the ``csv`` module, all of it in C."""
    writer = csv.writer(io.StringIO(), delimiter=";")
    writer.writerow([column.name for column in columns])
    writer.writerows(rows)
    return time.perf_counter()
