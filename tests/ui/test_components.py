"""Each component says what it is given, refuses what it does not know, and escapes."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django import forms
from django.template import Context, Template, TemplateSyntaxError

from config.money import EuroField


NBSP = "\u00a0"


def render(source: str, **context) -> str:
    return re.sub(r"[ \n]+", " ", Template(source).render(Context(context))).strip()


def test_an_icon_is_drawn_and_hidden_from_screen_readers():
    html = render('{% ui_icon "check-lg" %}')
    assert html.startswith('<svg class="c-icon"')
    assert 'aria-hidden="true"' in html
    assert "<path" in html


@pytest.mark.parametrize("name", ["no-such-icon", "../../package", "Check", ""])
def test_an_unknown_icon_raises(name: str):
    with pytest.raises(TemplateSyntaxError, match="Unknown icon"):
        render("{% ui_icon name %}", name=name)


@pytest.mark.parametrize(
    "source",
    [
        '{% ui_badge label="Attribué" tone="purple" %}',
        '{% ui_alert tone="purple" %}x{% endui_alert %}',
        '{% ui_card title="x" level=1 %}x{% endui_card %}',
        '{% ui_card title="x" tone="loud" %}x{% endui_card %}',
        '{% ui_box title="x" level=6 %}x{% endui_box %}',
        "{% ui_task_list items=items %}",
        "{% ui_stepper items=items %}",
        "{% ui_timeline entries=items %}",
        '{% ui_file_card name="x.pdf" tone="purple" %}',
    ],
)
def test_an_unknown_variant_raises(source: str):
    items = [{"label": "x", "state": "purple", "tone": "purple"}]
    with pytest.raises(TemplateSyntaxError, match="Unknown"):
        render(source, items=items)


def test_a_misspelt_argument_raises():
    with pytest.raises(TemplateSyntaxError):
        render('{% ui_badge lable="Attribué" %}')


def test_a_badge_has_colour_icon_and_word():
    html = render('{% ui_badge label="Attribué" tone="success" %}')
    assert "c-badge--success" in html
    assert "<svg" in html
    assert "<span>Attribué</span>" in html


def test_a_drawing_serves_every_badge_that_names_it():
    html = render(
        '{% ui_drawings icons=icons %}{% ui_badge label="Reçu" icon="inbox" is_drawn=True %}',
        icons=["inbox"],
    )
    assert '<symbol id="icon-inbox"' in html
    assert '<use href="#icon-inbox"/>' in html
    assert html.count("<path") == 1


@pytest.mark.parametrize(
    "source",
    [
        "{% ui_badge label=text %}",
        "{% ui_alert title=text %}{{ text }}{% endui_alert %}",
        "{% ui_card title=text id=text %}{{ text }}{% endui_card %}",
        "{% ui_box title=text %}{{ text }}{% endui_box %}",
        "{% ui_breadcrumb current=text %}<li>{{ text }}</li>{% endui_breadcrumb %}",
        "{% ui_empty_state title=text text=text action_url=text action_label=text %}",
        "{% ui_timeline entries=items label=text %}",
        "{% ui_stepper items=items label=text %}",
        "{% ui_task_list items=items %}",
        "{% ui_file_card name=text url=text detail=text status=text %}",
        "{% ui_progress value=1 label=text %}",
        "{% ui_key_figures items=items %}",
        "{% ui_definition_list items=pairs %}",
        "{% ui_money_bar committed=1 total=2 label=text %}",
        "{% ui_error_summary errors=errors title=text %}",
        "{% ui_print_button label=text %}",
    ],
)
def test_typed_text_never_becomes_markup(source: str):
    text = '"><script>alert(1)</script>'
    item = {"label": text, "title": text, "text": text, "who": text, "url": text, "value": text}
    item |= {"hint": text, "status": text, "when": None, "state": "done"}
    entry = {key: value for key, value in item.items() if key != "state"}
    html = render(
        source,
        text=text,
        items=[item] if "entries" not in source else [entry],
        pairs=[(text, text)],
        errors=[text, (text, "#x")],
    )
    assert "<script>" not in html
    assert "&lt;script&gt;" in html
    assert "style=" not in html


def test_a_refusal_is_announced_and_a_remark_is_not():
    assert 'role="alert"' in render('{% ui_alert tone="danger" %}x{% endui_alert %}')
    assert "role=" not in render("{% ui_alert %}x{% endui_alert %}")


def test_a_timeline_writes_instants_and_days():
    entries = [
        {"when": datetime(2026, 11, 20, 13, 32, tzinfo=UTC), "title": "Déposé", "who": "Ana"},
        {"when": date(2026, 11, 1), "title": "Commencé"},
    ]
    html = render("{% ui_timeline entries=entries %}", entries=entries)
    assert f"20 novembre 2026 à 14{NBSP}h{NBSP}32</time> · Ana" in html
    assert ">1er novembre 2026</time>" in html


def test_a_stepper_says_where_one_stands():
    items = [
        {"label": "Projet", "state": "done", "url": "/projet/"},
        {"label": "Budget", "state": "current"},
        {"label": "Pièces"},
    ]
    html = render("{% ui_stepper items=items %}", items=items)
    assert "Étape 2 sur 3" in html
    assert html.count('aria-current="step"') == 1
    assert '<a href="/projet/">' in html


def test_a_locked_task_is_not_a_link():
    items = [{"label": "Décision", "url": "/decision/", "state": "locked"}]
    html = render("{% ui_task_list items=items %}", items=items)
    assert "<a" not in html
    assert "Pas encore ouvert" in html


@pytest.mark.parametrize(
    ("size", "written"),
    [
        (0, f"1{NBSP}Ko"),
        (640 * 1024, f"640{NBSP}Ko"),
        (2_500_000, f"2,4{NBSP}Mo"),
        (10 * 1024**2, f"10{NBSP}Mo"),
    ],
)
def test_a_file_shows_its_weight(size: int, written: str):
    assert f"PDF · {written}" in render('{% ui_file_card name="a.PDF" size=size %}', size=size)


def test_a_progress_bar_never_runs_over():
    html = render('{% ui_progress value=1200 max=1000 label="Courriers" %}')
    assert '<progress value="1000" max="1000"' in html


def test_a_money_bar_says_what_remains():
    html = render(
        '{% ui_money_bar committed=committed proposed=proposed total=total label="Enveloppe" %}',
        committed=Decimal("182500"),
        proposed=Decimal("61000"),
        total=Decimal("300000"),
    )
    assert f"Reste{NBSP}: <strong>56{NBSP}500{NBSP}€</strong>" in html
    assert 'width="60.83"' in html
    assert 'x="60.83" width="20.33"' in html


def test_a_money_bar_says_what_runs_over():
    html = render(
        '{% ui_money_bar committed=committed total=total label="Enveloppe" %}',
        committed=Decimal("320000.50"),
        total=Decimal("300000"),
    )
    assert f"Dépassement{NBSP}: 20{NBSP}000,50{NBSP}€" in html
    assert "Reste" not in html
    assert 'width="100.00"' in html


def test_an_envelope_of_nothing_divides_by_nothing():
    assert 'width="0.00"' in render(
        '{% ui_money_bar committed=zero total=zero label="Vide" %}', zero=Decimal(0)
    )


# --- Error summary ------------------------------------------------------------------------------
class SampleForm(forms.Form):
    title = forms.CharField(label="Titre")
    amount = EuroField(label="Montant")
    kind = forms.ChoiceField(label="Nature", choices=[("a", "A")], widget=forms.RadioSelect)

    def clean(self):
        raise forms.ValidationError("Le budget n’est pas équilibré.")


def test_the_error_summary_links_to_each_field():
    html = render("{% ui_error_summary form=form %}", form=SampleForm({"amount": "x"}))
    assert "4 points sont à corriger" in html
    for anchor in ("#id_title", "#id_amount", "#id_kind_0"):
        assert f'href="{anchor}"' in html
    assert "<li>Le budget n’est pas équilibré.</li>" in html
    assert 'tabindex="-1"' in html


def test_each_link_of_the_summary_leads_to_a_control_of_the_form():
    form = SampleForm({"amount": "x"}, prefix="budget")
    html = render("{% ui_error_summary form=form %}", form=form)
    fields = str(form)
    for anchor in ("budget-title", "budget-amount", "budget-kind_0"):
        assert f'href="#id_{anchor}"' in html
        assert f'id="id_{anchor}"' in fields


def test_no_summary_for_a_form_that_was_not_sent_or_is_right():
    assert render("{% ui_error_summary form=form %}", form=SampleForm()) == ""
    assert render("{% ui_error_summary %}") == ""


def test_the_summary_gathers_forms_formsets_and_refusals():
    class LineForm(forms.Form):
        label = forms.CharField(label="Poste")

    lines = forms.formset_factory(LineForm, extra=0)(
        {
            "form-TOTAL_FORMS": "2",
            "form-INITIAL_FORMS": "2",
            "form-0-label": "Achats",
            "form-1-label": "",
        }
    )
    html = render(
        "{% ui_error_summary forms=forms errors=errors %}",
        forms=[SampleForm({"title": "x", "amount": "1", "kind": "a"}), lines],
        errors=["Trop tard."],
    )
    assert "3 points sont à corriger" in html
    assert 'href="#id_form-1-label"' in html
    assert "Trop tard." in html


# --- Addresses -----------------------------------------------------------------------------------
def test_an_address_that_nobody_provides_is_none():
    source = '{% ui_url_or_none "nobody:nothing" as url %}{{ url|default:"rien" }}'
    assert render(source) == "rien"
    assert render('{% ui_url_or_none "portal:help" %}') == "/aide/"
