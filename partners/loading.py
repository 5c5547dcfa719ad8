"""Register the public bodies known beforehand: the communes and their intercommunal bodies."""

import csv
from pathlib import Path

from django.utils import timezone

from partners.enums import IdentifierState, OrganisationKind
from partners.identifiers import check_siren
from partners.models import Organisation
from territories.models import ActorType, Commune
from territories.reference import FOLDER


KINDS = {
    "commune": OrganisationKind.COMMUNE,
    "ept": OrganisationKind.INTERCOMMUNAL,
    "metropole": OrganisationKind.INTERCOMMUNAL,
}  # the Département itself asks itself for nothing
ACTOR_TYPES = {"commune": "ville", "ept": "intercommunalite", "metropole": "intercommunalite"}


def load_public_bodies(folder: Path = FOLDER) -> int:
    """Add the public bodies that are missing, known by SIREN; those there keep their profile.

    Returns:
        How many public bodies of the file stand in the database.
    """
    with (folder / "public_bodies_92.csv").open(encoding="utf-8", newline="") as source:
        rows = [row for row in csv.DictReader(source) if row["kind"] in KINDS]
    known = set(
        Organisation.objects.filter(siren__in=[row["siren"] for row in rows]).values_list(
            "siren", flat=True
        )
    )
    communes = Commune.objects.in_bulk()
    types = ActorType.objects.in_bulk(field_name="slug")
    for row in rows:
        if row["siren"] in known:
            continue
        commune = communes.get(row["code"]) if row["kind"] == "commune" else None
        Organisation.objects.create(
            kind=KINDS[row["kind"]],
            actor_type=types.get(ACTOR_TYPES[row["kind"]]),
            legal_name=row["name"].replace("'", "’"),
            siren=check_siren(row["siren"]),
            siret=row["siret_siege"] or None,
            identifier_state=IdentifierState.CHECKED,
            city=commune.name if commune else "",
            commune=commune,
            created_at=timezone.now(),
        )
    return len(rows)
