from django.db.models import TextChoices

from partners.enums import OrganisationKind


class CampaignState(TextChoices):
    DRAFT = "draft", "En préparation"
    OPEN = "open", "Ouverte"
    CLOSED = "closed", "Close"


class SheetState(TextChoices):
    DRAFT = "draft", "Brouillon"
    PUBLISHED = "published", "Publiée"
    CLOSED = "closed", "Close"
    REPLACED = "replaced", "Remplacée"  # takes what was begun on it, nothing new


class ApplicantKind(TextChoices):
    """Who may apply to a sheet; organisations' kinds map onto it (``applicant_kind_of``)."""

    ASSOCIATION = "association", "Associations"
    COMMUNE = "commune", "Communes et intercommunalités"
    PUBLIC_BODY = "public_body", "Établissements scolaires et organismes publics"
    OTHER = "other", "Autres organismes"


class RequestHistory(TextChoices):
    """Which requests a document is asked of."""

    ANY = "any", "Toute demande"
    FIRST = "first", "Première demande"
    RENEWAL = "renewal", "Renouvellement"


_KIND_OF = {
    OrganisationKind.ASSOCIATION: ApplicantKind.ASSOCIATION,
    OrganisationKind.COMMUNE: ApplicantKind.COMMUNE,
    OrganisationKind.INTERCOMMUNAL: ApplicantKind.COMMUNE,
    OrganisationKind.SCHOOL: ApplicantKind.PUBLIC_BODY,
    OrganisationKind.PUBLIC_BODY: ApplicantKind.PUBLIC_BODY,
    OrganisationKind.OTHER: ApplicantKind.OTHER,
}


def applicant_kind_of(organisation_kind: str) -> ApplicantKind:
    """Return which kind of applicant a body is, from its nature."""
    return _KIND_OF[OrganisationKind(organisation_kind)]
