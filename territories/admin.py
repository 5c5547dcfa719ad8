"""The territories in the administration: a support tool, beside the public pages."""

from django.contrib import admin

from territories.models import (
    ActorType,
    Axis,
    Commune,
    Framework,
    PriorityNeighbourhood,
    School,
    Territory,
    Theme,
)


DRAWN = ("svg_path", "label_x", "label_y")


@admin.register(Territory)
class TerritoryAdmin(admin.ModelAdmin):
    list_display = ["number", "name"]
    search_fields = ["name"]
    readonly_fields = DRAWN


@admin.register(Commune)
class CommuneAdmin(admin.ModelAdmin):
    list_display = ["name", "insee", "territory", "population", "postal_codes"]
    list_filter = ["territory"]
    list_select_related = ["territory"]
    search_fields = ["name", "sort_name", "insee", "postal_codes", "siren"]
    readonly_fields = DRAWN


@admin.register(PriorityNeighbourhood)
class PriorityNeighbourhoodAdmin(admin.ModelAdmin):
    list_display = ["name", "code", "generation", "in_force_from", "in_force_to"]
    list_filter = ["generation", "communes__territory"]
    search_fields = ["name", "sort_name", "code", "communes__name"]
    autocomplete_fields = ["communes"]
    readonly_fields = ["svg_path"]


@admin.register(School)
class SchoolAdmin(admin.ModelAdmin):
    list_display = ["name", "uai", "commune", "priority_status", "priority_school_year"]
    list_filter = ["priority_status", "commune__territory"]
    list_select_related = ["commune"]
    search_fields = ["name", "sort_name", "uai", "commune__name"]
    autocomplete_fields = ["commune"]


class AxisInline(admin.TabularInline):
    model = Axis
    extra = 0
    prepopulated_fields = {"slug": ["label"]}


@admin.register(Framework)
class FrameworkAdmin(admin.ModelAdmin):
    list_display = ["name", "kind", "year_from", "year_to"]
    list_filter = ["kind"]
    search_fields = ["name"]
    autocomplete_fields = ["communes"]
    inlines = [AxisInline]


@admin.register(Axis)
class AxisAdmin(admin.ModelAdmin):
    list_display = ["label", "framework", "order"]
    list_filter = ["framework"]
    list_select_related = ["framework"]
    search_fields = ["label"]
    prepopulated_fields = {"slug": ["label"]}


@admin.register(Theme)
class ThemeAdmin(admin.ModelAdmin):
    list_display = ["label", "slug"]
    search_fields = ["label", "sort_name"]
    prepopulated_fields = {"slug": ["label"]}


@admin.register(ActorType)
class ActorTypeAdmin(admin.ModelAdmin):
    list_display = ["label", "order"]
    search_fields = ["label"]
    prepopulated_fields = {"slug": ["label"]}
