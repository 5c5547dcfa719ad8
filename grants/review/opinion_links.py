"""The link an outside expert receives: a secret that opens one dossier, once.

The database keeps the SHA-256 of the secret, never the secret. It is derived from the portal's key
and from the instant it stops working (256 bits), so that a reminder can give the same link again
without keeping it anywhere: a new date makes a new link, and the former one is nobody's.
"""

from __future__ import annotations

import base64
import hashlib
from datetime import datetime, timedelta

from django.urls import reverse
from django.utils.crypto import salted_hmac

from config.dates import end_of_day, local_date
from foundation.notifications.rendering import absolute
from foundation.parameters.selectors import days_on
from grants.review.models import OpinionRequest, OpinionSource


TOKEN = r"(?P<token>[A-Za-z0-9_-]{43})"  # noqa: S105
_SALT = "grants.review.opinion_links"


def digest_of(token: str) -> str:
    """Return what is kept of a link's secret: its SHA-256."""
    return hashlib.sha256(token.encode()).hexdigest()


def token_of(asked: OpinionRequest) -> str:
    """Return the secret of an expert's link as it stands: 43 characters, 256 bits."""
    words = f"{asked.pk}:{asked.token_expires_at.timestamp():.6f}"
    mac = salted_hmac(_SALT, words, algorithm="sha256").digest()
    return base64.urlsafe_b64encode(mac).decode().rstrip("=")


def issue_link(asked: OpinionRequest, *, at: datetime) -> None:
    """Give a request a new link, unused; the former one stops working. The caller saves.

    It opens until the end of the day the opinion is due, and ``opinion.link_days`` days at least.
    Never the instant of a former link of the same request: the secret hangs on it.
    """
    days = timedelta(days=days_on("opinion.link_days", local_date(at)))
    ends_at = max(end_of_day(asked.due_on), at + days)
    if asked.token_expires_at is not None and ends_at <= asked.token_expires_at:
        ends_at = asked.token_expires_at + timedelta(microseconds=1)
    asked.token_expires_at = ends_at
    asked.token_digest = digest_of(token_of(asked))
    asked.token_used_at = None


def renew_dead_link(asked: OpinionRequest, *, at: datetime) -> bool:
    """Give an expert another link when theirs was used, ends within the day or before the date.

    The caller holds the request's lock, and saves it when this returns ``True``.
    """
    if asked.source != OpinionSource.EXPERT:
        return False
    needed = max(at + timedelta(days=1), end_of_day(asked.due_on))
    if asked.token_used_at is None and asked.token_expires_at >= needed:
        return False
    issue_link(asked, at=at)
    return True


def link_of(asked: OpinionRequest) -> str:
    """Return the full address of an expert's link, for a mail."""
    return absolute(reverse("review:opinion_link", args=[token_of(asked)]))
