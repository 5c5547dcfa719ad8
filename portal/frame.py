"""What stands around every page: navigation by role, counters, demonstration accounts."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

from config.keep import person_key


@dataclass(frozen=True)
class Entry:
    """One link of a navigation.

    Attributes:
        label: French words.
        url: Where it leads.
        current: The page shown is this one or stands under it.
    """

    label: str
    url: str
    current: bool = False


@dataclass(frozen=True)
class Scope:
    """What the person is acting for: an organisation, a territory, a campaign.

    Attributes:
        label: Name shown on the switch.
        title: What the switch chooses, for assistive technologies (« Changer d’organisation »).
        choices: The other possibilities, as links.
        options: The possibilities, as buttons of a form: label, value, chosen.
        action: Where the form of ``options`` is sent, with the field ``name``.
        name: Of the field.
        back: Page to come back to.
    """

    label: str
    title: str
    choices: Sequence[Entry] = field(default_factory=tuple)
    options: Sequence[tuple[str, str, bool]] = field(default_factory=tuple)
    action: str = ""
    name: str = ""
    back: str = ""


@dataclass(frozen=True)
class DemoAccount:
    key: str
    label: str


DEMO_ACCOUNTS = (
    DemoAccount("association", "Association, gestionnaire"),
    DemoAccount("signataire", "Association, signataire"),
    DemoAccount("consultante", "Consultante, deux organisations"),
    DemoAccount("commune", "Commune"),
    DemoAccount("instruction", "Chargé d’instruction"),
    DemoAccount("responsable", "Responsable d’unité"),
    DemoAccount("coordination-t7", "Coordination du territoire 7"),
    DemoAccount("administration", "Administration"),
    DemoAccount("mediation", "Médiation éducative"),
    DemoAccount("college", "Collège"),
    DemoAccount("lecture", "Lecture seule"),
)

SHEETS = ("Appels à projets", "calls:sheet_list")
TERRITORIES = ("Territoires", "territories:map")
ACTIONS = ("Actions financées", "portal:action_list")
HELP = ("Aide", "portal:help")
TODO = ("À faire", "portal:todo")
DESK = ("Instruction", "review:desk")
CAMPAIGNS = ("Campagnes", "calls:campaign_list")

PUBLIC_LINKS = (SHEETS, TERRITORIES, ACTIONS, HELP)
APPLICANT_LINKS = (
    ("Mon espace", "partners:space"),
    ("Mes dossiers", "applications:list"),
    SHEETS,
    TERRITORIES,
    HELP,
)
OFFICER_LINKS = (TODO, DESK, SHEETS, TERRITORIES)
HEAD_LINKS = (
    TODO,
    DESK,
    CAMPAIGNS,
    ("Enveloppes", "decisions:envelope_list"),
    ("Séances", "decisions:session_list"),
    ("Courriers", "letters:list"),
)
COORDINATOR_LINKS = (
    TODO,
    ("Mon territoire", "portal:coordinator_home"),
    ("Dossiers", "portal:coordinator_applications"),
    TERRITORIES,
    ACTIONS,
    SHEETS,
)
ADMINISTRATOR_LINKS = (
    TODO,
    DESK,
    CAMPAIGNS,
    ("Rôles", "accounts:role_list"),
    ("Organisations", "partners:admin_list"),
    ("Administration", "admin:index"),
)
# Of the administrator too, in the menu of the account: six entries are all a header holds.
ADMINISTRATOR_MORE = (
    ("Rapports", "reporting:home"),
    ("Messages", "notifications:outbox_list"),
)
COORDINATOR_MORE = (("Statistiques", "review:statistics"),)
READER_LINKS = (ACTIONS, TERRITORIES, SHEETS)

# Registries: an app adds its own in AppConfig.ready().
todo_counters: list[Callable[[object], int]] = []
scope_providers: list[Callable[[HttpRequest], Scope | None]] = []


def address(name: str) -> str:
    """Return the address of a URL name, or an empty string when no app provides it."""
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""


def public_addresses() -> list[Entry]:
    """The public part of the site map, in reading order."""
    links = (
        ("Accueil", "portal:home"),
        SHEETS,
        TERRITORIES,
        ACTIONS,
        ("Vérifier un courrier", "letters:check"),
        ("Sources des données", "territories:sources"),
        HELP,
        ("Les e-mails que vous recevez", "applications:mail_help"),
    )
    return [Entry(label, address(name)) for label, name in links if address(name)]


def links_for(user: object) -> tuple[tuple[str, str], ...]:
    """Choose the navigation of a person: at most six entries, the heaviest role first."""
    access = getattr(user, "access", None)
    if not getattr(user, "is_authenticated", False) or access is None:
        return PUBLIC_LINKS
    by_role = (
        (access.is_unit_head, HEAD_LINKS),
        (access.is_case_officer, OFFICER_LINKS),
        (access.is_coordinator, COORDINATOR_LINKS),
        (access.is_administrator, ADMINISTRATOR_LINKS),
        (access.is_reader, READER_LINKS),
        (bool(access.roles), PUBLIC_LINKS),
    )
    return next((links for holds, links in by_role if holds), APPLICANT_LINKS)


class Frame:
    """The frame of one page; every part is worked out when the template asks for it.

    Pages of errors raised before the session is read have no ``request.user``: they get the
    frame of the public.
    """

    def __init__(self, request: HttpRequest) -> None:
        self.request = request

    @cached_property
    def user(self) -> object:
        return getattr(self.request, "user", None) or AnonymousUser()

    @cached_property
    def signed_in(self) -> bool:
        return bool(self.user.is_authenticated)

    @cached_property
    def person(self) -> str:
        """Name shown on the account menu."""
        return (self.user.get_full_name() or self.user.get_username()) if self.signed_in else ""

    @cached_property
    def person_key(self) -> str:
        """Name under which the browser keeps what this person typed; empty when nobody is."""
        return person_key(self.user) if self.signed_in else ""

    @cached_property
    def idle_minutes(self) -> int:
        """Minutes without activity after which the session closes; 0 when it does not."""
        access = getattr(self.user, "access", None)
        return settings.STAFF_IDLE_MINUTES if self.signed_in and access.is_office else 0

    @cached_property
    def navigation(self) -> list[Entry]:
        found = [(label, address(name)) for label, name in links_for(self.user)]
        found = [(label, url) for label, url in found if url]
        path = self.request.path
        under = [url for _, url in found if path == url or (url != "/" and path.startswith(url))]
        current = max(under, key=len, default=None)
        return [Entry(label, url, current=url == current) for label, url in found]

    @cached_property
    def own_addresses(self) -> list[Entry]:
        """What the person's role adds to the public pages, for the site map."""
        public = {entry.url for entry in public_addresses()}
        more = [Entry(label, address(name)) for label, name in self._more if address(name)]
        return [entry for entry in (*self.navigation, *more) if entry.url not in public]

    @property
    def is_office(self) -> bool:
        """Whether the person has a role of the office."""
        access = getattr(self.user, "access", None)
        return access is not None and access.is_office

    @property
    def _more(self) -> Sequence[tuple[str, str]]:
        access = getattr(self.user, "access", None)
        if access is None:
            return ()
        administers = ADMINISTRATOR_MORE if access.is_administrator else ()
        return (*(COORDINATOR_MORE if access.is_coordinator else ()), *administers)

    @cached_property
    def account_links(self) -> list[Entry]:
        links = (
            *(() if self.todo_url else (TODO,)),
            *((("Mes travaux", "jobs:list"),) if self.is_office else ()),
            *self._more,
            ("Mon compte", "accounts:profile"),
            ("Adresses e-mail", "account_email"),
            ("Mot de passe", "account_change_password"),
            ("Double authentification", "mfa_index"),
        )
        return [Entry(label, address(name)) for label, name in links if address(name)]

    @cached_property
    def footer_links(self) -> list[Entry]:
        links = (
            ("Accessibilité : non conforme (audit non réalisé)", "portal:accessibility"),
            ("Mentions légales", "portal:legal"),
            ("Données personnelles", "portal:privacy"),
            ("Plan du site", "portal:site_map"),
            ("Aide", "portal:help"),
        )
        return [Entry(label, address(name)) for label, name in links if address(name)]

    @cached_property
    def home_url(self) -> str:
        return address("portal:home")

    @cached_property
    def sign_in_url(self) -> str:
        return address("account_login")

    @cached_property
    def sign_up_url(self) -> str:
        return address("account_signup")

    @cached_property
    def sign_out_url(self) -> str:
        return address("account_logout")

    @cached_property
    def todo_url(self) -> str:
        """Where the « À faire » counter leads; empty for who has no such page."""
        return address(TODO[1]) if TODO in links_for(self.user) else ""

    @cached_property
    def todo_count(self) -> int:
        return sum(count(self.user) for count in todo_counters) if self.todo_url else 0

    @cached_property
    def scope(self) -> Scope | None:
        if not self.signed_in:
            return None
        return next((scope for give in scope_providers if (scope := give(self.request))), None)

    @cached_property
    def demo_mode(self) -> bool:
        return settings.DEMO_MODE

    @cached_property
    def demo_accounts(self) -> Sequence[DemoAccount]:
        return DEMO_ACCOUNTS if self.demo_mode and self.demo_sign_in_url else ()

    @cached_property
    def demo_sign_in_url(self) -> str:
        return address("accounts:demo_sign_in")

    @cached_property
    def mailbox_url(self) -> str:
        return address("notifications:mailbox") if self.demo_mode else ""

    @cached_property
    def gallery_url(self) -> str:
        return address("portal:gallery") if settings.GALLERY else ""
