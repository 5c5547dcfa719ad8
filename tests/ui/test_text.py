"""A text of which nothing can be seen is no text, wherever it is typed."""

import pytest
from django import forms

from config.fields import CharField, NameField, TextField
from config.text import clean_name, clean_prose, clean_text, is_blank, one_line


INVISIBLE = {
    "nothing": "",
    "spaces": " \t\n\u00a0\u202f\u2003\u3000",
    "zero width space": "\u200b",
    "byte order mark": "\ufeff",
    "word joiner": "\u2060",
    "soft hyphen": "\u00ad",
    "empty braille": "\u2800",
    "direction": "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069",
    "joiners": "\u200c\u200d",
    "fillers": "\u3164\u115f\u1160\uffa0\u034f",
    "variation": "\ufe0f\U000e0100",
    "tags": "\U000e0001\U000e0041",
    "mixed": " \u200b\n\ufeff \u2800",
}
invisible = pytest.mark.parametrize("text", INVISIBLE.values(), ids=INVISIBLE.keys())


@invisible
def test_nothing_shown_is_nothing_typed(text):
    assert is_blank(text)
    assert (clean_text(text), clean_name(text), one_line(text)) == ("", "", "")


@pytest.mark.parametrize("field", [CharField, NameField, TextField])
@invisible
def test_a_compulsory_field_refuses_what_nobody_sees(field, text):
    with pytest.raises(forms.ValidationError):
        field().clean(text)
    assert field(required=False).clean(text) == ""


@pytest.mark.parametrize("text", ["a", "-", "\u200bx", "中", "ا", "😀", "❤\ufe0f", "\u0301"])
def test_anything_that_shows_is_a_text(text):
    assert not is_blank(text)


def test_a_text_keeps_what_it_hides_inside():
    for text in ("می\u200cخواهم", "👩\u200d👧", "❤\ufe0f", "co\u00adop", "\u2067عربي\u2069 fin"):
        assert clean_text(text) == text


def test_a_name_hides_nothing_but_the_joiners_of_letters():
    assert (
        clean_name("Du\u202epont\u200b \ufeff Anne\u00ad-\u2060Marie\u2069") == "Dupont Anne-Marie"
    )
    assert clean_name("می\u200cخواهم") == "می\u200cخواهم"
    assert one_line("À\u00a0lire\u200b\u202e !") == "À\u00a0lire !"


def test_prose_keeps_its_lines_and_hides_nothing():
    assert clean_prose("Un\u202e avis\x00\x07 net.\r\n\tSuite\u2066\u200b.") == (
        "Un avis net.\n\tSuite."
    )
    assert clean_prose("\u202e\x07") == ""
