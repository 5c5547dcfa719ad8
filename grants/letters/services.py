"""Write, make and sign the letters of a dossier."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.core.files import File
from django.db import OperationalError, transaction
from django.db.models import Max, Q, QuerySet

from config.celery import app as celery
from config.dates import local_date
from config.errors import Refusal
from foundation.documents.services import store_bytes, store_upload
from foundation.parameters.selectors import amount_on
from grants.applications.models import Application
from grants.applications.services.moves import lock_application, refuse_recused
from grants.letters import hooks, variables, wording
from grants.letters.codes import letter_reference, new_check_code
from grants.letters.models import Letter, LetterKind, LetterState, LetterTemplate
from grants.letters.rendering import FRAME, FrozenValues, render_letter
from grants.letters.values import needs_agreement


if TYPE_CHECKING:
    from accounts.models import User

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=60)  # a letter takes a tenth of a second
BACKOFF = timedelta(seconds=30)
MAX_ATTEMPTS = 5
GENERATED, SIGNED, REPLACED = "generated", "signed", "signed_replaced"
GENERATE_TASK = "grants.letters.tasks.generate_letter_task"


# --- Write ----------------------------------------------------------------------------------------
@transaction.atomic
def create_letter(
    *,
    application: Application,
    kind: str,
    context: Mapping[str, Any],
    at: datetime,
    by: User | None,
) -> Letter:
    """Freeze the words and the values of a new letter; a worker will make its PDF.

    A former version of the same kind is superseded, never erased. The history of the dossier is
    the caller's business: it knows why the letter is written.

    Args:
        application: A filed dossier.
        kind: A ``LetterKind``.
        context: Values that only the caller knows, by name of the catalogue
            (``grants/letters/variables.py``): ``{"decision.montant": Decimal("1200")}``.
        at: When; the letter is dated of that day.
        by: Who asked for it; ``None`` for the portal itself.

    Raises:
        Refusal: ``no_template``, ``unknown_variable``, ``bad_template`` or
            ``unresolved_variable`` (422), naming what is missing.
    """
    application = lock_application(application.pk)
    template = _template(application, kind, at)
    last = application.letters.filter(kind=kind).aggregate(last=Max("version"))["last"] or 0
    reference = letter_reference(application.reference, kind, last + 1)
    values = {
        **variables.provided_values(application, kind, at),
        **context,
        "courrier.reference": reference,
    }
    _work_out(values, at)
    kept = _freeze(template, values)
    application.letters.filter(kind=kind, superseded_at=None).update(superseded_at=at)
    letter = Letter(
        application=application,
        kind=kind,
        version=last + 1,
        subject=_subject(template, kept),
        frozen_text=template.body,
        context={"values": kept},
        reference=reference,
        check_code=new_check_code(),
        issued_on=local_date(at),
        created_at=at,
    )
    letter.full_clean()
    letter.save()
    ask_for_generation(letter)
    return letter


def _template(application: Application, kind: str, at: datetime) -> LetterTemplate:
    """Return the wording in force: the sheet's own first, then the common one."""
    template = (
        LetterTemplate.objects.filter(Q(sheet=application.sheet_id) | Q(sheet=None))
        .filter(kind=kind, valid_from__lte=local_date(at))
        .order_by("sheet_id", "-valid_from", "-pk")  # PostgreSQL sorts nulls last
        .first()
    )
    if template is None:
        label = LetterKind(kind).label.lower()
        raise Refusal(f"Aucun modèle n’est en vigueur pour : {label}.", code="no_template")
    return template


def _work_out(values: dict[str, Any], at: datetime) -> None:
    """Add what follows from other values."""
    amount = values.get("decision.montant")
    if amount is not None and "decision.convention" not in values:
        values["decision.convention"] = needs_agreement(
            amount,
            is_private=bool(values.get("beneficiaire.prive")),
            threshold=amount_on("agreement.threshold", local_date(at)),
        )


def _freeze(template: LetterTemplate, values: Mapping[str, Any]) -> dict[str, list]:
    """Return the values that the letter prints or tests, as JSON.

    Raises:
        Refusal: When one is unknown or missing.
    """
    catalogue = variables.catalogue()
    unknown = sorted(set(values) - set(catalogue))
    if unknown:
        raise Refusal(f"Variable inconnue : {', '.join(unknown)}.", code="unknown_variable")
    kept = {
        name: [catalogue[name].type.value, variables.to_json(catalogue[name].type, value)]
        for name, value in values.items()
        if not variables.is_absent(value)
    }
    frozen = FrozenValues(kept)
    try:
        printed = wording.variables_of(template.body, frozen.holds)
        printed |= wording.variables_of(template.subject, frozen.holds)
    except wording.WordingError as error:
        raise Refusal(f"Le modèle est mal écrit : {error}", code="bad_template") from error
    for name, format_name in sorted(printed):
        _check_printed(name, format_name, frozen)
    used = {name for name, _ in printed} | wording.conditions_of(template.body) | set(FRAME)
    return {name: kept[name] for name in sorted(used & set(kept))}


def _check_printed(name: str, format_name: str, frozen: FrozenValues) -> None:
    variable = variables.catalogue().get(name)
    if variable is None:
        raise Refusal(
            f"Le modèle emploie une variable inconnue : [[{name}]].", code="unknown_variable"
        )
    if format_name not in variables.FORMATS[variable.type]:
        raise Refusal(
            f"Le modèle emploie un format inconnu : [[{name}|{format_name}]].",
            code="unknown_variable",
        )
    if variables.is_absent(frozen.get(name)):
        raise Refusal(
            f"Le courrier ne peut pas être établi : il manque « {variable.label} » ([[{name}]]).",
            code="unresolved_variable",
        )


def _subject(template: LetterTemplate, kept: dict[str, list]) -> str:
    subject = wording.plain(template.subject, FrozenValues(kept).write)
    return subject if len(subject) <= 250 else subject[:249].rstrip() + "…"


def ask_for_generation(letter: Letter) -> None:
    """Wake a worker after the commit; if the broker is away, the sweeper finds the row."""

    def ask() -> None:  # a function: Django cannot name a ``partial`` that fails
        # By name: the task's module imports this one.
        celery.send_task(GENERATE_TASK, args=[letter.pk], ignore_result=True)

    transaction.on_commit(ask, robust=True)


# --- Make -----------------------------------------------------------------------------------------
def due_letters(at: datetime) -> QuerySet[Letter]:
    """Return the letters to make that nobody holds, oldest first."""
    free = Q(lease_until=None) | Q(lease_until__lte=at)
    waiting = Q(state=LetterState.TO_GENERATE) | Q(
        state=LetterState.FAILED, attempts__lt=MAX_ATTEMPTS
    )
    return Letter.objects.filter(free, waiting).order_by("created_at", "pk")


def generate_letter(*, letter_id: int, at: datetime) -> bool:
    """Make and store the PDF of a letter, once.

    Three steps, each safe to be killed in: take a lease on the row; render outside any
    transaction; store the file and the new state together. A worker killed in between leaves a
    lease that ends, then the sweeper starts again; two workers cannot store two files, a
    constraint forbids it.

    Args:
        letter_id: The letter.
        at: When; date of the file.

    Returns:
        Whether this call made the file (``False``: done already, held by another, or failed).
    """
    letter = _claim(letter_id, at)
    if letter is None:
        return False
    try:
        return _store(letter, render_letter(letter), at)
    except OperationalError:  # the database is away or busy: the task tries again
        raise
    except Exception as error:
        log.exception("letter %s could not be made", letter.reference)
        _keep_failure(letter, error, at)
        return False


@transaction.atomic
def _claim(letter_id: int, at: datetime) -> Letter | None:
    letter = (
        due_letters(at).select_for_update(skip_locked=True, of=("self",)).filter(pk=letter_id)
    ).first()
    if letter is None:
        return None
    letter.lease_until = at + LEASE
    letter.attempts += 1
    letter.save(update_fields=["lease_until", "attempts"])
    return letter


@transaction.atomic
def _store(made: Letter, content: bytes, at: datetime) -> bool:
    # The dossier first: every service locks in this order, and the hooks change it.
    lock_application(made.application_id)
    letter = Letter.objects.select_for_update(of=("self",), no_key=True).get(pk=made.pk)
    if letter.state not in {LetterState.TO_GENERATE, LetterState.FAILED}:
        return False
    if (letter.subject, letter.context) != (made.subject, made.context):  # masked meanwhile
        return False
    store_bytes(
        owner=letter,
        kind=GENERATED,
        name=f"{letter.reference}.pdf",
        content=content,
        media_type="application/pdf",
        at=at,
    )
    letter.state = LetterState.READY
    letter.ready_at = at
    letter.lease_until = None
    letter.error = ""
    letter.save(update_fields=["state", "ready_at", "lease_until", "error"])
    for hook in hooks.on_ready:
        hook(letter=letter, at=at)
    return True


def _keep_failure(letter: Letter, error: Exception, at: datetime) -> None:
    """Say what failed; the next try waits longer each time."""
    Letter.objects.filter(
        pk=letter.pk, state__in=[LetterState.TO_GENERATE, LetterState.FAILED]
    ).update(
        state=LetterState.FAILED,
        error=f"{type(error).__name__}: {error}"[:2000],
        lease_until=at + BACKOFF * 2 ** (letter.attempts - 1),
    )


@transaction.atomic
def retry_letter(*, letter_id: int, by: User, at: datetime) -> Letter:
    """Ask again for a letter that failed, with all its tries.

    Raises:
        Refusal: ``not_allowed`` or ``recused`` (403), ``wrong_state`` (409).
    """
    check_may_handle(by)
    letter = Letter.objects.select_for_update(of=("self",), no_key=True).get(pk=letter_id)
    refuse_recused(by, letter.application)
    if letter.state != LetterState.FAILED:
        raise Refusal("Ce courrier n’est pas en échec.", code="wrong_state", status=409)
    letter.state = LetterState.TO_GENERATE
    letter.attempts = 0
    letter.lease_until = None
    letter.error = ""
    letter.save(update_fields=["state", "attempts", "lease_until", "error"])
    ask_for_generation(letter)
    return letter


# --- Sign -----------------------------------------------------------------------------------------
def check_may_handle(user: User) -> None:
    """Refuse who may not sign letters off.

    Raises:
        Refusal: ``not_allowed`` (403).
    """
    if not (user.access.is_unit_head or user.access.is_administrator):
        raise Refusal(
            "Seul le responsable d’unité dépose les courriers signés.",
            code="not_allowed",
            status=403,
        )


@transaction.atomic
def sign_letter(*, letter_id: int, upload: File, by: User, at: datetime) -> Letter:
    """Attach the file signed outside the portal, byte for byte.

    Before the notification it may be replaced; the former file is kept aside.

    Raises:
        Refusal: ``not_allowed`` or ``recused`` (403), ``wrong_state`` (409),
            ``no_signature_needed``,
            ``not_signed`` (the unsigned file itself) or a refused file (422).
    """
    check_may_handle(by)
    keys = Letter.objects.values_list("application_id", flat=True)
    refuse_recused(by, lock_application(keys.get(pk=letter_id)))
    letter = Letter.objects.select_for_update(of=("self",), no_key=True).get(pk=letter_id)
    if letter.kind == LetterKind.RECEIPT:
        raise Refusal("Un accusé de réception ne se signe pas.", code="no_signature_needed")
    if letter.state not in {LetterState.READY, LetterState.SIGNED} or letter.superseded_at:
        raise Refusal(
            f"Ce courrier ne peut pas recevoir de fichier signé : il est « "
            f"{'remplacé' if letter.superseded_at else letter.get_state_display().lower()} ».",
            code="wrong_state",
            status=409,
        )
    letter.files.filter(kind=SIGNED).update(kind=REPLACED)
    signed = store_upload(
        owner=letter, kind=SIGNED, upload=upload, by=by, at=at, only=frozenset({"pdf"})
    )
    if letter.files.filter(kind=GENERATED, sha256=signed.sha256).exists():
        raise Refusal(
            "Ce fichier est le courrier non signé. Déposez le fichier signé.", code="not_signed"
        )
    letter.state = LetterState.SIGNED
    letter.signed_at = at
    letter.save(update_fields=["state", "signed_at"])
    for hook in hooks.on_signed:
        hook(letter=letter, at=at, by=by)
    return letter
