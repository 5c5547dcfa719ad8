"""The desk's working lists: what each holds, and how many."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Count, Value

from grants.applications.enums import ReviewState
from grants.review.enums import UNDECIDED
from grants.review.querysets import WAITING, instructed_by, to_score_by, unassigned


if TYPE_CHECKING:
    from django.db.models import QuerySet

    from accounts.access import Access
    from accounts.models import User
    from grants.applications.models import Application

BASKET = "liste"  # its word in the address


@dataclass(frozen=True)
class Basket:
    """One of the desk's lists: its address word, its name, what it says when it is empty."""

    slug: str
    label: str
    empty: str


BASKETS = (
    Basket("a-affecter", "À affecter", "Aucun dossier n’attend d’être affecté."),
    Basket("mes-dossiers", "Mes dossiers", "Aucun dossier ne vous est affecté."),
    Basket(
        "en-attente",
        "Compléments ou pièces attendus",
        "Aucun dossier n’attend de compléments ni de pièces.",
    ),
    Basket("a-noter", "À noter", "Vous n’avez pas de notation à faire."),
    Basket("instruits", "Instruits", "Aucun dossier instruit n’attend sa séance."),
    Basket("tous", "Tous", "Aucun dossier n’est encore déposé."),
)
_BY_SLUG = {basket.slug: basket for basket in BASKETS}


def basket_of(asked: str, access: Access) -> Basket:
    """Return the basket of an address, else the one where this person's day begins."""
    if not access.is_desk:
        return _BY_SLUG["tous"]
    return _BY_SLUG.get(asked, _BY_SLUG["a-affecter" if access.is_unit_head else "mes-dossiers"])


def in_basket(applications: QuerySet[Application], slug: str, user: User) -> QuerySet[Application]:
    """Keep the dossiers of one of the desk's lists."""
    match slug:
        case "a-affecter":
            return unassigned(applications)
        case "mes-dossiers":
            return instructed_by(applications, user).filter(review_state__in=UNDECIDED)
        case "en-attente":
            return applications.filter(WAITING)
        case "a-noter":
            return to_score_by(applications, user)
        case "instruits":
            return applications.filter(review_state=ReviewState.EVALUATED)
        case _:
            return applications


def basket_counts(applications: QuerySet[Application], user: User) -> dict[str, int]:
    """Return how many dossiers each list holds, in one query: each part takes its own index."""
    parts = [
        in_basket(applications.order_by(), basket.slug, user)
        .annotate(basket=Value(basket.slug))
        .values("basket")
        .annotate(found=Count("pk"))
        .values_list("basket", "found")
        for basket in BASKETS
    ]
    counted = dict(parts[0].union(*parts[1:], all=True))
    return {basket.slug: counted.get(basket.slug, 0) for basket in BASKETS}
