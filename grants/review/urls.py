from django.urls import path, re_path

from grants.review import batch_urls, desk_urls, opinion_urls, statistics_urls
from grants.review.views import (
    acts,
    admissibility,
    archive,
    body,
    corrections,
    dossier,
    late_filing,
    notes,
    office_edit,
    paper,
    presence,
    recusal,
    redaction,
    scoring,
    spread,
    summary_sheet,
    team,
)


app_name = "review"
REFERENCE = r"instruction/(?P<reference>\d{4}-\d{4,})"
urlpatterns = [
    *desk_urls.urlpatterns,
    path("instruction/depot-papier/", paper.paper_filing, name="paper_filing"),
    path("instruction/depot-tardif/", late_filing.late_filing, name="late_filing"),
    path("instruction/equipe/", team.team, name="team"),
    path("instruction/equipe/regles/nouvelle/", team.rule_edit, name="rule_new"),
    path("instruction/equipe/regles/<int:pk>/", team.rule_edit, name="rule_edit"),
    path("instruction/equipe/regles/<int:pk>/deplacer/", team.rule_move, name="rule_move"),
    path("instruction/equipe/regles/<int:pk>/supprimer/", team.rule_delete, name="rule_delete"),
    path("instruction/equipe/absences/nouvelle/", team.replacement_new, name="replacement_new"),
    path(
        "instruction/equipe/absences/<int:pk>/annuler/",
        team.replacement_cancel,
        name="replacement_cancel",
    ),
    path("instruction/notes/", spread.spread, name="score_spread"),
    re_path(rf"^{REFERENCE}/synthese\.pdf$", summary_sheet.summary_pdf, name="summary_pdf"),
    re_path(rf"^{REFERENCE}/$", dossier.application, name="application"),
    re_path(rf"^{REFERENCE}/dossier\.pdf$", dossier.dossier_pdf_file, name="dossier_pdf"),
    re_path(rf"^{REFERENCE}/dossier\.zip$", archive.dossier_zip, name="dossier_zip"),
    re_path(rf"^{REFERENCE}/affecter/$", acts.assign, name="assign"),
    re_path(rf"^{REFERENCE}/affecter/retirer/$", acts.unassign, name="unassign"),
    re_path(rf"^{REFERENCE}/lecteur/$", acts.reader, name="reader"),
    re_path(rf"^{REFERENCE}/note/$", acts.note, name="note"),
    re_path(rf"^{REFERENCE}/note/(?P<pk>\d+)/$", notes.change, name="note_change"),
    re_path(rf"^{REFERENCE}/presence/$", presence.presence, name="presence"),
    re_path(rf"^{REFERENCE}/organisation/$", body.body, name="body"),
    re_path(rf"^{REFERENCE}/message/$", acts.message, name="message"),
    re_path(rf"^{REFERENCE}/lus/$", acts.read, name="read"),
    re_path(rf"^{REFERENCE}/pieces/(?P<pk>\d+)/$", acts.document, name="document"),
    re_path(rf"^{REFERENCE}/deport/$", recusal.conflict, name="conflict"),
    re_path(
        rf"^{REFERENCE}/deport/(?P<pk>\d+)/retirer/$",
        recusal.conflict_withdraw,
        name="conflict_withdraw",
    ),
    re_path(rf"^{REFERENCE}/classer/$", acts.close, name="close"),
    re_path(rf"^{REFERENCE}/modifier/$", office_edit.edit, name="edit"),
    re_path(rf"^{REFERENCE}/modifier/verifier/$", office_edit.edit_apply, name="edit_apply"),
    re_path(rf"^{REFERENCE}/modifier/abandonner/$", office_edit.edit_abandon, name="edit_abandon"),
    re_path(
        rf"^{REFERENCE}/modifier/(?P<section>[a-z]+)/$",
        office_edit.edit_section,
        name="edit_section",
    ),
    re_path(rf"^{REFERENCE}/masquer/$", redaction.redact, name="redact"),
    re_path(rf"^{REFERENCE}/noter/$", scoring.score, name="score"),
    re_path(rf"^{REFERENCE}/total/$", scoring.running_total, name="running_total"),
    re_path(rf"^{REFERENCE}/rouvrir-notation/$", scoring.reopen_score, name="reopen_score"),
    re_path(rf"^{REFERENCE}/confirmer-notation/$", scoring.reconfirm, name="reconfirm_score"),
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
    *batch_urls.urlpatterns,
    *opinion_urls.urlpatterns,
    *statistics_urls.urlpatterns,
]
