"""What this app adds to the ones above it."""

from grants.applications.hooks import award_readers
from grants.decisions import batch, dossier_panels, redaction
from grants.decisions.panels import funded_actions
from grants.decisions.selectors import notified_awards
from grants.decisions.services.notification import letter_became_ready, letter_was_signed
from grants.letters import hooks
from territories.panels import register_panel


def register() -> None:
    """Follow the letters of decisions, tell awards, show funded actions on the pages of places."""
    for registered, follow in (
        (award_readers, notified_awards),
        (hooks.on_ready, letter_became_ready),
        (hooks.on_signed, letter_was_signed),
    ):
        if follow not in registered:
            registered.append(follow)
    dossier_panels.register()
    redaction.register()
    batch.register()
    register_panel(
        "funded-actions", "decisions/panels/funded_actions.html", funded_actions, order=30
    )
