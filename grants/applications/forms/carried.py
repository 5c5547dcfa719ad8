"""Marks on the controls of a dossier that renews another: what was taken, what was said then."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grants.applications.last_year import LastYear, last_year
from grants.applications.renewal import Policy, is_to_reread, policy_of


if TYPE_CHECKING:
    from grants.applications.forms.base import SectionForm


def mark_carried(form: SectionForm) -> LastYear | None:
    """Give each control ``carried`` and ``last_year``, the words to show beside it.

    Returns:
        The earlier request; ``None`` when the dossier renews none, or is filed.
    """
    application = form.application
    previous = last_year(application) if application.is_draft else None
    if previous is None:
        return None
    to_reread = is_to_reread(application, form.section)
    for name, field in form.fields.items():
        filled = form.initial.get(name) not in (None, "")
        if to_reread and filled and policy_of(name) is Policy.ASK:
            field.carried = f"Repris de votre demande {previous.reference}"
        label = form.initial.get(name.replace("_planned", "_label"), "")
        field.last_year = previous.beside(name, str(label))
    return previous
