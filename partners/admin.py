from django import forms
from django.contrib import admin

from partners.models import Membership, NotificationConsent, Organisation


class OrganisationForm(forms.ModelForm):
    class Meta:
        model = Organisation
        fields = "__all__"  # noqa: DJ007 the administration shows the whole row
        labels = {"merged_into": "Réunie à", "created_by": "Enregistrée par"}


@admin.register(Organisation)
class OrganisationAdmin(admin.ModelAdmin):
    """Support only: bodies are registered and changed on the portal's pages."""

    form = OrganisationForm
    exclude = ["search_name"]

    list_display = ["legal_name", "kind", "siret", "identifier_state", "city"]
    list_filter = ["kind", "identifier_state"]
    search_fields = ["search_name", "siret", "siren", "rna"]
    raw_id_fields = ["merged_into", "created_by"]
    readonly_fields = ["created_at"]


class ReadOnlyAdmin(admin.ModelAdmin):
    def has_add_permission(self, request) -> bool:
        return False

    def has_change_permission(self, request, obj=None) -> bool:
        return False

    def has_delete_permission(self, request, obj=None) -> bool:
        return False


@admin.register(Membership)
class MembershipAdmin(ReadOnlyAdmin):
    list_display = ["person", "body", "function", "state", "asked_at", "decider"]
    fields = [
        "person",
        "body",
        "function",
        "rights",
        "capacity",
        "state",
        "asked_at",
        "decided_at",
        "decider",
        "refusal_reason",
    ]
    readonly_fields = fields
    list_filter = ["state"]
    search_fields = ["user__email", "organisation__search_name"]
    list_select_related = ["user", "organisation", "decided_by"]

    @admin.display(description="personne", ordering="user__last_name")
    def person(self, membership: Membership) -> str:
        return str(membership.user)

    @admin.display(description="organisation", ordering="organisation__search_name")
    def body(self, membership: Membership) -> str:
        return str(membership.organisation)

    @admin.display(description="décidé par")
    def decider(self, membership: Membership) -> str:
        return str(membership.decided_by or "")


@admin.register(NotificationConsent)
class NotificationConsentAdmin(ReadOnlyAdmin):
    list_display = ["body", "email", "text_version", "given_at", "revoked_at"]
    search_fields = ["organisation__search_name", "email"]
    list_select_related = ["organisation"]
    fields = ["body", "email", "text_version", "given_at", "giver", "revoked_at", "revoker"]
    readonly_fields = fields

    @admin.display(description="organisation", ordering="organisation__search_name")
    def body(self, consent: NotificationConsent) -> str:
        return str(consent.organisation)

    @admin.display(description="donné par")
    def giver(self, consent: NotificationConsent) -> str:
        return str(consent.given_by)

    @admin.display(description="retiré par")
    def revoker(self, consent: NotificationConsent) -> str:
        return str(consent.revoked_by or "")
