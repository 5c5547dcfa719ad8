"""Form fields that say « no » in French and lose nothing of what was typed."""

import re
from datetime import date
from decimal import Decimal

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator

from config.money import CENT, EuroField, group, round_half_up
from config.text import clean_prose, clean_text, is_blank, one_line


_SPACES = re.compile("[ \u00a0\u202f\u2009\t]")
_COUNT = re.compile(r"[0-9]{1,9}", re.ASCII)
_PERCENT = re.compile(r"[0-9]{1,3}(?:\.([0-9]*))?", re.ASCII)
_DECIMAL = re.compile(r"[0-9]{1,9}(?:\.([0-9]*))?", re.ASCII)
_ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_TOO_MANY = "Ce nombre paraît trop grand\u00a0: vérifiez-le."


class CharField(forms.CharField):
    """A text as Django reads it, empty when nothing in it can be seen (zero-width characters)."""

    def to_python(self, value: object) -> str:
        text = super().to_python(value)
        return self.empty_value if is_blank(text) else text


class ProseField(CharField):
    """A text of several lines that shows all it holds: neither controls nor direction marks."""

    def to_python(self, value: object) -> str:
        return clean_prose(super().to_python(value))


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


class _NumberField(forms.Field):
    """A number as people type it, ASCII digits only, grouped when shown again."""

    widget = forms.TextInput
    inputmode = "decimal"

    def to_python(self, value: object) -> object:
        text = _SPACES.sub("", str(value if value is not None else "")).replace(",", ".")
        return self.read(text) if text else None

    def read(self, text: str) -> object:
        raise NotImplementedError

    def prepare_value(self, value: object) -> object:
        return group(Decimal(value)) if isinstance(value, int | Decimal) else value

    def widget_attrs(self, widget: forms.Widget) -> dict:
        return {"inputmode": self.inputmode, "autocomplete": "off"}


class CountField(_NumberField):
    """A number of people: « 1 250 ».

    Args:
        most: Beyond it, the number is refused as a slip.
    """

    inputmode = "numeric"

    def __init__(self, *, most: int = 9_999_999, **kwargs) -> None:
        self.most = most
        super().__init__(**kwargs)

    def read(self, text: str) -> int:
        if not _COUNT.fullmatch(text):
            raise ValidationError("Indiquez un nombre entier en chiffres, par exemple 25.")
        if int(text) > self.most:
            raise ValidationError(_TOO_MANY)
        return int(text)


class DecimalField(_NumberField):
    """A number with two decimals at most: « 1,5 ».

    Args:
        most: Beyond it, the number is refused as a slip.
    """

    def __init__(self, *, most: int = 99_999, **kwargs) -> None:
        self.most = most
        super().__init__(**kwargs)

    def read(self, text: str) -> Decimal:
        found = _DECIMAL.fullmatch(text)
        if not found:
            raise ValidationError("Indiquez un nombre, par exemple 1,5.")
        if len(found[1] or "") > 2:
            raise ValidationError("Indiquez au plus deux chiffres après la virgule.")
        if Decimal(text) > self.most:
            raise ValidationError(_TOO_MANY)
        return Decimal(text).quantize(CENT)


class PercentField(_NumberField):
    """A share typed as a percentage (« 45,5 ») and kept as a fraction (0.455).

    Args:
        places: Decimals of the fraction.
    """

    def __init__(self, *, places: int, **kwargs) -> None:
        self.places = places
        super().__init__(**kwargs)

    def read(self, text: str) -> Decimal:
        text = text.removesuffix("%")
        found = _PERCENT.fullmatch(text)
        if not found or Decimal(text) > 100:
            raise ValidationError("Indiquez un pourcentage entre 0 et 100, par exemple 45.")
        decimals = self.places - 2
        if len(found[1] or "") > decimals:
            raise ValidationError(f"Indiquez au plus {decimals} chiffres après la virgule.")
        return round_half_up(Decimal(text) / 100, self.places)

    def prepare_value(self, value: object) -> object:
        return group(value * 100) if isinstance(value, Decimal) else value


class SignedEuroField(EuroField):
    """An amount that may be negative: the cash of a body in overdraft."""

    def to_python(self, value: object) -> Decimal | None:
        text = str(value if value is not None else "").strip()
        negative = text[:1] in {"-", "−"}
        amount = super().to_python(text[1:] if negative else value)
        return -amount if negative and amount is not None else amount


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

    default_error_messages = {"invalid": "Indiquez une date valide, par exemple 15/03/2027."}

    def __init__(self, **kwargs) -> None:
        formats = ["%Y-%m-%d", "%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y"]
        super().__init__(input_formats=formats, widget=DayInput(), **kwargs)

    def to_python(self, value: object) -> date | None:
        day = super().to_python(value)
        if day is not None and not 1800 <= day.year <= 2200:
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return day

    def prepare_value(self, value: object) -> object:
        return value.isoformat() if isinstance(value, date) else value
