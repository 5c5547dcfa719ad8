"""The reference data that the tests of calls need: places, words, the usual grid."""

from grants.calls.reference import load_default_grid
from territories import loading


def load_places() -> None:
    """Load the territories, communes, neighbourhoods and frameworks, and the usual grid."""
    loading.load_territories()
    loading.load_communes()
    loading.load_neighbourhoods()
    loading.load_frameworks()
    load_default_grid()
