"""The dossier as filed: one canonical JSON document, its bytes and their SHA-256."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from grants.applications.annual_budget import asks_annual_budget
from grants.applications.organisation_profile import profile_data
from partners.selectors import profile_of


if TYPE_CHECKING:
    from collections.abc import Iterable

    from grants.applications.models import Application, ApplicationDocument

# 2: who asks and their profile, means and evaluation apart from the project, the body's own year.
# Deposits of format 1 keep their bytes: nothing reads them but by name, with nothing as a default.
FORMAT = 2


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
        "profile": profile_data(profile_of(organisation)),
        "documents": documents_of(application.documents.prefetch_related("files")),
        **declared(application),
    }


def declared(application: Application) -> dict[str, Any]:
    """Return the sections of a dossier, its documents aside."""
    return {
        "applicant": _applicant(application),
        "project": {
            "kind": application.kind,
            "period": application.period,
            "is_city_policy": application.is_city_policy,
            "title": application.title,
            "objectives": application.objectives,
            "description": application.description,
            "steering_body": application.steering_body,
            "framework": str(application.framework) if application.framework else "",
            "starts_on": _iso(application.starts_on),
            "ends_on": _iso(application.ends_on),
            "conditions": [
                {"condition": answer.condition, "answer": answer.answer}
                for answer in application.condition_answers.all()
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
            "inclusion": application.inclusion_text,
        },
        "means": {
            "means": application.means,
            "partners": application.partners_text,
            "plans_recruitment": application.plans_recruitment,
            "recruitment_fte": _decimal(application.recruitment_fte),
            "in_kind_request": application.in_kind_request,
            "staff": [
                {"category": line.category, "people": line.people, "fte": _decimal(line.fte)}
                for line in application.staff_lines.all()
            ],
        },
        "evaluation": {
            "indicators": [
                {"label": indicator.label, "planned": indicator.planned}
                for indicator in application.indicators.all()
            ],
            "evaluation_method": application.evaluation_method,
            "complement": application.complement,
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


def documents_of(documents: Iterable[ApplicationDocument]) -> list[dict[str, str]]:
    """Return the documents given, each by its last file; their files are fetched with them."""
    return [
        {"label": document.label, "sha256": file.sha256, "name": file.original_name}
        for document in documents
        if (file := document.file) is not None
    ]


def _applicant(application: Application) -> dict[str, Any]:
    return {
        "contact_name": application.contact_name,
        "contact_function": application.contact_function,
        "contact_email": application.contact_email,
        "contact_phone": application.contact_phone,
        "contact_service": application.contact_service,
        "deliberation_to_come": application.deliberation_to_come,
        "deliberation_number": application.deliberation_number,
        "deliberation_on": _iso(application.deliberation_on),
        "has_economic_activity": application.has_economic_activity,
        "public_aid_amount": _amount(application.public_aid_amount),
        "public_aid_regime": application.public_aid_regime,
        "annual_budget": [
            {"account": line.account, "amount": _amount(line.amount)}
            for line in application.annual_budget_lines.all()
        ]
        if asks_annual_budget(application)
        else [],
    }


def freeze(content: dict[str, Any]) -> tuple[bytes, str]:
    """Return the stored bytes of a snapshot and their SHA-256 in hexadecimal."""
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    payload = text.encode()
    return payload, hashlib.sha256(payload).hexdigest()


def _iso(day) -> str:
    return day.isoformat() if day else ""


def _decimal(value) -> str:
    return "" if value is None else str(value)


def _amount(value) -> str:
    return "" if value is None else f"{value:.2f}"
