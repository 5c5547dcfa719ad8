"""Addresses of opinions: the desk's, the coordinator's, and those of the experts' links."""

from django.urls import path, re_path

from grants.review.opinion_links import TOKEN
from grants.review.views import expert, my_opinions, opinions


REFERENCE = r"(?P<reference>\d{4}-\d{4,})"
_PIECE = r"(?P<pk>\d{1,18})"
_DOSSIER = rf"instruction/{REFERENCE}"
urlpatterns = [
    re_path(rf"^{_DOSSIER}/avis/demander/$", opinions.ask, name="opinion_ask"),
    re_path(rf"^{_DOSSIER}/avis/(?P<pk>\d+)/relancer/$", opinions.remind, name="opinion_remind"),
    re_path(rf"^{_DOSSIER}/avis/(?P<pk>\d+)/prolonger/$", opinions.extend, name="opinion_extend"),
    re_path(rf"^{_DOSSIER}/avis/(?P<pk>\d+)/pieces/$", opinions.share, name="opinion_documents"),
    re_path(rf"^{_DOSSIER}/avis/(?P<pk>\d+)/annuler/$", opinions.revoke, name="opinion_revoke"),
    path("coordination/avis/", my_opinions.my_opinions, name="my_opinions"),
    re_path(rf"^{_DOSSIER}/mon-avis/$", my_opinions.my_opinion, name="my_opinion"),
    re_path(rf"^{_DOSSIER}/mon-avis/rouvrir/$", my_opinions.reopen, name="opinion_reopen"),
    re_path(
        rf"^{_DOSSIER}/mon-avis/pieces/{_PIECE}/$",
        my_opinions.document,
        name="my_opinion_document",
    ),
    path("avis/merci/", expert.thanks, name="expert_thanks"),
    re_path(rf"^avis/dossier/{REFERENCE}/$", expert.opinion, name="expert_opinion"),
    re_path(
        rf"^avis/dossier/{REFERENCE}/pieces/{_PIECE}/$", expert.document, name="expert_document"
    ),
    re_path(rf"^avis/{TOKEN}/$", expert.link, name="opinion_link"),
    re_path(rf"^avis/{TOKEN}/nouveau-lien/$", expert.new_link, name="opinion_new_link"),
]
