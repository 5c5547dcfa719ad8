"""The lists that office sheets write in one text: conditions, expected results."""

from grants.calls.importer.cleaning import split_bullet


def split_bullets(text: str) -> list[str]:
    """Return the items of a text: one a bullet, or one a line when it has no bullet.

    A line without bullet after one with a bullet continues it; what stands before the first
    bullet is an introduction and is left out when bullets follow.
    """
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    marked = [split_bullet(line) for line in lines]
    if not any(mark for mark, _ in marked):
        return lines
    items: list[str] = []
    for mark, rest in marked:
        if mark:
            items.append(rest.strip())
        elif items:
            items[-1] = f"{items[-1]} {rest.strip()}"
    return [item for item in items if item]
