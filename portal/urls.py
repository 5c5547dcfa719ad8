from django.conf import settings
from django.urls import path

from portal import gallery, pages
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
]

if settings.GALLERY:
    urlpatterns.append(path("composants/", gallery.gallery, name="gallery"))
