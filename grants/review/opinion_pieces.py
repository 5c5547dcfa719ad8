"""Which documents of a dossier may be shown to somebody asked for an opinion, and which still are.

Nothing is shown unless somebody of the desk chose it. What names an account or an identity is never
offered, nor what the antivirus did not pass, what the office refused or masked.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.db.models import Prefetch

from config.errors import Refusal
from config.templatetags.fr import date_fr
from config.text import fold
from foundation.documents.downloads import check_download
from foundation.documents.enums import FileState, ScanState
from foundation.documents.models import StoredFile
from grants.applications.models import ApplicationDocument
from grants.applications.store import kind_in_store
from grants.review.models import OpinionRequest, SharedDocument
from partners.enums import DocumentKind
from partners.models import BankDetails, OrganisationDocument


if TYPE_CHECKING:
    from grants.applications.models import Application

# What names an account or an identity, in the words of a sheet, of an applicant or of a file's
# name, accents folded. Too wide rather than too narrow: the office may always send it otherwise.
_PRIVATE = re.compile(
    r"\b(rib\d*|iban|bic|bancaires?|banque(?! alimentaire)|bank|cni|passeport|passport|identites?"
    r"|identity|id card|(titre|carte|permis) de sejour|livret de famille|acte de naissance"
    r"|permis de conduire|carte vitale)\b"
)
_DOCUMENTS = Prefetch("files", StoredFile.objects.order_by("pk"))


@dataclass(frozen=True)
class Why:
    """Why a document is not read: said to the office, then to whoever is asked."""

    office: str
    reader: str


MASKED = Why("masquée", "Le service a masqué cette pièce : elle ne se lit plus.")
PRIVATE = Why(
    "coordonnées bancaires ou identité",
    "Cette pièce n’est pas de celles que le service partage : elle ne se lit plus.",
)
PENDING = Why(
    "attend l’antivirus",
    "Cette pièce attend le contrôle de l’antivirus : revenez dans quelques minutes.",
)
UNSAFE = Why(
    "pas validée par l’antivirus",
    "L’antivirus n’a pas validé cette pièce : elle ne se lit pas.",
)
REFUSED = Why("refusée", "Le service a refusé cette pièce au demandeur : elle ne se lit plus.")


@dataclass(frozen=True)
class Piece:
    """A document that may be shown, and its file of today."""

    document: ApplicationDocument
    file: StoredFile

    @property
    def kind(self) -> str:
        """What the sheet calls it; empty for what it does not ask."""
        return self.document.required.kind if self.document.required_id else ""


@dataclass(frozen=True)
class Offer:
    """What may be shown of a dossier, and what may not with the reason."""

    pieces: list[Piece] = field(default_factory=list)
    left_out: list[tuple[ApplicationDocument, Why]] = field(default_factory=list)


@dataclass(frozen=True)
class SharedRow:
    """A document shared with somebody, as both sides see it.

    Attributes:
        shared: The row.
        closed: Why it is not read any more, to whoever is asked; empty while it is.
        closed_words: The same, to the office, in a few words.
        newer: The file that replaced the one shared.
    """

    shared: SharedDocument
    closed: str = ""
    closed_words: str = ""
    newer: StoredFile | None = None

    @property
    def label(self) -> str:
        return self.shared.document.label


def offers(applications: Sequence[Application]) -> dict[int, Offer]:
    """Return what may be shown of some dossiers, by key; four queries whatever their number."""
    documents = (
        ApplicationDocument.objects.filter(application__in=[one.pk for one in applications])
        .select_related("required")
        .prefetch_related(_DOCUMENTS)
        .order_by("required__position", "pk")  # those the sheet does not ask come last
    )
    by_dossier: dict[int, list[ApplicationDocument]] = defaultdict(list)
    for document in documents:
        by_dossier[document.application_id].append(document)
    accounts = _account_proofs({one.organisation_id for one in applications})
    return {
        one.pk: _offer(by_dossier[one.pk], accounts[one.organisation_id]) for one in applications
    }


def offer_of(application: Application) -> Offer:
    """Return what may be shown of one dossier."""
    return offers([application])[application.pk]


def _offer(documents: Iterable[ApplicationDocument], accounts: set[str]) -> Offer:
    documents = list(documents)
    private = accounts | _private_digests(documents)
    offer = Offer()
    for document in documents:
        why = _why_not(document, document.file, private)
        if why is not None:
            offer.left_out.append((document, why))
        elif document.file is not None:
            offer.pieces.append(Piece(document, document.file))
    return offer


def shared_rows(requests: Iterable[OpinionRequest]) -> dict[int, list[SharedRow]]:
    """Return what is shared by each request, in the order of the sheet; six queries for all.

    Each request's ``application`` is the dossier it bears on.
    """
    bodies = {one.pk: one.application.organisation_id for one in requests}
    dossiers = {one.application_id for one in requests}
    found = (
        SharedDocument.objects.filter(request__in=bodies)
        .select_related("document__required", "file", "shared_by", "request")
        .order_by("document__required__position", "document")
    )
    rows: dict[int, list[SharedRow]] = {pk: [] for pk in bodies}
    kept = list(found)
    if not kept:
        return rows
    documents: dict[int, list[ApplicationDocument]] = defaultdict(list)
    everything = ApplicationDocument.objects.filter(application__in=dossiers)
    for document in everything.select_related("required").prefetch_related(_DOCUMENTS):
        documents[document.application_id].append(document)
    accounts = _account_proofs(set(bodies.values()))
    for shared in kept:
        siblings = documents[shared.request.application_id]
        private = accounts[bodies[shared.request_id]] | _private_digests(siblings)
        shared.document = next(one for one in siblings if one.pk == shared.document_id)
        rows[shared.request_id].append(_row(shared, private))
    return rows


def shared_version(rows: Iterable[SharedDocument]) -> str:
    """Return what tells whether what a request shares changed since a page was shown."""
    return ",".join(sorted(f"{one.pk}-{one.file_id or 0}" for one in rows))


def _row(shared: SharedDocument, private: set[str]) -> SharedRow:
    document = shared.document
    newest = document.file
    if shared.file is not None:
        why = _why_not(document, shared.file, private)
        if newest is not None and newest.pk != shared.file_id:
            why = _replaced(newest)
        elif why is None:
            return SharedRow(shared)
    else:
        why = MASKED if newest is None else _replaced(newest)
    return SharedRow(
        shared,
        closed=why.reader,
        closed_words=why.office,
        newer=newest if newest is not None and newest.pk != shared.file_id else None,
    )


def _replaced(newest: StoredFile) -> Why:
    day = date_fr(newest.uploaded_at)
    return Why(
        f"remplacée le {day}",
        f"Le demandeur a remplacé cette pièce par une version plus récente, le {day}. "
        "Le service ne l’a pas encore partagée avec vous.",
    )


def _why_not(
    document: ApplicationDocument, stored: StoredFile | None, private: set[str]
) -> Why | None:
    """Return why a document is not shown; ``None`` when it is, or when nothing was given."""
    if document.redacted_at is not None:
        return MASKED
    if stored is None:
        return None
    if stored.sha256 in private or names_private(document, stored):
        return PRIVATE
    try:
        check_download(stored)
    except Refusal:
        return PENDING if stored.scan_state == ScanState.PENDING else UNSAFE
    return REFUSED if document.state == FileState.REFUSED else None


# --- Accounts and identities ----------------------------------------------------------------------
def names_private(document: ApplicationDocument, stored: StoredFile) -> bool:
    """Tell whether a document names an account or an identity, by what it is called anywhere."""
    asked = document.required
    if asked is not None and kind_in_store(asked.kind) == DocumentKind.BANK_PROOF:
        return True
    words = [document.label, stored.original_name, stored.kind]
    if asked is not None:
        words += [asked.kind, asked.label]
    return any(_PRIVATE.search(fold(one)) for one in words)


def _private_digests(documents: Iterable[ApplicationDocument]) -> set[str]:
    """Return the digests of the private files of a dossier: the same bytes elsewhere are too."""
    return {
        stored.sha256
        for document in documents
        for stored in document.files.all()
        if names_private(document, stored)
    }


def _account_proofs(bodies: set[int]) -> dict[int, set[str]]:
    """Return the digests of the proofs of accounts that bodies keep, by key of the body."""
    found: dict[int, set[str]] = defaultdict(set)
    for rows in (
        BankDetails.objects.filter(organisation__in=bodies),
        OrganisationDocument.objects.filter(organisation__in=bodies, kind=DocumentKind.BANK_PROOF),
    ):
        pairs = rows.filter(files__isnull=False).order_by()
        for body, digest in pairs.values_list("organisation_id", "files__sha256"):
            found[body].add(digest)
    return found
