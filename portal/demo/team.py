"""Who receives what, who is away, and a slip of the pen that the office put right."""

from __future__ import annotations

from datetime import datetime, timedelta

from config.dates import local_date
from grants.applications.enums import ReviewState, Section
from grants.applications.models import Application
from grants.applications.services.office_edit import apply_edit, save_edit_section, start_edit
from grants.review.services.replacements import cancel_replacement, declare_replacement
from grants.review.services.rules import save_rule
from portal.demo.actors import Cast
from portal.demo.calls import Year
from territories.models import Territory


REASON = (
    "Numéro de téléphone inversé dans le formulaire, signalé par l’association au standard du "
    "service."
)


def tell(cast: Cast, year: Year, *, at: datetime) -> None:
    """Lay the rules of assignment, a replacement in force, one over, one to come, and one edit."""
    _rules(cast, year, at=at - timedelta(days=30))
    _replacements(cast, at=at)
    _edit(cast, year, at=at - timedelta(hours=5))


def _rules(cast: Cast, year: Year, *, at: datetime) -> None:
    first, *others = cast.officers
    save_rule(
        sheet=next(iter(year.sheets.values())), territory=None, people=[first], by=cast.head, at=at
    )
    far = Territory.objects.order_by("-number").first()
    save_rule(sheet=None, territory=far, people=others or [first], by=cast.head, at=at)
    save_rule(sheet=None, territory=None, people=cast.officers, by=cast.head, at=at)


def _replacements(cast: Cast, *, at: datetime) -> None:
    """The demonstration's officer stands in for a colleague today, and will be away in spring."""
    today = local_date(at)
    first, second = cast.officers[:2]
    past = {"starts_on": today - timedelta(days=40), "ends_on": today - timedelta(days=33)}
    declare_replacement(
        person=first, substitute=second, **past, by=first, at=at - timedelta(days=50)
    )
    declare_replacement(
        person=second,
        substitute=first,
        starts_on=today - timedelta(days=2),
        ends_on=today + timedelta(days=8),
        by=cast.head,
        at=at - timedelta(days=6),
    )
    given_up = declare_replacement(
        person=first,
        substitute=cast.head,
        starts_on=today + timedelta(days=30),
        ends_on=today + timedelta(days=37),
        by=first,
        at=at - timedelta(days=5),
    )
    cancel_replacement(replacement_id=given_up.pk, by=first, at=at - timedelta(days=4))
    declare_replacement(
        person=first,
        substitute=cast.head,
        starts_on=today + timedelta(days=32),
        ends_on=today + timedelta(days=43),
        by=first,
        at=at - timedelta(days=4),
    )


def _edit(cast: Cast, year: Year, *, at: datetime) -> None:
    application = (
        Application.objects.filter(
            sheet__campaign=year.campaign,
            review_state=ReviewState.UNDER_REVIEW,
            assignments__person=cast.officers[0],
            assignments__role="officer",
            assignments__ended_at__isnull=True,
            office_edits__isnull=True,
        )
        .exclude(conflicts__person=cast.officers[0])
        .order_by("pk")
        .last()
    )
    if application is None:
        return
    common = {"application_id": application.pk, "by": cast.officers[0]}
    start_edit(**common, fields=["demandeur.contact_phone"], reason=REASON, at=at)
    save_edit_section(
        **common,
        section=Section.APPLICANT,
        values={"contact_phone": "01 46 12 70 08"},
        invalid={},
        expected="",
        at=at + timedelta(minutes=4),
    )
    apply_edit(**common, at=at + timedelta(minutes=6))
