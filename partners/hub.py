"""The page of a body as a set of cards: what is known, what is missing, what waits for the office.

Everything is read before, by ``partners.selectors``; only the dated delays are read here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from dateutil.relativedelta import relativedelta

from config.money import euros, group
from config.templatetags.fr import date_fr, number_fr
from foundation.parameters.selectors import days_on, value_on
from partners.bank_numbers import display_iban, mask_iban
from partners.enums import (
    BankState,
    DocumentState,
    FlagKind,
    IdentifierState,
    OrganisationKind,
    RepresentativeRole,
    Right,
)
from partners.identifiers import display_siret
from partners.models import (
    HumanMeans,
    Membership,
    NotificationConsent,
    Organisation,
    OrganisationDocument,
    OrganisationFlag,
)
from partners.profile_words import expected_documents, has_accounts, means_fields, role_label
from partners.selectors import Profile


NOTICE_DAYS = "documents.notice_days"  # dated parameters
ACCOUNTS_MONTHS = "accounts.months"
COMPLETE, TODO, TO_CHECK, WRONG, OPTIONAL = "complete", "todo", "to_check", "wrong", "optional"
STATES = {  # label, tone, icon
    COMPLETE: ("Complété", "success", "check-circle-fill"),
    TODO: ("À compléter", "warning", "pencil"),
    TO_CHECK: ("À vérifier par le service", "info", "hourglass-split"),
    WRONG: ("À corriger", "danger", "exclamation-triangle-fill"),
    OPTIONAL: ("Facultatif", "neutral", "circle"),
}
MEANS_WORDS = {
    "volunteers": "Bénévoles",
    "civic_volunteers": "Volontaires",
    "employees": "Salariés",
    "subsidised_jobs": "Dont emplois aidés",
    "employees_fte": "Salariés en ETPT",
    "seconded": "Mis à disposition",
    "members": "Adhérents",
    "licensed": "Licenciés",
}


@dataclass(frozen=True)
class Badge:
    """A state in words, with its colour and icon."""

    label: str
    tone: str
    icon: str


@dataclass(frozen=True)
class Card:
    """One part of a body's page.

    Attributes:
        slug: Its name in addresses and anchors.
        title: Its heading.
        icon: Of its heading.
        state: One of ``STATES``.
        facts: Pairs (term, text).
        missing: What to add, each a group of words that follows « Il manque ».
        notes: Sentences.
    """

    slug: str
    title: str
    icon: str
    state: str
    facts: list[tuple[str, str]] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def badge(self) -> Badge:
        return Badge(*STATES[self.state])

    @property
    def is_done(self) -> bool:
        return self.state in {COMPLETE, TO_CHECK}


@dataclass(frozen=True)
class Viewer:
    """What the person who looks may read."""

    reads_bank: bool


def hub_cards(
    profile: Profile,
    *,
    flags: Iterable[OrganisationFlag],
    members: Sequence[Membership],
    pending: Sequence[Membership],
    consent: NotificationConsent | None,
    viewer: Viewer,
    on: date,
) -> list[Card]:
    """Return the cards of a body, those that its kind has, in order.

    Args:
        profile: From :func:`partners.selectors.profile_of`.
        flags: The open ones.
        members: Active memberships.
        pending: Requests to join.
        consent: That in force.
        viewer: What the person may read.
        on: Today, in Paris.
    """
    kinds = {flag.kind for flag in flags}
    cards = [_identity(profile.organisation), _representatives(profile, kinds)]
    cards.append(_means(profile, on))
    if has_accounts(profile.organisation.kind):
        cards += [_affiliations(profile), _accounts(profile, on)]
    cards += [
        _bank(profile, viewer),
        _documents(profile, on),
        _members(members, pending),
        _decisions(consent),
    ]
    return cards


def document_badges(document: OrganisationDocument, on: date, *, notice_days: int) -> list[Badge]:
    """Return the states of a document on a day: what the office said, then its validity.

    Args:
        document: One of a body's store.
        on: Today, in Paris.
        notice_days: How many days before its end a document is said to expire soon.
    """
    if document.ended_at is not None:
        return [Badge(f"Remplacé ou retiré le {date_fr(document.ended_at)}", "neutral", "archive")]
    words = {
        DocumentState.TO_CHECK: Badge("À vérifier", "info", "hourglass-split"),
        DocumentState.ACCEPTED: Badge("Accepté", "success", "check-circle-fill"),
        DocumentState.REFUSED: Badge("Refusé", "danger", "x-octagon-fill"),
    }
    badges = [words[DocumentState(document.state)]]
    if document.is_expired(on):
        badges.append(Badge(f"Expiré le {date_fr(document.valid_until)}", "danger", "calendar-x"))
    elif expires_soon(document, on, notice_days):
        badges.append(Badge("Expire bientôt", "warning", "clock-history"))
    return badges


def expires_soon(document: OrganisationDocument, on: date, notice_days: int) -> bool:
    """Tell whether a document stops being valid within so many days."""
    until = document.valid_until
    return until is not None and on <= until <= on + timedelta(days=notice_days)


def bank_badge(state: str) -> Badge:
    """Return the state of bank details in words."""
    return {
        BankState.TO_CHECK: Badge("À vérifier par le service", "info", "hourglass-split"),
        BankState.CHECKED: Badge("Vérifié", "success", "check-circle-fill"),
        BankState.REFUSED: Badge("Refusé", "danger", "x-octagon-fill"),
        BankState.REPLACED: Badge("Remplacé", "neutral", "archive"),
    }[BankState(state)]


def shown_iban(iban: str, viewer: Viewer) -> str:
    """Write an IBAN whole for those who may read it, masked for the others."""
    return display_iban(iban) if viewer.reads_bank else mask_iban(iban)


def means_facts(means: HumanMeans, kind: str) -> list[tuple[str, str]]:
    """Return the figures about people that are known."""
    words = MEANS_WORDS | (
        {} if has_accounts(kind) else {"employees": "Agents du service", "employees_fte": "En ETPT"}
    )
    values = [(words[name], getattr(means, name)) for name in means_fields(kind)]
    return [
        (label, number_fr(value) if isinstance(value, int) else group(value))
        for label, value in values
        if value is not None
    ]


# --- The cards -----------------------------------------------------------------------------------
def _identity(body: Organisation) -> Card:
    place = " ".join(filter(None, [body.postal_code, body.city]))
    facts = [
        ("Nature", body.get_kind_display()),
        ("SIRET", display_siret(body.siret) if body.siret else ""),
        ("Siège", ", ".join(filter(None, [body.address, place]))),
        ("Adresse e-mail", body.email),
        ("Téléphone", body.phone),
    ]
    missing = []
    if not body.siret:
        missing.append("le numéro SIRET")
    if body.kind == OrganisationKind.ASSOCIATION:
        number = ("Registre local", body.local_registry) if body.local_registry else None
        facts.insert(2, number or ("RNA", body.rna))
        if not body.rna and not body.local_registry:
            missing.append("le numéro RNA")
    elif not body.siret and body.siren:
        facts.insert(2, ("SIREN", display_siret(body.siren)))
    if not (body.address and body.postal_code and body.city):
        missing.append("l’adresse complète du siège")
    if not body.email:
        missing.append("une adresse e-mail")
    if body.is_private_body and not body.purpose:
        missing.append("l’objet")
    if body.correspondence_address:
        facts.append(("Courrier", body.correspondence_address))
    if body.website:
        facts.append(("Site web", body.website))
    waits = body.identifier_state == IdentifierState.TO_CHECK
    state = TODO if missing else TO_CHECK if waits else COMPLETE
    notes = ["Le service vérifie le SIRET au répertoire national."] if waits else []
    return Card("identite", "Identité", "building", state, facts, missing, notes)


def _representatives(profile: Profile, flags: set[str]) -> Card:
    kind = profile.organisation.kind
    legal = profile.legal_representative
    facts = []
    for one in profile.representatives:
        label = role_label(one.role, kind) if one.role != RepresentativeRole.OTHER else one.function
        facts.append((label or "Autre", one.name))
    whom = "maire" if kind == OrganisationKind.COMMUNE else "représentant légal"
    missing = []
    if legal is None:
        missing.append(f"le nom du {whom}")
    elif not (legal.email or legal.phone):
        missing.append(f"un moyen de joindre le {whom}")
    correspondent = any(r.role == RepresentativeRole.CORRESPONDENT for r in profile.representatives)
    if kind == OrganisationKind.COMMUNE and not correspondent:
        missing.append("le correspondant du service")
    flagged = FlagKind.REPRESENTATIVE in flags
    notes = []
    if flagged:
        notes.append(
            "Le changement de représentant légal est signalé au service\u00a0; rien n’est bloqué."
        )
    state = TODO if missing else TO_CHECK if flagged else COMPLETE
    return Card("representants", "Représentants", "person-badge", state, facts, missing, notes)


def _means(profile: Profile, on: date) -> Card:
    kind, means, last = profile.organisation.kind, profile.human_means, on.year - 1
    title = "Moyens humains"
    facts = means_facts(means, kind) if means else []
    notes = [f"Au 31 décembre {means.year}."] if facts else []
    if not has_accounts(kind):
        state = COMPLETE if facts else OPTIONAL
        return Card("moyens", title, "people", state, facts, [], notes)
    fresh = bool(facts) and means.year >= last
    missing = [] if fresh else [f"les effectifs au 31 décembre {last}"]
    state = COMPLETE if fresh else TODO
    return Card("moyens", title, "people", state, facts, missing, notes)


def _affiliations(profile: Profile) -> Card:
    body = profile.organisation
    words = {True: "Oui", False: "Non", None: ""}
    utility = words[body.is_public_utility]
    if body.public_utility_on:
        utility = f"{utility}, depuis le {date_fr(body.public_utility_on)}"
    approvals = "\u00a0; ".join(approval.kind for approval in profile.approvals)
    facts = [
        ("Agréments", approvals or "Aucun"),
        ("Réseau ou fédération", body.network or "Aucun"),
        ("Utilité publique", utility),
        ("Impôts commerciaux", words[body.pays_commercial_taxes]),
    ]
    if body.legal_person_members:
        facts.append(("Personnes morales", body.legal_person_members))
    missing = []
    if body.is_public_utility is None:
        missing.append("la reconnaissance d’utilité publique (oui ou non)")
    if body.pays_commercial_taxes is None:
        missing.append("les impôts commerciaux (oui ou non)")
    untouched = len(missing) == 2 and not (approvals or body.network)
    return Card(
        "affiliations",
        "Affiliations et agréments",
        "diagram-3",
        TODO if missing else COMPLETE,
        [] if untouched else facts,
        missing,
    )


def _accounts(profile: Profile, on: date) -> Card:
    accounts = profile.accounts
    title, icon = "Comptes du dernier exercice", "calculator"
    if accounts is None:
        missing = ["les chiffres du dernier exercice clos"]
        return Card("comptes", title, icon, TODO, [], missing)
    facts = [
        ("Charges", euros(accounts.charges_amount)),
        ("Produits", euros(accounts.income_amount)),
        ("Dont aides publiques", euros(accounts.public_aid_amount)),
        ("Résultat", euros(accounts.result_amount)),
        ("Trésorerie", euros(accounts.cash_amount)),
    ]
    notes = []
    if accounts.starts_on and accounts.ends_on:
        notes.append(f"Exercice du {date_fr(accounts.starts_on)} au {date_fr(accounts.ends_on)}.")
    if accounts.approved_on:
        notes.append(f"Approuvés le {date_fr(accounts.approved_on)}.")
    months = int(value_on(ACCOUNTS_MONTHS, on))  # older accounts are asked again
    old = accounts.ends_on is None or accounts.ends_on + relativedelta(months=months) < on
    missing = [f"des comptes de moins de {months}\u00a0mois"] if old else []
    return Card("comptes", title, icon, TODO if old else COMPLETE, facts, missing, notes)


def _bank(profile: Profile, viewer: Viewer) -> Card:
    title, icon, bank = "Coordonnées bancaires", "bank", profile.bank
    if bank is None:
        return Card("banque", title, icon, TODO, [], ["l’IBAN, le BIC et le RIB"])
    facts = [("Titulaire", bank.holder), ("IBAN", shown_iban(bank.iban, viewer))]
    states = {
        BankState.TO_CHECK: TO_CHECK,
        BankState.CHECKED: COMPLETE,
        BankState.REFUSED: WRONG,
    }
    notes = []
    if bank.state == BankState.REFUSED:
        notes.append(f"Refusées par le service\u00a0: {bank.refusal_reason}")
    elif bank.state == BankState.CHECKED:
        notes.append(f"Vérifiées le {date_fr(bank.checked_at)}.")
    return Card("banque", title, icon, states[BankState(bank.state)], facts, [], notes)


def _documents(profile: Profile, on: date) -> Card:
    rows = profile.documents
    refused = [d for d in rows if d.state == DocumentState.REFUSED]
    expired = [d for d in rows if d.state != DocumentState.REFUSED and d.is_expired(on)]
    waiting = [d for d in rows if d.state == DocumentState.TO_CHECK and not d.is_expired(on)]
    dated = [d for d in rows if d.state != DocumentState.REFUSED and d.valid_until]
    notice_days = days_on(NOTICE_DAYS, on) if dated else 0
    soon = [d for d in dated if expires_soon(d, on, notice_days)]
    bad = {d.pk for d in [*refused, *expired]}
    usable = {d.kind for d in rows if d.pk not in bad}
    missing = [
        _lower(kind.label)
        for kind in expected_documents(profile.organisation.kind)
        if kind not in usable
    ]
    counts = (
        ("Conservés", len(rows)),
        ("À vérifier", len(waiting)),
        ("Refusés", len(refused)),
        ("Expirés", len(expired)),
    )
    facts = [(label, str(count)) for label, count in counts if count]
    notes = [
        f"{document.label}\u00a0: expire le {date_fr(document.valid_until)}."
        for document in soon[:3]
    ]
    if refused or expired:
        state = WRONG
    elif missing:
        state = TODO
    elif waiting:
        state = TO_CHECK
    else:
        state = COMPLETE if rows else OPTIONAL
    return Card("documents", "Documents", "folder2-open", state, facts, missing, notes)


def _members(members: Sequence[Membership], pending: Sequence[Membership]) -> Card:
    missing = []
    if not any(Right.MANAGE in member.rights for member in members):
        missing.append("une personne qui gère l’organisation")
    if not any(Right.SIGN in member.rights for member in members):
        missing.append("une personne qui signe")
    facts = [("Membres", str(len(members)))]
    if pending:
        facts.append(("Demandes à rejoindre", str(len(pending))))
    names = [str(member.user) for member in members[:3]]
    more = len(members) - len(names)
    notes = [", ".join(names) + (f" et {more} de plus" if more else "") + "."] if names else []
    state = TODO if missing else COMPLETE
    return Card("membres", "Membres", "person-lines-fill", state, facts, missing, notes)


def _decisions(consent: NotificationConsent | None) -> Card:
    title, icon = "Décisions par e-mail", "envelope-check"
    if consent is None:
        notes = ["Sans votre accord, les décisions arrivent par courrier postal."]
        return Card("decisions", title, icon, OPTIONAL, [], [], notes)
    facts = [("Adresse", consent.email)]
    notes = [f"Accord donné le {date_fr(consent.given_at)}."]
    return Card("decisions", title, icon, COMPLETE, facts, [], notes)


def _lower(label: str) -> str:
    return label[:1].lower() + label[1:]
