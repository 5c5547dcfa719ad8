"""Prepare the database when it is empty, then measure everything."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import asdict
from io import StringIO
from typing import Any

from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from benchmarks import report
from benchmarks.cases import HEAD, Case, all_cases
from benchmarks.exports import ExportCase, measure_export
from benchmarks.measure import measure_page, plain_sql, timed
from grants.applications.models import Application
from grants.review.listing.columns import COLUMNS
from grants.review.listing.selection import desk_list
from reporting.columns import YEAR_COLUMNS
from reporting.exports import export_rows
from reporting.selectors import of_year, with_decision


Say = Callable[[str], None]


def prepare(dossiers: int, say: Say) -> None:
    """Create the static files, the tables, the reference data and the dossiers that lack.

    Raises:
        SystemExit: When the database holds another number of dossiers.
    """
    call_command("collectstatic", interactive=False, verbosity=0)
    call_command("migrate", verbosity=0)
    # Again each time: parameters may be born since the dossiers were written.
    call_command("load_reference", stdout=StringIO())
    found = Application.objects.count()
    if found == 0:
        say(f"Writing {dossiers} dossiers (once)…")
        call_command("seed_load", dossiers=dossiers)
    elif found != dossiers:
        raise SystemExit(f"This database holds {found} dossiers, not {dossiers}: use another one.")


def bench(*, dossiers: int, times: int, only: str, with_exports: bool, say: Say) -> dict[str, Any]:
    """Measure every page and export; return the figures as plain values."""
    prepare(dossiers, say)
    clients: dict[str, Client] = {}
    pages = []
    for case in all_cases():
        if only and only.lower() not in f"{case.group} {case.label}".lower():
            continue
        pages.append(_page(case, _client(clients, case.who), times, say))
    exports = _exports(_client(clients, HEAD), only, say) if with_exports else []
    return {
        "dossiers": dossiers,
        "times": times,
        "machine": report.machine(),
        "load": f"{os.getloadavg()[0]:.1f}",
        "pages": pages,
        "exports": exports,
    }


def _exports(client: Client, only: str, say: Say) -> list[dict[str, Any]]:
    person = User.objects.get(email=HEAD)
    found = []
    for case in export_cases(person):
        if only.lower() not in case.label.lower():
            continue
        for one in measure_export(client, person, case):
            more = ("rows_a_second", "share", "processor_share")
            found.append(asdict(one) | {name: getattr(one, name) for name in more})
            say(
                f"{one.label:34} {one.rows} rows, first {one.time.first} ms, "
                f"total {one.time.total} ms (processor {one.time.processor}), "
                f"{one.rows_a_second} rows/s, share {one.share} "
                f"(processor {one.processor_share}), {one.peak_mib} MiB"
            )
    return found


def export_cases(person: User) -> list[ExportCase]:
    """Return the exports there are: the desk's list, all its columns, the year."""
    on = timezone.localdate()
    usual, every = "liste=tous", f"liste=tous&col={'.'.join(column.key for column in COLUMNS)}"
    found = []
    for label, query in (("Desk, usual columns", usual), ("Desk, every column", every)):
        listing = desk_list(person, query, on=on)
        address = f"{reverse('review:desk_export', args=['csv'])}?{query}".replace(".csv", ".{}", 1)
        found.append(ExportCase(label, address, listing.file_columns, listing.file_rows, query))
    year = (
        Application.objects.filed()
        .order_by("-sheet__campaign__fiscal_year")
        .values_list("sheet__campaign__fiscal_year", flat=True)
        .first()
    )
    address = reverse("reporting:export", args=[year, "csv"]).replace(".csv", ".{}")
    dossiers = with_decision(of_year(person, year)).order_by("reference", "pk")
    found.append(
        ExportCase(
            "Report of a year", address, YEAR_COLUMNS,
            lambda: export_rows(dossiers, YEAR_COLUMNS, person),
        )
    )  # fmt: skip
    return found


def _client(clients: dict[str, Client], email: str) -> Client:
    if email not in clients:
        client = Client(SERVER_NAME="localhost")
        client.force_login(User.objects.get(email=email))
        clients[email] = client
    return clients[email]


def _page(case: Case, client: Client, times: int, say: Say) -> dict[str, Any]:
    figures = measure_page(client, case.address, times=times)
    if figures.status != 200:
        raise SystemExit(f"{case.address}: {figures.status}")
    floor = None
    if case.floor is not None:
        statements, render = case.floor.statements, case.floor.render
        floor = timed(lambda: plain_sql(statements, render), times=times).p50
    say(
        f"{case.group + ': ' + case.label:52} {figures.queries:3} queries {figures.kib:6} KiB "
        f"p50 {figures.time.p50:7} p95 {figures.time.p95:7} floor {floor}"
    )
    return {
        "group": case.group,
        "label": case.label,
        "queries": figures.queries,
        "kib": figures.kib,
        "p50": figures.time.p50,
        "p95": figures.time.p95,
        "floor": floor,
    }
