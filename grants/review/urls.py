from django.urls import path, re_path

from grants.review import desk_urls, opinion_urls, statistics_urls
from grants.review.views import (
    acts,
    admissibility,
    corrections,
    dossier,
    paper,
    redaction,
    scoring,
    team,
)


app_name = "review"
REFERENCE = r"instruction/(?P<reference>\d{4}-\d{4,})"
urlpatterns = [
    *desk_urls.urlpatterns,
    path("instruction/depot-papier/", paper.paper_filing, name="paper_filing"),
    re_path(rf"^{REFERENCE}/$", dossier.application, name="application"),
    re_path(rf"^{REFERENCE}/dossier\.pdf$", dossier.dossier_pdf_file, name="dossier_pdf"),
    re_path(rf"^{REFERENCE}/affecter/$", acts.assign, name="assign"),
    re_path(rf"^{REFERENCE}/lecteur/$", acts.reader, name="reader"),
    re_path(rf"^{REFERENCE}/note/$", acts.note, name="note"),
    re_path(rf"^{REFERENCE}/message/$", acts.message, name="message"),
    re_path(rf"^{REFERENCE}/lus/$", acts.read, name="read"),
    re_path(rf"^{REFERENCE}/pieces/(?P<pk>\d+)/$", acts.document, name="document"),
    re_path(rf"^{REFERENCE}/deport/$", acts.conflict, name="conflict"),
    re_path(rf"^{REFERENCE}/classer/$", acts.close, name="close"),
    re_path(rf"^{REFERENCE}/masquer/$", redaction.redact, name="redact"),
    re_path(rf"^{REFERENCE}/noter/$", scoring.score, name="score"),
    re_path(rf"^{REFERENCE}/total/$", scoring.running_total, name="running_total"),
    re_path(rf"^{REFERENCE}/rouvrir-notation/$", scoring.reopen_score, name="reopen_score"),
    re_path(rf"^{REFERENCE}/complements/demander/$", corrections.ask, name="correction_ask"),
    re_path(rf"^{REFERENCE}/complements/prolonger/$", corrections.extend, name="correction_extend"),
    re_path(rf"^{REFERENCE}/complements/reprendre/$", corrections.stop, name="correction_stop"),
    re_path(rf"^{REFERENCE}/complements/accepter/$", corrections.accept, name="correction_accept"),
    re_path(rf"^{REFERENCE}/depots/$", corrections.deposits, name="deposits"),
    re_path(rf"^{REFERENCE}/conclure/$", acts.conclude, name="conclude"),
    re_path(rf"^{REFERENCE}/rouvrir/$", acts.reopen, name="reopen"),
    re_path(
        rf"^{REFERENCE}/recevabilite/repondre/$", admissibility.answer, name="admissibility_answer"
    ),
    re_path(
        rf"^{REFERENCE}/recevabilite/rejet/$", admissibility.reject, name="admissibility_reject"
    ),
    re_path(rf"^{REFERENCE}/(?P<slug>[a-z]+)/$", dossier.tab, name="tab"),
    *opinion_urls.urlpatterns,
    *statistics_urls.urlpatterns,
]
