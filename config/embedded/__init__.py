"""A real PostgreSQL and a real Redis on a laptop, started by ``python -m config.embedded``.

The settings of the demonstration and of the tests ask :func:`addresses` where the services are and
:func:`state_folder` where to keep files. Neither starts anything. Production never imports this.
"""

from .paths import Addresses, addresses, as_broker, state_folder


__all__ = ["Addresses", "addresses", "as_broker", "state_folder"]
