"""How often one address may ask the public check page."""

from django.core.cache import cache
from django.http import HttpRequest


CHECKS = 30
WINDOW = 60  # seconds


def may_check(request: HttpRequest) -> bool:
    """Count this request; tell whether its address is still under the limit."""
    key = f"letters-check:{request.META.get('REMOTE_ADDR', '')}"
    cache.add(key, 0, timeout=WINDOW)
    try:
        return cache.incr(key) <= CHECKS
    except ValueError:  # expired between the two
        return True
