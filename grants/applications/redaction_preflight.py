"""Before words are masked: where they stand in a dossier, what masking reaches, what it leaves."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from grants.applications import hooks
from grants.applications.enums import RedactionTarget
from grants.applications.masking import Words
from grants.applications.models import Application
from grants.applications.redactable import (
    Trace,
    excerpts,
    files_of,
    mails_about,
    traces_in_rows,
)
from partners.models import Organisation, OrganisationDocument, Representative


if TYPE_CHECKING:
    from django.db.models import QuerySet

    from foundation.documents.models import StoredFile

HISTORY, DEPOSIT = "Historique, commentaire", "Dépôt n° {}"


@dataclass(frozen=True)
class Preflight:
    """What masking words would do, before it is done.

    Attributes:
        masked: Where the words will be replaced.
        left: Where they stay, and why.
        files: Documents whose inside is not read: to open by hand.
        mails_sent: How many e-mails that hold them already left.
        drafts: How many drafts renew the dossier: nobody of the office reads them, the words are
            masked there too.
    """

    masked: list[Trace]
    left: list[Trace]
    files: list[StoredFile]
    mails_sent: int
    drafts: int = 0

    @property
    def count(self) -> int:
        return sum(trace.count for trace in self.masked)


def preflight(application: Application, words: Words) -> Preflight:
    """Return where words stand in a dossier, what masking reaches and what it does not."""
    found = [
        *traces_in_rows(application, words),
        *_traces_in_history(application, words),
        *_traces_in_deposits(application, words),
        *(trace for finder in hooks.finders for trace in finder(application, words)),
        *_traces_elsewhere(application, words),
    ]
    mails = mails_holding(application, words)
    return Preflight(
        masked=[trace for trace in found if not trace.remark],
        left=[trace for trace in found if trace.remark],
        files=[f for f in files_of(application) if f.uploaded_by_id is not None],
        mails_sent=mails,
        drafts=drafts_renewing(application).count(),
    )


def drafts_renewing(application: Application) -> QuerySet[Application]:
    """Return the drafts of the same body that renew a dossier."""
    same_body = Application.objects.drafts().filter(organisation=application.organisation_id)
    return same_body.filter(renewal_of=application).order_by("pk")


def mails_holding(application: Application, words: Words) -> int:
    """Return how many e-mails that already left hold the words."""
    from_us = mails_about(application).filter(sent_at__isnull=False)
    return sum(1 for texts in from_us.values_list("subject", "text") if words.texts_of(list(texts)))


def _traces_in_history(application: Application, words: Words) -> list[Trace]:
    comments, kept = [], []
    for comment, data in application.events.values_list("comment", "data"):
        comments += words.texts_of([f"{comment} "])
        kept += words.texts_of(data)
    traces = []
    if comments:
        traces.append(
            Trace(
                HISTORY,
                sum(map(words.count, comments)),
                excerpts(words, comments),
                target=RedactionTarget.EVENT,
            )
        )
    if kept:
        traces.append(
            Trace(
                "Historique, données de preuve",
                sum(map(words.count, kept)),
                remark="Ces données portent la preuve de l’historique : elles ne changent pas.",
            )
        )
    return traces


def _traces_in_deposits(application: Application, words: Words) -> list[Trace]:
    traces = []
    for number, payload in application.deposits.values_list("number", "payload"):
        texts = words.texts_of(json.loads(bytes(payload)))
        if texts:
            count = sum(map(words.count, texts))
            traces.append(Trace(DEPOSIT.format(number), count, excerpts(words, texts)))
    return traces


def _traces_elsewhere(application: Application, words: Words) -> list[Trace]:
    """Return where the words also stand, out of this dossier's reach."""
    traces = []
    body = application.organisation
    of_body = [
        *Organisation.objects.filter(pk=body.pk).values_list("legal_name", "short_name", "address"),
        *Representative.objects.filter(organisation=body).values_list("name", "function"),
        *OrganisationDocument.objects.filter(organisation=body).values_list("label"),
    ]
    texts = words.texts_of([f"{text or ''} " for row in of_body for text in row])
    if texts:
        traces.append(
            Trace(
                "Profil de l’organisation",
                sum(map(words.count, texts)),
                excerpts(words, texts),
                remark="Le profil appartient à l’organisation : demandez-lui de le corriger.",
            )
        )
    linked = Application.objects.filed().filter(organisation=body).exclude(pk=application.pk)
    chain = linked.filter(renewal_of=application) | linked.filter(pk=application.renewal_of_id)
    for other in chain.order_by("reference"):
        count = sum(trace.count for trace in traces_in_rows(other, words))
        if count:
            traces.append(
                Trace(
                    f"Dossier {other.reference}",
                    count,
                    remark="Un autre dossier, lié par le renouvellement : masquez-les aussi là.",
                )
            )
    return traces
