"""States, kinds and bands of the dossier, with the words of each reader."""

from django.db.models import TextChoices


class ReviewState(TextChoices):
    """The *review* axis; labels are the office's (``labels.py`` has the applicant's)."""

    DRAFT = "draft", "Brouillon"
    SUBMITTED = "submitted", "À affecter"
    CORRECTION_REQUESTED = "correction_requested", "En attente de compléments"
    UNDER_REVIEW = "under_review", "En instruction"
    EVALUATED = "evaluated", "Instruit"
    PROPOSED = "proposed", "Inscrit à une séance"
    AWARDED = "awarded", "Attribué"
    REJECTED = "rejected", "Non retenu"
    DEFERRED = "deferred", "Ajourné"
    WITHDRAWN = "withdrawn", "Désistement"
    CLOSED_WITHOUT_ACTION = "closed_without_action", "Classé sans suite"


DECIDED_STATES = frozenset({ReviewState.AWARDED, ReviewState.REJECTED, ReviewState.DEFERRED})
FILED_STATES = frozenset(set(ReviewState) - {ReviewState.DRAFT})


class PaperState(TextChoices):
    """The *paper* axis: where the decision's letter stands."""

    NONE = "none", "Sans courrier"
    TO_GENERATE = "to_generate", "À générer"
    TO_SIGN = "to_sign", "À signer"
    TO_NOTIFY = "to_notify", "À notifier"
    NOTIFIED = "notified", "Notifié"
    OPENED = "opened", "Ouvert"


class MoneyState(TextChoices):
    """The *money* axis."""

    NONE = "none", "Sans engagement"
    COMMITTED = "committed", "Engagé"
    ADVANCE = "advance", "Avance versée"
    BALANCE = "balance", "Solde versé"
    CLOSED = "closed", "Soldé"
    RENOUNCED = "renounced", "Renoncé"


class GrantKind(TextChoices):
    PROJECT = "project", "Projet ou action"
    OPERATING = "operating", "Fonctionnement global"


class Channel(TextChoices):
    WEB = "web", "Portail"
    PAPER = "paper", "Papier"


class AgeBand(TextChoices):
    UNDER_6 = "0_5", "0–5 ans"
    FROM_6 = "6_10", "6–10 ans"
    FROM_11 = "11_15", "11–15 ans"
    FROM_16 = "16_17", "16–17 ans"
    FROM_18 = "18_25", "18–25 ans"
    ADULTS = "adults", "Adultes"
    PARENTS = "parents", "Parents"
    PROFESSIONALS = "professionals", "Professionnels"


class BudgetSide(TextChoices):
    CHARGE = "charge", "Charges"
    INCOME = "income", "Produits"


class FundingStatus(TextChoices):
    REQUESTED = "requested", "Sollicité"
    SECURED = "secured", "Acquis"


class CommitmentKind(TextChoices):
    REPUBLICAN_CONTRACT = "republican_contract", "Contrat d’engagement républicain"
    ACCURACY = "accuracy", "Exactitude des informations"
    UP_TO_DATE = "up_to_date", "Obligations administratives, sociales et fiscales"
    OTHER_FUNDERS = "other_funders", "Déclaration des autres financements publics"


class MessageSide(TextChoices):
    APPLICANT = "applicant", "Demandeur"
    OFFICE = "office", "Service"


class Section(TextChoices):
    """The sections of the dossier, in the order they are filled; the value is the address."""

    APPLICANT = "demandeur", "Demandeur"
    PROJECT = "projet", "Projet"
    PLACES = "lieux", "Lieux"
    PUBLIC = "public", "Public"
    MEANS = "moyens", "Moyens et partenaires"
    EVALUATION = "evaluation", "Évaluation"
    BUDGET = "budget", "Budget"
    DOCUMENTS = "pieces", "Pièces"
    COMMITMENTS = "engagements", "Engagements"


class Period(TextChoices):
    YEAR = "year", "Annuelle ou ponctuelle"
    MULTI_YEAR = "multi_year", "Pluriannuelle"


class AidRegime(TextChoices):
    """Under which European rules a body declares its public aid."""

    NONE = "none", "Hors activité économique"
    DE_MINIMIS = "de_minimis", "De minimis général"
    SGEI_DE_MINIMIS = "sgei_de_minimis", "De minimis service d’intérêt économique général"
    EXEMPTED = "exempted", "Régime exempté ou notifié"
    UNKNOWN = "unknown", "Je ne sais pas"


class StaffCategory(TextChoices):
    """Who carries the action (CERFA 12156*06, section 6)."""

    VOLUNTEERS = "volunteers", "Bénévoles"
    EMPLOYEES = "employees", "Salariés"
    PERMANENT = "permanent", "dont en CDI"
    FIXED_TERM = "fixed_term", "dont en CDD"
    SUBSIDISED = "subsidised", "dont emplois aidés"
    CIVIC_VOLUNTEERS = "civic_volunteers", "Volontaires (service civique…)"


class CorrectionState(TextChoices):
    OPEN = "open", "En attente de réponse"
    ANSWERED = "answered", "Répondue"
    ACCEPTED = "accepted", "Acceptée"
    LAPSED = "lapsed", "Délai dépassé"
    CANCELLED = "cancelled", "Annulée"


class RedactionTarget(TextChoices):
    FIELD = "field", "Texte du dossier"
    FILE = "file", "Pièce jointe"
    MESSAGE = "message", "Message"
    EVENT = "event", "Historique"


class RedactionReason(TextChoices):
    """Why the office masks: the words that the applicant and the history read."""

    MINOR = "minor", "données personnelles d’un mineur"
    THIRD_PARTY = "third_party", "données personnelles d’une autre personne"
    SENSITIVE = "sensitive", "données de santé ou autres données sensibles"
    MISTAKE = "mistake", "déposé par erreur"
    REQUEST = "request", "demande de la personne concernée"
