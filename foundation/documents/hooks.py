"""What lower apps do about files: filled in their ``AppConfig.ready()``.

``before_infected(stored=)`` locks what the services of the file's owner lock before its files, so
that the scanner and they wait for each other in one order. ``on_infected(stored=, at=)`` runs in
the transaction that writes the antivirus's answer: it may change rows and queue messages, it never
calls the network.
"""

from collections.abc import Callable


before_infected: list[Callable[..., None]] = []
on_infected: list[Callable[..., None]] = []
