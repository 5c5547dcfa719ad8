from django.urls import path

from accounts.views.demo import demo_sign_in


app_name = "accounts"

urlpatterns = [
    path("demonstration/connexion/", demo_sign_in, name="demo_sign_in"),
]
