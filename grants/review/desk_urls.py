from django.urls import path, re_path

from grants.review.views import desk, saved_views


urlpatterns = [
    path("instruction/", desk.desk, name="desk"),
    re_path(
        r"^instruction/dossiers\.(?P<extension>csv|xlsx|ods)$", desk.export, name="desk_export"
    ),
    re_path(
        r"^instruction/dossiers\.(?P<extension>xlsx|ods)/preparer/$",
        desk.export_job,
        name="desk_export_job",
    ),
    path("instruction/vues/", saved_views.view_list, name="view_list"),
    path("instruction/vues/enregistrer/", saved_views.view_save, name="view_save"),
    path("instruction/vues/<int:pk>/renommer/", saved_views.view_rename, name="view_rename"),
    path("instruction/vues/<int:pk>/remplacer/", saved_views.view_replace, name="view_replace"),
    path("instruction/vues/<int:pk>/supprimer/", saved_views.view_delete, name="view_delete"),
]
