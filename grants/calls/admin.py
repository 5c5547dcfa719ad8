"""Support tools: read the scoring grids; the portal's own pages write them (« Grilles »)."""

from django.contrib import admin
from django.http import HttpRequest

from grants.calls.models import Criterion, ScoringGrid


class ReadOnly:
    """Nothing is added, changed nor deleted here."""

    def has_add_permission(self, request: HttpRequest, obj: ScoringGrid | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: ScoringGrid | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: ScoringGrid | None = None) -> bool:
        return False


class CriterionInline(ReadOnly, admin.TabularInline):
    model = Criterion
    extra = 0


@admin.register(ScoringGrid)
class ScoringGridAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ("name", "frozen_at")
    search_fields = ("name",)
    inlines = (CriterionInline,)
