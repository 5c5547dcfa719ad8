from django.db.models import TextChoices


class CampaignState(TextChoices):
    DRAFT = "draft", "En préparation"
    OPEN = "open", "Ouverte"
    CLOSED = "closed", "Close"


class SheetState(TextChoices):
    DRAFT = "draft", "Brouillon"
    PUBLISHED = "published", "Publiée"
    CLOSED = "closed", "Close"


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
