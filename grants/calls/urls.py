from django.urls import path

from grants.calls.grids import views as grids
from grants.calls.views import campaigns, extensions, imports, public, sheets, templates


app_name = "calls"

urlpatterns = [
    path("appels/", public.sheet_list, name="sheet_list"),
    path("appels/<int:year>/<str:code>/", public.sheet_detail, name="sheet_detail"),
    path("campagnes/", campaigns.campaign_list, name="campaign_list"),
    path("campagnes/nouvelle/", campaigns.campaign_create, name="campaign_create"),
    path("campagnes/<int:pk>/", campaigns.campaign_detail, name="campaign_detail"),
    path("campagnes/<int:pk>/modifier/", campaigns.campaign_edit, name="campaign_edit"),
    path("campagnes/<int:pk>/clore/", campaigns.campaign_close, name="campaign_close"),
    path("campagnes/<int:campaign_pk>/fiches/nouvelle/", sheets.sheet_create, name="sheet_create"),
    path("campagnes/<int:campaign_pk>/importer/", imports.import_upload, name="import_upload"),
    path("campagnes/imports/<uuid:uuid>/", imports.import_preview, name="import_preview"),
    path("campagnes/grilles/", grids.grid_list, name="grid_list"),
    path("campagnes/grilles/nouvelle/", grids.grid_create, name="grid_create"),
    path("campagnes/grilles/apercu/", grids.grid_preview, name="grid_preview"),
    path("campagnes/grilles/<int:pk>/", grids.grid_detail, name="grid_detail"),
    path("campagnes/grilles/<int:pk>/modifier/", grids.grid_edit, name="grid_edit"),
    path("campagnes/grilles/<int:pk>/dupliquer/", grids.grid_duplicate, name="grid_duplicate"),
    path("campagnes/grilles/<int:pk>/supprimer/", grids.grid_delete, name="grid_delete"),
    path("campagnes/fiches/<int:pk>/", sheets.sheet_manage, name="sheet_manage"),
    path("campagnes/fiches/<int:pk>/modifier/", sheets.sheet_edit, name="sheet_edit"),
    path("campagnes/fiches/<int:pk>/pieces/", sheets.sheet_documents_edit, name="sheet_documents"),
    path(
        "campagnes/fiches/<int:pk>/pieces/<int:document_pk>/modele/",
        templates.document_template,
        name="document_template",
    ),
    path("campagnes/fiches/<int:pk>/publier/", sheets.sheet_publish, name="sheet_publish"),
    path("campagnes/fiches/<int:pk>/clore/", sheets.sheet_close, name="sheet_close"),
    path("campagnes/fiches/<int:pk>/version/", sheets.sheet_revise, name="sheet_revise"),
    path("campagnes/fiches/<int:pk>/dupliquer/", sheets.sheet_duplicate, name="sheet_duplicate"),
    path("campagnes/fiches/<int:pk>/supprimer/", sheets.sheet_delete, name="sheet_delete"),
    path(
        "campagnes/fiches/<int:pk>/prolongations/",
        extensions.sheet_extensions,
        name="sheet_extensions",
    ),
]
