"""Dated parameters in the administration: a change is a new row from its day on."""

from datetime import date, timedelta

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils import timezone

from foundation.parameters.declared import DECLARED, kind_of
from foundation.parameters.models import Parameter


class ParameterForm(forms.ModelForm):
    """A value of the days to come. What is in force or past is never written again."""

    class Meta:
        model = Parameter
        fields = ["key", "label", "value", "valid_from", "source"]

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        if "key" in self.fields:
            self.fields["key"] = forms.ChoiceField(
                label="Clé", choices=[("", "Choisissez"), *((key, key) for key in sorted(DECLARED))]
            )
        key = self.instance.key or self.initial.get("key", "")
        if key in DECLARED and "value" in self.fields:
            self.fields["value"].help_text = f"Attendu\u00a0: {kind_of(key).words}."
        if "valid_from" in self.fields:
            self.fields["valid_from"].help_text = (
                "Au plus tôt aujourd’hui. Une valeur à venir se corrige jusqu’à la veille de ce "
                "jour\u00a0; une fois en vigueur, elle ne se modifie plus."
            )

    def clean_valid_from(self) -> date:
        day = self.cleaned_data["valid_from"]
        if day < timezone.localdate():
            raise ValidationError(
                "Une nouvelle valeur ne vaut pas pour des jours passés\u00a0: ce qui a été fait "
                "garde l’ancienne. Choisissez aujourd’hui ou un jour à venir."
            )
        return day


@admin.register(Parameter)
class ParameterAdmin(admin.ModelAdmin):
    form = ParameterForm
    list_display = ["key", "label", "short_value", "valid_from", "state"]
    list_filter = ["valid_from", "key"]
    search_fields = ["key", "label", "value", "source"]
    fields = ["key", "label", "value", "valid_from", "source"]
    change_form_template = "parameters/admin/change_form.html"
    actions = None  # rows are deleted one by one, and only before they come into force

    def has_change_permission(self, request: HttpRequest, obj: Parameter | None = None) -> bool:
        return super().has_change_permission(request, obj) and _is_to_come(obj)

    def has_delete_permission(self, request: HttpRequest, obj: Parameter | None = None) -> bool:
        return super().has_delete_permission(request, obj) and _is_to_come(obj)

    def get_readonly_fields(self, request: HttpRequest, obj: Parameter | None = None) -> list[str]:
        """The key of an existing row is what the code asks for."""
        return ["key"] if obj else []

    def get_changeform_initial_data(self, request: HttpRequest) -> dict:
        """Start a new value tomorrow, from the last one of the key asked."""
        last = Parameter.objects.filter(key=request.GET.get("key", "")).first()
        initial = {"valid_from": timezone.localdate() + timedelta(days=1)}
        if last is not None:
            initial |= {"key": last.key, "label": last.label, "value": last.value}
        return initial

    def save_model(self, request: HttpRequest, obj: Parameter, form, change: bool) -> None:
        """Keep the label of the key when none was typed."""
        if not obj.label:
            same = Parameter.objects.filter(key=obj.key).exclude(label="")
            obj.label = same.values_list("label", flat=True).first() or ""
        super().save_model(request, obj, form, change)

    @admin.display(description="valeur")
    def short_value(self, parameter: Parameter) -> str:
        return parameter.value if len(parameter.value) < 60 else f"{parameter.value[:57]}…"

    @admin.display(description="état")
    def state(self, parameter: Parameter) -> str:
        return "À venir" if _is_to_come(parameter) else "En vigueur ou passée"


def _is_to_come(parameter: Parameter | None) -> bool:
    return parameter is None or parameter.valid_from > timezone.localdate()
