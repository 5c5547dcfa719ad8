"""The dossier as filed: one canonical JSON document, its bytes and their SHA-256."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any


if TYPE_CHECKING:
    from grants.applications.models import Application

FORMAT = 1


def snapshot(application: Application, *, at: datetime) -> dict[str, Any]:
    """Return everything the applicant declared, as plain JSON values.

    Amounts are texts with two decimals, dates ISO, files named by their SHA-256.
    """
    organisation = application.organisation
    return {
        "format": FORMAT,
        "filed_at": at.astimezone(UTC).isoformat(),
        "uuid": str(application.uuid),
        "reference": application.reference,
        "sheet": {
            "campaign": application.sheet.campaign.fiscal_year,
            "code": application.sheet.code,
            "version": application.sheet.version,
            "title": application.sheet.title,
        },
        "organisation": {
            "id": organisation.pk,
            "kind": organisation.kind,
            "legal_name": organisation.legal_name,
            "siret": organisation.siret or "",
            "rna": organisation.rna,
            "address": organisation.address,
            "postal_code": organisation.postal_code,
            "city": organisation.city,
        },
        "project": {
            "kind": application.kind,
            "title": application.title,
            "objectives": application.objectives,
            "description": application.description,
            "means": application.means,
            "partners": application.partners_text,
            "steering_body": application.steering_body,
            "framework": str(application.framework) if application.framework else "",
            "starts_on": _iso(application.starts_on),
            "ends_on": _iso(application.ends_on),
            "conditions": [
                {"condition": answer.condition, "answer": answer.answer}
                for answer in application.condition_answers.all()
            ],
            "indicators": [
                {"label": indicator.label, "planned": indicator.planned}
                for indicator in application.indicators.all()
            ],
        },
        "places": {
            "whole_department": application.whole_department,
            "list": [
                {
                    "commune": place.commune_id,
                    "neighbourhood": place.neighbourhood_id,
                    "school": place.school_id,
                    "share": None if place.share is None else str(place.share),
                }
                for place in application.places.all()
            ],
        },
        "public": {
            "counts": {c.band: c.count for c in application.audience_counts.all()},
            "girls": application.girls_count,
            "boys": application.boys_count,
            "qpv_rate": None if application.qpv_rate is None else str(application.qpv_rate),
            "description": application.public_description,
        },
        "budget": {
            "requested": _amount(application.requested_amount),
            "lines": [
                {
                    "side": line.side,
                    "account": line.account,
                    "funder": line.funder,
                    "status": line.status,
                    "this_request": line.is_this_request,
                    "planned": _amount(line.planned_amount),
                }
                for line in application.budget_lines.all()
            ],
        },
        "documents": [
            {"label": document.label, "sha256": file.sha256, "name": file.original_name}
            for document in application.documents.prefetch_related("files")
            if (file := document.file) is not None
        ],
        "commitments": [
            {
                "kind": commitment.kind,
                "text_version": commitment.text_version,
                "given_by": commitment.given_by_id,
                "given_at": commitment.given_at.astimezone(UTC).isoformat(),
            }
            for commitment in application.commitments.all()
        ],
    }


def freeze(content: dict[str, Any]) -> tuple[bytes, str]:
    """Return the stored bytes of a snapshot and their SHA-256 in hexadecimal."""
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    payload = text.encode()
    return payload, hashlib.sha256(payload).hexdigest()


def _iso(day) -> str:
    return day.isoformat() if day else ""


def _amount(value) -> str:
    return "" if value is None else f"{value:.2f}"
