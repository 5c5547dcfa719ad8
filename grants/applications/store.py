"""What the documents that a body keeps answer in a dossier."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from dateutil.relativedelta import relativedelta

from config.dates import local_date
from config.templatetags.fr import date_fr
from foundation.documents.enums import FileState, ScanState
from grants.applications.selectors import AskedDocument, asked_documents
from partners.enums import BankState, DocumentKind, DocumentState
from partners.models import BankDetails, OrganisationDocument
from partners.permissions import may_read_bank


if TYPE_CHECKING:
    from accounts.models import User
    from grants.applications.models import Application, ApplicationDocument
    from partners.models import Organisation

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


def may_be_kept(required_kind: str) -> bool:
    """Tell whether a document given for what is asked can be put in the body's store.

    Bank proofs go with the bank details, mandates with the person they let sign.
    """
    return kind_in_store(required_kind) not in {"", DocumentKind.BANK_PROOF, DocumentKind.MANDATE}


@dataclass(frozen=True)
class Offer:
    """A document that a dossier asks, and what the body's store has for it.

    Attributes:
        asked: The document asked, and what was given for it.
        source: The newest valid document of the body; ``None`` when it has none.
        bank: The bank details whose proof answers, for who may read them; ``None`` otherwise.
        why_not: Why the newest one cannot be used, in French; empty when one can.
        joins_itself: A renewal joins it without being told.
    """

    asked: AskedDocument
    source: OrganisationDocument | None
    why_not: str = ""
    joins_itself: bool = False
    bank: BankDetails | None = None

    @property
    def is_usable(self) -> bool:
        return self.source is not None or self.bank is not None

    @property
    def source_id(self) -> int | None:
        return self.source.pk if self.source else None


def store_offers(application: Application, *, on: date, by: User) -> dict[int, Offer]:
    """Return what the body's store has for each document asked, by its key.

    Only what the dossier's own body keeps, never what another body of the same person keeps. Four
    queries at most, whatever their number.

    Args:
        application: The dossier, with its documents and its sheet's when the page is to stay quick.
        on: The day of use.
        by: Who looks: the proof of the bank details is for who manages the body or signs for it.
    """
    kept: dict[str, list[OrganisationDocument]] = {}
    documents = application.organisation.documents.filter(ended_at__isnull=True)
    documents = documents.exclude(kind=DocumentKind.BANK_PROOF)  # taken with the bank details
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
        elif kind_in_store(asked.required.kind) == DocumentKind.BANK_PROOF:
            bank = bank_in_force(application.organisation, by)
            if bank is not None:
                offers[asked.required.pk] = Offer(asked, None, joins_itself=True, bank=bank)
    return offers


def bank_in_force(organisation: Organisation, by: User) -> BankDetails | None:
    """Return a body's bank details whose proof may be used, for who may read them."""
    if not may_read_bank(by, organisation):
        return None
    states = [BankState.TO_CHECK, BankState.CHECKED]
    found = organisation.bank_details.filter(state__in=states).prefetch_related("files").first()
    if found is None or found.file is None or found.file.scan_state == ScanState.INFECTED:
        return None
    return found


def may_read_file(user: User, document: ApplicationDocument) -> bool:
    """Tell whether who may open a dossier may read the file of one of its documents.

    A bank proof is for who may read the account: who sees its number masked does not open the paper
    that bears it. The applicant's people read the one they joined themselves, unless it is the copy
    of the proof of the body's account. No query for another document.
    """
    asked = document.required
    if asked is None or kind_in_store(asked.kind) != DocumentKind.BANK_PROOF:
        return True
    organisation = document.application.organisation
    if document.file is None or may_read_bank(user, organisation):
        return True
    if organisation.bank_details.filter(files__sha256=document.file.sha256).exists():
        return False
    own = type(document.application).objects.of_applicant(user)
    return own.filter(pk=document.application_id).exists()


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
    if document.file.scan_state == ScanState.INFECTED:
        return "l’antivirus a refusé son fichier"
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


def offered_documents(application: Application, *, on: date, by: User) -> list[OfferedDocument]:
    """Return what is asked of a dossier, with what the body's own store has for each.

    The arguments are those of :func:`store_offers`.
    """
    offers = store_offers(application, on=on, by=by)
    shown = []
    for asked in asked_documents(application):
        given, offer = asked.given, offers.get(asked.required.pk)
        taken = is_copy(given, offer)
        if offer and taken and (offer.bank or offer.source_id == given.source_id):
            offer = None
        refused = given is not None and given.state == FileState.REFUSED
        shown.append(
            OfferedDocument(
                asked.required,
                given,
                offer=offer,
                is_from_store=taken,
                may_be_kept=bool(
                    may_be_kept(asked.required.kind) and given and not taken and not refused
                ),
            )
        )
    return shown


def is_copy(given: ApplicationDocument | None, offer: Offer | None) -> bool:
    """Tell whether what was given is a copy of what the body keeps."""
    if given is None:
        return False
    return given.source_id is not None or bool(
        offer and offer.bank and _same_bytes(given, offer.bank)
    )


def _same_bytes(given: ApplicationDocument, bank: BankDetails) -> bool:
    return (
        given.file is not None and bank.file is not None and given.file.sha256 == bank.file.sha256
    )
