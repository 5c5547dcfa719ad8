from django.urls import path

from partners.views import invitations, mandates, members, office, organisations, space


app_name = "partners"

BODY = "espace/organisations/<int:pk>/"
MEMBER = f"{BODY}membres/<int:membership_pk>/"

urlpatterns = [
    path("espace/", space.space, name="space"),
    path("espace/organisations/rejoindre/", space.join_search, name="join_search"),
    path("espace/organisations/nouvelle/", space.organisation_create, name="organisation_create"),
    path("espace/demandes/<int:pk>/retirer/", space.request_withdraw, name="request_withdraw"),
    path(BODY, organisations.organisation_detail, name="organisation_detail"),
    path(f"{BODY}rejoindre/", space.join, name="join"),
    path(f"{BODY}modifier/", organisations.organisation_edit, name="organisation_edit"),
    path(f"{BODY}notification/", organisations.consent, name="consent"),
    path(f"{BODY}notification/retirer/", organisations.consent_revoke, name="consent_revoke"),
    path(f"{BODY}invitations/", invitations.invitations, name="invitations"),
    path(
        f"{BODY}invitations/<int:invitation_pk>/renvoyer/",
        invitations.invitation_resend,
        name="invitation_resend",
    ),
    path(
        f"{BODY}invitations/<int:invitation_pk>/annuler/",
        invitations.invitation_revoke,
        name="invitation_revoke",
    ),
    path("espace/invitations/<int:pk>/", invitations.invitation_mine, name="invitation_mine"),
    path("invitation/<str:token>/", invitations.invitation, name="invitation"),
    path(f"{MEMBER}mandat/", mandates.mandate, name="mandate"),
    path(f"{MEMBER}mandat/accepter/", mandates.mandate_accept, name="mandate_accept"),
    path(f"{MEMBER}mandat/refuser/", mandates.mandate_refuse, name="mandate_refuse"),
    path(MEMBER, members.membership, name="membership"),
    path(f"{MEMBER}accepter/", members.membership_accept, name="membership_accept"),
    path(f"{MEMBER}refuser/", members.membership_refuse, name="membership_refuse"),
    path(f"{MEMBER}droits/", members.membership_rights, name="membership_rights"),
    path(f"{MEMBER}terminer/", members.membership_end, name="membership_end"),
    path("organisations/", office.admin_list, name="admin_list"),
    path("organisations/demandes/", office.pending_list, name="pending_list"),
    path(
        "organisations/<int:pk>/siret-verifie/",
        office.identifier_confirm,
        name="identifier_confirm",
    ),
]
