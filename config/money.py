"""Amounts in euros: how people type them, how the portal writes them."""

import re
from decimal import ROUND_HALF_UP, Decimal

from django import forms
from django.core.exceptions import ValidationError


NBSP = "\u00a0"
CENT = Decimal("0.01")
MAX_INTEGER_DIGITS = 10
_SPACES = re.compile("[ \u00a0\u202f\u2009\t]")
_AMOUNT = re.compile(r"-?[0-9]+(?:\.[0-9]*)?", re.ASCII)
_DOTTED = re.compile(r"[0-9]{1,3}(?:(?:\.[0-9]{3})+,[0-9]*|(?:\.[0-9]{3}){2,})", re.ASCII)


def round_half_up(value: Decimal, digits: int = 2) -> Decimal:
    """Round half up to ``digits`` decimals."""
    return value.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP)


def group(value: Decimal, digits: int | None = None) -> str:
    """Write a number with a comma and groups of three digits.

    Args:
        value: Any finite number.
        digits: Decimals shown; ``None`` shows those that are there, without trailing zeros.
    """
    if digits is None:
        whole, _, decimals = f"{value:f}".partition(".")
        decimals = decimals.rstrip("0")
    else:
        whole, _, decimals = f"{round_half_up(value, digits):f}".partition(".")
    sign = "−" if whole.startswith("-") and (whole.strip("-0") or decimals.strip("0")) else ""
    grouped = f"{int(whole.lstrip('-') or 0):,}".replace(",", NBSP)
    return sign + grouped + (f",{decimals}" if decimals else "")


def euros(value: Decimal | int | None) -> str:
    """Write an amount: « 12 345 € »; cents appear only when there are some.

    Args:
        value: Euros, rounded half up to the cent; ``None`` or an empty text gives « – ».
    """
    if value is None or value == "":
        return "–"
    amount = round_half_up(Decimal(str(value)))
    digits = 0 if amount == amount.to_integral_value() else 2
    return f"{group(amount, digits)}{NBSP}€"


class EuroInput(forms.TextInput):
    """A text input with the euro sign beside it."""

    template_name = "components/widgets/euro.html"

    def __init__(self, attrs: dict | None = None) -> None:
        super().__init__({"inputmode": "decimal", "autocomplete": "off", **(attrs or {})})


class EuroField(forms.DecimalField):
    """An amount as people type it: « 1 500,50 », « 1500.5 », « 1 500 € ».

    Spaces of every kind and a euro sign at either end are dropped and a comma is a decimal point.
    Dots that part the thousands are dropped when nothing else can be meant: « 1.500,50 »,
    « 1.500.000 »; « 1.500 » alone could be one and a half, and is refused.
    Only the ten ASCII digits count: ``float`` and ``Decimal`` would also read « 1_000 », « 1e9 »
    or full-width digits.

    Args:
        whole: Round to whole euros, half up; :attr:`remark` then says so.

    Attributes:
        remark: Sentence for the person when the value kept differs from the one typed.
    """

    widget = EuroInput
    default_error_messages = {
        "invalid": "Indiquez un montant en chiffres, par exemple 1 500,50.",
        "negative": "Le montant ne peut pas être négatif.",
        "too_large": "Le montant est trop grand : dix chiffres au plus avant la virgule.",
        "cents": "Le montant a deux chiffres au plus après la virgule.",
    }

    def __init__(self, *, whole: bool = False, **kwargs) -> None:
        self.whole = whole
        self.remark = ""
        kwargs.setdefault("max_digits", MAX_INTEGER_DIGITS + 2)
        kwargs.setdefault("decimal_places", 2)
        super().__init__(**kwargs)

    def to_python(self, value: object) -> Decimal | None:
        self.remark = ""
        if value in self.empty_values:
            return None
        text = _SPACES.sub("", str(value)).removeprefix("€").removesuffix("€")
        if _DOTTED.fullmatch(text):
            text = text.replace(".", "")
        text = text.replace(",", ".")
        if not text:
            return None
        if not _AMOUNT.fullmatch(text):
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        if text.startswith("-"):
            raise ValidationError(self.error_messages["negative"], code="negative")
        integer, _, decimals = text.partition(".")
        if len(integer.lstrip("0")) > MAX_INTEGER_DIGITS:
            raise ValidationError(self.error_messages["too_large"], code="too_large")
        if len(decimals) > 2:
            raise ValidationError(self.error_messages["cents"], code="cents")
        return self._rounded(Decimal(text))

    def _rounded(self, amount: Decimal) -> Decimal:
        if not self.whole:
            return amount.quantize(CENT)
        rounded = round_half_up(amount, 0)
        if rounded != amount:
            self.remark = f"Montant arrondi à l’euro : {euros(rounded)}."
        return rounded.quantize(CENT)

    def prepare_value(self, value: object) -> object:
        """Show what is stored the French way; what was typed and refused stays as typed."""
        if not isinstance(value, Decimal | int):
            return value
        return euros(value).removesuffix(f"{NBSP}€")

    def widget_attrs(self, widget: forms.Widget) -> dict:
        return {}
