"""Save a section that somebody else may have saved meanwhile: merge it, or have them choose."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from config.errors import Refusal
from config.templatetags.fr import datetime_fr
from config.text import fold
from grants.applications.forms import SectionForm
from grants.applications.forms.concurrent import CHOICE, Change, Merge, chosen, merge
from grants.applications.models import Application


if TYPE_CHECKING:
    from accounts.models import User

TRIES = 3  # each one loses against a save that happened in between


@dataclass
class Saved:
    """What was saved: the form as merged, the dossier, and what was taken from whom."""

    form: SectionForm
    application: Application
    merge: Merge | None = None
    author: str = ""

    @property
    def taken_sentence(self) -> str:
        """Say what was taken from somebody else; empty when nothing was."""
        if self.merge is None or not self.merge.taken:
            return ""
        return f"Repris {_of(self.author)} : {self.merge.taken_labels}."


@dataclass
class UndecidedError(Exception):
    """Both touched the same fields: nothing is saved until the person chooses."""

    form: SectionForm
    sentence: str
    both: list[Change] = field(default_factory=list)
    taken: list[Change] = field(default_factory=list)


Save = Callable[[SectionForm, str], Application]


def save_posted(
    form: SectionForm, *, save: Save, reload: Callable[[], Application], by: User
) -> Saved:
    """Save what was posted, merged with what was stored meanwhile.

    Args:
        form: What was posted, with the version and the fingerprints of its page.
        save: Saves a form over the version it is given (a service; it raises ``conflict``).
        reload: Reads the dossier anew.
        by: Who saves.

    Raises:
        UndecidedError: If both touched the same fields.
        Refusal: As the service.
    """
    form = _with_choices(form)
    form.is_valid()
    expected, found, author = form.data.get("version", ""), None, ""
    for left in reversed(range(TRIES)):
        try:
            return Saved(form, save(form, expected), found, author)
        except Refusal as refusal:
            if refusal.code != "conflict" or not left:
                raise
            stored = form.again(reload())
            found = _merged(form, stored, found)
            author = author_of(stored, by)
            form = _again(stored, found.data)
            if found.both:
                form.base = stored.fingerprints()
                raise UndecidedError(
                    form, _sentence(stored, by), found.both, found.taken
                ) from refusal
            expected = stored.version
    raise AssertionError("the last try returns or raises")


def put_aside(form: SectionForm) -> list[Change]:
    """Return what was typed and differs from what is stored, to be shown beside it."""
    stored = form.again(form.application)
    data = form.data.copy()
    data["base"] = ""
    return [one for one in merge(_again(form, data), stored).both if one.mine]


def author_of(form: SectionForm, by: User) -> str:
    """Return who saved a section last, in words that follow « par »."""
    application = form.application
    who = application.updated_by
    if who is None or form.saved_at != application.updated_at:
        return "un autre enregistrement"
    return "votre autre page" if who == by else who.get_full_name()


def _sentence(stored: SectionForm, by: User) -> str:
    author = author_of(stored, by)
    at = stored.saved_at
    return (
        "Cette partie a été enregistrée entre-temps"
        + ("" if author == "un autre enregistrement" else f", par {author}")
        + (f", le {datetime_fr(at)}" if at else "")
        + ". Votre saisie est encore là : choisissez, puis enregistrez."
    )


def _of(name: str) -> str:
    return f"d’{name}" if fold(name[:1]) in set("aeiouy") else f"de {name}"


def _with_choices(form: SectionForm) -> SectionForm:
    if not any(name.startswith(CHOICE) for name in form.data):
        return form
    data = chosen(form, form.again(form.application))
    return form if data is None else _again(form, data)


def _again(form: SectionForm, data) -> SectionForm:
    made = type(form)(form.application, data, on=form.on, reopened=form.reopened)
    made.is_valid()
    return made


def _merged(form: SectionForm, stored: SectionForm, before: Merge | None) -> Merge:
    found = merge(form, stored)
    if before:
        names = {one.name for one in found.taken}
        found.taken += [one for one in before.taken if one.name not in names]
    return found
