"""Cleaning of office text: debris, bullets, French typography, doubled words."""

from __future__ import annotations

import re
import unicodedata


NBSP = "\u00a0"

_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff"
    "\ufe00-\ufe0f\ufffc\ufff9-\ufffb\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f]"
)
_LINE_BREAKS = re.compile("[\x0b\x0c\x1c-\x1f\x85\u2028\u2029\r\n]")
_DEBRIS = re.compile(
    r"\[\s*(?:if|endif|bookmark|image|picture|photo|shape|drawing|object|embedded|footnote|endnote"
    r"|comment|commentaire|signet|toc|field|hyperlink|link|page ?break|section ?break"
    r"|saut de page|note de bas de page)\b(?!['’])[^\[\]]{0,300}\]"
    r"|<!--[^<>]{0,300}-->|<!\[(?:if|endif)[^<>]{0,200}>"
    r"|Erreur\s?!\s?(?:Signet non défini|Référence de lien hypertexte non valide)\s?\.?"
    r"|Error! (?:Bookmark not defined|Reference source not found)\.?",
    re.IGNORECASE,
)
_SEPARATOR_LINE = re.compile(r"^[\s\-–—_=*~#.·•|+]*$")
_PAGE_LINE = re.compile(
    r"^\W{0,3}page\s*(?:n\s*°\s*)?\d{1,4}(?:\s*(?:/|sur|of|de)\s*\d{1,4})?\W{0,3}$"
    r"|^[-–—]\s*\d{1,3}\s*[-–—]$|^\d{1,3}\s*/\s*\d{1,3}$",
    re.IGNORECASE,
)
_DASHES = "-–—−‒―‐‑"
_BULLET_CHARS = "•·∙*●○◦▪▫■□◾◆♦►▶▸‣⁃➢➤➔→⇒✓✔❖§☐☑☒✗✘★☆☞➜➡⇨⮚➪◇▲△∘⚫¤"
#: Bullets, those of the symbol fonts of word processors included.
_BULLETS = rf"[{re.escape(_BULLET_CHARS)}\uf020-\uf0ff]"
_BULLET = re.compile(
    rf"^(?:[{_DASHES}]+(?:\s+|(?=[^\W\d_]|[«\"(]))|{_BULLETS}+\s*|>(?!\s*\d)\s*"
    rf"|[=-]{{1,2}}>\s*|[oØü]\s+(?=\w))"
)
_BULLET_ONLY = re.compile(rf"^(?:[{_DASHES}>]|{_BULLETS}|o|\d{{1,2}}[.)])$")
_NUMBERED = re.compile(
    r"^\(?(\d{1,2})\s?(?:[.)]-?(?:\s+(?=\S)|(?=[^\W\d_]))|(?:°\s?[-.)]?|[-–/])\s+(?=[^\W\d_]|[«\"]))"
)
_SPACES = "[ \t\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]"
_DOUBLED_WORD = re.compile(
    rf"(?<![\w'’-])([^\W\d_]{{2,}}|à)(?:{_SPACES}+\1)+(?![\w'’-])", re.IGNORECASE
)
#: Words French may say twice in a row ("nous nous retrouvons", "tout en en parlant").
_MAY_BE_DOUBLED = {"nous", "vous", "en", "bla", "très", "non", "oui", "si", "ha", "tic", "toc"}


def strip_debris(text: str) -> str:
    """Removes what an editor leaves behind: bookmarks, invisible and control characters."""
    text = _DEBRIS.sub("", strip_invisible(text)).replace("**", "")
    return unicodedata.normalize("NFC", text).strip()


def strip_invisible(text: str) -> str:
    """Removes the characters nobody sees, and nothing else."""
    return _INVISIBLE.sub("", _LINE_BREAKS.sub(" ", text))


def is_mere_decoration(text: str) -> bool:
    """Tells whether a line is a ruler ("-----") or a page number ("Page 2 / 7")."""
    ruler = len(text) > 2 and _SEPARATOR_LINE.match(text) and re.search(r"[-–—_=*~#]{3}", text)
    return bool(ruler or _PAGE_LINE.match(text))


def split_bullet(text: str) -> tuple[str, str]:
    """Splits a line into its list mark ("-", "3." or "") and the rest."""
    if number := _NUMBERED.match(text):
        return f"{int(number[1])}.", text[number.end() :].strip()
    if bullet := _BULLET.match(text):
        return "-", text[bullet.end() :].strip()
    return "", text.strip()


def is_bullet_alone(text: str) -> bool:
    """Tells whether a line holds a list mark and nothing else."""
    return bool(_BULLET_ONLY.match(text))


def typographic(text: str) -> str:
    """Puts the French typography right: ’, « », …, and spaces that do not break."""
    text = re.sub(rf"{_SPACES}*\n{_SPACES}*", "\n", text)
    text = re.sub(rf"(?<=\d){_SPACES}(?=\d{{3}}(?!\d))", "\x00", text)
    text = re.sub(rf"{_SPACES}+", " ", text)
    text = re.sub(r"(?<![\w'])'([^'\n]+)'(?!\w)", r"‘\1’", text)
    text = re.sub(r"(?<=\w)['‘´`′]", "’", text)
    text = re.sub(r"\b([cdjlmnst]|(?:jus|lors|puis)?qu)’ (?=\w)", r"\1’", text, flags=re.IGNORECASE)
    text = re.sub(r'"([^"]*[^"\s][^"]*)"', r"«\1»", text)
    text = re.sub(r"[“„‟]", "«", text).replace("”", "»")
    text = re.sub(r"« ?", f"«{NBSP}", text)
    text = re.sub(r" ?»", f"{NBSP}»", text)
    text = re.sub(r" +([.,])(?=\s|$)", r"\1", text)
    text = re.sub(r"\.{3,}|…[.…]+", "…", text)
    text = re.sub(r"(?<!\.)\.\.(?!\.)", ".", text)
    text = re.sub(r"([,;:])(?: ?\1)+", r"\1", text)
    text = re.sub(r"([!?])(?: ?\1)+", r"\1", text)
    text = re.sub(r" ([:;!?])", rf"{NBSP}\1", text)
    text = re.sub(r"(?<=\d) (?=[€%])", NBSP, text)
    return text.replace("\x00", NBSP).strip()


def clean_line(text: str) -> tuple[str, list[str]]:
    """Cleans one line of text.

    Args:
        text: the line, debris already removed.

    Returns:
        The clean line, and each word that was typed twice and is now there once.
    """
    doubled: list[str] = []

    def once(found: re.Match[str]) -> str:
        word = found[1]
        if word.lower() in _MAY_BE_DOUBLED:
            return found[0]
        doubled.append(word)
        return word

    return _DOUBLED_WORD.sub(once, typographic(text)), doubled


def join_lines(lines: list[tuple[str, str]]) -> str:
    """Joins (list mark, text) lines into a field, with even bullets and numbers in order.

    Numbers that do not rise ("1." "1.", as word processors export them) are counted anew.
    """
    joined: list[str] = []
    last = 0
    pending = ""
    for mark, text in lines:
        if not text:
            pending = mark or pending
            continue
        mark, pending = mark or pending, ""
        if mark.rstrip(".").isdigit():
            number = int(mark.rstrip("."))
            last = number if number > last else last + 1
            joined.append(f"{last}. {text}")
        else:
            last = last if text[0].islower() and not mark else 0
            joined.append(f"{mark} {text}" if mark else text)
    return "\n".join(joined)


def fold(text: str) -> str:
    """Folds case, accents and apostrophes away, keeping one character for one."""
    return "".join(_fold_character(character) for character in text)


def _fold_character(character: str) -> str:
    if character in "’‘´`′":
        return "'"
    if character in "：﹕꞉︓":
        return ":"
    if character.isspace():
        return " "
    return unicodedata.normalize("NFD", character)[0].upper()[:1]


def words_key(text: str) -> str:
    """Gives the words of a text only: no case, accents, hyphens nor apostrophes."""
    text = text.replace("œ", "oe").replace("Œ", "OE")
    return " ".join(re.findall(r"[A-Z0-9]+", fold(text))).lower()


def is_capitals(text: str) -> bool:
    """Tells whether a text has letters and all of them are capitals."""
    return text.upper() == text and any(character.isalpha() for character in text)


def shorten(text: str, limit: int) -> str:
    """Cuts a text at the last whole word before the limit, with an ellipsis."""
    if len(text) <= limit:
        return text
    cut = text[:limit].rsplit(None, 1)[0][: limit - 1].rstrip(" ,;:.-–")
    return f"{cut}…"
