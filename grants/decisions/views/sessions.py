"""Sessions: their lists, the votes, the letters that follow."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from config.errors import Refusal, refused
from config.listing import ListPage, Sort
from config.templatetags.fr import plural_fr
from grants.applications.enums import ReviewState
from grants.decisions.forms import (
    AddLinesForm,
    AllAsProposedForm,
    LineForm,
    RemoveForm,
    SessionForm,
    VoteForm,
    ready_for_vote,
    taken_since,
)
from grants.decisions.models import CommitteeSession, SessionLine
from grants.decisions.proposals import changes_since, figures_of, proposed_votes, reason_of
from grants.decisions.seen import line_shown, session_shown
from grants.decisions.selectors import session_rows, session_totals, with_line_counts
from grants.decisions.services.notification import prepare_letter
from grants.decisions.services.sessions import add_line, change_line, remove_line, save_session
from grants.decisions.services.votes import close_session, record_all_as_proposed, record_vote
from grants.decisions.views.guards import (
    require_head,
    require_head_of,
    require_reader,
    require_reader_of_object,
)
from grants.review.admissibility import standing_proposal
from grants.review.permissions import is_blind


SORTS = (Sort("date", ("held_on",), descending_first=True),)


@require_safe
def session_list(request: HttpRequest) -> HttpResponse:
    """List the sessions, latest first."""
    require_reader(request)
    sessions = with_line_counts(CommitteeSession.objects.visible_to(request.user))
    listing = ListPage(request, sessions, sorts=SORTS, default_sort="-date")
    context = {"listing": listing, "may_act": request.user.access.is_unit_head}
    return render(request, "decisions/session_list.html", context)


def session_edit(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """Create or change a session."""
    require_head(request)
    session = get_object_or_404(CommitteeSession, pk=pk) if pk else None
    if session is not None and _is_over(request, session):
        return redirect(session)
    form = SessionForm(request.POST or None, session=session, on=timezone.localdate())
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                saved = save_session(
                    session=form.filled(), by=request.user, seen=form.cleaned_data["seen"]
                )
            except Refusal as refusal:
                form.add_error(None, refusal.sentence)
                status = refusal.status
                if pk is not None:
                    form.show_again(session_shown(_session(request, pk)))
            else:
                messages.success(request, "La séance est enregistrée.")
                return redirect(saved)
    context = {"form": form, "session": session}
    return render(request, "decisions/session_form.html", context, status=status)


@require_safe
def session_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a session: its lines, the votes, the letters."""
    require_reader_of_object(request)
    return session_page(request, _session(request, pk))


def session_page(
    request: HttpRequest, session: CommitteeSession, *, status: int = 200, **more
) -> HttpResponse:
    """Render a session's page."""
    rows = session_rows(session, request.user)
    context = {
        "session": session,
        "rows": rows,
        "totals": session_totals(rows),
        "may_act": request.user.access.is_unit_head,
        "may_print_sheets": request.user.access.is_desk,
        "is_open": session.state == CommitteeSession.State.PREPARING,
        "may_vote": not _too_early(session),
    }
    return render(request, "decisions/session_detail.html", context | more, status=status)


def session_add(request: HttpRequest, pk: int) -> HttpResponse:
    """Put dossiers on a session's list, all with the same envelope."""
    require_head(request)
    session = _session(request, pk)
    if _is_over(request, session):
        return redirect(session)
    taken, data = taken_since(request.user, request.POST)
    form = AddLinesForm(data or None, user=request.user)
    status = 200
    if taken:
        status = 409
        form.is_valid()
        for sentence in taken:
            form.add_error(None, sentence)
    elif request.method == "POST":
        status = 422
        if form.is_valid():
            left = []
            added = 0
            for application in form.cleaned_data["applications"]:
                try:
                    add_line(
                        session_id=session.pk,
                        application_id=application.pk,
                        envelope=form.cleaned_data["envelope"],
                        by=request.user,
                        at=timezone.now(),
                    )
                except Refusal as refusal:
                    left.append(f"{application.reference} : {refusal.sentence}")
                else:
                    added += 1
            if added:
                ending = plural_fr(added)
                messages.success(request, f"{added} dossier{ending} inscrit{ending}.")
                for sentence in left:
                    messages.error(request, sentence)
                return redirect(session)
            for sentence in left:
                form.add_error(None, sentence)
    context = {"session": session, "form": form, "ready": ready_for_vote(request.user)}
    return render(request, "decisions/session_add.html", context, status=status)


def line_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change what is put to the vote on a line."""
    require_head(request)
    line = _line(request, pk)
    if _is_voted(request, line):
        return redirect(line.session)
    if is_blind(request.user, line.application):
        return _reading_first(request, line)
    form = LineForm(request.POST or None, line=line)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                change_line(
                    line_id=line.pk,
                    outcome=form.cleaned_data["proposed_outcome"],
                    amount=form.cleaned_data["proposed_amount"],
                    envelope=form.cleaned_data["envelope"],
                    by=request.user,
                    at=timezone.now(),
                    seen=form.cleaned_data["seen"],
                )
            except Refusal as refusal:
                form.add_error(None, refusal.sentence)
                status = refusal.status
                form.show_again(line_shown(_line(request, pk)))
            else:
                messages.success(request, "La proposition est modifiée.")
                return redirect(line.session)
    return render(request, "decisions/line_form.html", {"form": form, "line": line}, status=status)


def line_remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a dossier off a session's list."""
    require_head(request)
    line = _line(request, pk)
    form = RemoveForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            remove_line(
                line_id=line.pk,
                reason=form.cleaned_data["reason"],
                by=request.user,
                at=timezone.now(),
            )
        except Refusal as refusal:
            return refused(request, refusal)
        messages.success(request, f"Le dossier {line.application.reference} est retiré.")
        return redirect(line.session)
    status = 422 if form.is_bound else 200
    return render(
        request, "decisions/line_remove.html", {"form": form, "line": line}, status=status
    )


def line_vote(request: HttpRequest, pk: int) -> HttpResponse:
    """Record the vote on a line."""
    require_head(request)
    line = _line(request, pk)
    if _is_voted(request, line):
        return redirect(line.session)
    if is_blind(request.user, line.application):
        return _reading_first(request, line)
    if sentence := _too_early(line.session):
        messages.info(request, sentence)
        return redirect(line.session)
    rejection = standing_proposal(line.application)
    reason = reason_of(line.application, on=timezone.localdate()) if rejection else ""
    form = VoteForm(request.POST or None, line=line, reason=reason)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                decision = record_vote(
                    line_id=line.pk,
                    vote=form.vote(),
                    by=request.user,
                    at=timezone.now(),
                    seen=form.cleaned_data["seen"],
                )
            except Refusal as refusal:
                form.add_error(None, refusal.sentence)
                status = refusal.status
                line = _line(request, pk)
                form.show_again(line_shown(line))
            else:
                messages.success(
                    request,
                    f"{line.application.reference} : {decision.get_outcome_display().lower()}.",
                )
                return redirect(line.session)
    context = {"form": form, "line": line, "rejection": rejection}
    return render(request, "decisions/vote.html", context, status=status)


def session_vote_all(request: HttpRequest, pk: int) -> HttpResponse:
    """List what would be recorded as proposed, then record it."""
    require_head(request)
    session = _session(request, pk)
    votes = proposed_votes(session.pk, request.user, on=timezone.localdate())
    closed = session.state != CommitteeSession.State.PREPARING
    sentence = "Cette séance est close." if closed else _too_early(session)
    if request.method != "POST" and (sentence or not votes):
        messages.info(request, sentence or "Aucun dossier de cette séance n’attend de vote.")
        return redirect(session)
    form = AllAsProposedForm(request.POST or None, votes=votes)
    changes: list[str] = []
    status = 200
    if request.method == "POST":
        seen = form.seen_in(request.POST)
        changes = changes_since(votes, seen)
        status = 409 if changes else 422
        if changes:
            form = AllAsProposedForm(votes=votes, typed=request.POST)
        elif form.is_valid():
            _record_all(request, session, form, seen)
            return redirect(session)
    context = {
        "session": session,
        "form": form,
        "changes": changes,
        "figures": figures_of(votes),
        "aside": [one for one in votes if one.aside],
    }
    return render(request, "decisions/vote_all.html", context, status=status)


def _record_all(
    request: HttpRequest, session: CommitteeSession, form: AllAsProposedForm, seen: dict[int, str]
) -> None:
    """Record the votes of a valid form, and say what was left."""
    report = record_all_as_proposed(
        session_id=session.pk,
        by=request.user,
        at=timezone.now(),
        reasons=form.reasons(),
        seen=seen,
    )
    if report.recorded:
        ending = plural_fr(len(report.recorded))
        messages.success(request, f"{len(report.recorded)} vote{ending} enregistré{ending}.")
    for line, sentence in report.left:
        messages.error(request, f"{line.application.reference}\u00a0: {sentence}")


def _too_early(session: CommitteeSession) -> str:
    """Say why the votes of a session are not recorded yet; empty when they may be."""
    if session.held_on > timezone.localdate():
        return "Les votes s’enregistrent le jour de la séance ou après."
    if not session.deliberation_number:
        return "Indiquez d’abord le numéro de la délibération sur la séance."
    return ""


@require_POST
def session_close(request: HttpRequest, pk: int) -> HttpResponse:
    """Close a session."""
    require_head(request)
    session = _session(request, pk)
    try:
        close_session(session_id=session.pk, by=request.user)
    except Refusal as refusal:
        messages.error(request, refusal.sentence)
    else:
        messages.success(request, "La séance est close.")
    return redirect(session)


@require_POST
def session_letters(request: HttpRequest, pk: int) -> HttpResponse:
    """Write the letters of a session's decisions, for workers to generate."""
    require_head(request)
    session = _session(request, pk)
    written = 0
    for row in session_rows(session):
        if row.decision is None or row.decision.letter is not None:
            continue
        try:
            prepare_letter(decision_id=row.decision.pk, by=request.user, at=timezone.now())
        except Refusal as refusal:
            messages.error(request, f"{row.line.application.reference} : {refusal.sentence}")
        else:
            written += 1
    if written:
        messages.success(
            request,
            f"{written} courrier{plural_fr(written)} en cours de génération. "
            "Personne n’est notifié.",
        )
    return redirect(session)


@require_safe
def session_progress(request: HttpRequest, pk: int) -> HttpResponse:
    """Tell how far the letters of a session are (polled by its page)."""
    require_reader_of_object(request)
    session = _session(request, pk)
    totals = session_totals(session_rows(session))
    context = {"session": session, "totals": totals}
    response = render(request, "decisions/partials/_progress.html", context)
    if not totals.letters_pending:
        response["HX-Refresh"] = "true"  # the table beside it says « Prêt » too
    return response


def _is_over(request: HttpRequest, session: CommitteeSession) -> bool:
    """Tell, and say, that a session whose form is opened is closed: no form for nothing."""
    over = request.method != "POST" and session.state != CommitteeSession.State.PREPARING
    if over:
        messages.info(request, "Cette séance est close : elle ne change plus.")
    return over


def _is_voted(request: HttpRequest, line: SessionLine) -> bool:
    """Tell, and say, that a line whose form is opened waits for no vote any more."""
    application = line.application
    voted = request.method != "POST" and application.review_state != ReviewState.PROPOSED
    if voted:
        messages.info(
            request,
            f"Le dossier {application.reference} n’attend plus de vote : "
            f"{application.get_review_state_display().lower()}.",
        )
    return voted


def _reading_first(request: HttpRequest, line: SessionLine) -> HttpResponse:
    """Say why neither the proposal nor its vote opens to a reader who has yet to finish."""
    status = 409 if request.method == "POST" else 200
    return render(request, "decisions/reading_first.html", {"line": line}, status=status)


def _session(request: HttpRequest, pk: int) -> CommitteeSession:
    return get_object_or_404(CommitteeSession.objects.visible_to(request.user), pk=pk)


def _line(request: HttpRequest, pk: int) -> SessionLine:
    lines = SessionLine.objects.select_related(
        "session", "application__organisation", "application__sheet__campaign", "envelope"
    )
    line = get_object_or_404(lines, pk=pk)
    require_head_of(request, line.application)
    return line
