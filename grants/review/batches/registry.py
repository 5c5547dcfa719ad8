"""The acts that can be done on many dossiers at once: filled in ``AppConfig.ready()``.

The bar of the desk's lists shows them (``acts_for``); ``grants.review.views.batches`` leads each of
them from the selection to the job.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from operator import attrgetter
from typing import TYPE_CHECKING, Any


if TYPE_CHECKING:
    from django import forms

    from accounts.models import User
    from grants.applications.models import Application
    from grants.review.batches.selection import Choice

BATCH = "desk-batch"  # the kind of the jobs that go dossier by dossier


@dataclass(frozen=True)
class Line:
    """What a batch would do with one dossier.

    Attributes:
        application: The dossier.
        ok: Whether the act will be tried on it.
        reason: What will be done, or why it is left out, in French.
        data: What was chosen for this dossier, as JSON can carry it: ``run_one`` finds it among
            its values, and does what was shown, not what it would choose then.
    """

    application: Application
    ok: bool
    reason: str
    data: Mapping[str, Any] = field(default_factory=dict)


Values = Mapping[str, Any]  # what the act's form says, as JSON can carry it


@dataclass(frozen=True)
class BatchAct:
    """An act of the desk that can be done on many dossiers.

    Attributes:
        slug: Word of its address, ``/instruction/lots/<slug>/``.
        label: Its name on the bar (« Affecter »).
        icon: Bootstrap icon.
        form_class: Its form, made with ``(data, user=, applications=, at=)``; ``values()`` returns
            what it says as JSON can carry it. ``None`` when the act asks nothing.
        may: Whether a person may do it at all.
        preflight: What would be done with each dossier: a fixed number of queries, no writing.
            ``values`` is empty until the form is filled in.
        run_one: Does it on one dossier, in the transaction of its line; returns what was done in
            French; raises the ``Refusal`` of the service otherwise. ``None`` for an act that takes
            all its dossiers together: its ``kind`` of job does it.
        intro: A sentence on top of the page: what the act does, and whom it tells.
        watched: Kinds of events that make the answer of the preflight void when they happen
            before the act reaches the dossier (a change of state always does).
        describe: What the form says, in French, as (name, words), for the confirmation.
        amount: The euros of a dossier that the batch adds up; ``None`` counts for nothing. The
            amount requested by default.
        amount_label: Name of that sum.
        order: Rank on the bar.
        lock: Locks what must be locked before a dossier, when its service takes the locks in that
            order.
        kind: Slug of the kind of its jobs.
        is_personal: What it makes depends on who asks: two people may ask it of the same dossiers
            at the same time.
        of_choice: What the act keeps of the list its dossiers were chosen in, when it asks nothing:
            ``(choice) -> values``.
        codes: Names of the values, and of those chosen for a dossier, that are words of the portal:
            a redaction masks words in all the others.
        describe_for: The same as ``describe``, when it is not the same for everybody.
    """

    slug: str
    label: str
    icon: str
    form_class: type[forms.Form] | None
    may: Callable[[User], bool]
    preflight: Callable[[Sequence[Application], User, Values, datetime], list[Line]]
    run_one: Callable[[int, Values, User, datetime], str] | None
    intro: str = ""
    watched: frozenset[str] = frozenset()
    describe: Callable[[Values], list[tuple[str, str]]] | None = None
    amount: Callable[[Application], Decimal | None] = attrgetter("requested_amount")
    amount_label: str = "Montant demandé"
    order: int = 100
    lock: Callable[[Values], object] | None = None
    kind: str = BATCH
    is_personal: bool = False
    of_choice: Callable[[Choice], Values] | None = None
    codes: frozenset[str] = frozenset()
    describe_for: Callable[[Values, User], list[tuple[str, str]]] | None = None

    def said(self, values: Values, user: User) -> list[tuple[str, str]]:
        """Return what the form says, as the person who sent it may read it."""
        if self.describe_for is not None:
            return self.describe_for(values, user)
        return self.describe(values) if self.describe is not None else []


_acts: dict[str, BatchAct] = {}


def register_act(act: BatchAct) -> None:
    """Add an act; a second registration under the same slug replaces the first."""
    _acts[act.slug] = act


def act_named(slug: str) -> BatchAct | None:
    """Return an act by the word of its address."""
    return _acts.get(slug)


def acts_for(user: User) -> list[BatchAct]:
    """Return the acts a person may do, in the order of the bar."""
    return sorted((act for act in _acts.values() if act.may(user)), key=lambda act: act.order)
