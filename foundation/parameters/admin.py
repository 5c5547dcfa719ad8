"""Dated parameters in the administration: a change is a new row from its day on."""

from django.contrib import admin

from foundation.parameters.models import Parameter


@admin.register(Parameter)
class ParameterAdmin(admin.ModelAdmin):
    list_display = ["key", "label", "short_value", "valid_from"]
    list_filter = ["valid_from", "key"]
    search_fields = ["key", "label", "value", "source"]
    fields = ["key", "label", "value", "valid_from", "source"]
    save_as = True

    def get_readonly_fields(self, request, obj=None) -> list[str]:
        """The key of an existing row is what the code asks for."""
        return ["key"] if obj else []

    @admin.display(description="valeur")
    def short_value(self, parameter: Parameter) -> str:
        return parameter.value if len(parameter.value) < 60 else f"{parameter.value[:57]}…"
