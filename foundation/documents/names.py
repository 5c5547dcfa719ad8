"""File names as people may keep them: short, readable, harmless on any machine."""

import re
import unicodedata

from config.text import clean_name


MAX_LENGTH = 150
_RESERVED = re.compile(r"(?i)(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\..*)?")
_FORBIDDEN = re.compile(r'[<>:"|?*%;]')


def clean_file_name(name: str) -> str:
    """Return the last part of a name, without what could deceive or break a file system.

    Control and bidirectional characters, separators and reserved signs go; reserved device names
    (CON, NUL…) get an underscore in front; an over-long name keeps its extension.
    """
    last = re.split(r"[/\\]", name.replace("\x00", ""))[-1]
    last = "".join(c for c in last if unicodedata.category(c) not in {"Cc", "Cf", "Cs"})
    last = clean_name(_FORBIDDEN.sub("_", last)).strip(" .")
    if not last:
        return "fichier"
    if _RESERVED.fullmatch(last):
        last = f"_{last}"
    stem, dot, extension = last.rpartition(".")
    if not dot or not stem:
        return last[:MAX_LENGTH]
    extension = extension[:10]
    return f"{stem[: MAX_LENGTH - len(extension) - 1].rstrip(' .')}.{extension}"


def extension_of(name: str) -> str:
    """Return the extension in lower case, without its dot; empty when there is none."""
    stem, dot, extension = name.rpartition(".")
    return extension.lower() if dot and stem else ""
