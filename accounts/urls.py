from django.urls import path

from accounts.views.demo import demo_sign_in
from accounts.views.profile import profile
from accounts.views.roles import role_assign, role_end, role_list


app_name = "accounts"

urlpatterns = [
    path("profil/", profile, name="profile"),
    path("roles/", role_list, name="role_list"),
    path("roles/attribuer/", role_assign, name="role_assign"),
    path("roles/<int:pk>/terminer/", role_end, name="role_end"),
    path("demonstration/connexion/", demo_sign_in, name="demo_sign_in"),
]
