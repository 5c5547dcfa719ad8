"""Prepare the database when it is empty, then measure everything."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import asdict
from io import StringIO
from typing import Any

from django.core.management import call_command
from django.test import Client
from django.urls import NoReverseMatch, reverse

from accounts.models import User
from benchmarks import report
from benchmarks.cases import HEAD, Case, all_cases, desk
from benchmarks.exports import measure_export
from benchmarks.measure import measure_page, plain_sql, timed
from grants.applications.models import Application


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
    exports = []
    if with_exports:
        for label, csv_address, xlsx_address in export_addresses():
            for one in measure_export(_client(clients, HEAD), label, csv_address, xlsx_address):
                say(
                    f"{one.label:40} {one.rows} rows, first {one.first_ms} ms, "
                    f"total {one.total_ms} ms, {one.rows_a_second} rows/s, share {one.share}"
                )
                more = {"rows_a_second": one.rows_a_second, "share": one.share}
                exports.append(asdict(one) | more)
    return {
        "dossiers": dossiers,
        "times": times,
        "machine": report.machine(),
        "load": f"{os.getloadavg()[0]:.1f}",
        "pages": pages,
        "exports": exports,
    }


def export_addresses() -> list[tuple[str, str, str]]:
    """Return the exports there are: the desk's list, the year."""
    found = []
    try:
        both = [reverse("review:desk_export", args=[ext]) for ext in ("csv", "xlsx")]
        query = desk(liste="tous").partition("?")[2]
        found.append(("Desk, every dossier", *(f"{one}?{query}" for one in both)))
    except NoReverseMatch:
        pass
    year = (
        Application.objects.filed()
        .order_by("-sheet__campaign__fiscal_year")
        .values_list("sheet__campaign__fiscal_year", flat=True)
        .first()
    )
    both = [reverse("reporting:export", args=[year, ext]) for ext in ("csv", "xlsx")]
    return [*found, ("Report of a year", *both)]


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
