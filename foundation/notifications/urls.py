from django.urls import path

from foundation.notifications import views


app_name = "notifications"
urlpatterns = [
    path("messages/", views.outbox_list, name="outbox_list"),
    path("messages/<int:pk>/", views.outbox_detail, name="outbox_detail"),
    path("messages/<int:pk>/renvoyer/", views.outbox_retry, name="outbox_retry"),
    path("boite-aux-lettres/", views.mailbox, name="mailbox"),
    path("boite-aux-lettres/<int:pk>/", views.mailbox_message, name="mailbox_message"),
]
