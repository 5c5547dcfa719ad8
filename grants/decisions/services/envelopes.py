"""Open and change envelopes; what a new award may still take."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Sum

from config.errors import Refusal
from config.templatetags.fr import euros
from grants.decisions.models import Decision, Envelope
from grants.decisions.seen import envelope_shown, refuse_changed


if TYPE_CHECKING:
    from accounts.models import User
    from grants.calls.models import CallSheet


@transaction.atomic
def save_envelope(
    *, envelope: Envelope, sheets: list[CallSheet], by: User, seen: str = ""
) -> Envelope:
    """Create or change an envelope.

    Args:
        envelope: With its new values.
        sheets: Those it is kept for; none for all.
        by: The unit head.
        seen: What the page showed of it (:func:`grants.decisions.seen.stamp`).

    Raises:
        Refusal: ``not_allowed`` (403); ``changed`` (409); ``children_exceed`` when the
            children would hold more than their parent; ``below_committed`` when the amount falls
            under what is committed; ``too_deep`` for a child of a child; ``committed`` when an
            envelope that holds awards would change year or parent.
    """
    if not by.access.is_unit_head:
        raise Refusal(
            "Seule la ou le responsable d’unité gère les enveloppes.",
            code="not_allowed",
            status=403,
        )
    lock_tree(envelope.parent or envelope)
    if envelope.pk:
        stored = Envelope.objects.select_for_update(of=("self",), no_key=True)
        refuse_changed(seen, envelope_shown(stored.get(pk=envelope.pk)), what="L’enveloppe")
    if envelope.parent is not None:
        if envelope.parent.parent_id is not None or envelope.parent_id == envelope.pk:
            raise Refusal(
                "Une sous-enveloppe se rattache à une enveloppe principale.", code="too_deep"
            )
        siblings = envelope.parent.children.exclude(pk=envelope.pk)
        _check_children(envelope.parent, _sum(siblings, "amount") + envelope.amount)
    if envelope.pk:
        _check_children(envelope, _sum(envelope.children.all(), "amount"))
        committed = committed_on(envelope)
        if committed:
            _check_stays(envelope)
        if envelope.amount < committed:
            raise Refusal(
                f"Cette enveloppe est déjà engagée pour {euros(committed)}.",
                code="below_committed",
            )
    envelope.full_clean()
    envelope.save()
    envelope.sheets.set(sheets)
    return envelope


def _check_stays(envelope: Envelope) -> None:
    """Refuse to move an envelope whose awards are counted where it stands."""
    stored = Envelope.objects.get(pk=envelope.pk)
    moved = stored.parent_id != envelope.parent_id or stored.fiscal_year != envelope.fiscal_year
    if moved:
        raise Refusal(
            "Des attributions sont engagées sur cette enveloppe : "
            "son exercice et son rattachement ne changent plus.",
            code="committed",
        )


def _check_children(parent: Envelope, total: Decimal) -> None:
    if total > parent.amount:
        raise Refusal(
            f"Les sous-enveloppes feraient {euros(total)}, "
            f"plus que « {parent.name} » ({euros(parent.amount)}).",
            code="children_exceed",
        )


def lock_tree(envelope: Envelope) -> None:
    """Lock the root of an envelope: two awards on the same money wait for each other."""
    root_id = envelope.parent_id or envelope.pk
    if root_id:
        Envelope.objects.select_for_update(of=("self",), no_key=True).get(pk=root_id)


def committed_on(envelope: Envelope) -> Decimal:
    """Return what is committed on an envelope and its children, in euros."""
    ids = [envelope.pk, *envelope.children.values_list("pk", flat=True)]
    awards = Decision.objects.awarded().filter(envelope__in=ids)
    return _sum(awards.exclude(application__money_state="renounced"), "awarded_amount")


def overruns(envelope: Envelope, amount: Decimal) -> list[str]:
    """Return a sentence for each envelope (it, its parent) that an award would take over 100 %."""
    sentences = []
    for one in filter(None, (envelope, envelope.parent)):
        left = one.amount - committed_on(one)
        if amount > left:
            sentences.append(
                f"Il reste {euros(max(left, Decimal(0)))} sur l’enveloppe « {one.name} » : "
                f"{euros(amount)} ne peuvent pas y être attribués."
            )
    return sentences


def _sum(rows, field: str) -> Decimal:
    return rows.aggregate(total=Sum(field))["total"] or Decimal(0)
