"""Texts that vary enough to be searched: common words everywhere, rare ones in a few dossiers."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from portal.demo.words import PROJECTS, SHEET_TOPICS, in_town


#: A word that about one dossier in five hundred holds: what a rare search looks for.
RARE_WORDS = ("capoeira", "apiculture", "marionnettes", "radioamateur", "spéléologie")
RARE_EVERY = 500

_VARIANTS = (
    "",
    "\u00a0: deuxième saison",
    " – le mercredi",
    " avec les familles",
    " pendant les vacances",
    " au collège",
    " entre pairs",
    " hors les murs",
)
_NEEDS = (
    "Le diagnostic du quartier relève un isolement des familles et peu de lieux ouverts le soir.",
    "Les deux collèges du secteur signalent une hausse des exclusions temporaires depuis un an.",
    "Les professionnels disent manquer de relais pour les jeunes de plus de seize ans.",
    "La mission locale oriente vers nous des jeunes qui ne viennent plus à leurs rendez-vous.",
    "Les parents demandent un interlocuteur qui parle leur langue et connaisse les démarches.",
    "Le conseil citoyen souhaite une présence d’adultes aux abords du gymnase.",
)
_COURSES = (
    "L’équipe accueille par groupes de huit, deux fois par semaine, dans une salle prêtée.",
    "Chaque cycle dure six semaines et finit par un bilan avec la famille et le collège.",
    "Un comité de suivi réunit chaque trimestre la ville, les collèges et les éducateurs.",
    "Les ateliers mêlent théâtre, sport et écriture\u00a0; chacun repart avec un projet.",
    "Une permanence hebdomadaire reçoit sans rendez-vous et oriente vers le bon service.",
    "Les jeunes préparent eux-mêmes une restitution publique en fin d’année.",
)
_PUBLICS = (
    "Repérage par les collèges, les éducateurs et les gardiens.",
    "Jeunes orientés par la mission locale et la prévention spécialisée.",
    "Élèves de quatrième et de troisième, et leurs parents.",
    "Jeunes du quartier, filles et garçons, sans inscription préalable.",
)


@dataclass(frozen=True)
class Words:
    """The texts of a project."""

    title: str
    objectives: str
    description: str
    public: str


def project_words(random: Random, number: int, code: str, town: str) -> Words:
    """Return the texts of a dossier.

    Args:
        random: Of this dossier.
        number: Its rank: one in five hundred holds a rare word.
        code: Of its sheet.
        town: First place.
    """
    topic = SHEET_TOPICS.get(code, "citizenship")
    title, objectives, description = random.choice(PROJECTS[topic])
    course = " ".join(random.sample(_COURSES, k=random.choice((1, 2, 3))))
    if number % RARE_EVERY == RARE_EVERY // 2:
        rare = RARE_WORDS[number // RARE_EVERY % len(RARE_WORDS)]
        course = f"{course} Un atelier de {rare} ouvre chaque séance."
    return Words(
        title=in_town(title + random.choice(_VARIANTS), town),
        objectives=f"{objectives} {random.choice(_NEEDS)}",
        description=f"{description}\n\n{course}",
        public=random.choice(_PUBLICS),
    )
