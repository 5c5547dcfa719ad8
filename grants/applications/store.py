"""What the documents that a body keeps answer in a dossier."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from dateutil.relativedelta import relativedelta

from config.dates import local_date
from config.templatetags.fr import date_fr
from foundation.documents.enums import FileState
from grants.applications.selectors import AskedDocument, asked_documents
from partners.enums import DocumentKind, DocumentState
from partners.models import OrganisationDocument


if TYPE_CHECKING:
    from grants.applications.models import Application

#: Slugs of the documents that sheets ask, by the kind of the body's document that answers them.
#: The report on the former grant, an auditor's report, a council's deliberation on *this* request
#: are written for one request: they have no place here.
_KINDS = {
    "bylaws": DocumentKind.STATUTES,
    "registration": DocumentKind.PUBLICATION,
    "officers": DocumentKind.OFFICERS,
    "siret-notice": DocumentKind.SIRET_NOTICE,
    "accounts": DocumentKind.ACCOUNTS,
    "activity-report": DocumentKind.ACTIVITY_REPORT,
    "annual-budget": DocumentKind.ANNUAL_BUDGET,
    "insurance": DocumentKind.INSURANCE,
    "bank-details": DocumentKind.BANK_PROOF,
    "mandate": DocumentKind.MANDATE,
}
#: Written anew each year: an old one without an end is offered, never joined by itself.
_YEARLY = frozenset(
    {DocumentKind.ACCOUNTS, DocumentKind.ACTIVITY_REPORT, DocumentKind.ANNUAL_BUDGET}
)
_OF_ONE_REQUEST = frozenset({DocumentKind.DELIBERATION, DocumentKind.OTHER})


def kind_in_store(required_kind: str) -> str:
    """Return the kind of the body's document that answers a document asked; empty for none."""
    if required_kind in _KINDS:
        return str(_KINDS[required_kind])
    own = required_kind in DocumentKind.values and required_kind not in _OF_ONE_REQUEST
    return required_kind if own else ""


@dataclass(frozen=True)
class Offer:
    """A document that a dossier asks, and what the body's store has for it.

    Attributes:
        asked: The document asked, and what was given for it.
        source: The newest valid document of the body; ``None`` when it has none.
        why_not: Why the newest one cannot be used, in French; empty when one can.
        joins_itself: A renewal joins it without being told.
    """

    asked: AskedDocument
    source: OrganisationDocument | None
    why_not: str = ""
    joins_itself: bool = False


def store_offers(application: Application, *, on: date) -> dict[int, Offer]:
    """Return what the body's store has for each document asked, by its key.

    Only what the dossier's own body keeps, never what another body of the same person keeps. Two
    queries whatever their number.

    Args:
        application: The dossier, with its documents and its sheet's when the page is to stay quick.
        on: The day of use.
    """
    kept: dict[str, list[OrganisationDocument]] = {}
    documents = application.organisation.documents.filter(ended_at__isnull=True)
    for document in documents.prefetch_related("files"):  # newest first
        kept.setdefault(document.kind, []).append(document)
    offers = {}
    for asked in asked_documents(application):
        found = kept.get(kind_in_store(asked.required.kind), [])
        if found:
            usable = next((one for one in found if not _why_not(one, on)), None)
            why_not = "" if usable else _why_not(found[0], on)
            offers[asked.required.pk] = Offer(
                asked,
                usable,
                why_not,
                joins_itself=usable is not None and _joins_itself(usable, on),
            )
    return offers


def _joins_itself(document: OrganisationDocument, on: date) -> bool:
    """A mandate lets one person sign: it is chosen. A yearly paper without an end is from now."""
    if document.kind == DocumentKind.MANDATE:
        return False
    if document.kind not in _YEARLY or document.valid_until is not None:
        return True
    return (document.issued_on or local_date(document.added_at)) >= on - relativedelta(years=1)


def _why_not(document: OrganisationDocument, on: date) -> str:
    if document.state == DocumentState.REFUSED:
        return f"le service l’a refusé\u00a0: {document.refusal_reason}"
    if document.is_expired(on):
        return f"il n’est plus valable depuis le {date_fr(document.valid_until)}"
    if document.file is None:
        return "son fichier manque"
    return ""


@dataclass(frozen=True)
class OfferedDocument(AskedDocument):
    """A document asked, as the page of a draft shows it.

    Attributes:
        offer: What the body's store has for it, unless it was taken already.
        is_from_store: What was given is a copy of the body's document.
        may_be_kept: What was given can be put in the body's store.
    """

    offer: Offer | None = None
    is_from_store: bool = False
    may_be_kept: bool = False


def offered_documents(application: Application, *, on: date) -> list[OfferedDocument]:
    """Return what is asked of a dossier, with what the body's own store has for each."""
    offers = store_offers(application, on=on)
    shown = []
    for asked in asked_documents(application):
        given, offer = asked.given, offers.get(asked.required.pk)
        taken = given is not None and given.source_id is not None
        if taken and offer and offer.source and offer.source.pk == given.source_id:
            offer = None
        kind = kind_in_store(asked.required.kind)
        refused = given is not None and given.state == FileState.REFUSED
        shown.append(
            OfferedDocument(
                asked.required,
                given,
                offer=offer,
                is_from_store=taken,
                may_be_kept=bool(kind and given and not taken and not refused),
            )
        )
    return shown
