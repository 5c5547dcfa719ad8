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
