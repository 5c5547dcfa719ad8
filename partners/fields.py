"""Fields of the profile: figures and days as people type them, refused in French."""

import re
from datetime import date
from decimal import Decimal

from django import forms
from django.core.exceptions import ValidationError

from config.money import EuroField, group
from config.text import clean_text


MOST_PEOPLE = 100_000
_SPACES = re.compile("[ \u00a0\u202f\u2009\t]")
_COUNT = re.compile(r"[0-9]{1,9}", re.ASCII)
_FTE = re.compile(r"[0-9]{1,9}(?:\.([0-9]*))?", re.ASCII)
_ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_TOO_MANY = "Ce nombre paraît trop grand\u00a0: vérifiez-le."


class CountField(forms.Field):
    """A number of people, ASCII digits only: « 1 250 »."""

    widget = forms.TextInput

    def to_python(self, value: object) -> int | None:
        text = _SPACES.sub("", str(value if value is not None else ""))
        if not text:
            return None
        if not _COUNT.fullmatch(text):
            raise ValidationError("Indiquez un nombre entier en chiffres, par exemple 25.")
        if int(text) > MOST_PEOPLE:
            raise ValidationError(_TOO_MANY)
        return int(text)

    def prepare_value(self, value: object) -> object:
        return group(Decimal(value)) if isinstance(value, int) else value

    def widget_attrs(self, widget: forms.Widget) -> dict:
        return {"inputmode": "numeric", "autocomplete": "off"}


class FteField(forms.Field):
    """Full-time equivalents, two decimals at most: « 3,5 »."""

    widget = forms.TextInput

    def to_python(self, value: object) -> Decimal | None:
        text = _SPACES.sub("", str(value if value is not None else "")).replace(",", ".")
        if not text:
            return None
        found = _FTE.fullmatch(text)
        if not found:
            raise ValidationError("Indiquez un nombre, par exemple 3,5.")
        if len(found[1] or "") > 2:
            raise ValidationError("Indiquez au plus deux chiffres après la virgule.")
        if Decimal(text) > MOST_PEOPLE:
            raise ValidationError(_TOO_MANY)
        return Decimal(text)

    def prepare_value(self, value: object) -> object:
        return group(value) if isinstance(value, Decimal) else value

    def widget_attrs(self, widget: forms.Widget) -> dict:
        return {"inputmode": "decimal", "autocomplete": "off"}


class SignedEuroField(EuroField):
    """An amount that may be negative: the cash of a body in overdraft."""

    def to_python(self, value: object) -> Decimal | None:
        text = str(value if value is not None else "").strip()
        negative = text[:1] in {"-", "−"}
        amount = super().to_python(text[1:] if negative else value)
        return -amount if negative and amount is not None else amount


class TextField(forms.CharField):
    """Several lines, whose length is checked here: a browser would cut a pasted text."""

    def __init__(self, *, rows: int = 4, max_length: int = 5_000, **kwargs) -> None:
        super().__init__(max_length=max_length, widget=forms.Textarea({"rows": rows}), **kwargs)

    def to_python(self, value: object) -> str:
        return clean_text(super().to_python(value))

    def widget_attrs(self, widget: forms.Widget) -> dict:
        attrs = super().widget_attrs(widget)
        attrs.pop("maxlength", None)
        return attrs


class DayInput(forms.DateInput):
    """The browser's picker; a text that is no date is shown as it was typed."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")

    def get_context(self, name: str, value: object, attrs: dict | None) -> dict:
        context = super().get_context(name, value, attrs)
        shown = context["widget"]["value"]
        if shown and not _ISO_DAY.fullmatch(str(shown)):
            context["widget"]["type"] = "text"
        return context


class DayField(forms.DateField):
    """A day, picked or typed, between 1800 and 2200."""

    default_error_messages = {"invalid": "Indiquez une date valide, par exemple 15/03/2026."}

    def __init__(self, **kwargs) -> None:
        formats = ["%Y-%m-%d", "%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y"]
        super().__init__(input_formats=formats, widget=DayInput(), **kwargs)

    def to_python(self, value: object) -> date | None:
        day = super().to_python(value)
        if day is not None and not 1800 <= day.year <= 2200:
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return day


class YesNoField(forms.TypedChoiceField):
    """Yes, no, or not said."""

    def __init__(self, **kwargs) -> None:
        super().__init__(
            choices=[("yes", "Oui"), ("no", "Non")],
            coerce=lambda value: value == "yes",
            empty_value=None,
            widget=forms.RadioSelect,
            required=False,
            **kwargs,
        )

    def prepare_value(self, value: object) -> object:
        return {True: "yes", False: "no"}.get(value, value) if value is not None else ""
