from django.urls import path

from partners.views import (
    bank,
    documents,
    invitations,
    mandates,
    members,
    merging,
    office,
    organisations,
    profile,
    space,
    to_check,
)


app_name = "partners"

BODY = "espace/organisations/<int:pk>/"
MEMBER = f"{BODY}membres/<int:membership_pk>/"
BANK = f"{BODY}banque/<int:bank_pk>/"
DOCUMENT = f"{BODY}documents/<int:document_pk>/"

urlpatterns = [
    path("espace/", space.space, name="space"),
    path("espace/organisations/rejoindre/", space.join_search, name="join_search"),
    path("espace/organisations/nouvelle/", space.organisation_create, name="organisation_create"),
    path("espace/organisation-choisie/", space.body_choose, name="choose_body"),
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
    path(f"{MEMBER}qualite/", members.capacity, name="capacity"),
    path(f"{MEMBER}terminer/", members.membership_end, name="membership_end"),
    path(f"{BODY}representants/", profile.representatives, name="representatives"),
    path(f"{BODY}moyens/", profile.human_means, name="human_means"),
    path(f"{BODY}affiliations/", profile.affiliations, name="affiliations"),
    path(f"{BODY}comptes/", profile.year_accounts, name="year_accounts"),
    path(f"{BODY}banque/", bank.bank, name="bank"),
    path(f"{BODY}banque/modifier/", bank.bank_edit, name="bank_edit"),
    path(f"{BANK}verifier/", bank.bank_verify, name="bank_verify"),
    path(f"{BANK}refuser/", bank.bank_refuse, name="bank_refuse"),
    path(f"{BODY}documents/", documents.documents, name="documents"),
    path(f"{BODY}documents/ajouter/", documents.document_add, name="document_add"),
    path(f"{DOCUMENT}remplacer/", documents.document_replace, name="document_replace"),
    path(f"{DOCUMENT}retirer/", documents.document_remove, name="document_remove"),
    path(f"{DOCUMENT}verifier/", documents.document_check, name="document_check"),
    path(f"{DOCUMENT}accepter/", documents.document_accept, name="document_accept"),
    path(f"{DOCUMENT}refuser/", documents.document_refuse, name="document_refuse"),
    path("organisations/a-verifier/", to_check.to_check, name="to_check"),
    path(
        "organisations/a-verifier/banque/",
        to_check.to_check,
        {"tab": "to_check_bank"},
        name="to_check_bank",
    ),
    path(
        "organisations/a-verifier/signalements/",
        to_check.to_check,
        {"tab": "to_check_flags"},
        name="to_check_flags",
    ),
    path("organisations/signalements/<int:flag_pk>/vu/", to_check.flag_handle, name="flag_handle"),
    path("organisations/", office.admin_list, name="admin_list"),
    path("organisations/fusionner/", merging.merge_choose, name="merge_choose"),
    path(
        "organisations/fusionner/<int:source_pk>/<int:target_pk>/",
        merging.merge_confirm,
        name="merge_confirm",
    ),
    path("organisations/nouvelle/", office.office_create, name="office_create"),
    path("organisations/demandes/", office.pending_list, name="pending_list"),
    path(
        "organisations/<int:pk>/siret-verifie/",
        office.identifier_confirm,
        name="identifier_confirm",
    ),
]
