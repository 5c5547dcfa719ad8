"""Three years of the office, told through the services: two past campaigns, one open."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from random import Random

from django.db.models import Sum

from grants.applications.models import Application
from grants.applications.services.filing import withdraw_application
from grants.calls.services.campaigns import close_campaign
from grants.decisions.models import Decision, Envelope
from grants.review.services.assignment import declare_conflict
from partners.models import Organisation
from portal.demo import (
    admissibility,
    batches,
    committee,
    corrections,
    followup,
    opinions,
    redactions,
    requests,
    review,
    scoring,
    team,
    visits,
)
from portal.demo.actors import Cast, make_cast
from portal.demo.calls import Year, make_year
from portal.demo.committee import at_nine
from portal.demo.people import tell_people
from portal.demo.profiles import seed_profiles
from portal.demo.renewals import STAR_CODE, tell_renewals


Say = Callable[[str], None]
SEED = 92


def tell_story(*, at: datetime, associations: int, dossiers: int, say: Say) -> None:
    """Seed the demonstration.

    Args:
        at: Now: every date is relative to it.
        associations: How many invented associations.
        dossiers: About how many dossiers a year.
        say: Called with each step.
    """
    random = Random(SEED)  # noqa: S311  (a story, not a secret)
    today = at.date()
    cast = make_cast(random, at=at - timedelta(days=1100), associations=associations)
    say("Personnes et organisations")
    say(f"Fiches de {seed_profiles(cast, at=at)} organisations")
    for fiscal_year in (today.year - 1, today.year):
        year = make_year(
            cast, fiscal_year, date(fiscal_year - 1, 10, 1), date(fiscal_year - 1, 11, 30)
        )
        _past_year(cast, random, year, count=dossiers, today=today, say=say)
    opens_on, closes_on = today - timedelta(days=38), today + timedelta(days=26)
    year = make_year(cast, today.year + 1, opens_on, closes_on)
    _open_year(cast, random, year, count=dossiers, at=at, say=say)


# --- A past year: everything decided, most of it notified -----------------------------------------
def _past_year(
    cast: Cast, random: Random, year: Year, *, count: int, today: date, say: Say
) -> None:
    filed = _file_many(cast, random, year, count=count, until=year.closes_at)
    _star_past(cast, random, year, filed)
    say(f"Campagne {year.fiscal_year} : {len(filed)} dossiers déposés")
    january = at_nine(date(year.fiscal_year, 1, 8))
    close_campaign(campaign_id=year.campaign.pk, by=cast.head, at=january)
    withdrawn, instructed = filed[:2], filed[2:]
    for application in withdrawn:
        withdraw_application(
            application_id=application.pk,
            by=cast.editors[application.organisation_id],
            at=january,
            reason="Nous reportons cette action d’un an.",
        )
    for close in (admissibility.close_one_in_double, admissibility.close_one_without_answer):
        instructed.remove(close(cast, instructed, at=january))
    for number, application in enumerate(instructed):
        at = january + timedelta(days=number % 40, hours=number % 7)
        _instruct(cast, random, application, at=at)
    amount = max(5200 * count, _proposed(instructed))
    root = committee.make_envelopes(cast, year.fiscal_year, amount, year.sheets)
    half = len(instructed) * 2 // 3
    march, june = date(year.fiscal_year, 3, 20), date(year.fiscal_year, 6, 19)
    is_last = year.fiscal_year == today.year
    second = today - timedelta(days=12) if is_last else june
    for number, (held_on, batch) in enumerate(
        ((march, instructed[:half]), (second, instructed[half:])), start=1
    ):
        code = f"{year.fiscal_year % 100}.{40 * number + 2:03d}"
        session = committee.make_session(
            cast, held_on, code, f"CP-{year.fiscal_year}-{number * 17}"
        )
        ready = at_nine(held_on) - timedelta(days=20)
        for application in batch:
            committee.put_on_list(cast, random, session, root, application, at=ready)
        decisions = committee.vote(cast, random, session, at=at_nine(held_on) + timedelta(hours=8))
        fresh = is_last and number == 2
        _letters(cast, random, decisions, after=at_nine(held_on), unfinished=fresh)
        say(f"Séance du {held_on:%d/%m/%Y} : {len(decisions)} décisions")


def _proposed(applications: list[Application]) -> int:
    """Return what an envelope needs so that every proposal may be voted, in thousands of euros."""
    keys = [application.pk for application in applications]
    total = Application.objects.filter(pk__in=keys).aggregate(total=Sum("proposed_amount"))["total"]
    return int(-(-(total or 0) // 1000)) * 1000


def _letters(
    cast: Cast, random: Random, decisions: list[Decision], *, after: datetime, unfinished: bool
) -> None:
    """Carry decisions to their applicants; the last session's are still on their way."""
    for number, decision in enumerate(decisions):
        stage = number % 6 if unfinished else 5
        if stage == 0:
            continue  # still to generate
        letter = committee.letter(cast, decision, at=after + timedelta(days=2))
        if stage == 1:
            continue  # to sign
        committee.sign(cast, letter, at=after + timedelta(days=5))
        if stage == 2:
            continue  # to notify
        told = committee.tell(cast, decision, at=after + timedelta(days=6))
        if stage > 3 or random.random() < 0.5:
            committee.receive(cast, told, at=after + timedelta(days=8))


def _instruct(cast: Cast, random: Random, application: Application, *, at: datetime) -> None:
    officer = review.assign(cast, random, application, at=at)
    if random.random() < 0.3:
        applicant = cast.editors[application.organisation_id]
        review.talk(random, application, officer, applicant, at=at + timedelta(days=1))
    if random.random() < 0.2:
        review.note(random, application, officer, at=at + timedelta(days=2))
    review.score_all(random, application, at=at + timedelta(days=4))
    review.conclude(application, officer, at=at + timedelta(days=7))


def _star_past(cast: Cast, random: Random, year: Year, filed: list[Application]) -> None:
    """Give the demonstration's association and commune their past dossiers."""
    for body, code in (
        (cast.star, "C2"),
        (cast.commune, "C2"),
        (cast.star, "PC6"),
        (cast.star, STAR_CODE),
    ):
        filed.append(_file_one(cast, random, year, body, code, at=year.closes_at, attested=True))


# --- The open year: every state before a decision ---------------------------------------------
def _open_year(
    cast: Cast, random: Random, year: Year, *, count: int, at: datetime, say: Say
) -> None:
    committee.make_envelopes(cast, year.fiscal_year, 5200 * count, year.sheets)
    # A draft begins 26 hours before its filing (_file_one), and never before the opening.
    since = year.opens_at + timedelta(hours=26)
    filed = _file_many(
        cast, random, year, count=count * 2 // 3, until=at - timedelta(days=6), since=since
    )
    quarter = max(1, len(filed) // 4)
    start = at - timedelta(days=5)
    for application in filed[quarter:]:
        officer = review.assign(cast, random, application, at=start)
        if random.random() < 0.4:
            applicant = cast.editors[application.organisation_id]
            review.talk(random, application, officer, applicant, at=start + timedelta(hours=5))
    under_review = filed[quarter:]
    for application in under_review[: quarter * 2]:
        review.score_all(random, application, at=start + timedelta(days=1))
    for application in under_review[quarter * 2 :][:2]:
        reader = application.assignments.filter(role="reader").first().person
        review.score(random, application, reader, at=start + timedelta(days=2), final=False)
    concluded = under_review[:quarter]
    for application in concluded:
        officer = application.assignments.get(role="officer", ended_at__isnull=True).person
        review.conclude(application, officer, at=start + timedelta(days=4))
    envelope = _root_envelope(year)
    session = committee.make_session(
        cast, at.date() + timedelta(days=24), f"{year.fiscal_year % 100}.042", ""
    )
    for application in concluded[: len(concluded) // 2]:
        committee.put_on_list(
            cast, random, session, envelope, application, at=start + timedelta(days=4, hours=5)
        )
    withdraw_application(
        application_id=filed[0].pk,
        by=cast.editors[filed[0].organisation_id],
        at=start,
        reason="Un autre financeur prend l’action en charge.",
    )
    declare_conflict(
        person=cast.officers[1],
        organisation=filed[1].organisation,
        reason="Membre du conseil d’administration jusqu’en juin",
        at=start,
    )
    drafts = _drafts(cast, random, year, count=max(3, count // 8), at=at)
    _star_open(cast, random, year, at=at)
    say(f"{tell_renewals(cast, year, at=at)} demandes renouvelées")
    batches.tell(cast, year, at=at)
    redactions.tell(cast, year, at=at)
    say(f"{opinions.tell(cast, year, at=at)} avis demandés")
    say(f"{admissibility.tell(cast, year, at=at)} dossiers contrôlés avant notation")
    team.tell(cast, year, at=at)
    say(f"{scoring.tell(cast, random, year, at=at)} dossiers lus à deux ou trois")
    say(f"{visits.tell(cast, year, at=at)} dossiers vus il y a trois jours")
    told = tell_people(cast, random, year, at=at)
    say(f"{told.mandates} mandats, {told.double} réunie à {cast.star}")
    say(f"Campagne {year.fiscal_year} : {len(filed)} dossiers déposés, {drafts} brouillons")


def _root_envelope(year: Year) -> Envelope:
    return Envelope.objects.roots().get(fiscal_year=year.fiscal_year)


def _drafts(cast: Cast, random: Random, year: Year, *, count: int, at: datetime) -> int:
    for body in cast.bodies[-count:]:
        requests.make_draft(
            random,
            sheet=random.choice(list(year.sheets.values())),
            body=body,
            by=cast.editors[body.pk],
            at=at - timedelta(days=random.choice((1, 2, 3)), hours=4),
            sections=random.choice((1, 3, 5, 7)),
            documents=False,
        )
    return count


def _star_open(cast: Cast, random: Random, year: Year, *, at: datetime) -> None:
    """Give the demonstration accounts one dossier of each kind to look at."""
    requests.make_draft(
        random,
        sheet=year.sheets["C3"],
        body=cast.star,
        by=cast.star_editor,
        at=at - timedelta(days=2),
        sections=5,
        documents=False,
    )
    _file_one(cast, random, year, cast.star, "PC6", at=at - timedelta(hours=20), attested=False)
    examined = _file_one(
        cast, random, year, cast.star, "C2", at=at - timedelta(days=9), attested=True
    )
    officer = cast.officers[0]
    review.assign_to(cast, examined, officer, at=at - timedelta(days=7))
    followup.talk_with_files(examined, officer, cast.star_editor, at=at - timedelta(days=4))
    review.ask(examined, officer, at=at - timedelta(hours=6))
    followup.late_attestation(cast, random, year, at=at)
    corrections.tell(cast, random, year, at=at)
    _file_one(cast, random, year, cast.commune, "C2", at=at - timedelta(days=4), attested=True)


# --- Filing -------------------------------------------------------------------------------------
def _file_many(
    cast: Cast,
    random: Random,
    year: Year,
    *,
    count: int,
    until: datetime,
    since: datetime | None = None,
) -> list[Application]:
    """File dossiers of the bodies in turn, spread over the weeks before ``until``."""
    since = since or until - timedelta(days=40)
    codes = list(year.sheets)
    filed = []
    for number in range(count):
        body = cast.bodies[(number * 3 + year.fiscal_year) % len(cast.bodies)]
        moment = since + (until - since) * (number + 1) / (count + 1)
        filed.append(
            _file_one(
                cast, random, year, body, codes[number % len(codes)], at=moment, attested=True
            )
        )
    return filed


def _file_one(
    cast: Cast,
    random: Random,
    year: Year,
    body: Organisation,
    code: str,
    *,
    at: datetime,
    attested: bool,
) -> Application:
    editor = cast.editors[body.pk]
    draft = requests.make_draft(
        random, sheet=year.sheets[code], body=body, by=editor, at=at - timedelta(hours=26)
    )
    filed = requests.file_draft(draft, by=editor, at=at)
    if attested and filed.awaits_attestation:
        filed = requests.attest(filed, by=cast.star_signatory, at=at + timedelta(hours=2))
    return filed
