"""Whom the rules of assignment would give dossiers to, and why; the rules themselves."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction
from django.db.models import Count, Max

from config.dates import local_date
from config.errors import Refusal
from config.templatetags.fr import plural_fr
from grants.applications.models import Application, Place
from grants.review.enums import TO_INSTRUCT
from grants.review.models import (
    Assignment,
    AssignmentMode,
    AssignmentRole,
    AssignmentRule,
)
from grants.review.permissions import recusals_of, replacements_on
from grants.review.selectors import desk_people
from grants.review.services.assignment import assign_officer


if TYPE_CHECKING:
    from accounts.models import User
    from grants.calls.models import CallSheet
    from territories.models import Territory


@dataclass(frozen=True)
class Proposal:
    """Whom a dossier would go to.

    Attributes:
        person: Who would receive it; ``None`` when no rule finds anybody.
        rule: The rule that applies, if one does.
        sentence: Why, in French.
    """

    person: User | None
    rule: AssignmentRule | None
    sentence: str


def open_loads() -> dict[int, int]:
    """Return how many dossiers each officer still has to instruct, by the officer's key.

    Nothing is left to do on the others before the session: they do not weigh.
    """
    found = (
        Assignment.objects.filter(
            role=AssignmentRole.OFFICER,
            ended_at__isnull=True,
            application__review_state__in=TO_INSTRUCT,
        )
        .order_by()
        .values_list("person_id")
        .annotate(count=Count("pk"))
    )
    return dict(found)


def propose_officers(applications: Iterable[Application], on: date) -> dict[int, Proposal]:
    """Return whom the rules give each dossier to, by its key; nothing is written.

    Rules are tried in their order. The first that matches a dossier and has somebody available
    applies: of its people who are of the desk, not away that day and not recused from the dossier,
    the one with the fewest dossiers to instruct, those given in this very call included; then by
    name. The same dossiers in any order give the same answer.

    Args:
        applications: Filed dossiers, with their sheet.
        on: The day that says who is of the desk, and who is away.
    """
    wanted = sorted(applications, key=lambda one: (one.reference or "", one.pk))
    people = {person.pk: person for person in desk_people(on)}
    away = set(replacements_on(on).values_list("person_id", flat=True))
    rules = [
        (rule, [people[p.pk] for p in rule.people.all() if p.pk in people and p.pk not in away])
        for rule in AssignmentRule.objects.select_related("sheet").prefetch_related("people")
    ]
    territories = _territories_of(wanted)
    recused = recusals_of(people)
    loads = open_loads()
    found = {}
    for application in wanted:
        proposal = _propose(application, rules, territories[application.pk], recused, loads)
        found[application.pk] = proposal
        if proposal.person is not None:
            loads[proposal.person.pk] = loads.get(proposal.person.pk, 0) + 1
    return found


def _propose(
    application: Application,
    rules: list[tuple[AssignmentRule, list[User]]],
    territories: set[int],
    recused: dict[int, set[tuple[int | None, int | None]]],
    loads: dict[int, int],
) -> Proposal:
    passed = []
    aside = {(application.pk, None), (None, application.organisation_id)}
    for number, (rule, people) in enumerate(rules, start=1):
        if not _matches(rule, application, territories):
            continue
        free = [one for one in people if not recused.get(one.pk, set()) & aside]
        if not free:
            passed.append(f"règle {number}\u00a0: personne de disponible")
            continue
        chosen = min(
            free, key=lambda one: (loads.get(one.pk, 0), one.last_name, one.first_name, one.pk)
        )
        load = loads.get(chosen.pk, 0)
        why = (
            f"règle {number}\u00a0: {rule_words(rule)}, "
            f"{load} dossier{plural_fr(load)} ouvert{plural_fr(load)}"
        )
        return Proposal(chosen, rule, "\u00a0; ".join([*passed, why]))
    return Proposal(None, None, "\u00a0; ".join(passed) or "aucune règle ne vise ce dossier")


def _matches(rule: AssignmentRule, application: Application, territories: set[int]) -> bool:
    if rule.sheet is not None and not _is_for(rule.sheet, application.sheet):
        return False
    return rule.territory_id is None or rule.territory_id in territories


def _is_for(wanted: CallSheet, sheet: CallSheet) -> bool:
    """Tell whether a sheet is another version of the one a rule is for, or that one."""
    return wanted.across_versions == sheet.across_versions


def rule_words(rule: AssignmentRule) -> str:
    """Say in a few words which dossiers a rule is for."""
    words = []
    if rule.sheet_id is not None:
        words.append(f"fiche {rule.sheet.code}")
    if rule.territory_id is not None:
        words.append(f"territoire {rule.territory_id}")
    return ", ".join(words) or "tous les dossiers"


def _territories_of(applications: list[Application]) -> dict[int, set[int]]:
    """Return the territories of each dossier; one for the whole département has none of its own."""
    found: dict[int, set[int]] = defaultdict(set)
    places = Place.objects.filter(application__in=[one.pk for one in applications])
    for pk, numbers in places.order_by().values_list("application_id", "territories"):
        found[pk].update(numbers)
    return found


# --- Assign along the rules -----------------------------------------------------------------------
def assign_by_rule(*, application_id: int, by: User, at: datetime) -> Assignment:
    """Give one dossier that nobody instructs to whom the rules choose, as things stand now.

    Raises:
        Refusal: ``no_rule`` (422) when no rule finds anybody, or what ``assign_officer`` refuses:
            ``changed`` (409) when a colleague has been given it meanwhile.
    """
    application = Application.objects.select_related("sheet").get(pk=application_id)
    proposal = propose_officers([application], local_date(at))[application_id]
    if proposal.person is None:
        raise Refusal(f"Aucune affectation par règle\u00a0: {proposal.sentence}.", code="no_rule")
    return assign_officer(
        application_id=application_id,
        person=proposal.person,
        by=by,
        at=at,
        mode=AssignmentMode.RULE,
        reason=proposal.sentence[:1].upper() + proposal.sentence[1:],
        seen=0,
    )


# --- The rules themselves -------------------------------------------------------------------------
@transaction.atomic
def save_rule(
    *,
    rule_id: int | None = None,
    sheet: CallSheet | None,
    territory: Territory | None,
    people: Iterable[User],
    by: User,
    at: datetime,
    seen: str = "",
) -> AssignmentRule:
    """Add a rule at the end, or change one where it stands.

    Args:
        rule_id: The rule to change; ``None`` adds one.
        sheet: Its sheet, all versions together; ``None`` for all.
        territory: Its territory; ``None`` for all.
        people: Who receives: officers or heads in force.
        by: The head.
        at: Now.
        seen: The stamp of the rule to change, as its page showed it (:func:`rule_stamp`).

    Raises:
        Refusal: ``not_allowed`` (403), ``nobody`` or ``not_desk`` (422), ``rule_exists``, ``gone``
            or ``changed`` (409).
    """
    _check_head(by)
    chosen = list(people)
    if not chosen:
        raise Refusal("Choisissez au moins une personne.", code="nobody")
    desk = set(desk_people(local_date(at)).values_list("pk", flat=True))
    if strangers := [str(one) for one in chosen if one.pk not in desk]:
        raise Refusal(f"{strangers[0]} n’instruit pas de dossiers.", code="not_desk")
    rules = _locked_rules()
    if rule_id is not None:
        _refuse_changed(_found(rules, rule_id), seen)
    target = _target(sheet, territory)
    same = [one for one in rules.values() if _target(one.sheet, one.territory) == target]
    if any(one.pk != rule_id for one in same):
        raise _rule_exists()
    if rule_id is None:
        last = AssignmentRule.objects.aggregate(last=Max("position"))["last"] or 0
        rule = AssignmentRule(position=last + 1)
    else:
        rule = _found(rules, rule_id)
    rule.sheet, rule.territory = sheet, territory
    # The database says whether it is alone: another head may be adding the same at this moment.
    rule.full_clean(validate_constraints=False)
    try:
        with transaction.atomic():
            rule.save()
    except IntegrityError as error:
        raise _rule_exists() from error
    rule.people.set(chosen)
    return rule


def _target(sheet: CallSheet | None, territory: Territory | None) -> tuple:
    return sheet and sheet.across_versions, territory


def rule_stamp(rule: AssignmentRule) -> str:
    """Return what a page shows of a rule, for the hidden field of its form."""
    people = ",".join(str(pk) for pk in sorted(one.pk for one in rule.people.all()))
    return f"{rule.sheet_id or ''}/{rule.territory_id or ''}/{people}"


def _refuse_changed(rule: AssignmentRule, seen: str) -> None:
    """Stop an act on a rule that a colleague changed since its page was opened.

    Raises:
        Refusal: ``changed`` (409), with what the rule says now.
    """
    if not seen or seen == rule_stamp(rule):
        return
    names = ", ".join(sorted(str(one) for one in rule.people.all()))
    raise Refusal(
        f"Cette règle a changé depuis l’ouverture de cette page : elle vise maintenant "
        f"{rule_words(rule)} et va à {names}. Rien n’est enregistré : relisez, puis validez "
        "de nouveau si c’est encore juste.",
        code="changed",
        status=409,
    )


def _rule_exists() -> Refusal:
    return Refusal(
        "Une règle vise déjà cette fiche et ce territoire\u00a0: modifiez-la.",
        code="rule_exists",
        status=409,
    )


@transaction.atomic
def move_rule(*, rule_id: int, up: bool, by: User) -> None:
    """Try a rule before the one above it, or after the one below; nothing at the ends.

    Raises:
        Refusal: ``not_allowed`` (403) or ``gone`` (409).
    """
    _check_head(by)
    rules = _locked_rules()
    ordered = list(rules.values())
    index = ordered.index(_found(rules, rule_id))
    other = index - 1 if up else index + 1
    if 0 <= other < len(ordered):
        ordered[index], ordered[other] = ordered[other], ordered[index]
    for position, rule in enumerate(ordered, start=1):
        if rule.position != position:
            rule.position = position
            rule.save(update_fields=["position"])


@transaction.atomic
def delete_rule(*, rule_id: int, by: User, seen: str = "") -> None:
    """Take a rule away; what it assigned stays assigned.

    Args:
        rule_id: The rule.
        by: The head.
        seen: Its stamp, as the page showed it (:func:`rule_stamp`).

    Raises:
        Refusal: ``not_allowed`` (403), ``gone`` or ``changed`` (409).
    """
    _check_head(by)
    rule = _found(_locked_rules(), rule_id)
    _refuse_changed(rule, seen)
    rule.delete()


def _locked_rules() -> dict[int, AssignmentRule]:
    rules = AssignmentRule.objects.select_for_update(of=("self",))
    return {rule.pk: rule for rule in rules.select_related("sheet", "territory")}


def _found(rules: dict[int, AssignmentRule], rule_id: int) -> AssignmentRule:
    if rule_id not in rules:
        raise Refusal("Cette règle a été supprimée entre-temps.", code="gone", status=409)
    return rules[rule_id]


def _check_head(by: User) -> None:
    if not by.access.is_unit_head:
        raise Refusal(
            "Seule la ou le responsable d’unité règle les affectations.",
            code="not_allowed",
            status=403,
        )
