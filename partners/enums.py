from django.db.models import TextChoices


class OrganisationKind(TextChoices):
    ASSOCIATION = "association", "Association"
    COMMUNE = "commune", "Commune"
    INTERCOMMUNAL = "intercommunal", "Établissement public intercommunal"
    SCHOOL = "school", "Établissement scolaire"
    PUBLIC_BODY = "public_body", "Autre organisme public"
    OTHER = "other", "Autre organisme"


class IdentifierState(TextChoices):
    """How far the SIRET of a body has been checked."""

    NONE = "none", "Pas encore de SIRET"
    TO_CHECK = "to_check", "À vérifier"
    CHECKED = "checked", "Vérifié"


class Right(TextChoices):
    """What a member may do in an organisation; rights form a set."""

    MANAGE = "manage", "Gérer les membres et la fiche"
    EDIT = "edit", "Remplir et déposer"
    SIGN = "sign", "Attester (représentant légal ou mandataire)"


class MembershipState(TextChoices):
    PENDING = "pending", "En attente"
    ACTIVE = "active", "Membre"
    REFUSED = "refused", "Refusé"
    ENDED = "ended", "Terminé"


class SigningCapacity(TextChoices):
    """Why a member may sign for the body; declared by them."""

    REPRESENTATIVE = "representative", "Représentant légal (président, maire, directeur…)"
    MANDATE = "mandate", "Titulaire d’un mandat écrit du représentant légal"


class RepresentativeRole(TextChoices):
    """The people of a body, by what they are in it."""

    LEGAL = "legal", "Représentant légal"
    TREASURER = "treasurer", "Trésorier"
    SECRETARY = "secretary", "Secrétaire"
    DIRECTOR = "director", "Direction"
    ELECTED = "elected", "Élu délégué"
    CORRESPONDENT = "correspondent", "Correspondant du service"
    OTHER = "other", "Autre"


class DocumentKind(TextChoices):
    """What a body keeps once for all its requests; values are those of the sheets' documents."""

    STATUTES = "statuts", "Statuts"
    OFFICERS = "liste-dirigeants", "Liste des dirigeants"
    PUBLICATION = "publication-jo", "Publication au Journal officiel"
    SIRET_NOTICE = "avis-siret", "Avis de situation SIRET"
    ACCOUNTS = "comptes", "Comptes approuvés"
    ACTIVITY_REPORT = "rapport-activite", "Rapport d’activité"
    ANNUAL_BUDGET = "budget-previsionnel", "Budget prévisionnel de l’organisation"
    INSURANCE = "assurance", "Attestation d’assurance"
    BANK_PROOF = "rib", "Relevé d’identité bancaire"
    MANDATE = "mandat", "Mandat de signature"
    DELIBERATION = "deliberation", "Délibération"
    OTHER = "autre", "Autre document"


class DocumentState(TextChoices):
    """What the office said of a body's document; « expiré » is worked out from its dates."""

    TO_CHECK = "to_check", "À vérifier"
    ACCEPTED = "accepted", "Accepté"
    REFUSED = "refused", "Refusé"


class BankState(TextChoices):
    TO_CHECK = "to_check", "À vérifier"
    CHECKED = "checked", "Vérifié"
    REFUSED = "refused", "Refusé"
    REPLACED = "replaced", "Remplacé"


class FlagKind(TextChoices):
    """What the office should look at in a body; it blocks neither a draft nor a filing."""

    REPRESENTATIVE = "representative", "Changement de représentant légal"
    BANK_DETAILS = "bank_details", "Changement de coordonnées bancaires"
    MANDATE = "mandate", "Mandat à vérifier"
    NO_MANAGER = "no_manager", "Plus personne ne gère l’organisation"


class InvitationState(TextChoices):
    SENT = "sent", "Envoyée"
    ACCEPTED = "accepted", "Acceptée"
    REVOKED = "revoked", "Annulée"
