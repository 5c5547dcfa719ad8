"""The difficult words of the dossier, explained beside the fields that use them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Term:
    """A word and its plain meaning.

    Attributes:
        question: What a volunteer asks; the summary that opens the explanation.
        text: Short paragraphs. ``{general}``, ``{sgei}`` and ``{declared}`` take dated amounts.
        parameters: Keys of the dated amounts that the text names.
    """

    question: str
    text: tuple[str, ...]
    parameters: tuple[tuple[str, str], ...] = ()


TERMS = {
    "benevole": Term(
        "Bénévole, volontaire : quelle différence ?",
        (
            "Un bénévole donne régulièrement de son temps sans être payé ni lié par un contrat ; "
            "ses frais peuvent lui être remboursés.",
            "Un volontaire est engagé par un contrat particulier pour une mission d’intérêt "
            "général et reçoit une indemnité : le service civique, par exemple.",
        ),
    ),
    "etpt": Term(
        "Qu’est-ce qu’un ETPT ?",
        (
            "L’équivalent temps plein travaillé compte le temps de travail sur une année. Une "
            "personne à temps plein toute l’année fait 1 ; à 80 % pendant six mois, 0,4 "
            "(0,8 × 6 ÷ 12).",
            "Additionnez les personnes d’une même ligne. Une estimation suffit.",
        ),
    ),
    "qpv": Term(
        "Qu’est-ce qu’un quartier prioritaire (QPV) ?",
        (
            "Un quartier prioritaire de la politique de la ville est un périmètre fixé par l’État "
            "d’après le revenu de ses habitants. La liste de chaque commune s’affiche quand vous "
            "la cochez à l’étape « Lieux ».",
        ),
    ),
    "politique-ville": Term(
        "Qu’est-ce que la politique de la ville ?",
        (
            "Des crédits de l’État pour les quartiers prioritaires, demandés à part, souvent "
            "sur le portail Dauphin, dans le cadre d’un contrat de ville.",
            "Répondez oui si la même action y fait aussi l’objet d’une demande : indiquez alors ce "
            "financement dans le budget, au compte 74.",
        ),
    ),
    "cadre": Term(
        "Cadre, instance de pilotage : de quoi parle-t-on ?",
        (
            "Le cadre est le document partagé dans lequel l’action prend place : contrat de ville, "
            "cité éducative, projet éducatif de territoire, plan du CLSPD…",
            "L’instance locale de pilotage est le groupe qui suit l’action près du terrain : "
            "conseil local de sécurité et de prévention de la délinquance (CLSPD), comité de "
            "pilotage de la cité éducative, comité d’éducation à la santé et à la citoyenneté…",
            "Vous n’en avez pas ? Laissez vide : votre demande reste recevable.",
        ),
    ),
    "objet": Term(
        "Projet ou fonctionnement global ?",
        (
            "Un projet est une action précise, avec un début, une fin et son propre budget. Le "
            "fonctionnement global soutient toute l’activité de l’année : le budget demandé plus "
            "loin est alors celui de l’organisation entière.",
        ),
    ),
    "en-nature": Term(
        "Qu’est-ce qu’une aide en nature ?",
        (
            "Le Département prête ou donne autre chose que de l’argent : une salle, du matériel, "
            "le temps d’un agent. Elle s’ajoute à la subvention ou la remplace.",
        ),
    ),
    "contribution-nature": Term(
        "Qu’est-ce qu’une contribution volontaire en nature ?",
        (
            "Ce que l’action reçoit sans le payer : le temps des bénévoles, une salle prêtée, des "
            "dons. On lui donne une valeur en euros, inscrite deux fois : au compte 86 (à quoi "
            "elle sert) et au compte 87 (d’où elle vient). Les deux totaux sont égaux.",
        ),
    ),
    "charges-indirectes": Term(
        "Que sont les charges indirectes ?",
        (
            "La part des frais de toute l’organisation (loyer, comptabilité, direction) que vous "
            "affectez à l’action, selon une règle simple que vous pouvez expliquer : le temps "
            "passé, la surface, le nombre de participants.",
        ),
    ),
    "cofinancement": Term(
        "Qu’est-ce qu’un cofinancement ?",
        (
            "L’argent d’un autre financeur pour la même action : commune, État, CAF, fondation… "
            "Chacun a sa ligne au compte 74. « Acquis » : la décision est prise ; « sollicité » : "
            "vous attendez la réponse.",
        ),
    ),
    "deliberation": Term(
        "Quelle délibération ?",
        (
            "L’acte du conseil municipal (ou de l’organe compétent) qui autorise la demande de "
            "subvention, ou la décision prise par délégation. Une commune peut déposer d’abord "
            "et joindre la délibération ensuite.",
        ),
    ),
    "activite-economique": Term(
        "Qu’est-ce qu’une activité économique ?",
        (
            "Offrir des biens ou des services sur un marché, même sans but lucratif et quel que "
            "soit votre statut : vente de formations, restauration, location… Une action gratuite "
            "pour le public n’en est pas une, en général.",
            "La question vient du droit européen, qui plafonne les aides publiques aux activités "
            "économiques. Répondre oui n’empêche pas d’être aidé.",
        ),
    ),
    "de-minimis": Term(
        "De minimis, SIEG : que choisir ?",
        (
            "Les aides « de minimis » sont les petites aides publiques à une activité économique. "
            "Sur trois ans, elles ne dépassent pas {general} (règle générale) ou {sgei} quand "
            "l’activité est un service d’intérêt économique général (SIEG) confié par une "
            "collectivité.",
            "Les lettres d’attribution nomment le règlement suivi. Sans activité économique, "
            "choisissez « Hors activité économique ».",
            "Le formulaire national demande si le total des aides publiques dépasse {declared}.",
        ),
        (
            ("general", "de_minimis.general"),
            ("sgei", "de_minimis.sgei"),
            ("declared", "public_aid.declared"),
        ),
    ),
    "comptes": Term(
        "Quels montants mettre dans chaque compte ?",
        (
            "Reprenez le budget prévisionnel voté par votre assemblée ou votre bureau, groupé par "
            "comptes de deux chiffres : 60 pour les achats, 64 pour les salaires et les charges "
            "sociales, 74 pour toutes les subventions, 75 pour les cotisations et les dons.",
            "Laissez vide ce qui ne vous concerne pas. Un écart entre charges et produits "
            "n’empêche pas de déposer.",
        ),
    ),
    "indicateur": Term(
        "Qu’est-ce qu’un bon indicateur ?",
        (
            "Quelque chose que vous saurez compter ou constater à la fin : nombre de jeunes "
            "accueillis, taux de retour en classe, familles reçues. « Prévu » dit ce que vous "
            "visez : 40 jeunes, 80 %, deux rencontres par trimestre.",
            "Ces valeurs seront comparées au réalisé dans le bilan. Elles ne vous lient pas : un "
            "écart s’explique.",
        ),
    ),
    "parts": Term(
        "À quoi servent les parts ?",
        (
            "Quand l’action a plusieurs lieux, la subvention est répartie entre eux pour suivre "
            "ce qui est financé sur chaque territoire. Sans indication, chaque lieu compte autant.",
            "Si la moitié de l’action a lieu à Nanterre, écrivez 50 en face de Nanterre : le reste "
            "se partage également entre les lieux laissés vides.",
        ),
    ),
}
