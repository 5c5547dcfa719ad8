"""Who may read a stored file: the app that owns the row it hangs on says so.

Lower apps register their models in ``AppConfig.ready()``; a file whose owner's model is unknown is
shown to nobody.
"""

from collections.abc import Callable
from typing import Any

from django.db.models import Model


Reader = Callable[[Any, Any], bool]  # (user, owner row) → may read
_readers: dict[type[Model], Reader] = {}
_public: set[type[Model]] = set()


def register_owner(model: type[Model], may_read: Reader, *, is_public: bool = False) -> None:
    """Declare who may download the files attached to rows of a model.

    Args:
        model: What the files hang on.
        may_read: Tells who; called with a signed-in person only, unless it is public.
        is_public: Somebody without an account may be allowed too.
    """
    _readers[model] = may_read
    if is_public:
        _public.add(model)


def may_read(user: Any, owner: Any) -> bool:
    """Tell whether a person may download a file of this row; False when nobody declared it."""
    reader = _readers.get(type(owner))
    if owner is None or reader is None:
        return False
    if not user.is_authenticated and type(owner) not in _public:
        return False
    return reader(user, owner)
