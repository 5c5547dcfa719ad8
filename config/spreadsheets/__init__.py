"""Tables as files: CSV streamed, XLSX and ODS with flat memory, hostile cells defused."""

from config.spreadsheets.cells import Column, Kind, Value, Workbook, neutral
from config.spreadsheets.files import (
    MEDIA_TYPES,
    WRITERS,
    csv_cell,
    csv_lines,
    file_response,
)


__all__ = [
    "MEDIA_TYPES",
    "WRITERS",
    "Column",
    "Kind",
    "Value",
    "Workbook",
    "csv_cell",
    "csv_lines",
    "file_response",
    "neutral",
]
