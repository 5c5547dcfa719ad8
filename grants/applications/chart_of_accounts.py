"""The accounts of the forecast budget, as data.

A budget line keeps the *key* of its account, never its number: 870 and 875 are swapped between the
plan of 1999 (870 « Bénévolat », 875 « Dons en nature », the one shown here, used by the national
form and its teleservice) and the plan of 2018. Lines that a later plan drops stay, as rare ones.

Source: CERFA n° 12156, budget of the project; labels as exported by the State's teleservice.
"""

from dataclasses import dataclass

from grants.applications.enums import BudgetSide


@dataclass(frozen=True)
class Group:
    """A heading of the table: an account of two digits, or a block without number."""

    key: str
    code: str
    label: str
    side: str
    is_in_kind: bool = False

    def __str__(self) -> str:
        return f"{self.code} – {self.label}" if self.code else self.label

    @property
    def is_single(self) -> bool:
        """The group has one line, which says all: no need of a heading above it."""
        return self.code not in {"", "74"} and sum(a.group == self for a in ACCOUNTS) == 1


@dataclass(frozen=True)
class Account:
    """A line of the table.

    Attributes:
        key: What a budget line stores.
        code: Number shown; empty for the lines without one.
        label: Words of the national form.
        group: Heading under which it stands.
        is_usual: Shown at once; the others come with « Ajouter un compte ».
        needs_funder: Account 74: who gives, and whether it is promised or asked.
        many: May be repeated, one line a funder.
        is_public_aid: Counts in the share of public aid.
        help_text: A word for a volunteer.
    """

    key: str
    code: str
    label: str
    group: Group
    is_usual: bool = False
    needs_funder: bool = False
    many: bool = False
    is_public_aid: bool = False
    help_text: str = ""

    @property
    def side(self) -> str:
        return self.group.side

    @property
    def is_in_kind(self) -> bool:
        return self.group.is_in_kind

    def __str__(self) -> str:
        return f"{self.code} – {self.label}" if self.code else self.label


_C, _I = BudgetSide.CHARGE, BudgetSide.INCOME

GROUPS = (
    Group("60", "60", "Achats", _C),
    Group("61", "61", "Services extérieurs", _C),
    Group("62", "62", "Autres services extérieurs", _C),
    Group("63", "63", "Impôts et taxes", _C),
    Group("64", "64", "Charges de personnel", _C),
    Group("65", "65", "Autres charges de gestion courante", _C),
    Group("66", "66", "Charges financières", _C),
    Group("67", "67", "Charges exceptionnelles", _C),
    Group("68", "68", "Dotation aux amortissements", _C),
    Group("69", "69", "Impôt sur les bénéfices, participation des salariés", _C),
    Group("indirectes", "", "Charges indirectes affectées au projet", _C),
    Group("resultat", "", "Résultat prévisionnel", _C),
    Group("86", "86", "Emplois des contributions volontaires en nature", _C, is_in_kind=True),
    Group("70", "70", "Vente de produits finis, de marchandises, prestations de services", _I),
    Group("73", "73", "Dotations et produits de tarification", _I),
    Group("74", "74", "Subventions d’exploitation", _I),
    Group("75", "75", "Autres produits de gestion courante", _I),
    Group("76", "76", "Produits financiers", _I),
    Group("77", "77", "Produits exceptionnels", _I),
    Group("78", "78", "Reprises sur amortissements et provisions", _I),
    Group("79", "79", "Transfert de charges", _I),
    Group("propres", "", "Ressources propres affectées au projet", _I),
    Group("87", "87", "Contributions volontaires en nature", _I, is_in_kind=True),
)
_GROUPS = {group.key: group for group in GROUPS}


def _line(group: str, key: str, code: str, label: str, **flags) -> Account:
    return Account(key=key, code=code, label=label, group=_GROUPS[group], **flags)


def _funding(key: str, label: str, **flags) -> Account:
    flags = {"is_public_aid": True, **flags}
    return _line("74", key, "74", label, needs_funder=True, **flags)


#: The account of this request and of the Département's other grants.
DEPARTMENT = "departement"

ACCOUNTS = (
    _line("60", "prestations_services", "604", "Prestations de services", is_usual=True),
    _line(
        "60",
        "matieres_fournitures",
        "601",
        "Achats matières et fournitures",
        is_usual=True,
        help_text="Petit matériel, alimentation, fournitures d’atelier.",
    ),
    _line("60", "autres_fournitures", "60x", "Autres fournitures"),
    _line("61", "locations", "613", "Locations", is_usual=True, help_text="Salle, car, matériel."),
    _line("61", "entretien", "615", "Entretien et réparation"),
    _line("61", "assurance", "616", "Assurance"),
    _line("61", "documentation", "618", "Documentation"),
    _line(
        "62",
        "honoraires",
        "622",
        "Rémunérations intermédiaires et honoraires",
        is_usual=True,
        help_text="Intervenants qui vous facturent.",
    ),
    _line("62", "publicite", "623", "Publicité, publication"),
    _line("62", "deplacements", "625", "Déplacements, missions", is_usual=True),
    _line("62", "services_bancaires", "62x", "Services bancaires, autres"),
    _line("63", "taxes_remuneration", "631", "Impôts et taxes sur rémunération"),
    _line("63", "autres_taxes", "635", "Autres impôts et taxes"),
    _line(
        "64",
        "remuneration",
        "641",
        "Rémunération des personnels",
        is_usual=True,
        help_text="Part du temps passé sur l’action seulement.",
    ),
    _line("64", "charges_sociales", "645", "Charges sociales", is_usual=True),
    _line("64", "autres_personnel", "647", "Autres charges de personnel"),
    _line("65", "gestion_courante", "65", "Autres charges de gestion courante"),
    _line("66", "charges_financieres", "66", "Charges financières"),
    _line("67", "charges_exceptionnelles", "67", "Charges exceptionnelles"),
    _line("68", "amortissements", "68", "Dotation aux amortissements"),
    _line(
        "69",
        "impot_benefices",
        "69",
        "Impôt sur les bénéfices (IS) ; participation des salariés",
    ),
    _line("indirectes", "charges_fixes", "", "Charges fixes de fonctionnement"),
    _line("indirectes", "frais_financiers", "", "Frais financiers"),
    _line("indirectes", "autres_indirectes", "", "Autres charges indirectes"),
    _line("resultat", "excedent", "", "Excédent prévisionnel (bénéfice)"),
    _line("86", "secours_nature", "860", "Secours en nature"),
    _line("86", "mise_a_disposition", "861", "Mise à disposition gratuite de biens et services"),
    _line("86", "prestations_gratuites", "862", "Prestations"),
    _line("86", "personnel_benevole", "864", "Personnel bénévole"),
    _line(
        "70",
        "ventes",
        "70",
        "Vente de produits finis, de marchandises, prestations de services",
        is_usual=True,
        help_text="Participation des familles, billetterie.",
    ),
    _line("73", "tarification", "73", "Dotations et produits de tarification"),
    _funding(DEPARTMENT, "Conseil(s) départemental(aux)", is_usual=True, many=True),
    _funding(
        "etat",
        "État (préciser ministère, direction ou service déconcentré)",
        is_usual=True,
        many=True,
    ),
    _funding("region", "Conseil(s) régional(aux)", many=True),
    _funding("epci", "Communautés de communes ou d’agglomération, EPCI", many=True),
    _funding("communes", "Commune(s)", is_usual=True, many=True),
    _funding("organismes_sociaux", "Organismes sociaux (CAF, etc. : détailler)", many=True),
    _funding("fonds_europeens", "Fonds européens (FSE, FEDER, etc.)"),
    _funding("asp", "L’agence de services et de paiement – ASP (emplois aidés)"),
    _funding("autres_publics", "Autres établissements publics"),
    _funding("aides_privees", "Aides privées (fondations)", is_public_aid=False),
    _line("75", "cotisations", "756", "Cotisations"),
    _line("75", "dons_manuels", "758", "Dons manuels – Mécénat"),
    _line("75", "autres_gestion", "750", "Autres"),
    _line("76", "produits_financiers", "76", "Produits financiers"),
    _line("77", "produits_exceptionnels", "77", "Produits exceptionnels"),
    _line(
        "78",
        "report_ressources",
        "789",
        "Report de ressources affectées et non utilisées sur des exercices antérieurs",
    ),
    _line("79", "transfert_charges", "79", "Transfert de charges"),
    _line(
        "propres",
        "autofinancement",
        "",
        "Autofinancement (insuffisance prévisionnelle, déficit)",
        is_usual=True,
        help_text="Ce que votre structure apporte sur ses fonds.",
    ),
    _line("87", "benevolat", "870", "Bénévolat"),
    _line("87", "prestations", "871", "Prestations en nature"),
    _line("87", "dons", "875", "Dons en nature"),
)
BY_KEY = {account.key: account for account in ACCOUNTS}
POSITIONS = {account.key: position for position, account in enumerate(ACCOUNTS)}


def accounts_of(side: str, *, in_kind: bool) -> list[Account]:
    """Return the accounts of one column, in the order of the table."""
    return [a for a in ACCOUNTS if a.side == side and a.is_in_kind == in_kind]
