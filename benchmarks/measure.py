"""Time one page: many requests through Django's test client, then one to count its queries."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import quantiles

from django.db import connection
from django.http import HttpResponseBase
from django.test import Client
from django.test.utils import CaptureQueriesContext


@dataclass(frozen=True)
class Figures:
    """What was measured of one thing.

    Attributes:
        p50: Median, in milliseconds.
        p95: 95th percentile, in milliseconds.
    """

    p50: float
    p95: float


@dataclass(frozen=True)
class PageFigures:
    """What was measured of one page: its time, its queries, the size of its HTML."""

    status: int
    queries: int
    kib: float
    time: Figures


def timed(call: Callable[[], object], *, times: int, warm: int = 3) -> Figures:
    """Call something many times and return the median and the 95th percentile."""
    for _ in range(warm):
        call()
    gc.collect()
    found = []
    for _ in range(times):
        start = time.perf_counter()
        call()
        found.append((time.perf_counter() - start) * 1000)
    cuts = quantiles(found, n=20, method="inclusive")
    return Figures(p50=round(cuts[9], 1), p95=round(cuts[18], 1))


def measure_page(client: Client, address: str, *, times: int) -> PageFigures:
    """Measure one address, signed in as the client is."""
    with CaptureQueriesContext(connection) as queries:
        response = client.get(address)
        body = read(response)
    count = len(queries)  # before the next request empties the log
    figures = timed(lambda: read(client.get(address)), times=times)
    return PageFigures(
        status=response.status_code,
        queries=count,
        kib=round(len(body) / 1024, 1),
        time=figures,
    )


def read(response: HttpResponseBase) -> bytes:
    """Return the whole body, streamed or not."""
    return b"".join(response.streaming_content) if response.streaming else response.content


def plain_sql(statements: list[tuple[str, list]], render: Callable[[list], str]) -> str:
    """Run statements as they are and render their rows: the floor of a page."""
    found = []
    with connection.cursor() as cursor:
        for statement, values in statements:
            cursor.execute(statement, values)
            found.append(cursor.fetchall())
    return render(found)
