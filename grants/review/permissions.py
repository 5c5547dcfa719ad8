"""Who may read and write scores: one place, asked by every page, export and letter."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from django.db.models import BooleanField, Exists, ExpressionWrapper, OuterRef, Q, QuerySet

from config.templatetags.fr import number_fr, plural_fr
from grants.review.models import (
    Assignment,
    AssignmentRole,
    ConflictOfInterest,
    Replacement,
    Review,
    ReviewProgress,
)
from grants.review.votes_told import is_settled, settled
from partners.enums import MembershipState
from partners.models import Membership


if TYPE_CHECKING:
    from accounts.models import User
    from grants.applications.models import Application


def is_recused(user: User, application: Application) -> bool:
    """Tell whether a person stands aside from this dossier or from its body, or is of its body."""
    same = type(application).objects.filter(pk=application.pk)
    return same.filter(recused_from(user)).exists()


def bodies_of(user: User) -> QuerySet[Membership]:
    """Return, as keys of bodies, those a person is an active member of."""
    return Membership.objects.filter(user=user, state=MembershipState.ACTIVE).values(
        "organisation_id"
    )


def is_member(user: User, application: Application) -> bool:
    """Tell whether a person is an active member of a dossier's body."""
    return bodies_of(user).filter(organisation=application.organisation_id).exists()


def people_recused_from(application: Application) -> Q:
    """Return the condition, on people, of those recused from a dossier."""
    conflicts = conflicts_on(application).in_force()
    members = Membership.objects.filter(
        organisation=application.organisation_id, state=MembershipState.ACTIVE
    )
    return Q(pk__in=conflicts.values("person_id")) | Q(pk__in=members.values("user_id"))


def recusals_of(people: Iterable[int]) -> dict[int, set[tuple[int | None, int | None]]]:
    """Return what each person stands aside from: pairs of a dossier's key and of a body's, one of
    the two empty. Two queries.
    """
    people = list(people)
    found: dict[int, set[tuple[int | None, int | None]]] = defaultdict(set)
    declared = ConflictOfInterest.objects.in_force().filter(person__in=people)
    for person, *pair in declared.values_list("person_id", "application_id", "organisation_id"):
        found[person].add(tuple(pair))
    members = Membership.objects.filter(user__in=people, state=MembershipState.ACTIVE)
    for person, organisation in members.values_list("user_id", "organisation_id"):
        found[person].add((None, organisation))
    return found


def conflicts_on(application: Application) -> QuerySet[ConflictOfInterest]:
    """Return the recusals that bear on a dossier, its own and its body's, those withdrawn too."""
    return ConflictOfInterest.objects.filter(
        Q(application=application) | Q(organisation=application.organisation_id)
    )


def recused_from(user: User) -> Q:
    """Return the condition, on applications, of those a person is recused from.

    They declared it, or they are an active member of the body: nobody judges their own request,
    and nobody has to say so.
    """
    conflicts = ConflictOfInterest.objects.in_force().filter(person=user)
    return (
        Q(pk__in=conflicts.filter(application__isnull=False).values("application_id"))
        | Q(organisation__in=conflicts.filter(organisation__isnull=False).values("organisation_id"))
        | Q(organisation__in=bodies_of(user))
    )


def scores_hidden_from(user: User) -> Q:
    """Return the condition, on applications, of those whose scores a person of the office must not
    see: they are recused, or a reader who has yet to finish, or a coordinator before the applicant
    is told of an award or a refusal.
    """
    # Their keys are read once (a hash), not looked for dossier by dossier: lists sum over it.
    reads = _readings_of(user).values("application_id")
    has_finished = _finals_of(user).values("application_id")
    hidden = recused_from(user) | (Q(pk__in=reads) & ~Q(pk__in=has_finished))
    if user.access.is_desk or user.access.is_administrator:
        return hidden
    return hidden | ~settled()


def left_out_words(count: int) -> str:
    """Return what is said beside a total of amounts that leaves dossiers out; empty for none."""
    if not count:
        return ""
    return f"hors {number_fr(count)} dossier{plural_fr(count)} dont vous ne lisez pas les montants"


def replacements_on(on: date) -> QuerySet[Replacement]:
    """Return the replacements in force on a day, both ends included."""
    return Replacement.objects.filter(cancelled_at__isnull=True, starts_on__lte=on, ends_on__gte=on)


def replaced_by(user: User, on: date) -> QuerySet[Replacement]:
    """Return, as keys of people, those a person stands in for on a day.

    A substitute stands in for nobody's substitute: it never chains.
    """
    return replacements_on(on).filter(substitute=user).values("person_id")


def acts_for(user: User, on: date) -> set[int]:
    """Return the keys of the people in whose name a person instructs: theirs, and those they
    replace that day.

    Somebody who is no longer of the desk replaces nobody. It gives no right on a dossier they are
    recused from, nor ever the right to score in another's place.
    """
    if not user.access.is_desk:
        return {user.pk}
    return {user.pk, *replaced_by(user, on).values_list("person_id", flat=True)}


def officer_condition(user: User, on: date) -> Q:
    """Return the condition, on applications, of those a person is in charge of on a day.

    Their own, and those of the people they replace unless they are recused from them.
    """
    in_hand = Assignment.objects.filter(
        application=OuterRef("pk"), role=AssignmentRole.OFFICER, ended_at__isnull=True
    )
    own = Q(Exists(in_hand.filter(person=user)))
    if not user.access.is_desk:
        return own
    replaced = Q(Exists(in_hand.filter(person__in=replaced_by(user, on))))
    return own | (replaced & ~recused_from(user))


def stands_in_for(user: User, application: Application, on: date) -> User | None:
    """Return the officer in whose place a person acts on a dossier that day, if any."""
    if not user.access.is_desk:
        return None
    officer = (
        Assignment.objects.filter(
            application=application,
            role=AssignmentRole.OFFICER,
            ended_at__isnull=True,
            person__in=replaced_by(user, on),
        )
        .exclude(person=user)
        .select_related("person")
        .first()
    )
    return officer.person if officer else None


def is_in_charge(user: User, application: Application, on: date) -> bool:
    """Tell whether a person instructs this dossier: its officer, who replaces them, or the head.

    Somebody who stands aside from it does not.
    """
    if is_recused(user, application):
        return False
    if user.access.is_unit_head:
        return True
    return user.access.is_case_officer and (
        type(application).objects.filter(officer_condition(user, on), pk=application.pk).exists()
    )


@dataclass(frozen=True)
class Standing:
    """What one person is to one dossier, where scores are concerned.

    Attributes:
        is_recused: They stand aside from it or from its body, or are a member of its body.
        is_member: They are a member of its body, which is why they are recused.
        reads_scores: They may read its scores (those of the others, once not blind).
        may_score: They are one of its readers, not recused.
        is_blind: They are a reader who has yet to finish: the others' readings stay hidden.
    """

    is_recused: bool
    reads_scores: bool
    may_score: bool
    is_blind: bool
    is_member: bool = False

    @property
    def reads_others(self) -> bool:
        """Tell whether what others judged is shown: scores, amounts proposed, summaries."""
        return self.reads_scores and not self.is_blind


def standing_of(user: User, application: Application) -> Standing:
    """Return what a person is to a dossier, in one query.

    The desk and administrators read scores, coordinators only once an award or a refusal is told,
    applicants never, and nobody who is recused. A reader who has not finished reads their own
    alone: see :func:`readable_reviews`.
    """
    model = type(application)
    seen = Exists(model.objects.office_visible_to(user).filter(pk=OuterRef("pk")))
    found = with_standing(model.objects.filter(pk=application.pk), user).annotate(user_sees=seen)
    row = found.values("user_sees", *_STANDING).get()
    return _standing(user, application, **row)


_STANDING = ("user_recused", "user_reads", "user_finished", "user_member")


def with_standing(applications: QuerySet[Application], user: User) -> QuerySet[Application]:
    """Annotate what :func:`standing_in` reads: no query more for the dossier of a page."""
    return applications.annotate(
        user_recused=ExpressionWrapper(recused_from(user), output_field=BooleanField()),
        user_reads=Exists(reading_by(user)),
        user_finished=Exists(finished_by(user)),
        user_member=Exists(bodies_of(user).filter(organisation=OuterRef("organisation"))),
    )


def standing_in(user: User, application: Application) -> Standing:
    """Return the same as :func:`standing_of`, of a dossier found among those a person may open.

    Args:
        user: Who looks.
        application: From ``office_visible_to(user)``, annotated by :func:`with_standing`.
    """
    row = {name: getattr(application, name) for name in _STANDING}
    return _standing(user, application, user_sees=True, **row)


def _standing(
    user: User,
    application: Application,
    *,
    user_sees: bool,
    user_recused: bool,
    user_reads: bool,
    user_finished: bool,
    user_member: bool,
) -> Standing:
    access = user.access
    on_time = access.is_desk or access.is_administrator
    if access.is_coordinator and is_settled(application):
        on_time = True
    return Standing(
        is_recused=user_recused,
        reads_scores=on_time and user_sees and not user_recused,
        may_score=access.is_desk and user_reads and not user_recused,
        is_blind=user_reads and not user_finished,
        is_member=user_member,
    )


def reading_by(user: User) -> QuerySet[Assignment]:
    """Return the readings a person is named for, on the dossier of the outer query."""
    return _readings_of(user).filter(application=OuterRef("pk"))


def finished_by(user: User) -> QuerySet[Review]:
    """Return the final readings of a person, on the dossier of the outer query."""
    return _finals_of(user).filter(application=OuterRef("pk"))


def _readings_of(user: User) -> QuerySet[Assignment]:
    return Assignment.objects.filter(
        person=user, role=AssignmentRole.READER, ended_at__isnull=True
    ).order_by()


def _finals_of(user: User) -> QuerySet[Review]:
    return Review.objects.filter(reviewer=user, state=ReviewProgress.FINAL).order_by()


def is_blind(user: User, application: Application) -> bool:
    """Tell whether a person is a reader of this dossier who has yet to finish."""
    same = type(application).objects.filter(pk=application.pk)
    return same.filter(Exists(reading_by(user)), ~Exists(finished_by(user))).exists()


def readable_reviews(user: User, application: Application) -> QuerySet[Review]:
    """Return the reviews of a dossier a person may read.

    A reader with an unfinished reading sees only their own; drafts are their author's alone;
    the reviews of recused readers are left out.
    """
    standing = standing_of(user, application)
    if not standing.reads_scores:
        return Review.objects.none()
    readable = Q(reviewer=user)
    if not standing.is_blind:
        readable |= Q(state=ReviewProgress.FINAL)
    return counted_reviews(application).filter(readable)


def counted_reviews(application: Application) -> QuerySet[Review]:
    """Return a dossier's reviews without those of recused readers, oldest first."""
    return not_recused(Review.objects.filter(application=application)).order_by("pk")


def not_recused(reviews: QuerySet[Review]) -> QuerySet[Review]:
    """Leave out the reviews of readers who stand aside from the dossier or from its body.

    Those who joined the body after they read are no more readers, but what they wrote while nothing
    bound them still counts: a membership, which the body alone decides, never moves a score.
    """
    conflicts = ConflictOfInterest.objects.in_force().filter(
        Q(application=OuterRef("application"))
        | Q(organisation=OuterRef("application__organisation")),
        person=OuterRef("reviewer"),
    )
    return reviews.filter(~Exists(conflicts)).select_related("reviewer", "deposit")


def may_score(user: User, application: Application) -> bool:
    """Tell whether a person is an assigned reader of this dossier, not recused."""
    return standing_of(user, application).may_score
