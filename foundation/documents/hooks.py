"""What lower apps do about files: filled in their ``AppConfig.ready()``.

``on_infected(stored=, at=)`` runs in the transaction that writes the antivirus's answer: it may
change rows and queue messages, it never calls the network.
"""

from collections.abc import Callable


on_infected: list[Callable[..., None]] = []
