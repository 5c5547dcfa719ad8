"""The invented words of the demonstration: people, associations, projects. Nobody real."""

import re


FIRST_NAMES = (
    "Adèle", "Amadou", "Anaïs", "Bastien", "Camille", "Claire", "Daouda", "Élise", "Émile",
    "Fatou", "Gaspard", "Hélène", "Inès", "Jeanne", "Karim", "Laure", "Léo", "Lucie", "Malik",
    "Manon", "Mehdi", "Nadia", "Noé", "Ondine", "Paul", "Rachid", "Rose", "Samira", "Théo",
    "Yasmine", "Zoé",
)  # fmt: skip
LAST_NAMES = (
    "Abelin", "Barrois", "Castelneau", "Dorvault", "Estrade", "Faugère", "Garrigou", "Hardelin",
    "Issartel", "Jourdain", "Kermorvan", "Lestrade", "Mandrin", "Nivelais", "Orsolan", "Pelvoux",
    "Quersin", "Rambaud", "Sauveterre", "Tournelle", "Urvoas", "Vautrelle", "Ythier", "Zélandier",
)  # fmt: skip

# (name, short name); « {town} » takes the commune of the seat.
ASSOCIATIONS = (
    ("Les Ateliers du Rail", "ADR"), ("La Passerelle de {town}", ""),
    ("Cap Collège {town}", ""), ("Le Fil rouge", ""), ("Horizon Jeunes {town}", "HJ"),
    ("La Boussole", ""), ("Mosaïque {town}", ""), ("Les Cordées de Seine", "LCS"),
    ("Entre les Tours", ""), ("Parole et Quartier", "PQ"), ("Le Tremplin de {town}", ""),
    ("Second Souffle", ""), ("La Ruche de {town}", ""), ("Déclic Citoyen", ""),
    ("Les Grands Frères et Sœurs de {town}", ""), ("Atelier Numérique {town}", "ANT"),
    ("L’Escale", ""), ("Jeunesse en Scène", ""), ("Chantier Commun", ""),
    ("Maison des Parents de {town}", ""), ("La Traverse", ""), ("Récré et Compagnie", ""),
    ("Sport et Lien {town}", "SEL"), ("Les Médiateurs du Soir", ""), ("Oxygène {town}", ""),
    ("Le Pas de Côté", ""), ("Trait d’Union {town}", ""), ("Mémoire Vive", ""),
    ("Les Pédaleurs de {town}", ""), ("Solid’Ados", ""), ("Voix de Femmes {town}", ""),
    ("Le Comptoir des Possibles", ""), ("Rebonds {town}", ""), ("École ouverte {town}", ""),
    ("Fenêtre sur Cour", ""), ("La Main à la Pâte de {town}", ""), ("Images d’ici", ""),
    ("Les Veilleurs de {town}", ""), ("Point d’Appui", ""), ("Graine de Citoyens {town}", ""),
)  # fmt: skip

# By kind of need: (title, objectives, description). « {town} » takes the first place.
PROJECTS = {
    "rights": (
        (
            "Permanences d’accès aux droits à {town}",
            "Faire connaître leurs droits aux familles qui n’ouvrent plus leur courrier, et les "
            "accompagner jusqu’au premier rendez-vous.",
            "Deux permanences par semaine, à jour fixe, au centre social et au marché. Une "
            "médiatrice trilingue reçoit, explique, remplit la première démarche en ligne avec "
            "la personne puis l’oriente par écrit vers le service compétent.",
        ),
        (
            "Bus des droits dans les quartiers de {town}",
            "Aller vers les habitants qui ne poussent pas la porte des guichets.",
            "Un véhicule aménagé s’arrête chaque mercredi devant trois écoles. Deux bénévoles "
            "formés et une juriste informent sur la santé, le logement et la scolarité.",
        ),
    ),
    "dropout": (
        (
            "Accueil de jour des collégiens exclus de {town}",
            "Ne laisser aucun collégien seul pendant une exclusion et préparer son retour.",
            "Du premier au dernier jour de l’exclusion, deux éducateurs accueillent au plus huit "
            "élèves : travail scolaire le matin, atelier d’expression ou visite l’après-midi, "
            "bilan avec la famille et le collège avant le retour en classe.",
        ),
        (
            "Le Sas : reprendre pied au collège",
            "Éviter la deuxième exclusion par un contrat simple entre l’élève, sa famille et le "
            "collège.",
            "Entretien d’accueil sous vingt-quatre heures, programme individuel, tutorat de trois "
            "mois après le retour. Convention signée avec quatre collèges.",
        ),
    ),
    "insertion": (
        (
            "Chantiers éducatifs d’été à {town}",
            "Offrir un premier contrat court, payé et utile à des jeunes sans solution.",
            "Six chantiers de deux semaines pour huit jeunes : peinture de halls, entretien de "
            "jardins partagés, montage d’expositions. Encadrement par un technicien et une "
            "éducatrice, lien avec la mission locale pendant trois mois.",
        ),
        (
            "Premiers gestes, premier emploi",
            "Remettre en mouvement des jeunes de 16 à 25 ans par le travail concret.",
            "Ateliers de menuiserie et de restauration solidaire, puis immersion d’une semaine en "
            "entreprise. Chaque jeune repart avec une attestation de compétences.",
        ),
    ),
    "professionals": (
        (
            "Repérer, écouter, orienter : former les adultes de première ligne",
            "Donner aux adultes en contact avec les jeunes des repères communs sur le mal-être.",
            "Cinq sessions de deux jours réunissant gardiens, assistants d’éducation, animateurs "
            "et policiers municipaux. Annuaire local remis à chaque participant.",
        ),
    ),
    "citizenship": (
        (
            "Une journée avec la police municipale de {town}",
            "Faire se rencontrer élèves de CM2 et agents autour de la règle et du jeu.",
            "Matinée d’échanges sur les jeux dangereux et la loi, après-midi sportive mixte, "
            "restitution devant les parents.",
        ),
        (
            "Petits citoyens de {town}",
            "Préparer l’entrée au collège par la rencontre et le débat.",
            "Huit classes, quatre séances : la règle, la rumeur, la ville la nuit, le secours. "
            "Un livret illustré par les élèves conclut l’année.",
        ),
    ),
    "online": (
        (
            "Écrans partagés : prévenir le cyberharcèlement",
            "Donner aux collégiens et aux parents les moyens de réagir.",
            "Ateliers par niveau animés à deux voix, soirées avec les parents, formation "
            "d’ambassadeurs élèves qui animent à leur tour dans leur collège.",
        ),
        (
            "Ambassadeurs du respect en ligne à {town}",
            "Faire des élèves eux-mêmes les relais de la prévention.",
            "Trente ambassadeurs formés, une semaine d’action par trimestre, un théâtre-forum "
            "ouvert aux familles.",
        ),
    ),
    "peace": (
        (
            "Écoute habitants à {town}",
            "Entendre tôt les conflits d’usage et y répondre ensemble.",
            "Un numéro, un lieu d’accueil deux soirs par semaine, une réunion mensuelle avec la "
            "ville et les bailleurs, un retour écrit à chaque habitant.",
        ),
        (
            "Médiateurs du soir",
            "Apaiser les abords des gares et des halls par une présence adulte régulière.",
            "Deux binômes de médiateurs, du mardi au samedi, de 17 h à 22 h, en lien avec la "
            "prévention spécialisée.",
        ),
    ),
}
SHEET_TOPICS = {
    "C1": "rights",
    "C2": "dropout",
    "C3": "insertion",
    "C4": "professionals",
    "PC5": "citizenship",
    "PC6": "online",
    "PC7": "peace",
}
SHEET_THEMES = {
    "C1": ("acces-aux-droits", "parentalite"),
    "C2": ("decrochage-scolaire", "eleves-exclus"),
    "C3": ("insertion",),
    "C4": ("sante-mentale", "bien-etre"),
    "PC5": ("citoyennete", "tranquillite-publique"),
    "PC6": ("harcelement", "reseaux-sociaux", "numerique"),
    "PC7": ("tranquillite-publique",),
}
MEANS = (
    "Une coordinatrice à mi-temps, deux intervenants, quatre bénévoles réguliers ; une salle "
    "prêtée par la ville, un véhicule et le matériel d’atelier."
)
PARTNERS = (
    "Ville, collèges du secteur, centre social, mission locale, club de prévention spécialisée."
)
ANSWERS = (
    "Oui : la convention est signée et jointe au dossier.",
    "Oui, deux adultes au moins à chaque séance.",
    "Chaque semaine, à jour fixe, dans un lieu que le public connaît déjà.",
    "C’est prévu dès le premier mois, avec une réunion de lancement.",
)
SUMMARIES = (
    "Projet ancré localement, porté par une équipe expérimentée. Le partenariat avec les collèges "
    "est effectif. Le budget est sincère, le coût par jeune raisonnable.",
    "Action pertinente au regard du besoin repéré. Les indicateurs méritent d’être resserrés et "
    "le repérage du public précisé.",
    "Intérêt réel mais calendrier fragile et cofinancements encore incertains. Un soutien partiel "
    "permettrait de démarrer.",
    "Le projet recouvre largement une action déjà financée sur le même quartier. La plus-value "
    "n’est pas démontrée.",
)
# For a low level, then for a high one.
COMMENTS = (
    (
        "À préciser avec le demandeur.",
        "Peu documenté.",
        "Rien n’est dit du calendrier.",
    ),
    (
        "Bien argumenté, exemples concrets.",
        "Point fort du dossier.",
        "Convention avec deux collèges jointe.",
    ),
)
OFFICE_MESSAGES = (
    "Bonjour, pouvez-vous préciser combien de collégiens vous accueillez par session ? Merci.",
    "Bonjour, le devis du prestataire mentionné au budget nous aiderait. Bien cordialement.",
    "Bonjour, la convention avec le collège est-elle reconduite cette année ?",
)
APPLICANT_MESSAGES = (
    "Bonjour, huit collégiens au plus par session, sur vingt sessions. Bien à vous.",
    "Bonjour, le devis part aujourd’hui par la même voie. Merci de votre retour.",
)
NOTES = (
    "Appel de la coordonnatrice : action connue et appréciée sur le quartier.",
    "Vérifier le cumul avec la subvention de la politique de la ville.",
    "Bilan de l’an dernier reçu, conforme.",
)
CONDITIONS = "La convention avec les collèges est transmise avant le démarrage de l’action."


def in_town(pattern: str, town: str) -> str:
    """Put a commune into a name as French does: « d’Antony », « du Plessis-Robinson »."""
    text = re.sub(r"\bde (?=\{town\})", "d’" if town[0] in "AEIOUÉÈ" else "de ", pattern)
    text = text.format(town=town)
    return text.replace("de Le ", "du ").replace(" à Le ", " au ")
