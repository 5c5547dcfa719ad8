"""What dossiers do when the body that owns them is joined to another."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from grants.applications.events import append_event
from grants.applications.models import Application
from grants.applications.services.moves import lock_application, lock_applications
from partners.merging import register_mover
from partners.models import Organisation


if TYPE_CHECKING:
    from accounts.models import User


def lock_dossiers(source_id: int, target_id: int) -> None:
    """Lock the dossiers of both bodies, in one order: other services lock a dossier, then its body.

    Those of the body kept too: who stood aside from the double leaves them, and their scores.
    """
    lock_applications(Application.objects.filter(organisation__in=[source_id, target_id]))


def move_applications(*, source: Organisation, target: Organisation, by: User, at: datetime) -> int:
    """Give a double's dossiers to the body kept; each filed one notes it in its history.

    What was filed is not touched: deposits keep the name they were filed under.

    Returns:
        How many dossiers moved.
    """
    keys = list(
        Application.objects.filter(organisation=source).order_by("pk").values_list("pk", flat=True)
    )
    for pk in keys:
        application = lock_application(pk)
        application.organisation = target
        application.version += 1
        application.save(update_fields=["organisation", "version"])
        if not application.is_draft:
            append_event(
                application=application,
                kind="organisation_merged",
                actor=by,
                at=at,
                comment=f"{source.legal_name} est réunie à {target.legal_name}.",
                data={"from": source.pk, "to": target.pk},
                visible_to_applicant=True,
            )
    return len(keys)


def names_of(source: Organisation) -> Iterator[str]:
    """Name the dossiers of a body: reference and title."""
    for application in source.applications.order_by("pk").only("reference", "title"):
        title = application.title or "Brouillon sans titre"
        yield (
            f"{application.reference} {title}" if application.reference else f"Brouillon : {title}"
        )


def register() -> None:
    register_mover(
        "dossiers",
        move_applications,
        words=("dossier", "dossiers"),
        names=names_of,
        lock=lock_dossiers,
    )
