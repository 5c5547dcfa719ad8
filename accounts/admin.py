from django.contrib import admin

from accounts.models import RoleAssignment, User


@admin.register(User)
class UserAdmin(admin.ModelAdmin):
    """Support only: people write their own profile, roles are given on the portal's pages."""

    list_display = ["email", "last_name", "first_name", "is_active", "last_login"]
    list_filter = ["is_active"]
    search_fields = ["email", "last_name", "first_name"]
    fields = ["email", "first_name", "last_name", "phone", "is_active", "last_login", "date_joined"]
    readonly_fields = ["email", "last_login", "date_joined"]

    def has_add_permission(self, request) -> bool:
        return False

    def has_delete_permission(self, request, obj=None) -> bool:
        return False


@admin.register(RoleAssignment)
class RoleAssignmentAdmin(admin.ModelAdmin):
    list_display = ["user", "role", "territory", "school", "starts_on", "ends_on", "assigned_by"]
    list_filter = ["role", "territory"]
    search_fields = ["user__email", "user__last_name"]
    list_select_related = ["user", "territory", "school", "assigned_by"]

    def has_add_permission(self, request) -> bool:
        return False

    def has_change_permission(self, request, obj=None) -> bool:
        return False

    def has_delete_permission(self, request, obj=None) -> bool:
        return False
