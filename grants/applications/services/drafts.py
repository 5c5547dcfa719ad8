"""Start a dossier, save it section by section, delete it while it is a draft."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from config.dates import local_date
from config.errors import Refusal
from config.templatetags.fr import datetime_fr
from foundation.jobs.services import keep_result, take_key
from grants.applications import commitments, sections
from grants.applications.bullets import split_bullets
from grants.applications.enums import Section
from grants.applications.models import Application, Commitment, ConditionAnswer, Indicator
from grants.applications.services.documents import forget_files
from grants.applications.services.moves import lock_application
from grants.calls.enums import ApplicantKind, applicant_kind_of
from grants.calls.models import CallSheet
from grants.calls.selectors import accepts_new_request
from partners.enums import MembershipState
from partners.models import Organisation


if TYPE_CHECKING:
    from accounts.models import User

INDICATOR_LENGTH = 250


def may_start(user: User, organisation: Organisation) -> bool:
    """Tell whether a person may begin a dossier for a body.

    With the right to edit, or while their membership waits for an answer: the answer of a
    colleague on holiday must not make anybody miss a closing.
    """
    return Organisation.objects.startable_by(user).filter(pk=organisation.pk).exists()


@transaction.atomic
def start_draft(
    *,
    sheet_id: int,
    organisation_id: int,
    by: User,
    at: datetime,
    another: bool = False,
    request_key: UUID | None = None,
) -> Application:
    """Begin a dossier from a sheet, with its conditions to answer and its expected results.

    The history begins with the filing: it is append-only, and a draft may be thrown away.

    Args:
        sheet_id: The sheet it answers.
        organisation_id: The body that asks.
        by: Who begins it.
        at: Now.
        another: They know of the draft of their body for this sheet, and want one more.
        request_key: One-time key of the form: sent twice, it begins one dossier.

    Raises:
        Refusal: ``not_allowed`` (403), ``not_open`` or ``wrong_kind`` (422), ``draft_exists``
            (409), ``already_done`` (409).
    """
    sheet = CallSheet.objects.select_related("campaign").get(pk=sheet_id)
    # Two colleagues at once: the second one waits here, then sees the draft of the first.
    organisation = Organisation.objects.select_for_update(no_key=True).get(pk=organisation_id)
    if not may_start(by, organisation):
        raise Refusal(
            "Vous ne pouvez pas préparer de dossier pour cette organisation.",
            code="not_allowed",
            status=403,
        )
    _check_start(sheet, organisation, at)
    used = request_key and take_key(key=request_key, by=by, purpose="start-draft", at=at)
    if not another and drafts_for(by, sheet).filter(organisation=organisation).exists():
        raise Refusal(
            "Un brouillon existe déjà pour cette fiche\u00a0: continuez-le, "
            "ou commencez-en un autre.",
            code="draft_exists",
            status=409,
        )
    application = Application.objects.create(
        sheet=sheet,
        organisation=organisation,
        framework=sheet.framework,
        created_at=at,
        created_by=by,
        updated_at=at,
        updated_by=by,
        **_contact(organisation, by),
    )
    ConditionAnswer.objects.bulk_create(
        ConditionAnswer(application=application, position=n, condition=text)
        for n, text in enumerate(split_bullets(sheet.conditions))
    )
    Indicator.objects.bulk_create(
        Indicator(application=application, position=n, label=text[:INDICATOR_LENGTH])
        for n, text in enumerate(split_bullets(sheet.expected_results))
    )
    if used:
        keep_result(used, application.get_absolute_url())
    return application


def drafts_for(user: User, sheet: CallSheet) -> QuerySet[Application]:
    """Return the drafts a person may fill for a sheet, older versions included, newest first."""
    drafts = Application.objects.editable_by(user).drafts()
    drafts = drafts.filter(sheet__code=sheet.code, sheet__campaign=sheet.campaign_id)
    return drafts.select_related("organisation", "created_by").order_by("-updated_at", "pk")


def _contact(organisation: Organisation, by: User) -> dict[str, str]:
    """Return who begins a dossier as the person to call about it, until they say otherwise."""
    membership = organisation.memberships.filter(
        user=by, state__in=[MembershipState.ACTIVE, MembershipState.PENDING]
    ).first()
    return {
        "contact_name": by.get_full_name()[:150],
        "contact_function": membership.function if membership else "",
        "contact_email": by.email,
        "contact_phone": by.phone,
    }


def _check_start(sheet: CallSheet, organisation: Organisation, at: datetime) -> None:
    if not accepts_new_request(sheet, organisation, at):
        raise Refusal(
            f"La fiche {sheet.code} ne prend pas de nouvelle demande aujourd’hui.", code="not_open"
        )
    kind = applicant_kind_of(organisation.kind)
    if sheet.applicant_kinds and kind not in sheet.applicant_kinds:
        allowed = ", ".join(str(ApplicantKind(k).label).lower() for k in sheet.applicant_kinds)
        raise Refusal(
            f"Cette fiche s’adresse à d’autres demandeurs : {allowed}.", code="wrong_kind"
        )


@transaction.atomic
def save_section(
    *,
    application_id: int,
    section: str,
    values: sections.Values,
    invalid: dict[str, str],
    expected: str,
    by: User,
    at: datetime,
) -> Application:
    """Save one section of a draft: its valid values in their columns, the others as typed.

    Args:
        application_id: The dossier.
        section: One of :class:`Section`, documents aside (they are saved one by one).
        values: In the shape of ``sections.read``; for the commitments, ``{"kinds": [...]}``.
        invalid: What was typed and cannot be kept in a column, by field name.
        expected: Version of the section that the person had in front of them
            (:func:`section_version`).
        by: Who saves.
        at: Now.

    Raises:
        Refusal: ``conflict`` (409) when somebody saved other values meanwhile, ``not_allowed``
            (403), ``already_filed`` (409).
    """
    application = lock_draft(application_id, by)
    if is_stored_already(application, section, values, invalid, expected=expected):
        return application
    if section == Section.COMMITMENTS:
        _write_commitments(application, values["kinds"], by=by, at=at)
    else:
        sections.write(application, section, values)
    _mark_saved(application, section, invalid, by=by, at=at)
    return application


def is_stored_already(
    application: Application,
    section: str,
    values: sections.Values,
    invalid: dict[str, str],
    *,
    expected: str,
) -> bool:
    """Tell whether the same values were saved meanwhile: the save was sent twice.

    Raises:
        Refusal: ``conflict`` (409) when other values were.
    """
    version = section_version(application, section)
    if version == expected:
        return False
    if stored_values(application, section) == (values, invalid):
        return True
    when = f", le {datetime_fr(datetime.fromisoformat(version))}" if version else ""
    raise Refusal(
        f"Cette partie a été enregistrée entre-temps{when}. "
        "Votre saisie est encore là\u00a0: comparez, puis choisissez.",
        code="conflict",
        status=409,
    )


def section_version(application: Application, section: str) -> str:
    """Return what changes each time a section is saved; empty before the first time."""
    return application.saved_sections.get(section, "")


def stored_values(application: Application, section: str) -> tuple[sections.Values, dict]:
    """Return a section as stored: its values, and what was typed and refused."""
    if section == Section.COMMITMENTS:
        kinds = sorted(c.kind for c in application.commitments.all())
        values: sections.Values = {"kinds": kinds}
    else:
        values = sections.read(application, section)
    return values, application.invalid_values.get(section, {})


def lock_draft(application_id: int, by: User) -> Application:
    """Return a draft under lock, for somebody who may edit it."""
    application = lock_application(application_id)
    if not Application.objects.editable_by(by).filter(pk=application.pk).exists():
        raise Refusal("Vous ne pouvez pas modifier ce dossier.", code="not_allowed", status=403)
    if not application.is_draft:
        raise Refusal(
            f"Ce dossier est déposé sous la référence {application.reference} : "
            "il ne se modifie plus.",
            code="already_filed",
            status=409,
        )
    return application


def _mark_saved(
    application: Application, section: str, invalid: dict[str, str], *, by: User, at: datetime
) -> None:
    application.invalid_values = {
        name: kept for name, kept in application.invalid_values.items() if name != section
    }
    if invalid:
        application.invalid_values[section] = invalid
    application.saved_sections = {**application.saved_sections, section: at.isoformat()}
    application.updated_at, application.updated_by = at, by
    application.version += 1
    application.save()


def _write_commitments(
    application: Application, kinds: list[str], *, by: User, at: datetime
) -> None:
    """Keep who ticked which text and when; unticking withdraws the statement."""
    given = {commitment.kind for commitment in application.commitments.all()}
    asked = commitments.statements(application, on=local_date(at))
    application.commitments.exclude(kind__in=kinds).delete()
    Commitment.objects.bulk_create(
        Commitment(
            application=application,
            kind=statement.kind,
            text_version=statement.version,
            given_by=by,
            given_at=at,
        )
        for statement in asked
        if statement.kind in kinds and statement.kind not in given
    )


@transaction.atomic
def delete_draft(*, application_id: int, by: User) -> None:
    """Delete a draft with its files; a filed dossier is withdrawn instead.

    Raises:
        Refusal: ``not_allowed`` (403), ``already_filed`` (409).
    """
    application = lock_draft(application_id, by)
    kept = [
        stored.file
        for document in application.documents.prefetch_related("files")
        for stored in document.files.all()
    ]
    application.delete()
    transaction.on_commit(lambda: forget_files(kept))
