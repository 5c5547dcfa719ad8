from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import validate_email
from django.utils import timezone

from accounts.adapter import site_address
from accounts.services import create_first_administrator, password_link_key
from config.errors import Refusal


class Command(BaseCommand):
    help = "Open the first administrator's account and print a link to choose its password."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")

    def handle(self, *, email: str, **options) -> None:
        try:
            validate_email(email)
            user = create_first_administrator(email=email, on=timezone.localdate())
        except ValidationError as error:
            raise CommandError("Cette adresse e-mail n’est pas valable.") from error
        except Refusal as refusal:
            raise CommandError(refusal.sentence) from refusal
        uid, _, token = password_link_key(user).partition("-")
        link = site_address("account_reset_password_from_key", uidb36=uid, key=token)
        self.stdout.write(f"{user.email} administre le portail.")
        self.stdout.write(f"Lien pour choisir son mot de passe (une heure, une fois) :\n{link}")
