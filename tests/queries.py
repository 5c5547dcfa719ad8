"""Lists cost the same number of queries whatever their rows."""

from collections.abc import Callable

from django.db import connection
from django.http import HttpResponse
from django.test.utils import CaptureQueriesContext


MANY = 50


def assert_same_queries(
    call: Callable[[], HttpResponse],
    *,
    few: Callable[[], object],
    many: Callable[[], object],
    at_most: int = 12,
    row: str | None = None,
) -> None:
    """Check a list with one row, then with fifty.

    Args:
        call: Asks the list, for instance ``lambda: client.get("/dossiers/")``.
        few: Makes the first row.
        many: Makes the 49 others.
        at_most: Highest number of queries allowed.
        row: Text found exactly once per row in the HTML (``'<tr data-row'``), to be sure that the
            fifty rows are really shown.
    """
    few()
    call()  # content types and the like are read once per process
    first, sql_first = _counted(call)
    many()
    second, sql_second = _counted(call)
    if row:
        shown = [page.content.decode().count(row) for page in (first, second)]
        assert shown == [1, MANY], f"{shown} rows shown instead of [1, {MANY}]"
    assert len(sql_first) == len(sql_second), "\n".join(
        [f"{len(sql_first)} queries with 1 row, {len(sql_second)} with {MANY}:", *sql_second]
    )
    assert len(sql_second) <= at_most, "\n".join([f"{len(sql_second)} queries:", *sql_second])


def _counted(call: Callable[[], HttpResponse]) -> tuple[HttpResponse, list[str]]:
    with CaptureQueriesContext(connection) as queries:
        response = call()
        if response.streaming:
            b"".join(response.streaming_content)
    assert response.status_code == 200, response.status_code
    return response, [q["sql"] for q in queries.captured_queries]
