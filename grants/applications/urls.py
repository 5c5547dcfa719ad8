"""Addresses of the applicant: ``/dossiers/…`` and the two doors of a sheet."""

from django.urls import path, re_path

from grants.applications.enums import Section
from grants.applications.views import (
    corrections,
    documents,
    drafts,
    entry,
    filing,
    followup,
    mails,
    printing,
    renewal,
    sections,
    thread,
)


app_name = "applications"

_SECTIONS = "|".join(Section.values)
_DRAFT = "dossiers/brouillon/<uuid:uuid>"
_FILED = "dossiers/<str:reference>"
_UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"

urlpatterns = [
    path("appels/<int:year>/<str:code>/preparer/", entry.prepare, name="prepare"),
    path("appels/<int:year>/<str:code>/formulaire.pdf", printing.blank_form, name="blank_form"),
    path("appels/<int:year>/<str:code>/deposer/", entry.start, name="start"),
    path("aide/e-mails/", mails.mail_help, name="mail_help"),
    path("dossiers/", entry.application_list, name="list"),
    path(f"{_DRAFT}/", drafts.draft, name="draft"),
    path(f"{_DRAFT}/brouillon.pdf", printing.draft, name="draft_pdf"),
    path(f"{_DRAFT}/verifier/", drafts.verify, name="verify"),
    path(f"{_DRAFT}/repris/", renewal.renewed, name="renewed"),
    path(f"{_DRAFT}/pieces/reprendre/", renewal.document_reuse, name="document_reuse"),
    path(f"{_DRAFT}/pieces/<int:pk>/garder/", renewal.document_keep, name="document_keep"),
    path(f"{_DRAFT}/supprimer/", drafts.delete, name="delete"),
    path(f"{_DRAFT}/deposer/", filing.submit, name="submit"),
    path(f"{_DRAFT}/pieces/<int:pk>/retirer/", documents.document_remove, name="document_remove"),
    re_path(
        rf"^dossiers/brouillon/(?P<uuid>{_UUID})/(?P<section>{_SECTIONS})/$",
        sections.draft_section,
        name="section",
    ),
    path(f"{_FILED}/", followup.detail, name="detail"),
    re_path(
        r"^dossiers/(?P<reference>[^/]+)/(?P<slug>demande|budget|pieces|echanges|historique)/$",
        followup.tab,
        name="tab",
    ),
    path(f"{_FILED}/renouveler/", renewal.renew, name="renew"),
    path(f"{_FILED}/dossier.pdf", printing.dossier, name="dossier_pdf"),
    path(f"{_FILED}/accuse/", followup.receipt, name="receipt"),
    path(f"{_FILED}/pieces/joindre/", followup.document_add, name="document_add"),
    path(f"{_FILED}/messages/", thread.message_send, name="message_send"),
    path(f"{_FILED}/messages/lus/", thread.messages_read, name="messages_read"),
    path(f"{_FILED}/completer/", corrections.correction, name="correction"),
    path(f"{_FILED}/completer/envoyer/", corrections.correction_send, name="correction_send"),
    re_path(
        rf"^dossiers/(?P<reference>[^/]+)/completer/(?P<section>{_SECTIONS})/$",
        corrections.correction_section,
        name="correction_section",
    ),
    path(f"{_FILED}/depots/", corrections.deposits, name="deposits"),
    path(f"{_FILED}/attester/", filing.attest, name="attest"),
    path(f"{_FILED}/retirer/", filing.withdraw, name="withdraw"),
]
