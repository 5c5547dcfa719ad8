from django.urls import path

from grants.letters import views


app_name = "letters"
urlpatterns = [
    path("courriers/", views.letter_list, name="list"),
    path("courriers/<str:reference>/", views.detail, name="detail"),
    path("courriers/<str:reference>/signer/", views.sign, name="sign"),
    path("courriers/<str:reference>/relancer/", views.retry, name="retry"),
    path("verifier/", views.check, name="check"),
]
