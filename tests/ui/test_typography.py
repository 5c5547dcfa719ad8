"""French spaces in what people read: non-breaking before ``: ; ? ! » € %`` and after ``«``."""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings


ROOT = Path(settings.BASE_DIR)
APPS = ("accounts", "foundation", "grants", "partners", "portal", "reporting", "territories")
# Words of a terminal, of a file that is read, or typed by an invented person.
LEFT_OUT = ("/migrations/", "/management/", "/importer/", "/demo/", "sheet_files.py")
HIDDEN = re.compile(
    r"\{% comment %\}.*?\{% endcomment %\}|\{#.*?#\}|<script.*?</script>|<svg.*?</svg>", re.DOTALL
)
PLAIN_BEFORE = re.compile(r"(?<=[^\s«{]) [:;?!»€%](?=$|[\s<\"'.,){\\])", re.MULTILINE)
PLAIN_AFTER = re.compile("« ")
STRAIGHT = re.compile(r"\b(?:[cdjlmnst]|qu|jusqu|lorsqu|aujourd)'(?=[a-zéèêàâîôûœ])", re.IGNORECASE)
FRENCH = re.compile(r"[éèàùçêîôûâëïœÉÈÀÊÇ’«»]|\b(?:le|la|les|une|des|du|est|pas|vous|votre)\b")


def faults_in(text: str) -> list[str]:
    found = (PLAIN_BEFORE, PLAIN_AFTER, STRAIGHT)
    return [
        text[max(0, match.start() - 25) : match.end() + 15].strip()
        for pattern in found
        for match in pattern.finditer(text)
    ]


def french_strings(path: Path) -> Iterator[str]:
    """Yield the French string literals of a module, docstrings and raw strings aside."""
    source = path.read_text(encoding="utf-8")
    told = {
        (node.lineno, node.col_offset)
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type != tokenize.STRING or token.start in told:
            continue
        if token.string.lstrip("fF")[0] not in "rRbB" and FRENCH.search(token.string):
            yield token.string


def test_the_rule_sees_what_is_wrong():
    assert faults_in("Vide : tous")
    assert faults_in("« tous\u00a0»")
    assert faults_in("l'action")
    assert not faults_in("Vide\u00a0: «\u00a0tous\u00a0», 12\u00a0%, l’action {% if a %}")


def test_templates_are_written_as_french_is():
    wrong = []
    for path in sorted((ROOT / "templates").rglob("*")):
        if path.suffix in {".html", ".txt"}:
            text = HIDDEN.sub("", path.read_text(encoding="utf-8"))
            wrong += [f"{path.relative_to(ROOT)}: {fault}" for fault in faults_in(text)]
    assert not wrong, "\n".join(wrong)


def test_sentences_of_the_code_are_written_as_french_is():
    wrong = []
    for app in APPS:
        for path in sorted((ROOT / app).rglob("*.py")):
            name = str(path.relative_to(ROOT))
            if not any(part in name for part in LEFT_OUT):
                for text in french_strings(path):
                    wrong += [f"{name}: {fault}" for fault in faults_in(text)]
    assert not wrong, "\n".join(wrong)
