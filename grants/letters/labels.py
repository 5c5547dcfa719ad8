"""How the states of a letter look."""

from grants.letters.models import Letter, LetterKind, LetterState


BADGES = {
    LetterState.TO_GENERATE: ("info", "arrow-repeat"),
    LetterState.READY: ("neutral", "file-earmark-pdf"),
    LetterState.FAILED: ("danger", "x-octagon-fill"),
    LetterState.SIGNED: ("success", "pen"),
    LetterState.NOTIFIED: ("success", "send-check"),
    LetterState.OPENED: ("success", "envelope-open"),
}


def badge(letter: Letter) -> dict[str, str]:
    """Return the arguments of ``ui_badge`` for a letter's state."""
    if letter.superseded_at:
        return {"label": "Remplacé", "tone": "neutral", "icon": "archive"}
    if letter.kind == LetterKind.RECEIPT and letter.state == LetterState.READY:
        return {"label": "Disponible", "tone": "success", "icon": "check-circle"}
    tone, icon = BADGES[LetterState(letter.state)]
    return {"label": letter.get_state_display(), "tone": tone, "icon": icon}
