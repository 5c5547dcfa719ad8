"""How allauth behaves here: every message is an outbox row, every link bears the site's address."""

from urllib.parse import urlencode
from uuid import uuid4

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.services import sync_administration_access
from config.http import safe_next
from foundation.notifications.services import queue_message


class AccountAdapter(DefaultAccountAdapter):
    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "account_inactive": "Ce compte est fermé.",
        "cannot_remove_primary_email": "Vous ne pouvez pas retirer votre adresse principale.",
        "duplicate_email": "Cette adresse est déjà celle de votre compte.",
        "email_password_mismatch": "L’adresse e-mail ou le mot de passe ne convient pas.",
        "email_taken": "Cette adresse e-mail est déjà utilisée.",
        "enter_current_password": "Saisissez votre mot de passe actuel.",
        "incorrect_code": "Ce code ne convient pas.",
        "incorrect_password": "Ce mot de passe ne convient pas.",
        "invalid_or_expired_key": "Ce lien n’est plus valable.",
        "invalid_login": "L’adresse e-mail ou le mot de passe ne convient pas.",
        "invalid_password_reset": "Ce lien n’est plus valable.",
        "max_email_addresses": "Vous ne pouvez pas ajouter plus de %d adresses.",
        "same_as_current": "Saisissez une adresse différente de l’actuelle.",
        "too_many_login_attempts": "Trop d’essais. Réessayez dans quelques minutes.",
        "rate_limited": "Trop de demandes. Réessayez dans quelques minutes.",
        "unverified_primary_email": "Votre adresse e-mail doit d’abord être confirmée.",
    }

    def send_mail(self, template_prefix: str, email: str, context: dict) -> None:
        """Queue a message; each sending is its own row, so the key carries a random part."""
        kind = template_prefix.rpartition("/")[2].replace("_", "-")
        full = {"email": email, **context}
        subject = render_to_string(f"{template_prefix}_subject.txt", full)
        queue_message(
            key=f"account.{kind}.{uuid4()}",
            kind=f"account-{kind}",
            to=email,
            subject=" ".join(subject.split()),
            text=render_to_string(f"{template_prefix}_message.txt", full).strip() + "\n",
            at=timezone.now(),
        )

    def login(self, request: HttpRequest, user: User) -> None:
        sync_administration_access(user, on=timezone.localdate())
        super().login(request, user)

    def send_account_already_exists_mail(self, email: str) -> None:
        self.send_mail(
            "account/email/account_already_exists",
            email,
            {"password_reset_url": site_address("account_reset_password")},
        )

    def get_email_confirmation_url(self, request: HttpRequest, emailconfirmation) -> str:
        """Lead back, once confirmed, to the page that asked for an account (a sheet, say)."""
        address = site_address("account_confirm_email", key=emailconfirmation.key)
        following = safe_next(request, "")
        return f"{address}?{urlencode({'next': following})}" if following else address

    def get_reset_password_from_key_url(self, key: str) -> str:
        uid, _, token = key.partition("-")
        return site_address("account_reset_password_from_key", uidb36=uid, key=token)


def site_address(name: str, **kwargs: str) -> str:
    """Return the full address of a page: the one we publish, not the one of the request."""
    return f"{settings.SITE_URL.rstrip('/')}{reverse(name, kwargs=kwargs)}"


class MfaAdapter(DefaultMFAAdapter):
    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "cannot_delete_authenticator": "Votre rôle demande une double authentification : "
        "elle ne peut pas être retirée.",
        "cannot_generate_recovery_codes": "Activez d’abord la double authentification.",
        "incorrect_code": "Ce code ne convient pas. Attendez le suivant, puis réessayez.",
        "unverified_email": "Confirmez d’abord votre adresse e-mail.",
    }

    def can_delete_authenticator(self, authenticator) -> bool:
        required = settings.STAFF_MFA_REQUIRED and authenticator.user.access.is_office
        return not required and super().can_delete_authenticator(authenticator)
