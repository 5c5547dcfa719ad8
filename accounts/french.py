"""French names for what the sign-in library shows in the administration."""

from allauth.mfa.models import Authenticator
from django.apps import apps


FIELDS = {
    "user": "personne",
    "type": "moyen",
    "data": "données",
    "created_at": "ajoutée le",
    "last_used_at": "utilisée le",
}


def name_second_factors() -> None:
    """Name the model and its fields; its migrations, which are the library's, do not change."""
    apps.get_app_config("mfa").verbose_name = "Double authentification"
    Authenticator._meta.verbose_name = "double authentification"
    Authenticator._meta.verbose_name_plural = "doubles authentifications"
    for name, words in FIELDS.items():
        Authenticator._meta.get_field(name).verbose_name = words
