from django.urls import path, re_path

from reporting import views


app_name = "reporting"
urlpatterns = [
    path("rapports/", views.home, name="home"),
    re_path(
        r"^rapports/(?P<year>\d{4})/dossiers\.(?P<extension>csv|xlsx)$",
        views.export,
        name="export",
    ),
]
