"""Sheets that come from a file: all written together, or nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts.models import User
from config.errors import Refusal
from config.text import clean_name
from grants.calls.models import CallSheet, Campaign, SheetImport
from grants.calls.permissions import check_may_manage
from grants.calls.services.campaigns import lock_campaign
from grants.calls.services.sheets import create_sheet, edit_sheet
from grants.calls.sheet_files import TEXT_FIELDS, framework_kind, kept_keys
from territories.models import Commune, Framework, PriorityNeighbourhood


MAX_SHEETS = 200


@dataclass(frozen=True)
class Imported:
    """What became of one entry of a file.

    Attributes:
        entry: As given.
        action: ``created``, ``replaced`` or ``skipped``.
        sheet: The draft written, or the sheet already there.
        note: French sentence, when something was not done as read.
    """

    entry: Mapping
    action: str
    sheet: CallSheet
    note: str = ""


@transaction.atomic
def apply_import(
    *,
    campaign_id: int,
    entries: Sequence[Mapping],
    file_name: str,
    by: User | None,
    at: datetime,
    replace_drafts: bool = False,
) -> list[Imported]:
    """Write the sheets of a file as drafts of a campaign.

    A sheet whose code is already in the campaign is left as it is; a draft is brought up to date
    when its entry says ``replace``. A published sheet never changes. Applying the same file again
    writes nothing.

    Args:
        campaign_id: Where the drafts go.
        entries: As :mod:`grants.calls.sheet_files` describes them; ``keep`` false is passed over.
        file_name: Kept with each sheet.
        by: ``None`` for the command line.
        at: Now.
        replace_drafts: As if every entry said ``replace``.

    Raises:
        Refusal: ``forbidden``, ``campaign_closed``, ``too_many``, or ``invalid`` naming the sheet:
            nothing is written then.
    """
    check_may_manage(by)
    campaign = lock_campaign(campaign_id)
    kept = [entry for entry in entries if entry["keep"]]
    if len(kept) > MAX_SHEETS:
        raise Refusal(
            f"Ce fichier compte plus de {MAX_SHEETS} fiches : partagez-le.", code="too_many"
        )
    imported: list[Imported] = []
    for entry in kept:
        try:
            imported.append(
                _import_one(campaign, entry, imported, file_name, by, at, replace_drafts)
            )
        except Refusal as refusal:
            name = entry["code"] or entry["title"] or "sans code"
            raise Refusal(f"Fiche {name} : {refusal.sentence}", code=refusal.code) from refusal
    return imported


@transaction.atomic
def start_import(
    *, campaign_id: int, file_name: str, payload: Mapping, by: User, at: datetime
) -> SheetImport:
    """Keep what was read in an uploaded file, to be corrected; no sheet is written.

    Raises:
        Refusal: ``forbidden``, or ``too_many``.
    """
    check_may_manage(by)
    if len(payload["sheets"]) > MAX_SHEETS:
        raise Refusal(
            f"Ce fichier compte plus de {MAX_SHEETS} fiches : partagez-le.", code="too_many"
        )
    return SheetImport.objects.create(
        campaign_id=campaign_id,
        file_name=clean_name(file_name)[:200],
        payload=dict(payload),
        created_by=by,
        created_at=at,
    )


@transaction.atomic
def save_import(*, uuid: UUID, entries: Sequence[Mapping], by: User) -> SheetImport:
    """Keep the corrections made on the preview.

    Raises:
        Refusal: ``forbidden``, or ``confirmed`` when its sheets are already written.
    """
    check_may_manage(by)
    row = _lock_import(uuid)
    row.payload = {**row.payload, "sheets": [dict(entry) for entry in entries]}
    row.save(update_fields=["payload"])
    return row


@transaction.atomic
def confirm_import(*, uuid: UUID, by: User, at: datetime) -> list[Imported]:
    """Write the sheets kept on the preview, once.

    Raises:
        Refusal: ``confirmed`` on a second click; ``conflict`` when a code is already taken and
            the entry does not say to replace it; those of :func:`apply_import`.
    """
    check_may_manage(by)
    row = _lock_import(uuid)
    imported = apply_import(
        campaign_id=row.campaign_id,
        entries=row.payload["sheets"],
        file_name=row.file_name,
        by=by,
        at=at,
    )
    notes = [one.note for one in imported if one.action == "skipped" or one.note]
    if notes:
        raise Refusal(" ".join(notes), code="conflict", status=409)
    row.confirmed_at = at
    row.save(update_fields=["confirmed_at"])
    return imported


def _lock_import(uuid: UUID) -> SheetImport:
    row = SheetImport.objects.select_for_update(of=("self",), no_key=True).get(uuid=uuid)
    if row.confirmed_at is not None:
        raise Refusal("Les fiches de ce fichier sont déjà créées.", code="confirmed", status=409)
    return row


def _import_one(
    campaign: Campaign,
    entry: Mapping,
    before: Sequence[Imported],
    file_name: str,
    by: User | None,
    at: datetime,
    replace_drafts: bool,
) -> Imported:
    note = ""
    code = entry["code"].strip().upper()
    if code and code in {one.entry["code"].strip().upper() for one in before}:
        note = (
            f"Le code {code} est celui de deux fiches de ce fichier : la seconde reste sans code."
        )
        code = ""
    fields = {**_fields(entry, file_name), "code": code}
    existing = _existing(campaign, fields)
    if existing is None:
        sheet = create_sheet(campaign_id=campaign.pk, fields=fields, by=by, at=at)
        return Imported(entry, "created", sheet, note)
    if not existing.is_draft:
        note = f"La fiche {existing.code} existe déjà et elle est publiée : elle ne change pas."
        return Imported(entry, "skipped", existing, note)
    if replace_drafts or entry["replace"]:
        fields["code"] = code or existing.code
        sheet = edit_sheet(sheet_id=existing.pk, fields=fields, by=by)
        return Imported(entry, "replaced", sheet, note)
    name = f"La fiche {existing.code}" if existing.code else f"La fiche « {existing.title} »"
    note = f"{name} existe déjà en brouillon dans cette campagne : elle reste comme elle est."
    return Imported(entry, "skipped", existing, note)


def _existing(campaign: Campaign, fields: Mapping) -> CallSheet | None:
    """Find the sheet that an entry already became: by its code, or by its text without a code."""
    sheets = campaign.sheets.order_by("-version", "pk")
    if fields["code"]:
        return sheets.filter(code=fields["code"]).first()
    same = ("title", "identified_need", "operational_objective")
    return sheets.filter(**{name: fields[name] for name in same}).first()


def _fields(entry: Mapping, file_name: str) -> dict[str, object]:
    return {
        "title": entry["title"],
        **{name: entry[name] for name in TEXT_FIELDS},
        "whole_department": entry["whole_department"],
        "age_min": entry["age_min"],
        "age_max": entry["age_max"],
        "communes": list(Commune.objects.filter(pk__in=kept_keys(entry, "commune"))),
        "neighbourhoods": list(
            PriorityNeighbourhood.objects.filter(pk__in=kept_keys(entry, "neighbourhood"))
        ),
        "framework": _framework(entry),
        "source_title_lines": "\n".join(entry["title_lines"]),
        "source_file_name": clean_name(file_name)[:200],
    }


def _framework(entry: Mapping) -> Framework | None:
    if not entry["framework_name"]:
        return None
    year_from, year_to = entry["framework_period"] or (None, None)
    name = clean_name(entry["framework_name"])[:200]
    same = Framework.objects.filter(name__iexact=name, year_from=year_from, year_to=year_to)
    found = same.order_by("pk").first()
    return found or Framework.objects.create(
        kind=framework_kind(name), name=name, year_from=year_from, year_to=year_to
    )
