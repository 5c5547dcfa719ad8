"""Support tools: another scoring grid, until a published sheet freezes it."""

from django.contrib import admin

from grants.calls.models import Criterion, ScoringGrid


class CriterionInline(admin.TabularInline):
    model = Criterion
    extra = 0

    def has_change_permission(self, request, obj: ScoringGrid | None = None) -> bool:
        return obj is None or obj.frozen_at is None

    has_add_permission = has_change_permission
    has_delete_permission = has_change_permission


@admin.register(ScoringGrid)
class ScoringGridAdmin(admin.ModelAdmin):
    list_display = ("name", "frozen_at")
    search_fields = ("name",)
    readonly_fields = ("frozen_at",)
    inlines = (CriterionInline,)

    def has_delete_permission(self, request, obj: ScoringGrid | None = None) -> bool:
        return obj is not None and obj.frozen_at is None
