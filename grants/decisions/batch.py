"""« Inscrire à une séance » on many dossiers of the desk."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from django import forms

from config.money import euros
from config.templatetags.fr import date_fr
from grants.applications.enums import ReviewState
from grants.applications.models import Application, Place
from grants.decisions.models import CommitteeSession, Envelope
from grants.decisions.services.sessions import LOST_READING, add_line, lock_session
from grants.review.batches.registry import BatchAct, Line, Values, register_act
from grants.review.batches.selection import ASIDE, Source, register_source, state_words
from grants.review.permissions import left_out_words, scores_hidden_from
from grants.review.readings import those_that_lost_readings


if TYPE_CHECKING:
    from accounts.models import User

READY = (ReviewState.EVALUATED, ReviewState.DEFERRED)


class SessionBatchForm(forms.Form):
    """Which session (with its report), on which envelope."""

    session = forms.ModelChoiceField(
        label="Séance et rapport",
        queryset=CommitteeSession.objects.none(),
        empty_label="Choisir…",
        help_text="Les séances de la commission permanente en préparation.",
        error_messages={
            "required": "Choisissez une séance.",
            "invalid_choice": "Cette séance n’est plus en préparation.",
        },
    )
    envelope = forms.ModelChoiceField(
        label="Enveloppe",
        queryset=Envelope.objects.none(),
        empty_label="Choisir…",
        error_messages={"required": "Choisissez une enveloppe."},
    )

    def __init__(
        self, data=None, *, user: User, applications: Sequence[Application], at: datetime
    ) -> None:
        super().__init__(data, label_suffix="")
        self.fields["session"].queryset = open_sessions(user)
        self.fields["session"].label_from_instance = session_words
        years = {one.sheet.campaign.fiscal_year for one in applications}
        self.fields["envelope"].queryset = (
            Envelope.objects.visible_to(user)
            .filter(fiscal_year__in=years)
            .order_by("-fiscal_year", "name", "pk")
        )
        self.fields["envelope"].label_from_instance = lambda one: f"{one.fiscal_year} · {one.name}"

    def values(self) -> dict:
        return {
            "session": self.cleaned_data["session"].pk,
            "envelope": self.cleaned_data["envelope"].pk,
        }


def open_sessions(user: User):
    """Return the sessions that decide and are still in preparation, the nearest first."""
    return (
        CommitteeSession.objects.visible_to(user)
        .filter(kind=CommitteeSession.Kind.PERMANENT, state=CommitteeSession.State.PREPARING)
        .order_by("held_on", "report_number", "pk")
    )


def session_words(session: CommitteeSession) -> str:
    """Name a session by its date and its report."""
    report = f", rapport {session.report_number}" if session.report_number else ""
    title = f" : {session.report_title}" if session.report_title else ""
    return f"{session.get_kind_display()} du {date_fr(session.held_on)}{report}{title}"


# --- Before ---------------------------------------------------------------------------------------
def preflight(
    applications: Sequence[Application], user: User, values: Values, at: datetime
) -> list[Line]:
    """Say which dossiers may be put on the session's list, and for how much."""
    keys = [one.pk for one in applications]
    hidden = set(
        Application.objects.filter(scores_hidden_from(user), pk__in=keys).values_list(
            "pk", flat=True
        )
    )
    lost = those_that_lost_readings(keys)
    for one in applications:  # read by ``put_to_vote`` for the total
        one.hides_amount = one.pk in hidden
        one.has_lost_reading = one.pk in lost
    if not values:
        return [_state_line(one) or Line(one, ok=True, reason=_amount(one)) for one in applications]
    envelope = Envelope.objects.prefetch_related("sheets").get(pk=values["envelope"])
    there = set()
    if envelope.territory_id is not None:
        places = Place.objects.filter(application__in=keys)
        there = set(
            places.filter(territories__contains=[envelope.territory_id])
            .order_by()
            .values_list("application_id", flat=True)
        )
    return [_state_line(one) or _line(one, envelope, there) for one in applications]


def _state_line(application: Application) -> Line | None:
    reason = ""
    if application.review_state not in READY:
        reason = f"{state_words(application)}."
    elif application.is_aside:
        reason = ASIDE
    elif application.has_lost_reading:
        reason = LOST_READING
    elif application.proposed_amount is None:
        reason = "Ce dossier n’a pas de montant proposé."
    return Line(application, ok=False, reason=reason) if reason else None


def _line(application: Application, envelope: Envelope, there: set[int]) -> Line:
    sheets = {sheet.across_versions for sheet in envelope.sheets.all()}
    reason = ""
    if envelope.fiscal_year != application.sheet.campaign.fiscal_year:
        reason = f"L’enveloppe est celle de l’exercice {envelope.fiscal_year}."
    elif sheets and application.sheet.across_versions not in sheets:
        reason = "L’enveloppe est réservée à d’autres fiches."
    elif envelope.territory_id is not None and not (
        application.whole_department or application.pk in there
    ):
        reason = f"L’enveloppe est réservée au territoire {envelope.territory_id}."
    if reason:
        return Line(application, ok=False, reason=reason)
    return Line(application, ok=True, reason=_amount(application))


def _amount(application: Application) -> str:
    if application.hides_amount:
        return "Au montant proposé par l’instruction"
    if application.proposed_amount == 0:
        return "Proposé au refus (montant proposé : 0 €)"
    return f"Proposé : {euros(application.proposed_amount)}"


def put_to_vote(application: Application) -> Decimal | None:
    """Return the euros that a dossier puts to the vote; ``None`` when they are hidden."""
    return None if application.hides_amount else application.proposed_amount


# --- One dossier ----------------------------------------------------------------------------------
def run_one(application_id: int, values: Values, by: User, at: datetime) -> str:
    """Put one dossier on the session's list, for the amount proposed."""
    line = add_line(
        session_id=values["session"],
        application_id=application_id,
        envelope=Envelope.objects.prefetch_related("sheets").get(pk=values["envelope"]),
        by=by,
        at=at,
    )
    return f"Inscrit à la séance du {date_fr(line.session.held_on)}."


def describe(values: Values, user: User) -> list[tuple[str, str]]:
    """Say which session, which envelope, and what is left of it.

    What is already put to the vote leaves out the dossiers hidden from who reads, as the page of
    the envelope does.
    """
    session = CommitteeSession.objects.get(pk=values["session"])
    envelope = Envelope.objects.with_consumption(user).get(pk=values["envelope"])
    listed = euros(envelope.listed_amount)
    left_out = left_out_words(envelope.hidden_count)
    return [
        ("Séance", session_words(session)),
        ("Enveloppe", f"{envelope.fiscal_year} · {envelope.name}"),
        ("Reste à engager", euros(envelope.remaining_amount)),
        ("Déjà inscrit au vote", f"{listed} ({left_out})" if left_out else listed),
    ]


SESSION = "seance"


def session_source(user: User, key: int) -> Source | None:
    """Return the dossiers of a session's list, for the acts on many dossiers."""
    session = CommitteeSession.objects.visible_to(user).filter(pk=key).first()
    if session is None:
        return None
    listed = session.lines.filter(removed_at__isnull=True)
    dossiers = Application.objects.filter(pk__in=listed.values("application"))
    return Source(dossiers, session_words(session))


def register() -> None:
    register_source(SESSION, session_source)
    register_act(
        BatchAct(
            slug="seance",
            label="Inscrire à une séance",
            icon="calendar-plus",
            form_class=SessionBatchForm,
            may=lambda user: user.access.is_unit_head,
            preflight=preflight,
            run_one=run_one,
            intro="Chaque dossier instruit passe à l’ordre du jour, au montant proposé par "
            "l’instruction. Le demandeur n’en est pas averti.",
            describe_for=describe,
            amount=put_to_vote,
            amount_label="Montant proposé",
            order=40,
            lock=lambda values: lock_session(values["session"]),
        )
    )
