"""When each thing happens to a dossier, and where it stops: a timeline drawn once, by chance."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from random import Random

from django.utils import timezone

from grants.applications.enums import ReviewState


S = ReviewState
#: Share of the dossiers of each campaign, from next year's (open now) back.
SHARES = (0.22, 0.22, 0.2, 0.19, 0.17)


@dataclass(frozen=True)
class Season:
    """One campaign as the plan needs it.

    Attributes:
        fiscal_year: Its exercise.
        opens_at: First instant to file.
        closes_at: Last one.
        votes: Days of its commissions permanentes, in order; one ahead is being prepared.
    """

    fiscal_year: int
    opens_at: datetime
    closes_at: datetime
    votes: tuple[date, ...]


@dataclass
class Timeline:
    """What happens to one dossier. ``None``: not (yet).

    Attributes:
        begun: First word typed.
        state: Where it stands on the review axis.
        reached: Which later stage of the letter it reached, 0 (to generate) to 4 (opened).
    """

    begun: datetime
    state: str = S.DRAFT
    filed: datetime | None = None
    attested: datetime | None = None
    assigned: datetime | None = None
    asked: datetime | None = None
    answered: datetime | None = None
    read: list[datetime] = field(default_factory=list)
    concluded: datetime | None = None
    listed: datetime | None = None
    vote: int | None = None
    voted: datetime | None = None
    ended: datetime | None = None
    reached: int = 0


def seasons(today: date) -> list[Season]:
    """Return five campaigns, the one open now first."""
    found = [
        Season(
            today.year + 1,
            at_hour(today - timedelta(days=38), 9),
            at_hour(today + timedelta(days=26), 23, 59, 59),
            (today + timedelta(days=24),),
        )
    ]
    for year in range(today.year, today.year - 4, -1):
        votes = [date(year, 3, 20), date(year, 6, 19)]
        if year == today.year:
            votes.append(today - timedelta(days=12))
        votes = sorted(day for day in votes if day < today)
        found.append(
            Season(
                year,
                at_hour(date(year - 1, 10, 1), 9),
                at_hour(date(year - 1, 11, 30), 23, 59, 59),
                tuple(votes),
            )
        )
    return found


def at_hour(day: date, hour: int, minute: int = 0, second: int = 0) -> datetime:
    """Return an hour of Paris."""
    zone = timezone.get_default_timezone()
    return datetime.combine(day, time(hour, minute, second), tzinfo=zone)


def timeline(random: Random, season: Season, *, now: datetime, readers: int) -> Timeline:
    """Draw what happens to a dossier of a campaign until now."""
    is_open = season.closes_at > now
    filed = _filing(random, season, now)
    line = Timeline(begun=filed - timedelta(hours=random.randint(3, 400)))
    if line.begun < season.opens_at:
        line.begun = season.opens_at + (filed - season.opens_at) * random.random() / 2
    if is_open and random.random() < 0.08:
        return line
    line.filed, line.state = filed, S.SUBMITTED
    signed = random.random() < 0.75
    line.attested = filed if signed else filed + _days(random, 0.1, 4)
    if line.attested > now or (is_open and not signed and random.random() < 0.2):
        line.attested = None
    _instruct(random, line, season, now=now, readers=readers, is_open=is_open)
    if line.state == S.EVALUATED:
        _decide(random, line, season, now=now)
    return line


def _filing(random: Random, season: Season, now: datetime) -> datetime:
    last = min(season.closes_at, now - timedelta(hours=2))
    first = season.opens_at + timedelta(hours=4)
    part = random.random() ** 0.45 if season.closes_at < now else random.random()  # the last days
    return first + (last - first) * part


def _instruct(
    random: Random, line: Timeline, season: Season, *, now: datetime, readers: int, is_open: bool
) -> None:
    if is_open:
        left = random.random() < 0.22  # nobody has taken it yet
        start = line.filed + _days(random, 0.5, 7)
    else:
        left = False
        start = at_hour(date(season.fiscal_year, 1, 4), 9) + _days(random, 0, 20)
    if _leaves(random, line, start - timedelta(hours=3), now, chance=0.02):
        return
    if left or start > now:
        return
    line.assigned, line.state = start, S.UNDER_REVIEW
    at = start
    if random.random() < 0.16:
        line.asked = at + _days(random, 1, 9)
        if line.asked > now:
            line.asked = None
            return
        line.state = S.CORRECTION_REQUESTED
        answer = line.asked + _days(random, 2, 24)
        if answer > now or (is_open and random.random() < 0.1):
            return
        if not is_open and random.random() < 0.08:  # no answer: closed without action
            line.ended, line.state = line.asked + timedelta(days=40), S.CLOSED_WITHOUT_ACTION
            return
        line.answered, line.state, at = answer, S.UNDER_REVIEW, answer
    if _leaves(random, line, at + timedelta(hours=5), now, chance=0.02):
        return
    for _rank in range(readers):
        at += _days(random, 1, 9 if is_open else 16)
        if at > now:
            return
        line.read.append(at)
    at += _days(random, 0.2, 5)
    if at > now or (is_open and random.random() < 0.3):
        return
    line.concluded, line.state = at, S.EVALUATED


def _leaves(random: Random, line: Timeline, at: datetime, now: datetime, *, chance: float) -> bool:
    """Tell whether the dossier ends there, withdrawn or closed as a duplicate."""
    if random.random() >= chance or at > now:
        return False
    line.ended = at
    line.state = S.WITHDRAWN if random.random() < 0.6 else S.CLOSED_WITHOUT_ACTION
    return True


def _decide(random: Random, line: Timeline, season: Season, *, now: datetime) -> None:
    at = line.concluded + _days(random, 0.2, 6)
    vote = next(
        (n for n, day in enumerate(season.votes) if at_hour(day, 9) - timedelta(days=8) > at), None
    )
    if vote is None or at > now or (season.closes_at > now and random.random() < 0.35):
        return
    line.listed, line.vote, line.state = at, vote, S.PROPOSED
    held = at_hour(season.votes[vote], 17)
    if held > now:
        return
    line.voted = held + timedelta(minutes=random.randint(0, 90))
    chance = random.random()
    line.state = S.AWARDED if chance < 0.68 else S.REJECTED if chance < 0.95 else S.DEFERRED
    is_last = season.votes[vote] > (now - timedelta(days=20)).date()
    line.reached = random.randint(0, 4) if is_last else 4 if random.random() < 0.85 else 3


def _days(random: Random, low: float, high: float) -> timedelta:
    return timedelta(seconds=int(86400 * random.uniform(low, high)))
