"""Fields that say « no » in French and forget nothing: the browser cuts no text short."""

import re
from datetime import date
from decimal import Decimal

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator

from accounts.forms import clean_phone
from config.money import CENT, group, round_half_up
from config.text import clean_text, one_line


_SPACES = re.compile("[ \u00a0\u202f\u2009\t]")
_COUNT = re.compile(r"[0-9]{1,7}", re.ASCII)
_PERCENT = re.compile(r"[0-9]{1,3}(?:\.([0-9]*))?", re.ASCII)
_DECIMAL = re.compile(r"[0-9]{1,5}(?:\.([0-9]*))?", re.ASCII)
_ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


class _UncutField(forms.CharField):
    """A text whose length is checked here: ``maxlength`` would cut a pasted text silently."""

    def widget_attrs(self, widget: forms.Widget) -> dict:
        attrs = super().widget_attrs(widget)
        attrs.pop("maxlength", None)
        return attrs


class NameField(_UncutField):
    """One line: spaces collapsed (the non-breaking ones stay), bidirectional controls removed."""

    def to_python(self, value: object) -> str:
        return one_line(super().to_python(value))


class TextField(_UncutField):
    """Several lines.

    Args:
        rows: Height of the box.
        max_length: Characters beyond which it is refused.
        words: How few and how many words are expected; said, never imposed.
    """

    widget = forms.Textarea

    def __init__(
        self,
        *,
        rows: int = 5,
        max_length: int = 10_000,
        words: tuple[int, int] | None = None,
        **kwargs,
    ) -> None:
        self.words = words
        super().__init__(max_length=max_length, widget=forms.Textarea({"rows": rows}), **kwargs)

    def to_python(self, value: object) -> str:
        return clean_text(super().to_python(value))


class CountField(forms.Field):
    """A number of people: ASCII digits only."""

    widget = forms.TextInput

    def to_python(self, value: object) -> int | None:
        text = _SPACES.sub("", str(value or ""))
        if not text:
            return None
        if not _COUNT.fullmatch(text):
            raise ValidationError("Indiquez un nombre entier en chiffres, par exemple 25.")
        return int(text)

    def widget_attrs(self, widget: forms.Widget) -> dict:
        return {"inputmode": "numeric", "autocomplete": "off"}


class PercentField(forms.Field):
    """A share typed as a percentage (« 45,5 ») and kept as a fraction (0.455)."""

    widget = forms.TextInput

    def __init__(self, *, places: int, **kwargs) -> None:
        self.places = places
        super().__init__(**kwargs)

    def to_python(self, value: object) -> Decimal | None:
        text = _SPACES.sub("", str(value or ""))
        if not text:
            return None
        text = text.removesuffix("%").replace(",", ".")
        found = _PERCENT.fullmatch(text)
        if not found or Decimal(text) > 100:
            raise ValidationError("Indiquez un pourcentage entre 0 et 100, par exemple 45.")
        decimals = self.places - 2
        if len(found[1] or "") > decimals:
            raise ValidationError(f"Indiquez au plus {decimals} chiffres après la virgule.")
        return round_half_up(Decimal(text) / 100, self.places)

    def prepare_value(self, value: object) -> object:
        return group(value * 100) if isinstance(value, Decimal) else value

    def widget_attrs(self, widget: forms.Widget) -> dict:
        return {"inputmode": "decimal", "autocomplete": "off"}


class DecimalField(forms.Field):
    """A number with two decimals at most, as people type it: « 1,5 »."""

    widget = forms.TextInput

    def to_python(self, value: object) -> Decimal | None:
        text = _SPACES.sub("", str(value or "")).replace(",", ".")
        if not text:
            return None
        found = _DECIMAL.fullmatch(text)
        if not found:
            raise ValidationError("Indiquez un nombre, par exemple 1,5.")
        if len(found[1] or "") > 2:
            raise ValidationError("Indiquez au plus 2 chiffres après la virgule.")
        return Decimal(text).quantize(CENT)

    def prepare_value(self, value: object) -> object:
        return group(value) if isinstance(value, Decimal) else value

    def widget_attrs(self, widget: forms.Widget) -> dict:
        return {"inputmode": "decimal", "autocomplete": "off"}


class YesNoField(forms.TypedChoiceField):
    """Yes, no, or not said yet."""

    def __init__(self, **kwargs) -> None:
        super().__init__(
            choices=[("yes", "Oui"), ("no", "Non")],
            coerce=lambda value: value == "yes",
            empty_value=None,
            widget=forms.RadioSelect,
            **kwargs,
        )

    def prepare_value(self, value: object) -> object:
        return {True: "yes", False: "no"}.get(value, value) if value is not None else ""


class EmailField(NameField):
    """An e-mail address, kept as typed while it is none."""

    default_validators = (
        EmailValidator("Indiquez une adresse e-mail complète, par exemple nom@exemple.fr."),
    )

    def __init__(self, **kwargs) -> None:
        super().__init__(
            max_length=254,
            widget=forms.EmailInput({"autocomplete": "email", "spellcheck": "false"}),
            **kwargs,
        )


class PhoneField(NameField):
    """A phone number, written in pairs once it is read."""

    def __init__(self, **kwargs) -> None:
        super().__init__(
            max_length=20, widget=forms.TextInput({"type": "tel", "autocomplete": "tel"}), **kwargs
        )

    def to_python(self, value: object) -> str:
        return clean_phone(super().to_python(value))


class DayField(forms.DateField):
    """A day, picked or typed; what is no date stays visible as typed."""

    default_error_messages = {"invalid": "Indiquez une date valide, par exemple 15/03/2027."}

    def __init__(self, **kwargs) -> None:
        super().__init__(
            input_formats=["%Y-%m-%d", "%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y"],
            widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
            **kwargs,
        )

    def prepare_value(self, value: object) -> object:
        return value.isoformat() if isinstance(value, date) else value

    def show_as_typed(self, raw: str) -> None:
        """Leave the browser's picker, which shows nothing for a text that is no date."""
        if raw and not _ISO_DAY.fullmatch(raw):
            self.widget.input_type = "text"
            self.widget.attrs.pop("type", None)
