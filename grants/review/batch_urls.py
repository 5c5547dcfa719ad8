from django.urls import path

from grants.review.views import batches


urlpatterns = [
    path("instruction/lots/<slug:slug>/", batches.batch, name="batch"),
    path("instruction/lots/<slug:slug>/<uuid:uuid>/", batches.batch_step, name="batch_step"),
]
