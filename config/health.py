"""Two addresses for machines: is the process up, and is all it needs there."""

import logging
import uuid
from collections.abc import Callable

from django.contrib.auth.decorators import login_not_required
from django.core.cache import cache
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from config.celery import app as celery


log = logging.getLogger(__name__)


class NotReadyError(RuntimeError):
    """Something the portal needs answers, but not as it should."""


@never_cache
@require_safe
@login_not_required
def healthz(request: HttpRequest) -> JsonResponse:
    """Answer as soon as this process serves pages; it asks nothing of anyone."""
    return JsonResponse({"status": "ok"})


@never_cache
@require_safe
@login_not_required
def readyz(request: HttpRequest) -> JsonResponse:
    """Try each thing the portal needs: 200 when all answer, else 503 with the names that fail."""
    failing = [name for name, check in CHECKS.items() if not _passes(name, check)]
    if failing:
        return JsonResponse({"status": "unavailable", "failing": failing}, status=503)
    return JsonResponse({"status": "ok", "failing": []})


def _passes(name: str, check: Callable[[], None]) -> bool:
    try:
        check()
    except Exception:  # whatever it is, it is not ready; the reason goes to the log only
        log.warning("not ready: %s", name, exc_info=True)
        return False
    return True


def _database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def _cache() -> None:
    key = f"readyz:{uuid.uuid4()}"
    cache.set(key, "1", timeout=10)
    if cache.get(key) != "1":
        raise NotReadyError


def _broker() -> None:
    options = {"max_retries": 0, "interval_start": 0}
    with celery.connection_for_write(connect_timeout=2) as broker:
        broker.ensure_connection(timeout=2, **options)
        broker.default_channel.client.ping()


def _storage() -> None:
    name = default_storage.save(f"readyz/{uuid.uuid4()}", ContentFile(b"ok"))
    try:
        if not default_storage.exists(name):
            raise NotReadyError
    finally:
        default_storage.delete(name)


def _migrations() -> None:
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise NotReadyError


CHECKS: dict[str, Callable[[], None]] = {
    "database": _database,
    "migrations": _migrations,
    "cache": _cache,
    "broker": _broker,
    "storage": _storage,
}
