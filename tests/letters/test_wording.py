"""The small language of letters: words in, escaped HTML out, nothing ever run."""

from contextlib import suppress

import pytest
from django.utils.html import escape
from django.utils.safestring import SafeString
from hypothesis import given, strategies as st

from grants.letters import wording


VALUES = {"a.nom": "Léa", "a.liste": "un\ndeux", "a.oui": "oui", "a.vide": ""}


def to_html(text: str, values: dict[str, str] | None = None) -> str:
    values = VALUES if values is None else values
    return wording.to_html(
        text,
        holds=lambda name: bool(values.get(name)),
        write=lambda name, format_name: values.get(name, ""),
        signature=SafeString("<div>signature</div>"),
    )


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("Bonjour [[a.nom]].", "<p>Bonjour Léa.</p>"),
        ("Une ligne\nune autre\n\nUn alinéa", "<p>Une ligne<br>une autre</p>\n<p>Un alinéa</p>"),
        ("## Titre\nTexte", "<h2>Titre</h2>\n<p>Texte</p>"),
        ("- a\n- [[a.liste]]", "<ul><li>a</li><li>un</li><li>deux</li></ul>"),
        ("- liste [[a.liste]]", "<ul><li>liste un<br>deux</li></ul>"),
        ("> **Note.** Texte", '<div class="notice"><p><strong>Note.</strong> Texte</p></div>'),
        (
            "| Nom | [[a.nom]]",
            '<table class="facts table"><tbody>'
            '<tr><th scope="row">Nom</th><td>Léa</td></tr></tbody></table>',
        ),
        ("[[signature]]", "<div>signature</div>"),
        ("[[si a.oui]]\noui\n[[fin]]\nsuite", "<p>oui<br>suite</p>"),
        ("[[si pas a.vide]]\nrien\n[[fin]]", "<p>rien</p>"),
        ("[[si a.oui]]\n[[si a.vide]]\nnon\n[[fin]]\noui\n[[fin]]", "<p>oui</p>"),
        ("Montant : 12 € ; fin", "<p>Montant\u00a0: 12\u00a0€\u00a0; fin</p>"),
        ("**gras non fermé", "<p><strong>gras non fermé</strong></p>"),
    ],
)
def test_a_template_becomes_html(text, html):
    assert to_html(text) == html


@pytest.mark.parametrize(
    "typed",
    [
        "<script>alert(1)</script>",
        "{{7*7}}",
        "{% load static %}",
        "[[a.oui]]",
        "[[si a.vide]]",
        "## titre",
        "- item",
        "| a | b",
        "> note",
        "**gras**",
        '"><img src=x onerror=alert(1)>',
        "&#128512;",
    ],
)
@pytest.mark.parametrize("place", ["{}", "- {}", "| Nom | {}", "## {}", "> {}"])
def test_what_somebody_typed_stays_plain_words(typed, place):
    template = place.format("[[a.nom]]")
    marked = to_html(template, {"a.nom": "MARQUE"})
    assert to_html(template, {"a.nom": typed}) == marked.replace("MARQUE", escape(typed))


@given(st.text(max_size=200))
def test_any_text_is_a_letter_or_a_clear_refusal(text):
    with suppress(wording.WordingError):
        assert "<script" not in to_html(text)


@pytest.mark.parametrize(
    "text", ["[[fin]]", "[[si a.oui]]\ntexte", "[[ a b ]]", "[[A.NOM]]", "[[a.nom", "[[a.nom|*]]"]
)
def test_a_badly_written_template_is_refused(text):
    with pytest.raises(wording.WordingError):
        wording.variables_of(text, lambda name: True)


def test_only_the_variables_that_show_are_asked():
    text = "[[a.nom]]\n[[si a.vide]]\n[[a.autre|lettres]]\n[[fin]]"
    assert wording.variables_of(text, lambda name: False) == {("a.nom", "")}
    assert wording.variables_of(text, lambda name: True) == {("a.nom", ""), ("a.autre", "lettres")}
    assert wording.conditions_of(text) == {"a.vide"}
