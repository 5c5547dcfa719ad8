from django.urls import path

from foundation.documents import views


app_name = "documents"
urlpatterns = [
    path("fichiers/antivirus/", views.scan_list, name="scan_list"),
    path("fichiers/<uuid:uuid>/", views.download, name="download"),
]
