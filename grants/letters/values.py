"""The values of the core variables, from the dossier and the dated parameters."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from dateutil.relativedelta import relativedelta

from config.dates import local_date
from foundation.parameters.selectors import values_on
from grants.applications.checks import missing_document_labels
from grants.applications.enums import Channel


if TYPE_CHECKING:
    from grants.applications.models import Application

PARAMETERS = {
    "service.nom": "office.name",
    "service.direction": "office.direction",
    "service.courriel": "office.email",
    "service.telephone": "office.phone",
    "departement.nom": "department.name",
    "signataire.qualite": "department.president_title",
    "tribunal.url": "court.url",
    "dpo.courriel": "dpo.email",
    "delais.recours_mois": "appeal.months",
    "delais.versement_jours": "payment.days",
    "delais.bilan_mois": "report.months",
    "silence.mois": "silence.months",
    "texte.recours": "text.appeal",
    "texte.rgpd": "text.rgpd",
    "texte.silence": "text.silence",
}


def core_values(application: Application, kind: str, at: datetime) -> dict[str, Any]:
    """Return what the portal knows by itself of a dossier, on the day of the letter."""
    organisation, sheet = application.organisation, application.sheet
    keys = [*PARAMETERS.values(), "office.address", "court.name", "court.address"]
    known = values_on(keys, local_date(at))
    filed_at = application.submitted_at or at
    received_on = application.received_on or local_date(filed_at)
    missing = missing_document_labels(application) if kind == "receipt" else []
    awaits = application.awaits_attestation
    return {
        **{name: known[key] for name, key in PARAMETERS.items()},
        "service.adresse": known["office.address"].splitlines(),
        "tribunal.nom": known["court.name"][:1].lower() + known["court.name"][1:],
        "tribunal.adresse": [", ".join(known["court.address"].splitlines())],
        "courrier.date": local_date(at),
        "beneficiaire.nom": organisation.legal_name,
        "beneficiaire.adresse": _address(organisation),
        "beneficiaire.siret": _spaced_siret(organisation.siret or ""),
        "beneficiaire.prive": organisation.is_private_body,
        "dossier.reference": application.reference,
        "dossier.intitule": application.title,
        "dossier.depose_le": filed_at,
        "dossier.recu_le": received_on,
        "dossier.papier": application.channel == Channel.PAPER,
        "dossier.montant_demande": application.requested_amount,
        "dossier.debut": application.starts_on,
        "dossier.fin": application.ends_on,
        "dossier.pieces_manquantes": missing,
        "dossier.pieces_avant_le": application.documents_due_on,
        "dossier.attestation_avant_le": application.attestation_due_on if awaits else None,
        "fiche.code": sheet.code,
        "fiche.titre": sheet.title,
        "campagne.exercice": sheet.campaign.fiscal_year,
        "silence.rejet_le": received_on + relativedelta(months=int(known["silence.months"])),
    }


def needs_agreement(amount: Decimal, *, is_private: bool, threshold: Decimal) -> bool:
    """Tell whether a grant alone makes an agreement compulsory.

    Source: loi n° 2000-321 du 12 avril 2000, article 10 ; décret n° 2001-495, article 1er (above
    23 000 euros a year, private bodies only).
    """
    return is_private and amount > threshold


def _address(organisation: Any) -> list[str]:
    town = f"{organisation.postal_code} {organisation.city}".strip()
    return [line for line in (organisation.address.strip(), town) if line]


def _spaced_siret(siret: str) -> str:
    """Write a SIRET in groups: « 123 456 789 00012 »."""
    return "\u00a0".join(part for part in (siret[:3], siret[3:6], siret[6:9], siret[9:]) if part)
