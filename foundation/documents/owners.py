"""Who may read a stored file: the app that owns the row it hangs on says so.

Lower apps register their models in ``AppConfig.ready()``; a file whose owner's model is unknown is
shown to nobody.
"""

from collections.abc import Callable
from typing import Any

from django.db.models import Model


Reader = Callable[[Any, Any], bool]  # (user, owner row) → may read
_readers: dict[type[Model], Reader] = {}


def register_owner(model: type[Model], may_read: Reader) -> None:
    """Declare who may download the files attached to rows of a model."""
    _readers[model] = may_read


def may_read(user: Any, owner: Any) -> bool:
    """Tell whether a person may download a file of this row; False when nobody declared it."""
    reader = _readers.get(type(owner))
    return owner is not None and reader is not None and reader(user, owner)
