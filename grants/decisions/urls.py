from django.urls import path, re_path

from grants.decisions.views import envelopes, notification, sessions


app_name = "decisions"
urlpatterns = [
    path("enveloppes/", envelopes.envelope_list, name="envelope_list"),
    path("enveloppes/nouvelle/", envelopes.envelope_edit, name="envelope_new"),
    path("enveloppes/<int:pk>/", envelopes.envelope_detail, name="envelope_detail"),
    path("enveloppes/<int:pk>/modifier/", envelopes.envelope_edit, name="envelope_edit"),
    path("seances/", sessions.session_list, name="session_list"),
    path("seances/nouvelle/", sessions.session_edit, name="session_new"),
    path("seances/<int:pk>/", sessions.session_detail, name="session_detail"),
    path("seances/<int:pk>/modifier/", sessions.session_edit, name="session_edit"),
    path("seances/<int:pk>/inscrire/", sessions.session_add, name="session_add"),
    path("seances/<int:pk>/voter-tout/", sessions.session_vote_all, name="session_vote_all"),
    path("seances/<int:pk>/clore/", sessions.session_close, name="session_close"),
    path("seances/<int:pk>/courriers/", sessions.session_letters, name="session_letters"),
    path("seances/<int:pk>/avancement/", sessions.session_progress, name="session_progress"),
    path("seances/<int:pk>/notifier/", notification.session_notify, name="session_notify"),
    path("seances/lignes/<int:pk>/modifier/", sessions.line_edit, name="line_edit"),
    path("seances/lignes/<int:pk>/retirer/", sessions.line_remove, name="line_remove"),
    path("seances/lignes/<int:pk>/vote/", sessions.line_vote, name="line_vote"),
    path("decisions/<int:pk>/courrier/", notification.write_letter, name="write_letter"),
    path("decisions/<int:pk>/corriger/", notification.correct, name="correct_vote"),
    path("decisions/<int:pk>/notifier/", notification.notify, name="notify"),
    path("decisions/<int:pk>/reception/", notification.delivery, name="delivery"),
    re_path(
        r"^dossiers/(?P<reference>\d{4}-\d{4,})/decision/$",
        notification.open_decision,
        name="open_decision",
    ),
]
