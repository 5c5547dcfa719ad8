"""The addresses of the desk in figures."""

from django.urls import path, re_path

from grants.review.views import statistics


urlpatterns = [
    path("instruction/statistiques/", statistics.statistics_page, name="statistics"),
    re_path(
        r"^instruction/statistiques/(?P<table>delais|anciennete|charge)\.(?P<extension>csv|xlsx|ods)$",
        statistics.statistics_file,
        name="statistics_file",
    ),
]
