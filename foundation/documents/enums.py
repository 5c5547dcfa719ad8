from django.db.models import TextChoices


class ScanState(TextChoices):
    """What the antivirus gate said of a file."""

    PENDING = "pending", "Analyse en attente"
    CLEAN = "clean", "Analysé"
    INFECTED = "infected", "Refusé par l’antivirus"
    NOT_SCANNED = "not_scanned", "Non analysé"


class FileState(TextChoices):
    """What the office said of a supporting document."""

    TO_CHECK = "to_check", "À vérifier"
    ACCEPTED = "accepted", "Accepté"
    REFUSED = "refused", "Refusé"
