"""Instants and days as people in Paris read them."""

from datetime import date, datetime, time

from django.utils import timezone


def local_date(at: datetime) -> date:
    """Return the day it is in Paris at an instant."""
    return timezone.localdate(at)


def end_of_day(day: date) -> datetime:
    """Return 23:59:59 in Paris on a day: a closing date is inclusive."""
    return datetime.combine(day, time(23, 59, 59), tzinfo=timezone.get_default_timezone())


def morning_of(day: date) -> datetime:
    """Return eight o'clock in Paris: when the reminders counted in days leave."""
    return datetime.combine(day, time(8), tzinfo=timezone.get_default_timezone())
