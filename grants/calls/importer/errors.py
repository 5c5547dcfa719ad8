"""The one error of the importer."""

from .cleaning import typographic


class SheetFileError(Exception):
    """The file cannot be read: the message is a French sentence for the person."""

    def __init__(self, message: str) -> None:
        super().__init__(typographic(message))
