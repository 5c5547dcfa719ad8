"""What the portal answers by itself to the questions of admissibility, each with its reason.

Answers come from the dossier's live rows, which hold its last deposit. « » means that a person has
to look: nothing is refused because the portal cannot tell.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date

from django.db.models import Prefetch, Q

from config.dates import end_of_day, local_date
from config.templatetags.fr import date_fr, datetime_fr, euros, nbsp_fr, plural_fr
from foundation.documents.enums import FileState
from foundation.documents.models import StoredFile
from grants.applications.calculations import budget_totals
from grants.applications.checks import commitment_kinds
from grants.applications.enums import Channel, CommitmentKind, ReviewState
from grants.applications.hooks import notified_awards
from grants.applications.models import Application, ApplicationDocument, Place
from grants.applications.selectors import asked_documents
from grants.calls.enums import ApplicantKind, applicant_kind_of
from grants.calls.models import AutomaticAnswer
from grants.calls.selectors import closing_for
from grants.review.models import AdmissibilityAnswer
from territories.models import Commune, PriorityNeighbourhood


YES, NO, UNKNOWN = str(AdmissibilityAnswer.YES), str(AdmissibilityAnswer.NO), ""
MOST_NAMES = 6  # places or documents named in a sentence
PLACES = (
    Prefetch("places", Place.objects.select_related("commune", "neighbourhood", "school__commune")),
)
DOCUMENTS = (
    Prefetch(
        "documents",
        ApplicationDocument.objects.select_related("required", "source").prefetch_related(
            Prefetch("files", StoredFile.objects.order_by("pk"))
        ),
    ),
    "sheet__documents",
)
#: What an answer reads of the dossier's parts, when they are many to read one by one.
READS = {AutomaticAnswer.DOCUMENTS: DOCUMENTS, AutomaticAnswer.TERRITORY: PLACES}


@dataclass(frozen=True)
class SystemAnswer:
    """What the portal works out.

    Attributes:
        answer: A value of ``AdmissibilityAnswer``; empty when a person has to look.
        reason: One French sentence that says why.
    """

    answer: str
    reason: str

    @property
    def label(self) -> str:
        return str(AdmissibilityAnswer(self.answer).label) if self.answer else "À vérifier"


def system_answer(kind: str, application: Application, *, on: date) -> SystemAnswer | None:
    """Return what the portal answers to one kind of question; ``None`` for a question of people.

    Args:
        kind: A value of ``AutomaticAnswer``, or empty.
        application: A filed dossier, with ``sheet`` and ``organisation``; what it reads may be
            prefetched (``views.scope.PARTS["recevabilite"]``).
        on: Today: a delay that still runs is not a refusal.

    Source:
        ``reference/regulation.md`` §5.2, step A.
    """
    rule = _RULES.get(kind)
    if rule is None:
        return None
    found = rule(application, on)
    return SystemAnswer(found.answer, nbsp_fr(found.reason))


def _on_time(application: Application, on: date) -> SystemAnswer:
    closing = closing_for(application.sheet, application.organisation)
    limit = closing.replace(microsecond=0)
    extended = " prolongée" if limit > application.sheet.closes_at.replace(microsecond=0) else ""
    if application.channel == Channel.PAPER and application.received_on:
        filed = end_of_day(application.received_on)
        is_late = application.received_on > local_date(closing)
        told = f"Reçu sur papier le {date_fr(application.received_on)}"
    else:
        filed = application.submitted_at
        is_late = filed > closing
        told = f"Déposé le {datetime_fr(filed)}"
    side = "après" if is_late else "avant"
    sentence = f"{told}, {side} la clôture{extended} du {datetime_fr(limit)}."
    return SystemAnswer(NO if is_late else YES, sentence)


def _eligible(application: Application, on: date) -> SystemAnswer:
    kind = applicant_kind_of(application.organisation.kind)
    words = application.organisation.get_kind_display()
    who = [str(ApplicantKind(one).label).lower() for one in application.sheet.applicant_kinds]
    opened = ", ".join(who)
    if str(kind) in application.sheet.applicant_kinds:
        return SystemAnswer(YES, f"Demandeur : {words}. La fiche s’adresse aux {opened}.")
    return SystemAnswer(NO, f"Demandeur : {words}. La fiche ne s’adresse qu’aux {opened}.")


def _balanced(application: Application, on: date) -> SystemAnswer:
    totals = budget_totals(application.budget_lines.all())
    if not totals.charges:
        if application.channel == Channel.PAPER:
            sentence = "Le budget est sur la demande papier : vérifiez-le sur le document."
        else:
            sentence = "Le budget n’a aucune charge : vérifiez-le avec le demandeur."
        return SystemAnswer(UNKNOWN, sentence)
    if totals.is_balanced:
        return SystemAnswer(YES, f"Charges et produits font {euros(totals.charges)}.")
    return SystemAnswer(
        NO, f"Les charges font {euros(totals.charges)}, les produits {euros(totals.income)}."
    )


def _documents(application: Application, on: date) -> SystemAnswer:
    asked = [one for one in asked_documents(application) if one.required.mandatory]
    if not asked:
        return SystemAnswer(YES, "La fiche ne demande aucune pièce obligatoire à ce demandeur.")
    awaited = [one for one in asked if one.is_awaited]
    if awaited:
        refused = {one.required.pk for one in awaited if one.given is not None}
        names = [
            f"{one.required.label} (refusée)" if one.required.pk in refused else one.required.label
            for one in awaited
        ]
        sentence = f"Il manque : {_and(names)}."
        due_on = application.documents_due_on
        waits = application.review_state == ReviewState.CORRECTION_REQUESTED
        if due_on is not None and due_on >= on:
            return SystemAnswer(UNKNOWN, f"{sentence} Délai jusqu’au {date_fr(due_on)}.")
        if waits:
            return SystemAnswer(UNKNOWN, f"{sentence} Des compléments sont attendus.")
        if due_on is not None:
            sentence = f"{sentence} Le délai du {date_fr(due_on)} est dépassé."
        return SystemAnswer(NO, sentence)
    count = len(asked)
    ending = plural_fr(count)
    to_check = sum(one.given.state == FileState.TO_CHECK for one in asked)
    left = f" ; {to_check} à vérifier" if to_check else ""
    if count == 1:
        return SystemAnswer(YES, f"La pièce obligatoire est reçue{left}.")
    return SystemAnswer(YES, f"Les {count} pièces obligatoire{ending} sont reçues{left}.")


def _territory(application: Application, on: date) -> SystemAnswer:
    sheet = application.sheet
    places = list(application.places.all())
    if not places and not application.whole_department:
        return SystemAnswer(UNKNOWN, "Aucun lieu n’est indiqué : lisez le projet.")
    if sheet.whole_department:
        return SystemAnswer(YES, "La fiche vise tout le département.")
    if application.whole_department:
        return SystemAnswer(YES, "L’action vise tout le département, lieux de la fiche compris.")
    inside = _inside(application)
    found = [place for place in places if place.pk in inside]
    if found:
        some = _and([str(place) for place in found])
        are = "sont" if len(found) > 1 else "est"
        return SystemAnswer(YES, f"{some} {are} dans les lieux de la fiche.")
    names = _and([str(place) for place in places])
    return SystemAnswer(NO, f"Aucun lieu de l’action ({names}) n’est dans ceux de la fiche.")


def _inside(application: Application) -> set[int]:
    """Return the keys of a dossier's places that are in those of its sheet, in one query."""
    quarters = PriorityNeighbourhood.objects.filter(callsheet=application.sheet_id)
    communes = Commune.objects.filter(callsheet=application.sheet_id)
    # A commune is concerned when one of its neighbourhoods is named.
    around = Commune.objects.filter(Q(pk__in=communes) | Q(neighbourhoods__in=quarters))
    near = PriorityNeighbourhood.objects.filter(Q(pk__in=quarters) | Q(communes__in=communes))
    found = Place.objects.filter(
        Q(commune__in=around) | Q(school__commune__in=around) | Q(neighbourhood__in=near),
        application=application,
    )
    return set(found.order_by().values_list("pk", flat=True))


def _commitments(application: Application, on: date) -> SystemAnswer:
    if application.channel == Channel.PAPER:
        sentence = "Les engagements sont signés sur la demande papier : vérifiez-les."
        return SystemAnswer(UNKNOWN, sentence)
    given = {commitment.kind for commitment in application.commitments.all()}
    lacking = [
        str(CommitmentKind(kind).label)
        for kind in commitment_kinds(application)
        if kind not in given
    ]
    if lacking:
        return SystemAnswer(NO, f"Engagement non pris : {_and(lacking)}.")
    if application.attested_at is not None:
        day = date_fr(local_date(application.attested_at))
        return SystemAnswer(YES, f"Engagements pris, demande attestée le {day}.")
    due_on = application.attestation_due_on
    if due_on is not None and due_on < on:
        late = f"L’attestation du signataire était attendue au plus tard le {date_fr(due_on)}."
        return SystemAnswer(NO, late)
    until = f", délai jusqu’au {date_fr(due_on)}" if due_on is not None else ""
    return SystemAnswer(UNKNOWN, f"L’attestation du signataire est attendue{until}.")


def _previous_report(application: Application, on: date) -> SystemAnswer:
    """Say what is known; the reports themselves are not kept yet, so a person answers."""
    year = application.sheet.campaign.fiscal_year
    earlier = (
        Application.objects.filter(
            organisation=application.organisation_id,
            review_state=ReviewState.AWARDED,
            notified_at__isnull=False,
            sheet__campaign__fiscal_year__lt=year,
        )
        .exclude(pk=application.pk)
        .order_by("-sheet__campaign__fiscal_year", "reference")
        .values_list("pk", "reference", "sheet__campaign__fiscal_year")
    )
    rows = list(earlier)
    if not rows:
        sentence = "Aucune subvention notifiée d’un exercice antérieur n’est connue ici."
        return SystemAnswer(UNKNOWN, sentence)
    last = max(row[2] for row in rows)
    keys = {pk: reference for pk, reference, fiscal_year in rows if fiscal_year == last}
    awards = notified_awards(keys)
    told = [
        f"{reference} ({euros(awards[pk])})" if pk in awards else reference
        for pk, reference in keys.items()
    ]
    return SystemAnswer(
        UNKNOWN, f"Dernière subvention, exercice {last} : {_and(told)}. Vérifiez son bilan."
    )


def _and(words: Collection[str]) -> str:
    """Join words as a French list, the last ones counted when they are many."""
    shown = list(words)
    if len(shown) > MOST_NAMES:
        left = len(shown) - MOST_NAMES + 1
        shown = [*shown[: MOST_NAMES - 1], f"{left} autres"]
    if len(shown) < 2:
        return "".join(shown)
    return f"{', '.join(shown[:-1])} et {shown[-1]}"


_RULES: dict[str, Callable[[Application, date], SystemAnswer]] = {
    AutomaticAnswer.ON_TIME: _on_time,
    AutomaticAnswer.ELIGIBLE: _eligible,
    AutomaticAnswer.BALANCED: _balanced,
    AutomaticAnswer.DOCUMENTS: _documents,
    AutomaticAnswer.TERRITORY: _territory,
    AutomaticAnswer.COMMITMENTS: _commitments,
    AutomaticAnswer.PREVIOUS_REPORT: _previous_report,
}
