from django.urls import path

from foundation.jobs import views


app_name = "jobs"
urlpatterns = [
    path("travaux/", views.job_list, name="list"),
    path("travaux/<uuid:uuid>/", views.job, name="detail"),
    path("travaux/<uuid:uuid>/vu/", views.seen, name="seen"),
    path("travaux/<uuid:uuid>/reprendre/", views.retry, name="retry"),
]
