"""Dates and instants of the calls: pure functions, no clock, no database."""

from datetime import date, datetime, time

from django.utils import timezone

from config.dates import local_date


def start_of_day(day: date) -> datetime:
    """Return the first second of a day in Paris."""
    return datetime.combine(day, time(0), tzinfo=timezone.get_default_timezone())


def days_left(*, until: datetime, at: datetime) -> int:
    """Count the days before a closing, in calendar days of Paris.

    Returns:
        0 on the last day, 1 the day before…; negative once the day is past.
    """
    return (local_date(until) - local_date(at)).days
