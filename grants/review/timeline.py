"""The story of a dossier for the office: each event in words, with who, how much, by when.

Another part of the desk describes its events with :func:`register_kind`; one nobody described
shows its label alone, so that nothing of it is told by mistake.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from accounts.models import User
from config.templatetags.fr import date_fr, euros, plural_fr
from foundation.documents.enums import FileState
from grants.applications.enums import MessageSide, Section
from grants.applications.labels import event_label
from grants.review.enums import THIRD
from grants.review.votes_told import knows_votes


if TYPE_CHECKING:
    from datetime import datetime

    from grants.applications.models import Application, Event
    from grants.review.permissions import Standing

GROUPS = {
    "instruction": "Instruction",
    "complements": "Compléments et pièces",
    "echanges": "Échanges",
    "notation": "Notation et avis",
    "decision": "Décision et courriers",
}
#: Keys of an event's data that name a person.
PEOPLE = ("officer", "reader", "person", "for")
#: Keys of an event's data that name documents, several at once.
DOCUMENTS = ("shared", "unshared")


GONE = "pièce retirée depuis"


@dataclass(frozen=True)
class Names:
    """What the keys in the data of events stand for: people, documents."""

    people: Mapping[int, str] = field(default_factory=dict)
    documents: Mapping[int, str] = field(default_factory=dict)

    def person(self, key: Any) -> str:
        return self.people.get(key, "une personne du service")

    def pieces(self, keys: Iterable[int]) -> str:
        return ", ".join(self.documents.get(key, GONE) for key in keys)


@dataclass(frozen=True)
class Kind:
    """How a kind of event is told.

    Attributes:
        group: The filter it answers to (:data:`GROUPS`).
        tab: Where what it tells is seen; empty for the history alone.
        tone: Of its line.
        detail: Gives the words after its label from its data.
        is_about_scores: Its comment and detail stay with those who read scores.
        is_about_amounts: Its detail does, its comment does not.
        is_of_desk: Its comment and detail stay with the desk, and with those who read scores: they
            name who reads or who is asked.
    """

    group: str = "instruction"
    tab: str = "resume"
    tone: str = "neutral"
    detail: Callable[[dict[str, Any], Names], str] | None = None
    is_about_scores: bool = False
    is_about_amounts: bool = False
    is_of_desk: bool = False


@dataclass(frozen=True)
class Entry:
    """One line of the story."""

    position: int
    when: datetime
    title: str
    who: str
    text: str
    detail: str
    tone: str
    is_new: bool


def register_kind(name: str, kind: Kind) -> None:
    """Describe a kind of event; a second description replaces the first."""
    KINDS[name] = kind


def kind_of(name: str) -> Kind:
    return KINDS.get(name, _UNKNOWN)


def entries(
    application: Application,
    events: Sequence[Event],
    user: User,
    standing: Standing,
    *,
    new: Iterable[int] = (),
) -> list[Entry]:
    """Tell events, as one person may read them.

    Args:
        application: Their dossier.
        events: With their actors fetched.
        user: Who reads.
        standing: What they are to the dossier.
        new: Positions of the events that carry a mark.
    """
    names = names_for(application, [event.data for event in events])
    new = set(new)
    return [
        Entry(
            position=event.position,
            when=event.at,
            title=event_label(event.kind),
            who=_who(event, names),
            text="" if hides_words(event.kind, user, standing) else event.comment,
            detail=detail_of(event.kind, event.data, names, application, user, standing),
            tone=kind_of(event.kind).tone,
            is_new=event.position in new,
        )
        for event in events
    ]


def names_for(application: Application, data: Iterable[Mapping[str, Any]]) -> Names:
    """Read what the data of events name, in two queries at most."""
    data = list(data)
    people = {one.get(key) for one in data for key in PEOPLE} - {None, ""}
    people = {key for key in people if isinstance(key, int)}
    documents = {one["document"] for one in data if isinstance(one.get("document"), int)}
    documents |= {key for one in data for name in DOCUMENTS for key in one.get(name, ())}
    found = User.objects.in_bulk(people) if people else {}
    labels = {}
    if documents:
        known = application.documents.filter(pk__in=documents)
        labels = dict(known.values_list("pk", "label"))
    return Names({pk: str(one) for pk, one in found.items()}, labels)


_OF_READERS = frozenset({"reader_assigned", "reader_withdrawn"})


#: What happens to a vote before its applicant is told, and what tells the vote by its own name.
_OF_VOTES = frozenset(
    {"award", "reject", "defer", "correct_vote", "letter_created", "letter_ready", "letter_signed"}
)


def is_told(
    kind: str,
    data: Mapping[str, Any],
    application: Application,
    user: User,
    standing: Standing,
) -> bool:
    """Tell whether somebody reads an event at all: a third reader tells that two readings differ.

    Only who may not read scores yet, and is not of the desk, is not told of it, nor of a vote
    before its applicant is.
    """
    if kind in _OF_VOTES and application.notified_at is None and not knows_votes(user):
        return False
    is_third = kind in _OF_READERS and data.get("rank") == THIRD
    return not is_third or _reads_desk_words(user, standing)


def hides_words(kind: str, user: User, standing: Standing) -> bool:
    """Tell whether the comment of an event is kept from somebody."""
    told = kind_of(kind)
    if told.is_of_desk and not _reads_desk_words(user, standing):
        return True
    return told.is_about_scores and not standing.reads_others


def _reads_desk_words(user: User, standing: Standing) -> bool:
    of_desk = user.access.is_desk or user.access.is_administrator
    return standing.reads_others or (of_desk and not standing.is_recused)


def detail_of(
    kind: str,
    data: Mapping[str, Any],
    names: Names,
    application: Application,
    user: User,
    standing: Standing,
) -> str:
    """Return the words after an event's label, as one person may read them."""
    told = kind_of(kind)
    if told.detail is None:
        return ""
    if (told.is_about_scores or told.is_about_amounts) and not standing.reads_others:
        return ""
    if told.is_of_desk and not _reads_desk_words(user, standing):
        return ""
    on_time = user.access.is_desk or user.access.is_administrator
    if told.tab == "decision" and not on_time and application.notified_at is None:
        return ""  # a coordinator reads a decision once it is notified
    try:
        return told.detail(dict(data), names)
    except (KeyError, TypeError, ValueError, ArithmeticError):
        return ""  # an event from before its data were kept


def _who(event: Event, names: Names) -> str:
    return signed(event.kind, str(event.actor or ""), event.data, names)


def signed(kind: str, name: str, data: Mapping[str, Any], names: Names | None) -> str:
    """Return who acted, and in whose place: « Claire Morel, pour Julien Petit ».

    Args:
        kind: Of the event.
        name: Of who acted; empty for nobody with an account.
        data: Of the event.
        names: The people that events name.
    """
    nobody = "Expert extérieur" if kind == "opinion_given" else "Maillage"
    who = name or nobody
    replaced = data.get("for") if names is not None else None
    return f"{who}, pour {names.person(replaced)}" if replaced else who


def counts(events: Iterable[Event]) -> Counter[str]:
    """Return how many events each filter keeps."""
    return Counter(kind_of(event.kind).group for event in events)


# --- Words ----------------------------------------------------------------------------------------
def _day(text: str) -> str:
    return date_fr(date.fromisoformat(text))


def _money(text: str) -> str:
    return euros(Decimal(text))


def _filed(data: dict, names: Names) -> str:
    words = "sur papier" if data.get("channel") == "paper" else "sur le portail"
    return f"{words}, pièces à fournir" if data.get("missing") else words


def _assigned(data: dict, names: Names) -> str:
    return f"à {names.person(data['officer'])}"


def _reader(data: dict, names: Names) -> str:
    rank = data.get("rank")
    words = f"{names.person(data['reader'])}{f', lecture {rank}' if rank else ''}"
    late = ", après avoir pu lire les autres notations" if data.get("after_others") else ""
    return f"{words}{late}"


def _unassigned(data: dict, names: Names) -> str:
    return f"{names.person(data['officer'])} n’instruit plus ce dossier"


def _withdrawn(data: dict, names: Names) -> str:
    whose = f"déport de {names.person(data['person'])}"
    words = f"{whose}, pour tous les dossiers de l’organisation" if data["whole_body"] else whose
    if data["reading_is_draft"]:
        words += " ; sa notation redevient un brouillon"
    return words


def _asked(data: dict, names: Names) -> str:
    parts = len(data.get("fields", ()))
    due = f"à répondre au plus tard le {_day(data['due_on'])}"
    return f"demande {data['correction']}, {parts} partie{plural_fr(parts)}, {due}"


def _completed(data: dict, names: Names) -> str:
    words = [f"dépôt {data['deposit']}"]
    changed = [str(Section(one).label) for one in data.get("changed", ()) if one in Section.values]
    if changed:
        words.append(", ".join(changed))
    if data.get("late"):
        words.append("hors délai")
    return " ; ".join(words)


def _edited(data: dict, names: Names) -> str:
    words = [f"dépôt {data['deposit']}"]
    changed = [str(Section(one).label) for one in data.get("changed", ()) if one in Section.values]
    return " ; ".join([*words, ", ".join(changed)] if changed else words)


def _extended(data: dict, names: Names) -> str:
    return f"du {_day(data['from'])} au {_day(data['to'])}"


def _accepted(data: dict, names: Names) -> str:
    return f"demande {data['correction']}"


def _message(data: dict, names: Names) -> str:
    side = "par le service" if data["side"] == MessageSide.OFFICE else "par le demandeur"
    files = data.get("files", 0)
    return f"{side}, {files} fichier{plural_fr(files)}" if files else side


_CHECKED = {
    FileState.ACCEPTED: "acceptée",
    FileState.REFUSED: "refusée",
    FileState.TO_CHECK: "à vérifier",
}


def _checked(data: dict, names: Names) -> str:
    label = names.documents.get(data["document"], GONE)
    return f"{label}, {_CHECKED[data['state']]}"


def _shared(data: dict, names: Names) -> str:
    words = []
    if keys := data.get("shared"):
        count = f"{len(keys)} pièce{plural_fr(len(keys))} partagée{plural_fr(len(keys))}"
        words.append(f"{count} : {names.pieces(keys)}")
    if keys := data.get("unshared"):
        words.append(f"plus partagée{plural_fr(len(keys))} : {names.pieces(keys)}")
    return " ; ".join(words)


def _concluded(data: dict, names: Names) -> str:
    amount = f"{_money(data['proposed_amount'])} proposés"
    return f"sans troisième lecture, {amount}" if data.get("without_third_reading") else amount


def _letter(data: dict, names: Names) -> str:
    return f"courrier {data['letter']}"


_CHANNELS = {"email": "par voie électronique", "post": "par courrier postal"}


def _told(data: dict, names: Names) -> str:
    return f"courrier {data['letter']}, {_CHANNELS[data['channel']]}"


def _reopened(data: dict, names: Names) -> str:
    return "après lecture des autres notations" if data.get("after_others") else ""


_OUTCOMES = {"awarded": "attribuer", "rejected": "ne pas retenir", "deferred": "ajourner"}


def _proposal(data: dict, names: Names) -> str:
    outcome = _OUTCOMES[data["outcome"]]
    return f"{outcome} {_money(data['amount'])}" if data["outcome"] == "awarded" else outcome


_VOTED = {"awarded": "attribution", "rejected": "refus", "deferred": "ajournement"}


def _corrected(data: dict, names: Names) -> str:
    before = data["before"]
    amount = before.get("awarded_amount")
    return f"au lieu de : {_VOTED[before['outcome']]}{f' de {_money(amount)}' if amount else ''}"


_UNKNOWN = Kind(tab="", is_about_scores=True)
KINDS: dict[str, Kind] = {
    "created": Kind(),
    "submit": Kind(tone="info", detail=_filed),
    "attested": Kind(tone="success"),
    "assign": Kind(detail=_assigned),
    "reassigned": Kind(detail=_assigned),
    "reader_assigned": Kind(group="notation", detail=_reader, is_of_desk=True),
    "unassigned": Kind(tone="warning", detail=_unassigned, is_of_desk=True),
    "reader_withdrawn": Kind(group="notation", detail=_reader, is_of_desk=True),
    "conflict_declared": Kind(tone="warning", is_about_scores=True),
    "conflict_withdrawn": Kind(tone="warning", detail=_withdrawn, is_about_scores=True),
    "evaluate": Kind(
        tone="success",
        detail=_concluded,
        is_about_amounts=True,
        is_about_scores=True,  # its comment says why no third reading was waited for
    ),
    "reopen_review": Kind(tone="warning", is_about_scores=True),
    "withdraw": Kind(tone="danger"),
    "close": Kind(tone="danger"),
    "extension_granted": Kind(),
    "organisation_merged": Kind(),
    "request_correction": Kind("complements", "complements", "warning", _asked),
    "complete": Kind("complements", "complements", "success", _completed),
    "correction_extended": Kind("complements", "complements", "warning", _extended),
    "correction_accepted": Kind("complements", "complements", "success", _accepted),
    "resume": Kind("complements", "complements", "warning"),
    "office_edited": Kind("complements", "projet", "warning", _edited),
    "document_added": Kind("complements", "pieces", detail=lambda data, names: data["label"]),
    "document_infected": Kind(
        "complements", "pieces", "danger", detail=lambda data, names: data["label"]
    ),
    "document_checked": Kind("complements", "pieces", detail=_checked),
    "redacted": Kind("complements", "projet", "warning"),
    "message_sent": Kind("echanges", "echanges", "accent", _message),
    "review_finalised": Kind("notation", "notation", is_about_scores=True),
    "review_reopened": Kind("notation", "notation", detail=_reopened, is_about_scores=True),
    "review_reconfirmed": Kind(
        "notation",
        "notation",
        detail=lambda data, names: f"du dépôt {data['from_deposit']} au dépôt {data['to_deposit']}",
    ),
    "amount_proposed": Kind(is_about_scores=True),
    "propose": Kind(
        "decision",
        "decision",
        "info",
        lambda data, names: f"{_money(data['amount'])} proposés",
        is_about_amounts=True,
    ),
    "proposal_changed": Kind("decision", "decision", detail=_proposal, is_about_scores=True),
    "unpropose": Kind("decision", "decision", is_about_scores=True),
    "award": Kind(
        "decision",
        "decision",
        "success",
        lambda data, names: f"{_money(data['awarded_amount'])} attribués",
    ),
    "reject": Kind("decision", "decision", "danger"),
    "defer": Kind("decision", "decision", "warning"),
    "correct_vote": Kind("decision", "decision", "warning", _corrected, is_about_scores=True),
    "letter_created": Kind("decision", "decision", detail=_letter),
    "letter_ready": Kind("decision", "decision", detail=_letter),
    "letter_signed": Kind("decision", "decision", detail=_letter),
    "notified": Kind("decision", "decision", "success", _told),
    "notification_opened": Kind("decision", "decision", "success"),
    # Told by the parts of the desk that write them; here only where they are seen.
    "admissibility_answered": Kind(tab="recevabilite"),
    "opinion_asked": Kind("notation", "avis", detail=_shared, is_of_desk=True),
    "opinion_documents": Kind("notation", "avis", detail=_shared, is_of_desk=True),
    "opinion_reminded": Kind("notation", "avis", is_of_desk=True),
    "opinion_extended": Kind("notation", "avis", is_of_desk=True),
    "opinion_revoked": Kind("notation", "avis", is_about_scores=True),
    "opinion_given": Kind("notation", "avis", "success", is_about_scores=True),
    "opinion_reopened": Kind("notation", "avis", is_about_scores=True),
}
