"""Count what one person asks in a while, in the shared cache."""

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest


def too_many(request: HttpRequest, action: str) -> bool:
    """Count one more request of this kind; tell whether it is one too many.

    Args:
        request: Of somebody signed in (counted by person) or not (by address).
        action: A key of ``settings.REQUEST_LIMITS``: how many, in how many seconds.
    """
    limit, seconds = settings.REQUEST_LIMITS[action]
    who = request.user.pk if request.user.is_authenticated else request.META["REMOTE_ADDR"]
    key = f"accounts.throttle.{action}.{who}"
    cache.add(key, 0, seconds)
    try:
        return cache.incr(key) > limit
    except ValueError:  # it expired in between
        return False
