"""What lower apps do when a letter is made: filled in their ``AppConfig.ready()``.

``on_ready(letter=, at=)`` and ``on_signed(letter=, at=, by=)`` run inside the transaction that
stores the file; they may change rows (the dossier's paper axis…), they never call the network.
"""

from collections.abc import Callable


on_ready: list[Callable[..., None]] = []
on_signed: list[Callable[..., None]] = []
