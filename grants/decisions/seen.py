"""What a form was opened on: whoever sends it later learns what a colleague changed meanwhile."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from config.errors import Refusal
from config.templatetags.fr import date_fr, datetime_fr, euros


if TYPE_CHECKING:
    from grants.decisions.models import CommitteeSession, Envelope, SessionLine

Shown = Mapping[str, str]  # name of a field, in French -> its value in words


def line_shown(line: SessionLine) -> Shown:
    """Return what a line puts to the vote, in words."""
    return {
        "Proposition": line.get_proposed_outcome_display(),
        "Montant proposé": euros(line.proposed_amount),
        "Enveloppe": line.envelope.name,
    }


def session_shown(session: CommitteeSession) -> Shown:
    """Return what the form of a session shows, in words."""
    return {
        "Date": date_fr(session.held_on),
        "Lieu": session.place,
        "Numéro du rapport": session.report_number,
        "Titre du rapport": session.report_title,
        "Numéro de la délibération": session.deliberation_number,
    }


def envelope_shown(envelope: Envelope) -> Shown:
    """Return what the form of an envelope shows, in words."""
    return {
        "Exercice": str(envelope.fiscal_year),
        "Nom": envelope.name,
        "Montant": euros(envelope.amount),
        "Enveloppe principale": envelope.parent.name if envelope.parent else "",
        "Fiches": ", ".join(sorted(sheet.code for sheet in envelope.sheets.all())),
        "Territoire": str(envelope.territory or ""),
    }


def stamp(shown: Shown) -> str:
    """Return what a page shows, for the hidden field of its form."""
    return json.dumps(dict(shown), ensure_ascii=False)


def refuse_changed(seen: str, now: Shown, *, what: str, by: str = "") -> None:
    """Stop an act asked on something that changed since its page was opened.

    Args:
        seen: The stamp of the page; empty when none was opened (batches, seeds).
        now: The same facts, read under the lock.
        what: What changed: « La proposition ».
        by: Who changed it and when, when it is known.

    Raises:
        Refusal: ``changed`` (409), naming each value that is no longer the one read.
    """
    if not seen:
        return
    try:
        before = json.loads(seen)
        known = {name: str(before.get(name, "")) for name in now}
    except (ValueError, AttributeError):
        known = dict.fromkeys(now, "")
    told = [
        f"{name} : «\u00a0{known[name] or 'vide'}\u00a0» est devenu «\u00a0{value or 'vide'}\u00a0»"
        for name, value in now.items()
        if value != known[name]
    ]
    if told:
        raise Refusal(
            f"{what} a changé depuis l’ouverture de cette page{by}. {' ; '.join(told)}. "
            "Rien n’est enregistré : relisez, puis validez de nouveau si c’est encore juste.",
            code="changed",
            status=409,
        )


def changed_by(line: SessionLine) -> str:
    """Say who last changed what a line proposes, and when; empty when nobody did."""
    events = line.application.events.filter(kind="proposal_changed", at__gte=line.added_at)
    last = events.select_related("actor").last()
    return f" (par {last.actor}, le {datetime_fr(last.at)})" if last and last.actor else ""
