"""The acts that this app puts on the bar of the desk's lists."""

from grants.review.batches import assigning, corrections, opinions, running, sheets


def register() -> None:
    """Declare the kind of their jobs, and the acts."""
    running.register()
    assigning.register()
    opinions.register()
    corrections.register()
    sheets.register()
