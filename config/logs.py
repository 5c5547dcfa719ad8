"""Logs as one JSON object a line, without personal data."""

import json
import logging
import re
from datetime import UTC, datetime


# The secret of a link (an invitation, an opinion) is long; names and references are not.
_SECRET = re.compile(r"(?<=/)[A-Za-z0-9_-]{40,}")


def without_secrets(text: str) -> str:
    """Return a line without the secrets that an address may bear."""
    return _SECRET.sub("…", text)


class JsonFormatter(logging.Formatter):
    """Write time, level, logger, message and the ids passed in ``extra``."""

    FIELDS = ("request_id", "application_id", "job_id", "letter_id", "outbox_id", "status_code")

    def format(self, record: logging.LogRecord) -> str:
        row = {
            "at": datetime.fromtimestamp(record.created, tz=UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": without_secrets(record.getMessage()),
        }
        row.update({name: getattr(record, name) for name in self.FIELDS if hasattr(record, name)})
        if record.exc_info:
            row["trace"] = without_secrets(self.formatException(record.exc_info))
        return json.dumps(row, ensure_ascii=False, default=str)
