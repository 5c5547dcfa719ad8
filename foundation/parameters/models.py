from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models

from foundation.parameters.declared import kind_of


class Parameter(models.Model):
    """A threshold, delay, address or legal wording, valid from a day on.

    A new value is a new row: what was decided under the old one keeps it.
    """

    key = models.CharField(
        "clé",
        max_length=80,
        validators=[
            RegexValidator(
                r"^[a-z0-9_]+(\.[a-z0-9_]+)+$",
                "Une clé s’écrit en minuscules, en deux parties séparées par un point.",
            )
        ],
    )
    value = models.TextField("valeur")
    valid_from = models.DateField("en vigueur à partir du")
    label = models.CharField("intitulé", max_length=200, blank=True)
    source = models.TextField("source", blank=True)

    class Meta:
        verbose_name = "paramètre"
        verbose_name_plural = "paramètres"
        ordering = ["key", "-valid_from", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["key", "valid_from"],
                name="parameters_parameter_one_value_a_day",
                violation_error_message="Ce paramètre a déjà une valeur à partir de ce jour.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.label or self.key} ({self.valid_from:%d/%m/%Y})"

    def clean(self) -> None:
        """Write the value as it is read, and refuse what its declaration does not allow."""
        kind = kind_of(self.key)
        self.value = kind.clean(self.value or "")
        sentence = kind.fault(self.value)
        if sentence:
            raise ValidationError({"value": sentence})
