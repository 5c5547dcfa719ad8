"""Full-text search in the dossiers: whatever is typed finds something, or says why not.

The index (``SearchEntry``, kept by triggers) holds folded words: those of the reference, of the
body and of the title as they are and by their French stem, those of the text by their stem. The
words of the sheet and the name of whoever instructs are looked for among the choices of the
filters, which are read anyway: one query answers whatever is typed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import reduce
from operator import and_
from typing import TYPE_CHECKING

from django.contrib.postgres.search import SearchQuery
from django.db.models import Q

from config.text import fold
from grants.applications.models import Application, SearchEntry
from grants.review.models import Assignment, AssignmentRole


if TYPE_CHECKING:
    from django.db.models import QuerySet

    from grants.review.listing.choices import DeskChoices

MOST_WORDS = 24
LONGEST_WORD = 2046  # bytes that a word of the index may hold
_REFERENCE = re.compile(r"(2\d{3})(\d{1,6})", re.ASCII)  # 2027-0043 typed without its hyphen
# The words that PostgreSQL leaves out of a French index, among those without accent.
COMMON_WORDS = frozenset(
    """
    ai aie aient aies ait as au aura aurai auraient aurais aurait auras aurez auriez aurions
    aurons auront aux avaient avais avait avec avez aviez avions avons ayant ayante ayantes
    ayants ayez ayons c ce ces d dans de des du elle en es est et eu eue eues eurent eus
    eusse eussent eusses eussiez eussions eut eux furent fus fusse fussent fusses fussiez
    fussions fut il j je l la le leur lui m ma mais me mes moi mon n ne nos notre nous on
    ont ou par pas pour qu que qui s sa se sera serai seraient serais serait seras serez
    seriez serions serons seront ses soient sois soit sommes son sont soyez soyons suis sur
    t ta te tes toi ton tu un une vos votre vous y
    """.split()  # noqa: SIM905
)


@dataclass(frozen=True)
class Search:
    """What somebody looks for.

    Attributes:
        typed: As they typed it.
        words: Folded words that a dossier must all hold.
        is_common: They only typed words too common for the text of the dossiers: these are
            looked for in the reference, the body and the title.
        left_out: How many words beyond :data:`MOST_WORDS` are not looked for.
    """

    typed: str
    words: tuple[str, ...]
    is_common: bool = False
    left_out: int = 0

    @classmethod
    def of(cls, typed: str) -> Search:
        """Read what was typed: accents, case, signs and order do not matter."""
        words = tuple(dict.fromkeys(fold(typed).split()))
        telling = tuple(word for word in words if word not in COMMON_WORDS)
        kept = telling or words
        return cls(
            typed=typed,
            words=kept[:MOST_WORDS],
            is_common=bool(words) and not telling,
            left_out=max(0, len(kept) - MOST_WORDS),
        )

    @property
    def notes(self) -> list[str]:
        """Say, in French, where the search does not do all that one could think."""
        notes = []
        if self.is_common:
            quoted = " ".join(self.words)
            notes.append(
                f"«\u00a0{quoted}\u00a0»\u00a0: mots trop courants pour être cherchés dans le "
                "texte des dossiers. Ils le sont dans la référence, l’organisation et l’intitulé."
            )
        if self.left_out:
            notes.append(
                f"La recherche porte sur les {MOST_WORDS}\u00a0premiers mots\u00a0; les "
                f"{self.left_out}\u00a0suivants ne comptent pas."
            )
        return notes

    def apply(
        self, applications: QuerySet[Application], choices: DeskChoices
    ) -> QuerySet[Application]:
        """Keep the dossiers that hold every word, or its beginning, or a word of its family.

        Args:
            applications: Where to look.
            choices: The sheets and the people among whom each word is looked for too.
        """
        if not self.typed.strip():
            return applications
        if not self.words:  # signs only: they may stand in a name
            sign = self.typed.strip()
            return applications.filter(
                Q(title__icontains=sign)
                | Q(organisation__legal_name__icontains=sign)
                | Q(organisation__short_name__icontains=sign)
            )
        if any(len(word) > LONGEST_WORD for word in self.words):
            return applications.none()
        terms = []
        for word in self.words:
            term, elsewhere = self._term(word), self._elsewhere(word, choices)
            if elsewhere:
                texts = SearchEntry.objects.filter(vector=term).values("application_id")
                applications = applications.filter(pk__in=texts.union(*elsewhere, all=True))
            else:
                terms.append(term)
        if terms:
            applications = applications.filter(search_entry__vector=reduce(and_, terms))
        return applications

    def _elsewhere(self, word: str, choices: DeskChoices) -> list[QuerySet]:
        """Return the keys of the dossiers that a word finds by their sheet or by who instructs.

        Each is a branch of a union, so that each goes by its own index.
        """
        if self.is_common:
            return []
        found: list[QuerySet] = []
        if sheets := choices.sheets_with(word):
            found.append(Application.objects.filter(sheet__in=sheets).order_by().values("pk"))
        if people := choices.officers_with(word):
            in_hand = Assignment.objects.filter(
                person__in=people, role=AssignmentRole.OFFICER, ended_at__isnull=True
            )
            found.append(in_hand.order_by().values("application_id"))
        return found

    def _term(self, word: str) -> SearchQuery:
        """Return what finds a word: only letters and digits are left in it, never an operator."""
        beginning = SearchQuery(f"{word}:*", config="simple", search_type="raw")
        if self.is_common:
            return beginning
        term = beginning | SearchQuery(word, config="french")
        if reference := _REFERENCE.fullmatch(word):
            year, number = reference.groups()
            apart = f"{year}:A <-> {number}:*A"
            term |= SearchQuery(apart, config="simple", search_type="raw")
        return term
