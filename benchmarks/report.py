"""Write what was measured: JSON beside the code, tables in ``docs/performance.md``."""

from __future__ import annotations

import json
import os
import platform
from datetime import date
from pathlib import Path
from typing import Any

from django.db import connection


ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "results"
DOCUMENT = ROOT / "docs" / "performance.md"
START, END = "<!-- bench:start -->", "<!-- bench:end -->"


def machine() -> dict[str, Any]:
    """Describe the machine in neutral words."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        server = cursor.fetchone()[0].split()[0]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "cores": os.cpu_count(),
        "memory_gib": round(memory / 2**30),
        "architecture": platform.machine(),
        "postgresql": server,
        "python": platform.python_version(),
    }


def write(result: dict[str, Any]) -> Path:
    """Keep the figures of one size, and rewrite the tables of the document."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    path = RESULTS / f"desk-{result['dossiers']}.json"
    path.write_text(json.dumps(result, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    rewrite_document()
    return path


def rewrite_document() -> None:
    """Put the last figures of each size between the two marks of the document."""
    text = DOCUMENT.read_text(encoding="utf-8")
    head, rest = text.split(START)
    _, tail = rest.split(END)
    DOCUMENT.write_text(f"{head}{START}\n{tables(results())}\n{END}{tail}", encoding="utf-8")


def results() -> list[dict[str, Any]]:
    """Return the figures kept, the smallest base first."""
    found = [json.loads(path.read_text(encoding="utf-8")) for path in RESULTS.glob("desk-*.json")]
    return sorted(found, key=lambda one: one["dossiers"])


def tables(found: list[dict[str, Any]]) -> str:
    """Return the Markdown of every size and of the growth between the ends."""
    parts = [_size(one) for one in reversed(found)]
    if len(found) > 1:
        parts.insert(0, _growth(found))
    return "\n\n".join(parts)


def _size(result: dict[str, Any]) -> str:
    about = result["machine"]
    lines = [
        f"## {_grouped(result['dossiers'])} dossiers",
        "",
        f"Measured on {date.fromisoformat(result['on']):%d %B %Y}: {about['cores']} cores, "
        f"{about['memory_gib']} GiB of memory, {about['architecture']}, "
        f"PostgreSQL {about['postgresql']}, Python {about['python']}; "
        f"{result['times']} requests a page; load average {result['load']} at the end.",
        "",
        "| Page | Queries | KiB | p50 (ms) | p95 (ms) | Plain SQL p50 (ms) | Ratio |",
        "|---|--:|--:|--:|--:|--:|--:|",
    ]
    for page in result["pages"]:
        ratio = f"{page['p50'] / page['floor']:.1f} ×" if page["floor"] else "–"
        floor = page["floor"] if page["floor"] else "–"
        lines.append(
            f"| {page['group']}: {page['label']} | {page['queries']} | {page['kib']} "
            f"| {page['p50']} | {page['p95']} | {floor} | {ratio} |"
        )
    if result["exports"]:
        lines += [
            "",
            "| Export | Rows | Columns | First byte (ms) | Total (ms) | Processor (ms) | Rows/s "
            "| Of the bare library | Processor alone | Peak (MiB) |",
            "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|",
        ]
        lines += [
            f"| {one['label']} | {_grouped(one['rows'])} | {one['columns']} "
            f"| {one['time']['first']} | {one['time']['total']} | {one['time']['processor']} "
            f"| {_grouped(one['rows_a_second'])} | {one['share']:.0%} "
            f"| {one['processor_share']:.0%} | {one['peak_mib']} |"
            for one in result["exports"]
        ]
    return "\n".join(lines)


def _growth(found: list[dict[str, Any]]) -> str:
    names = [f"{_grouped(one['dossiers'])}" for one in found]
    head = " | ".join(f"p50 at {name} (ms)" for name in names)
    lines = [
        f"## Growth from {names[0]} to {names[-1]} dossiers",
        "",
        f"| Page | {head} | Growth |",
        f"|---|{'--:|' * (len(found) + 1)}",
    ]
    by_label = [
        {(p["group"], p["label"].split(", page ")[0]): p for p in one["pages"]} for one in found
    ]
    for key in by_label[0]:
        cells = [pages.get(key) for pages in by_label]
        if any(cell is None for cell in cells):
            continue
        growth = cells[-1]["p50"] / cells[0]["p50"]
        times = " | ".join(f"{cell['p50']}" for cell in cells)
        lines.append(f"| {key[0]}: {key[1]} | {times} | {growth:.1f} × |")
    return "\n".join(lines)


def _grouped(number: int) -> str:
    return f"{number:,}".replace(",", " ")
