"""What each tab of a dossier shows."""

from collections.abc import Callable, Sequence
from decimal import Decimal

from django.db.models import Prefetch
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import timezone

from accounts.models import User
from config.templatetags.fr import euros, number_fr, plural_fr
from foundation.documents.models import StoredFile
from grants.applications import hooks
from grants.applications.calculations import budget_totals, effective_shares
from grants.applications.enums import AgeBand, ReviewState
from grants.applications.forms.messages import MessageForm
from grants.applications.journey import is_alive
from grants.applications.last_year import compared_lines, last_year_for_office
from grants.applications.models import Application
from grants.applications.selectors import (
    AskedDocument,
    applicant_context,
    asked_documents,
    budget_columns,
    is_renewal,
    missing_documents,
)
from grants.review.body_notice import body_notice
from grants.review.enums import ASSIGNABLE
from grants.review.forms import (
    AssignForm,
    ConcludeForm,
    EndAssignmentForm,
    NoteForm,
    ReaderForm,
    ReasonForm,
)
from grants.review.permissions import people_recused_from
from grants.review.services.assignment import ENDS_IN
from grants.review.services.notes import may_edit, notes_of
from grants.review.views.admissibility_tab import admissibility_context
from grants.review.views.correction_tab import corrections_context
from grants.review.views.history_tab import history_context
from grants.review.views.opinion_tab import opinions_context
from grants.review.views.scoring import scoring_context


def _missing(dossier: Application, asked: Sequence[AskedDocument]) -> list[AskedDocument]:
    """Return the documents still to come: none of a dossier that ended without a decision."""
    return missing_documents(asked) if is_alive(dossier) else []


def _summary(request: HttpRequest, dossier: Application, context: dict) -> dict:
    asked = asked_documents(dossier)
    missing = _missing(dossier, asked)
    state = dossier.review_state
    left = max(0, dossier.sheet.readers - dossier.finals_count)
    instructs = context["in_charge"] and state == ReviewState.UNDER_REVIEW
    reopens = context["in_charge"] and state == ReviewState.EVALUATED
    assigns = context["may_act"] and state in ASSIGNABLE
    if state == ReviewState.SUBMITTED and not request.user.access.is_unit_head:
        assigns = False  # the next step is a button for that
    names = assigns and request.user.access.is_unit_head and dossier.sheet.readers > 0
    return {
        "figures": _figures(dossier, context, dossier.public_total or 0),
        "places": list(dossier.places.all()),
        "missing": missing,
        "notice": body_notice(request.user, dossier),
        "is_renewal": is_renewal(dossier),
        "last_year": last_year_for_office(dossier, request.user),
        "waits_for": left if instructs else 0,
        **_people_forms(request.user, context, assigns=assigns, names=names),
        "end_form": _end_form(request.user, state, context),
        "note_form": NoteForm() if context["may_act"] else None,
        "conclude_form": _conclude_form(request.user, dossier, context)
        if instructs and not left
        else None,
        "reopen_form": ReasonForm() if reopens else None,
        **_notes(request, dossier, context),
    }


def _end_form(user: User, state: str, context: dict) -> EndAssignmentForm | None:
    """Return the form that takes the dossier or a reading back, for the head."""
    found = [one for one in context["assignments"] if state in ENDS_IN[one.role]]
    if not found or not context["may_act"] or not user.access.is_unit_head:
        return None
    return EndAssignmentForm(assignments=found)


def _notes(request: HttpRequest, dossier: Application, context: dict) -> dict:
    """Return the notes between colleagues; each one's own may be corrected for a while."""
    found = notes_of(dossier, on=timezone.localdate()) if context["may_read_notes"] else []
    now, new = timezone.now(), context["marks"].notes
    return {
        "notes": [
            {
                "note": one,
                "is_new": one.pk in new,
                "is_mine": context["may_act"] and one.author_id == request.user.pk,
                "form": NoteForm(initial={"text": one.text}, auto_id=f"id_note_{one.pk}_%s")
                if context["may_act"]
                and may_edit(one, request.user, minutes=one.edit_minutes or 0, at=now)
                else None,
            }
            for one in found
        ],
        "edited_note": 0,
        "edit_note_form": None,
    }


def _conclude_form(user: User, dossier: Application, context: dict) -> ConcludeForm:
    """Return the form that closes the instruction; the head may do without a third reading."""
    sheet = context["score_sheet"]
    third = sheet is not None and sheet.score is not None and sheet.score.needs_third
    return ConcludeForm(
        initial={"proposed_amount": _suggested_amount(dossier, context)},
        asks_reason=third and user.access.is_unit_head,
    )


def _people_forms(
    user: User,
    context: dict,
    *,
    assigns: bool,
    names: bool,
) -> dict:
    """Return the forms that choose a person of the desk; its people are read once for both.

    An officer takes a colleague's dossier, and gives theirs to nobody: the head does.
    """
    officer, today = context["officer"], context["today"]
    only = None if user.access.is_unit_head else user
    assigns = assigns and (only is None or officer is None or officer.pk != user.pk)
    assign_form = AssignForm(on=today, officer=officer, only=only) if assigns else None
    reader_form = ReaderForm(on=today, readers=context["readers"]) if names else None
    for form in filter(None, (assign_form, reader_form)):
        offered = form.fields["person"].queryset
        form.fields["person"].queryset = offered.exclude(
            people_recused_from(context["application"])
        )
    if assign_form and reader_form:
        people = list(iter(assign_form.fields["person"].choices))  # iter(): no COUNT beforehand
        for form in (assign_form, reader_form):
            form.fields["person"].choices = people
    return {"assign_form": assign_form, "reader_form": reader_form}


def _figures(dossier: Application, context: dict, public_total: int) -> list[dict]:
    places = list(dossier.places.all())
    sheet = context["score_sheet"]
    figures = [{"value": euros(dossier.requested_amount), "label": "Demandé"}]
    if context["standing"].reads_others:  # the amount proposed goes along with the scores
        figures.append({"value": euros(dossier.proposed_amount), "label": "Proposé par l’unité"})
    if sheet is not None and sheet.score is not None:
        score = sheet.score
        figures.append(
            {
                "value": number_fr(score.total) if score.total is not None else "–",
                "label": "Note sur 100",
                "hint": "troisième lecture demandée" if score.needs_third else "",
            }
        )
    figures.append({"value": number_fr(public_total) if public_total else "–", "label": "Public"})
    if dossier.whole_department:
        figures.append({"value": "92", "label": "Tout le département"})
    else:
        figures.append({"value": len(places), "label": f"Lieu{plural_fr(len(places), 'x')}"})
    return figures


def _suggested_amount(dossier: Application, context: dict) -> Decimal | None:
    """Return the amount to start from: the unit's, else the one the final readings agree on."""
    if not context["standing"].reads_others:
        return None
    if dossier.proposed_amount is not None:
        return dossier.proposed_amount
    sheet = context["score_sheet"]
    finals = sheet.finals if sheet is not None else []
    amounts = {read.review.proposed_amount for read in finals}
    return amounts.pop() if len(amounts) == 1 else None


def _project(request: HttpRequest, dossier: Application, context: dict) -> dict:
    counts = {c.band: c.count for c in dossier.audience_counts.all()}
    places = list(dossier.places.all())
    shares = effective_shares([place.share for place in places])
    return {
        "places": list(zip(places, shares, strict=True)),
        "public_counts": [
            (label, counts[band]) for band, label in AgeBand.choices if band in counts
        ],
        "public_total": sum(counts.values()),
        **applicant_context(dossier),
    }


def _budget(request: HttpRequest, dossier: Application, context: dict) -> dict:
    before = last_year_for_office(dossier, request.user)
    totals = budget_totals(dossier.budget_lines.all())
    in_kind = totals.in_kind_charges or totals.in_kind_income
    return {
        "last_year": before,
        "compared": compared_lines(dossier, before) if before else [],
        "totals": totals,
        "budget_columns": budget_columns(dossier, totals, in_kind=False),
        "in_kind_columns": budget_columns(dossier, totals, in_kind=True) if in_kind else [],
    }


def _documents(request: HttpRequest, dossier: Application, context: dict) -> dict:
    asked = asked_documents(dossier)
    given = [one.given for one in asked if one.given is not None]
    known = {one.pk for one in given}
    given += [d for d in dossier.documents.all() if d.pk not in known]
    return {
        "missing": _missing(dossier, asked),
        "optional": [one for one in asked if one.given is None and not one.required.mandatory],
        "given": given,
        "new_documents": context["marks"].documents(given),
        "document_errors": [],
        "checked": None,
    }


def _scoring(request: HttpRequest, dossier: Application, context: dict) -> dict:
    return scoring_context(request, dossier, context)


def _decision(request: HttpRequest, dossier: Application, context: dict) -> dict:
    return {
        "panels": [
            render_to_string(panel.template, {**values, "application": dossier}, request)
            for panel, values in hooks.panels_for("office", request.user, dossier)
        ]
    }


_FILES = Prefetch("files", StoredFile.objects.order_by("pk"))


def _thread(request: HttpRequest, dossier: Application, context: dict) -> dict:
    return {
        "thread": dossier.messages.select_related("author").prefetch_related(_FILES),
        "message_form": MessageForm() if context["may_act"] else None,
        "unread": dossier.unread_count,
        "new_messages": context["marks"].messages,
        # Read by the office is read by who is in charge: a colleague passing by says so by hand.
        "auto_read": context["officer"] is not None and context["officer"].pk == request.user.pk,
    }


TAB_CONTEXTS: dict[str, Callable[[HttpRequest, Application, dict], dict]] = {
    "complements": corrections_context,
    "resume": _summary,
    "projet": _project,
    "budget": _budget,
    "pieces": _documents,
    "recevabilite": admissibility_context,
    "notation": _scoring,
    "avis": opinions_context,
    "decision": _decision,
    "echanges": _thread,
    "historique": history_context,
}
