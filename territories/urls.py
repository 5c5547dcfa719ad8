from django.urls import path

from territories import views


app_name = "territories"

urlpatterns = [
    path("territoires/", views.territory_map, name="map"),
    path("territoires/<int:number>/", views.territory_detail, name="detail"),
    path("communes/<slug:slug>/", views.commune_detail, name="commune"),
    path("sources/", views.sources, name="sources"),
]
