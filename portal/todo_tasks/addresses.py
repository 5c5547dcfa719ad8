"""Where a line of « À faire » leads."""

from collections.abc import Callable
from urllib.parse import urlencode

from django.urls import reverse

from grants.applications.models import Application


def listed(name: str, **filters: str | list[str]) -> str:
    """Return the address of a list with its filters."""
    query = urlencode(filters, doseq=True)
    return f"{reverse(name)}?{query}" if query else reverse(name)


def desk_page(application: Application) -> str:
    return application.get_desk_url()


def desk_tab(slug: str) -> Callable[[Application], str]:
    def url(application: Application) -> str:
        return reverse("review:tab", args=[application.reference, slug])

    return url


def filed_tab(slug: str) -> Callable[[Application], str]:
    """Return what gives the address of a tab of the applicant's dossier."""

    def url(application: Application) -> str:
        return reverse("applications:tab", args=[application.reference, slug])

    return url
