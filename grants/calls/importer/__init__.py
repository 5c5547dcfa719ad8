"""Reads call-sheet files (.txt, .docx) into plain objects: no Django, no database.

The management command and the browser importer both sit on top of this package::

    lines = read_lines(path, "fiches.docx")
    parsed = parse(lines, Gazetteer(communes, neighbourhoods, territories))
"""

from .parsing import parse
from .places import Gazetteer
from .reading import SheetFileError, read_lines
from .result import Doubt, ParsedFile, ParsedSheet, PlaceMatch, SourceLine


__all__ = [
    "Doubt",
    "Gazetteer",
    "ParsedFile",
    "ParsedSheet",
    "PlaceMatch",
    "SheetFileError",
    "SourceLine",
    "parse",
    "read_lines",
]
