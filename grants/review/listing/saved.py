"""The views of the desk's lists that a person keeps: filters, order, columns, under a name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.http import QueryDict

from config.errors import Refusal
from config.listing import SIZE, SORT
from config.text import clean_name, sort_key
from foundation.jobs.models import SavedView
from grants.review.filters import DeskFilter
from grants.review.listing.baskets import BASKET
from grants.review.listing.columns import COLUMNS_PARAMETER


if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet

    from accounts.models import User

LIST_KEY = "desk"
MOST_VIEWS = 40
LONGEST_QUERY = 8000  # characters: what a browser’s address may hold
_KEPT = {BASKET, SORT, SIZE, COLUMNS_PARAMETER, *DeskFilter.base_filters}


def views_of(user: User) -> QuerySet[SavedView]:
    """Return the saved views of a person."""
    return SavedView.objects.filter(person=user, list_key=LIST_KEY)


def sorted_views(user: User) -> list[SavedView]:
    """Return the saved views of a person as French sorts their names."""
    return sorted(views_of(user), key=lambda view: (sort_key(view.name), view.pk))


def clean_query(query: str) -> str:
    """Return what a view keeps of an address: neither the page nor what the list does not know."""
    asked = QueryDict(query[:LONGEST_QUERY])
    kept = QueryDict(mutable=True)
    for name in sorted(asked.keys() & _KEPT):
        kept.setlist(name, [value for value in asked.getlist(name) if value])
    return kept.urlencode()


@transaction.atomic
def save_view(*, person: User, name: str, query: str, at: datetime) -> SavedView:
    """Keep a list under a name.

    Raises:
        Refusal: Empty name or too long (``invalid``), taken (``taken``, 409), or too many views
            (``too_many``).
    """
    if views_of(person).count() >= MOST_VIEWS:
        raise Refusal(
            f"Vous avez déjà {MOST_VIEWS}\u00a0vues. Supprimez-en une avant d’en ajouter.",
            code="too_many",
        )
    view = SavedView(
        person=person,
        list_key=LIST_KEY,
        name=clean_name(name),
        query=clean_query(query),
        created_at=at,
    )
    return _save(view)


@transaction.atomic
def rename_view(*, view_id: int, person: User, name: str) -> SavedView:
    """Give a view another name; see :func:`save_view`."""
    view = _lock(view_id, person)
    view.name = clean_name(name)
    return _save(view)


@transaction.atomic
def replace_view(*, view_id: int, person: User, query: str) -> SavedView:
    """Make a view hold the list as it is now."""
    view = _lock(view_id, person)
    view.query = clean_query(query)
    return _save(view)


@transaction.atomic
def delete_view(*, view_id: int, person: User) -> str:
    """Forget a view; return its name."""
    view = _lock(view_id, person)
    view.delete()
    return view.name


def _lock(view_id: int, person: User) -> SavedView:
    view = views_of(person).select_for_update(of=("self",), no_key=True).filter(pk=view_id).first()
    if view is None:
        raise Refusal("Cette vue n’existe plus.", code="gone", status=409)
    return view


def _save(view: SavedView) -> SavedView:
    if not view.name:
        raise Refusal("Donnez un nom à la vue.", code="invalid")
    taken = Refusal(
        f"Une de vos vues s’appelle déjà «\u00a0{view.name}\u00a0».", code="taken", status=409
    )
    try:
        view.full_clean(validate_constraints=False, exclude=["person"])
        with transaction.atomic():
            view.save()
    except ValidationError as error:
        raise Refusal(" ".join(error.messages), code="invalid") from error
    except IntegrityError as error:
        raise taken from error
    return view
