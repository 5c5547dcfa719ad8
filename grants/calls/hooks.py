"""What lower apps do when something happens to a sheet: filled in their ``AppConfig.ready()``.

``after_extended`` functions run in the transaction of the extension (``hook(extension=, at=)``):
they may write rows and queue messages.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING


if TYPE_CHECKING:
    from grants.calls.grids.content import GridContent

after_extended: list[Callable[..., None]] = []
#: ``(content) -> HTML``: a grid drawn exactly as its readers see it, disabled; filled by review.
grid_previewers: list[Callable[[GridContent], str]] = []


def preview_grid(content: GridContent) -> str:
    """Return a grid as its readers see it; empty when nobody draws it."""
    return grid_previewers[-1](content) if grid_previewers else ""
