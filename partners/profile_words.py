"""The profile said in the words of each kind of body."""

from partners.enums import DocumentKind, OrganisationKind, RepresentativeRole


_LEGAL = {
    OrganisationKind.COMMUNE: "Maire",
    OrganisationKind.INTERCOMMUNAL: "Présidence",
    OrganisationKind.SCHOOL: "Chef d’établissement",
}
_ROLES = {
    OrganisationKind.ASSOCIATION: (
        RepresentativeRole.LEGAL,
        RepresentativeRole.TREASURER,
        RepresentativeRole.SECRETARY,
        RepresentativeRole.DIRECTOR,
        RepresentativeRole.OTHER,
    ),
    OrganisationKind.COMMUNE: (
        RepresentativeRole.LEGAL,
        RepresentativeRole.ELECTED,
        RepresentativeRole.CORRESPONDENT,
        RepresentativeRole.DIRECTOR,
        RepresentativeRole.OTHER,
    ),
    OrganisationKind.SCHOOL: (
        RepresentativeRole.LEGAL,
        RepresentativeRole.CORRESPONDENT,
        RepresentativeRole.OTHER,
    ),
}
_PUBLIC_ROLES = (
    RepresentativeRole.LEGAL,
    RepresentativeRole.ELECTED,
    RepresentativeRole.CORRESPONDENT,
    RepresentativeRole.DIRECTOR,
    RepresentativeRole.OTHER,
)
_ASSOCIATION_PAPERS = (
    DocumentKind.STATUTES,
    DocumentKind.OFFICERS,
    DocumentKind.PUBLICATION,
    DocumentKind.SIRET_NOTICE,
    DocumentKind.ACCOUNTS,
    DocumentKind.ACTIVITY_REPORT,
    DocumentKind.ANNUAL_BUDGET,
    DocumentKind.INSURANCE,
    DocumentKind.OTHER,
)
_PUBLIC_PAPERS = (
    DocumentKind.DELIBERATION,
    DocumentKind.SIRET_NOTICE,
    DocumentKind.INSURANCE,
    DocumentKind.OTHER,
)
# What most sheets ask of an association; a public body is only asked for what a sheet says.
_EXPECTED = (
    DocumentKind.STATUTES,
    DocumentKind.OFFICERS,
    DocumentKind.ACCOUNTS,
    DocumentKind.ACTIVITY_REPORT,
)
_PRIVATE = frozenset({OrganisationKind.ASSOCIATION, OrganisationKind.OTHER})
MEANS_FIELDS = (
    "volunteers",
    "civic_volunteers",
    "employees",
    "subsidised_jobs",
    "employees_fte",
    "seconded",
    "members",
    "licensed",
)
_PUBLIC_MEANS = ("employees", "employees_fte")


def role_label(role: str, kind: str) -> str:
    """Name a role in a kind of body: the legal representative of a commune is its mayor."""
    if role == RepresentativeRole.LEGAL:
        return _LEGAL.get(kind, RepresentativeRole.LEGAL.label)
    return RepresentativeRole(role).label


def role_choices(kind: str) -> list[tuple[str, str]]:
    """Return the roles offered to a kind of body, in its own words."""
    fallback = _ROLES[OrganisationKind.ASSOCIATION] if kind in _PRIVATE else _PUBLIC_ROLES
    return [(str(role), role_label(role, kind)) for role in _ROLES.get(kind, fallback)]


def document_choices(kind: str) -> list[tuple[str, str]]:
    """Return the kinds of documents a kind of body adds.

    A mandate is given with a member, the proof of an account with the bank details.
    """
    papers = _ASSOCIATION_PAPERS if kind in _PRIVATE else _PUBLIC_PAPERS
    return [(str(paper), paper.label) for paper in papers]


def expected_documents(kind: str) -> tuple[DocumentKind, ...]:
    """Return the documents that most sheets ask of a kind of body."""
    return _EXPECTED if kind == OrganisationKind.ASSOCIATION else ()


def means_fields(kind: str) -> tuple[str, ...]:
    """Return the figures about people asked of a kind of body."""
    return MEANS_FIELDS if kind in _PRIVATE else _PUBLIC_MEANS


def has_accounts(kind: str) -> bool:
    """Tell whether a body gives its affiliations and accounts: public bodies publish theirs."""
    return kind in _PRIVATE
