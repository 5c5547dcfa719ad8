"""Rows to PostgreSQL by ``COPY``, with their keys known beforehand.

A :class:`Table` takes the columns that it is told and gives the model's defaults to the others, so
that a column added later needs no change here. Constraints and triggers run as for any row.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import connection, models, transaction
from psycopg import sql


class Table:
    """The rows to come of one model.

    Args:
        model: Whose table.
        columns: Names of the columns given with each row, in order, the key aside.
        keyed: The key is a number taken from the table's sequence, given by :meth:`add`.
    """

    def __init__(self, model: type[models.Model], columns: Sequence[str], *, keyed=True) -> None:
        self.model = model
        self.keyed = keyed
        self.rows: list[tuple] = []
        self.written = 0
        self._next = self._first_key() if keyed else 0
        fields = {field.column: field for field in model._meta.concrete_fields}
        unknown = set(columns) - set(fields)
        if unknown:
            raise ValueError(f"{model.__name__} has no column {sorted(unknown)}")
        with connection.cursor() as cursor:
            described = connection.introspection.get_table_description(cursor, model._meta.db_table)
        stored = {column.name for column in described}
        left = {
            name: field
            for name, field in fields.items()
            if name in stored and name not in columns and not (keyed and field.primary_key)
        }
        self._constants = tuple(_as_copied(one, one.get_default()) for one in left.values())
        head = [model._meta.pk.column] if keyed else []
        self._sql = sql.SQL("COPY {} ({}) FROM STDIN").format(
            sql.Identifier(model._meta.db_table),
            sql.SQL(", ").join(map(sql.Identifier, [*head, *columns, *left])),
        )

    def reserve(self) -> int:
        """Take a key for a row that comes later."""
        key = self._next
        self._next += 1
        return key

    def add(self, *values: Any, key: int | None = None) -> int:
        """Keep a row to write; return its key (0 for a table without its own)."""
        if not self.keyed:
            self.rows.append(values)
            return 0
        if key is None:
            key = self.reserve()
        self.rows.append((key, *values))
        return key

    def write(self) -> None:
        """Write what was kept, and move the sequence of the keys."""
        if not self.rows:
            return
        constants = self._constants
        with connection.cursor() as cursor:
            with cursor.copy(self._sql) as copy:
                for row in self.rows:
                    copy.write_row(row + constants)
            if self.keyed:
                cursor.execute(
                    "SELECT setval(pg_get_serial_sequence(%s, %s), %s)",
                    [self.model._meta.db_table, self.model._meta.pk.column, self._next - 1],
                )
        self.written += len(self.rows)
        self.rows.clear()

    def _first_key(self) -> int:
        last = self.model._base_manager.aggregate(last=models.Max("pk"))["last"]
        return (last or 0) + 1


def as_json(value: Any) -> str:
    """Return a JSON column's text."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _as_copied(field: models.Field, value: Any) -> Any:
    if isinstance(field, models.JSONField) and value is not None:
        return as_json(value)
    if isinstance(field, ArrayField) and value is not None:
        return list(value)
    return value


def write_all(tables: Sequence[Table]) -> None:
    """Write what every table kept, in one transaction."""
    with transaction.atomic():
        for table in tables:
            table.write()
