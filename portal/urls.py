from django.conf import settings
from django.urls import path, re_path

from portal import actions, coordinator, digest_page, gallery, pages, todo_page
from portal.after_sign_in import after_sign_in


app_name = "portal"

urlpatterns = [
    path("", pages.home, name="home"),
    path("bienvenue/", after_sign_in, name="after_sign_in"),
    path("accessibilite/", pages.accessibility, name="accessibility"),
    path("mentions-legales/", pages.legal, name="legal"),
    path("donnees-personnelles/", pages.privacy, name="privacy"),
    path("plan-du-site/", pages.site_map, name="site_map"),
    path("aide/", pages.help_page, name="help"),
    path("a-faire/", todo_page.todo, name="todo"),
    path("a-faire/recapitulatif/", digest_page.digest, name="digest"),
    path("actions/", actions.action_list, name="action_list"),
    re_path(r"^actions/(?P<reference>\d{4}-\d{4,})/$", actions.action_detail, name="action_detail"),
    path("coordination/", coordinator.coordinator_home, name="coordinator_home"),
    path(
        "coordination/dossiers/",
        coordinator.coordinator_applications,
        name="coordinator_applications",
    ),
    re_path(
        r"^coordination/dossiers\.(?P<extension>csv|xlsx)$",
        coordinator.coordinator_export,
        name="coordinator_export",
    ),
]

if settings.GALLERY:
    urlpatterns.append(path("composants/", gallery.gallery, name="gallery"))
