"""What lower apps do when something happens to a sheet: filled in their ``AppConfig.ready()``.

``after_extended`` functions run in the transaction of the extension (``hook(extension=, at=)``):
they may write rows and queue messages.
"""

from collections.abc import Callable


after_extended: list[Callable[..., None]] = []
