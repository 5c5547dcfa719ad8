"""Mask words or a file in a filed dossier, wherever they went: rows, deposits, history, letters."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db import transaction

from config.errors import Refusal
from config.text import clean_name
from foundation.documents.enums import FileState
from foundation.documents.models import StoredFile
from grants.applications import hooks
from grants.applications.enums import RedactionReason, RedactionTarget
from grants.applications.events import append_event, comment_digest
from grants.applications.masking import MASK, MAX_LENGTH, MIN_SIGNS, Words
from grants.applications.models import Application, ApplicationDocument, Message, Redaction
from grants.applications.redactable import Trace, files_of, mask_rows, traces_in_rows
from grants.applications.redaction_preflight import drafts_renewing, preflight
from grants.applications.services.documents import ask_again, forget_files
from grants.applications.services.messages import write_notice
from grants.applications.services.moves import lock_application, refuse_recused
from grants.applications.snapshot import freeze
from partners.models import OrganisationDocument


if TYPE_CHECKING:
    from accounts.models import User

OTHER_DOCUMENT = "Autre pièce"
ATTACHED, OF_DOSSIER = "Fichier joint à un message", "Fichier du dossier"
ATTACHMENT_NOTE = "(Fichier joint masqué par le service.)"
MASKED_LABEL = "Pièce masquée"
RENEWAL_DRAFT = "votre brouillon qui renouvelle ce dossier"


def may_redact(user: User) -> bool:
    """Tell whether a person masks words and files: officers, the head, administrators."""
    return user.access.is_desk or user.access.is_administrator


def words_to_mask(text: str, *, inside: bool = False) -> Words:
    """Return what to look for.

    Raises:
        Refusal: ``too_short``, ``too_long`` or ``reserved`` (422).
    """
    words = Words(clean_name(text), inside=inside)
    if len(words.signs) < MIN_SIGNS:
        raise Refusal("Écrivez au moins deux lettres ou chiffres.", code="too_short")
    if len(words.text) > MAX_LENGTH:
        raise Refusal(f"Écrivez {MAX_LENGTH} caractères au plus.", code="too_long")
    if words.signs in Words(MASK).signs:
        raise Refusal("Ces lettres sont celles de la marque « [masqué] ».", code="reserved")
    return words


# --- Words ----------------------------------------------------------------------------------------
@transaction.atomic
def redact_words(
    *, application_id: int, words: Words, reason: str, by: User, at: datetime
) -> Redaction:
    """Mask words in every place of a filed dossier; log it without them, tell the applicant.

    Args:
        application_id: A filed dossier.
        words: From :func:`words_to_mask`.
        reason: A ``RedactionReason``.
        by: An officer, the head or an administrator.
        at: Now.

    Raises:
        Refusal: ``not_allowed`` (403), ``not_filed``, ``not_found`` or ``busy`` (409).
    """
    for hook in hooks.before_redaction:
        hook(application_id=application_id)
    application = _lock(application_id, by)
    reason_label = RedactionReason(reason).label
    traces = preflight(application, words).masked
    if not traces:
        raise Refusal(
            "Ces mots ne sont nulle part où le service puisse les masquer : "
            "peut-être viennent-ils de l’être.",
            code="not_found",
            status=409,
        )
    mask_rows(application, words)
    in_drafts = _mask_drafts(application, words, at)
    comments = _mask_history(application, words)
    deposits = _mask_deposits(application, words.mask_json, at)
    for hook in hooks.on_redacted:
        hook(application=application, words=words, at=at)
    application.refresh_from_db()
    digest = removed_digest(words.signs)
    logged = _log(application, traces, reason_label, digest, by, at)
    _conclude(
        application,
        notice=_words_notice(traces, reason_label, in_drafts=in_drafts),
        reason=reason_label,
        proofs={"target": "words", "comments": comments, "deposits": deposits},
        by=by,
        at=at,
    )
    return logged


def _mask_drafts(application: Application, words: Words, at: datetime) -> bool:
    """Mask words in the drafts that renew a dossier: what was copied would come back.

    The office does not read them; a page of the draft that is still open finds that its section
    changed meanwhile.

    Returns:
        Whether one of them held the words.
    """
    found = False
    for pk in drafts_renewing(application).values_list("pk", flat=True):
        draft = lock_application(pk)
        if not draft.is_draft or not traces_in_rows(draft, words):
            continue
        found = True
        mask_rows(draft, words)
        draft.refresh_from_db()
        draft.saved_sections = dict.fromkeys(draft.saved_sections, at.isoformat())
        draft.version += 1
        draft.save(update_fields=["saved_sections", "version"])
    return found


def _mask_history(application: Application, words: Words) -> dict[str, str]:
    """Mask comments; return the digest of each new one by its position."""
    digests = {}
    for event in application.events.exclude(comment="").order_by("position"):
        masked = words.mask(event.comment)
        if masked != event.comment:
            application.events.filter(pk=event.pk).update(comment=masked)
            digests[str(event.position)] = comment_digest(masked)
    return digests


def _mask_deposits(application: Application, mask: Any, at: datetime) -> dict[str, str]:
    """Mask deposits; return the new SHA-256 of each by its number. The first one is kept."""
    digests = {}
    for deposit in application.deposits.order_by("number"):
        payload, sha256 = freeze(mask(json.loads(bytes(deposit.payload))))
        if payload != bytes(deposit.payload):
            application.deposits.filter(pk=deposit.pk).update(
                payload=payload, redacted_at=at, redacted_sha256=sha256
            )
            digests[str(deposit.number)] = sha256
    return digests


def _log(
    application: Application,
    traces: Iterable[Trace],
    reason: str,
    digest: str,
    by: User,
    at: datetime,
) -> Redaction:
    rows = {
        (trace.target, trace.place): Redaction(
            application=application,
            target=trace.target,
            place=trace.place,
            reason=reason,
            removed_digest=digest,
            by=by,
            at=at,
        )
        for trace in traces
    }
    return Redaction.objects.bulk_create(rows.values())[0]


# --- A file ---------------------------------------------------------------------------------------
def place_of(stored: StoredFile) -> str:
    """Return where a file hangs, in words that nobody typed."""
    owner = stored.owner
    if isinstance(owner, ApplicationDocument):
        return owner.required.label if owner.required_id else OTHER_DOCUMENT
    return ATTACHED if isinstance(owner, Message) else OF_DOSSIER


@transaction.atomic
def redact_file(
    *, application_id: int, stored_id: int, reason: str, by: User, at: datetime
) -> Redaction:
    """Delete the bytes of a file that somebody gave; its place says that it was masked.

    A document that the sheet asks counts as refused: another one is awaited when it is compulsory.

    Raises:
        Refusal: ``not_allowed`` (403), ``not_filed`` or ``not_found`` (409).
    """
    application = _lock(application_id, by)
    reason_label = RedactionReason(reason).label
    given = files_of(application).filter(uploaded_by__isnull=False)
    stored = given.filter(pk=stored_id).first()
    if stored is None:
        raise Refusal(
            "Ce fichier n’est plus dans le dossier : peut-être vient-il d’être masqué.",
            code="not_found",
            status=409,
        )
    place, sha256 = place_of(stored), stored.sha256
    twins = [one for one in given if one.sha256 == sha256 or _same_owner(one, stored)]
    owners = {one.owner for one in twins}
    for owner in owners:
        _mark_owner(owner, reason_label, at)
    if any(isinstance(owner, ApplicationDocument) for owner in owners):
        ask_again(application, at=at)
    digests = {one.sha256 for one in twins}
    without = partial(_without_files, digests=digests, labels=_labels_asked(application))
    deposits = _mask_deposits(application, without, at)
    for one in twins:
        one.delete()
    transaction.on_commit(partial(forget_files, [one.file for one in twins]))
    trace = Trace(place, len(twins), target=RedactionTarget.FILE)
    logged = _log(application, [trace], reason_label, removed_digest(sha256), by, at)
    files = sorted(map(removed_digest, digests))
    _conclude(
        application,
        notice=_file_notice(place, reason_label),
        reason=reason_label,
        proofs={"target": "file", "deposits": deposits, "files": files},
        by=by,
        at=at,
    )
    return logged


def copies_elsewhere(application: Application, stored: StoredFile) -> int:
    """Return how many copies of a file the body keeps in its own store, out of reach here."""
    return StoredFile.objects.filter(
        content_type=ContentType.objects.get_for_model(OrganisationDocument),
        object_id__in=application.organisation.documents.values("pk"),
        sha256=stored.sha256,
    ).count()


def _same_owner(one: StoredFile, other: StoredFile) -> bool:
    """Former files of a document say the same as the last one."""
    is_document = isinstance(other.owner, ApplicationDocument)
    return is_document and one.owner == other.owner


def _mark_owner(owner: Any, reason: str, at: datetime) -> None:
    """Say, where a file was, that the office masked it."""
    if isinstance(owner, Message):
        owner.text = f"{owner.text}\n\n{ATTACHMENT_NOTE}"
        owner.save(update_fields=["text"])
    if not isinstance(owner, ApplicationDocument):
        return
    document = owner
    document.redacted_at = at
    document.state = FileState.REFUSED
    document.refusal_reason = f"Pièce masquée par le service. Motif : {reason}."
    if document.required_id is None:
        document.label = MASKED_LABEL
    document.save(update_fields=["redacted_at", "state", "refusal_reason", "label"])


def _labels_asked(application: Application) -> frozenset[str]:
    """Return the names of documents that the sheet gave, not the applicant."""
    given = application.documents.filter(required__isnull=False)
    asked = application.sheet.documents.values_list("label", flat=True)
    return frozenset([*asked, *given.values_list("label", flat=True)])


def _without_files(value: Any, *, digests: set[str], labels: frozenset[str]) -> Any:
    """Return a JSON document in which files of these digests have no name any more.

    Their label goes too when the applicant wrote it, and stays when it is one of ``labels``.
    """
    again = partial(_without_files, digests=digests, labels=labels)
    if isinstance(value, list):
        return [again(one) for one in value]
    if not isinstance(value, dict):
        return value
    copy = {key: again(one) for key, one in value.items()}
    if copy.get("sha256") in digests and isinstance(copy.get("name"), str):
        copy["name"] = MASK
        if isinstance(copy.get("label"), str) and copy["label"] not in labels:
            copy["label"] = MASK
    return copy


# --- Both -----------------------------------------------------------------------------------------
def removed_digest(removed: str) -> str:
    """Return the salted digest of what was removed: two redactions can be compared, not read."""
    salt = settings.EVENT_DIGEST_SALT.encode()
    return hmac.new(salt, f"redaction:{removed}".encode(), hashlib.sha256).hexdigest()


def _lock(application_id: int, by: User) -> Application:
    if not may_redact(by):
        raise Refusal(
            "Seul le service masque des mots ou une pièce.", code="not_allowed", status=403
        )
    application = lock_application(application_id)
    refuse_recused(by, application)
    if application.is_draft:
        raise Refusal(
            "Le service ne lit pas les brouillons : rien ne s’y masque.",
            code="not_filed",
            status=409,
        )
    return application


def _conclude(
    application: Application,
    *,
    notice: str,
    reason: str,
    proofs: dict[str, Any],
    by: User,
    at: datetime,
) -> None:
    """Write the event that vouches for the changed bytes; tell the applicant, if it is theirs."""
    application.version += 1
    application.updated_at = at
    application.save(update_fields=["version", "updated_at"])
    append_event(
        application=application,
        kind="redacted",
        actor=by,
        at=at,
        comment=f"Motif : {reason}.",
        data=proofs,
        visible_to_applicant=bool(notice),
    )
    if notice:
        write_notice(application=application, text=notice, by=by, at=at)


def _words_notice(traces: list[Trace], reason: str, *, in_drafts: bool) -> str:
    """Return what the applicant reads; empty when only notes of the office were masked."""
    places = [trace.place for trace in traces if not trace.is_office_only]
    if in_drafts:
        places.append(RENEWAL_DRAFT)
    if not places:
        return ""
    return (
        f"Le service a masqué des mots de votre dossier : « {MASK} » les remplace, et rien d’autre "
        f"ne change.\nOù : {' ; '.join(dict.fromkeys(places))}.\nMotif : {reason}.\n"
        "Vous n’avez rien à faire."
    )


def _file_notice(place: str, reason: str) -> str:
    return (
        f"Le service a masqué un fichier de votre dossier : son contenu est effacé.\n"
        f"Où : {place}.\nMotif : {reason}.\n"
        "Si cette pièce vous est demandée, déposez-en une version sans ces données."
    )
