"""What the portal writes to applicants by e-mail: each kind, when, to whom, until when.

The help page shows this table; a test holds it to what the code queues.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from config.templatetags.fr import plural_fr
from foundation.parameters.selectors import values_on


@dataclass(frozen=True)
class MailKind:
    """One kind of mail.

    Attributes:
        kind: As in ``OutboxMessage.kind``.
        label: What it is, in the applicant's words.
        when: What makes it leave; ``{slots}`` are those of ``DELAYS``.
        to: Who gets it.
        stops: What stops it, for a reminder.
    """

    kind: str
    label: str
    when: str
    to: str
    stops: str = ""


_EDITORS = "Les personnes qui remplissent les dossiers de l’organisation"
_MEMBERS = "Les personnes qui remplissent ou signent"
_SIGNATORIES = "Les personnes habilitées à signer"

MAIL_KINDS = (
    MailKind(
        "draft_begun",
        "Retrouvez votre brouillon",
        "{draft_days} après la dernière modification d’un brouillon, une seule fois",
        "La personne qui l’a commencé",
        "le dossier est déposé ou supprimé, ou la clôture approche",
    ),
    MailKind(
        "draft_closing",
        "Votre brouillon n’est pas déposé",
        "{first_days}, puis {last_hours} avant la clôture",
        _EDITORS,
        "le dossier est déposé ou supprimé",
    ),
    MailKind(
        "extension",
        "Le délai de dépôt est prolongé",
        "Aussitôt, si vous avez un brouillon sur la fiche ou si le délai est pour vous",
        _EDITORS,
    ),
    MailKind(
        "receipt",
        "Accusé de réception",
        "Aussitôt après le dépôt",
        "La personne qui a déposé, et celles qui remplissent ou signent",
    ),
    MailKind(
        "attestation_request",
        "Une demande attend votre attestation",
        "Aussitôt après un dépôt fait par quelqu’un qui ne signe pas",
        _SIGNATORIES,
    ),
    MailKind(
        "attestation_due",
        "Rappel : demande à attester",
        "{attestation_days}, puis {last_hours} avant la fin du délai, et le lendemain de sa fin",
        _SIGNATORIES,
        "la demande est attestée, retirée ou décidée",
    ),
    MailKind("attested", "Votre demande est attestée", "Aussitôt", _EDITORS),
    MailKind(
        "documents_due",
        "Pièces à fournir",
        "{documents_days} avant la date indiquée, puis le jour même",
        _EDITORS,
        "les pièces sont jointes",
    ),
    MailKind(
        "document_refused",
        "Une pièce est à renvoyer",
        "Quand le service ne peut pas accepter une pièce",
        _EDITORS,
    ),
    MailKind(
        "message",
        "Un message du service",
        "À chaque message ; ses mots restent sur le portail",
        _EDITORS,
    ),
    MailKind(
        "correction_asked",
        "Compléments demandés",
        "Quand le service demande de compléter le dossier",
        _MEMBERS,
    ),
    MailKind(
        "correction_due",
        "Rappel : compléments à envoyer",
        "{first_days}, puis {last_hours} avant la date limite",
        _MEMBERS,
        "les compléments sont envoyés, ou le service ne les attend plus",
    ),
    MailKind(
        "correction_extended",
        "Le délai des compléments est prolongé",
        "Aussitôt",
        _MEMBERS,
    ),
    MailKind(
        "correction_cancelled",
        "Le service n’attend plus de compléments",
        "Quand le service reprend l’instruction sans votre réponse",
        _MEMBERS,
    ),
    MailKind("correction_received", "Vos compléments sont reçus", "Aussitôt", _MEMBERS),
    MailKind(
        "office_edited",
        "Le service a modifié votre dossier",
        "Aussitôt, avec la raison et ce qui a changé",
        _MEMBERS,
    ),
    MailKind(
        "infected",
        "Un fichier est refusé par l’antivirus",
        "Quand un fichier envoyé contient un programme malveillant, où qu’il soit joint",
        "La personne qui l’a envoyé",
    ),
    MailKind("withdrawal", "Votre demande est retirée", "Aussitôt", _MEMBERS),
    MailKind("closing", "Votre demande est classée sans suite", "Aussitôt", _MEMBERS),
    MailKind(
        "decision_notification",
        "Une décision est prise sur votre demande",
        "Quand la décision est notifiée, si l’organisation reçoit ses décisions par e-mail",
        "L’adresse indiquée dans cet accord",
    ),
)

_MANAGERS = "Les personnes qui gèrent l’organisation"
BODY_MAIL_KINDS = (
    MailKind(
        "membership-asked",
        "Une personne demande à rejoindre l’organisation",
        "Aussitôt",
        f"{_MANAGERS}, ou le service si personne ne la gère",
    ),
    MailKind("membership-accepted", "Votre rattachement est accepté", "Aussitôt", "La personne"),
    MailKind("membership-refused", "Votre rattachement est refusé", "Aussitôt", "La personne"),
    MailKind(
        "invitation", "Vous êtes invité dans une organisation", "Aussitôt", "La personne invitée"
    ),
    MailKind(
        "invitation-accepted", "Votre invitation est acceptée", "Aussitôt", "La personne qui invite"
    ),
    MailKind(
        "named-manager",
        "Vous gérez maintenant l’organisation",
        "Quand la personne qui gérait vous passe la main",
        "La personne",
    ),
    MailKind(
        "signing-proposed",
        "Dites en quelle qualité vous attestez",
        "Quand le droit d’attester vous est donné, avant qu’il prenne effet",
        "La personne",
    ),
    MailKind(
        "new-signatory",
        "Une autre personne peut attester",
        "Aussitôt qu’elle le peut",
        "Les personnes qui gèrent l’organisation ou signent pour elle",
    ),
    MailKind(
        "rights-taken",
        "Vos droits ont changé",
        "Quand une autre personne vous retire le droit de gérer ou d’attester",
        "Le représentant légal",
    ),
    MailKind(
        "mandate-refused",
        "Votre mandat est refusé",
        "Quand le service ne peut pas l’accepter",
        "La personne mandatée",
    ),
    MailKind(
        "organisation-merged",
        "Deux fiches de l’organisation sont réunies",
        "Quand le service réunit une organisation inscrite deux fois",
        "Les membres des deux fiches",
    ),
    MailKind(
        "document-refused",
        "Un document de l’organisation est refusé",
        "Quand le service ne peut pas l’accepter",
        _MANAGERS,
    ),
    MailKind(
        "document-expiring",
        "Un document arrive à sa fin de validité",
        "{notice_days} avant, une seule fois",
        _MANAGERS,
        "le document est remplacé ou retiré",
    ),
    MailKind(
        "bank-changed",
        "Le compte bancaire a changé",
        "Aussitôt",
        "Les autres personnes qui gèrent ou signent",
    ),
    MailKind(
        "bank-refused",
        "Le compte bancaire est refusé",
        "Quand le service ne peut pas l’accepter",
        _MANAGERS,
    ),
)
_ASKED = "La coordinatrice, le coordinateur ou l’expert dont l’avis est demandé"
OPINION_MAIL_KINDS = (
    MailKind(
        "opinion_asked",
        "Votre avis est demandé",
        "Quand le service demande un avis sur un dossier ; le lien d’un expert vaut "
        "jusqu’à la date limite, {link_days} au moins",
        _ASKED,
    ),
    MailKind(
        "opinion_due",
        "Rappel : avis attendu",
        "{opinion_days} avant la date limite, puis le jour même ; ou quand le service relance",
        _ASKED,
        "l’avis est rendu, annulé, ou l’instruction est close",
    ),
    MailKind(
        "opinion_extended",
        "Vous avez plus de temps pour rendre votre avis",
        "Aussitôt",
        _ASKED,
    ),
    MailKind(
        "opinion_documents",
        "De nouvelles pièces à lire pour votre avis",
        "Quand le service en partage d’autres ; le message dit combien, jamais lesquelles",
        _ASKED,
    ),
    MailKind(
        "opinion_revoked",
        "Votre avis n’est plus attendu",
        "Quand le service annule sa demande",
        _ASKED,
    ),
    MailKind(
        "opinion_link",
        "Votre nouveau lien pour donner un avis",
        "Quand vous le demandez depuis un lien déjà ouvert ou expiré",
        "L’expert, à l’adresse du premier lien",
    ),
    MailKind(
        "opinion_received",
        "Votre avis est bien reçu",
        "Aussitôt",
        "La personne qui rend l’avis",
    ),
)


# --- Delays ---------------------------------------------------------------------------------------
DELAYS = {  # slot: dated parameter, unit
    "draft_days": ("reminder.draft_days", "jour"),
    "first_days": ("reminder.first_days", "jour"),
    "last_hours": ("reminder.last_hours", "heure"),
    "attestation_days": ("attestation.reminder_days", "jour"),
    "documents_days": ("documents.reminder_days", "jour"),
    "notice_days": ("documents.notice_days", "jour"),
    "opinion_days": ("opinion.reminder_days", "jour"),
    "link_days": ("opinion.link_days", "jour"),
}


def with_delays(kinds: Sequence[MailKind], *, on: date) -> list[MailKind]:
    """Return kinds of mail with the delays in force on a day, in words."""
    values = values_on([key for key, _ in DELAYS.values()], on)
    words = {
        slot: f"{values[key]}\u00a0{unit}{plural_fr(int(values[key]))}"
        for slot, (key, unit) in DELAYS.items()
    }
    return [replace(one, when=one.when.format(**words)) for one in kinds]
