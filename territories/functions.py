"""Database functions of the shared vocabulary."""

from django.db.models import CharField, Func


class Fold(Func):
    """Fold a text in SQL as :func:`config.text.fold` does, to search without accents.

    ``Fold("title")`` goes with ``fold(what_was_typed)``. The SQL function ``maillage_fold`` is
    immutable, so it may stand in an index.
    """

    function = "maillage_fold"
    arity = 1
    output_field = CharField()
