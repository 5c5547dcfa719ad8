from django.contrib import admin

from partners.models import Membership, NotificationConsent, Organisation


@admin.register(Organisation)
class OrganisationAdmin(admin.ModelAdmin):
    """Support only: bodies are registered and changed on the portal's pages."""

    list_display = ["legal_name", "kind", "siret", "identifier_state", "city"]
    list_filter = ["kind", "identifier_state"]
    search_fields = ["search_name", "siret", "siren", "rna"]
    raw_id_fields = ["merged_into", "created_by"]
    readonly_fields = ["search_name", "created_at"]


class ReadOnlyAdmin(admin.ModelAdmin):
    def has_add_permission(self, request) -> bool:
        return False

    def has_change_permission(self, request, obj=None) -> bool:
        return False

    def has_delete_permission(self, request, obj=None) -> bool:
        return False


@admin.register(Membership)
class MembershipAdmin(ReadOnlyAdmin):
    list_display = ["user", "organisation", "function", "state", "asked_at", "decided_by"]
    list_filter = ["state"]
    search_fields = ["user__email", "organisation__search_name"]
    list_select_related = ["user", "organisation", "decided_by"]


@admin.register(NotificationConsent)
class NotificationConsentAdmin(ReadOnlyAdmin):
    list_display = ["organisation", "email", "text_version", "given_at", "revoked_at"]
    search_fields = ["organisation__search_name", "email"]
    list_select_related = ["organisation"]
