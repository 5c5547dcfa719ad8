"""Words of a text, counted the same way here and in ``static/js/words.js``."""

from config.templatetags.fr import nbsp_fr, plural_fr


def count_words(text: str) -> int:
    """Count what stands between spaces and holds a letter or a digit: « l’action » is one word."""
    return sum(any(c.isalnum() for c in word) for word in text.split())


def words_sentence(count: int, low: int, high: int) -> str:
    """Say how a text stands: « 182 mots ; 150 à 300 attendus »."""
    said = f"{count} mot{plural_fr(count)} ; {low} à {high} conseillés"
    return nbsp_fr(f"{said} : un peu long" if count > high else said)
