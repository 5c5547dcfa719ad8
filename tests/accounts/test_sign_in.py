import re
from unittest import mock

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from accounts.enums import Role
from accounts.middleware import LAST_SEEN
from accounts.models import User
from foundation.notifications.models import OutboxMessage
from tests.factories import PASSWORD, UserFactory, person_with_role


pytestmark = pytest.mark.django_db
PHRASE = "dix-huit lampions bleus"
SIGN_UP = {
    "first_name": "Noémie",
    "last_name": "Le  Goff",
    "email": "Noemie@Essai.example",
    "password1": PHRASE,
}


def path_in(message: OutboxMessage) -> str:
    return re.search(r"https?://[^/]+(/\S+)", message.text)[1]


def test_sign_up_confirm_and_sign_in(client: Client):
    answer = client.post(reverse("account_signup"), SIGN_UP)
    assert answer["Location"] == reverse("account_email_verification_sent")
    user = User.objects.get()
    assert (user.email, user.last_name) == ("noemie@essai.example", "Le Goff")

    message = OutboxMessage.objects.get()
    assert message.to == "noemie@essai.example"
    assert message.subject == "Confirmez votre adresse e-mail"
    assert message.text.startswith("Bonjour,\n\nUn compte vient d’être créé sur Maillage")
    assert "&" not in message.text
    assert mail.outbox == []  # nothing leaves otherwise than through the outbox

    page = client.get(path_in(message)).content.decode()
    assert "Confirmer cette adresse" in page
    assert not EmailAddress.objects.get().verified  # reading a mail confirms nothing
    client.post(path_in(message))
    assert EmailAddress.objects.get().verified

    answer = client.post(
        reverse("account_login"), {"login": "NOEMIE@essai.example", "password": PHRASE}
    )
    assert answer["Location"] == reverse("portal:after_sign_in")
    assert client.get(reverse("accounts:profile")).status_code == 200


def test_a_sheet_that_asked_for_an_account_is_found_again(client: Client):
    sheet = "/appels/2027/C4/deposer/"
    client.post(f"{reverse('account_signup')}?next={sheet}", SIGN_UP | {"next": sheet})
    link = path_in(OutboxMessage.objects.get())
    assert sheet in client.get(link).content.decode()
    assert client.post(link, {"next": sheet})["Location"] == sheet


@pytest.mark.parametrize("elsewhere", ["https://ailleurs.example/", "//ailleurs.example", "-1"])
def test_a_sign_up_leads_to_no_other_site(client: Client, elsewhere: str):
    client.post(reverse("account_signup"), SIGN_UP | {"next": elsewhere})
    assert "next" not in path_in(OutboxMessage.objects.get())


def test_an_unconfirmed_address_does_not_sign_in(client: Client):
    client.post(reverse("account_signup"), SIGN_UP)
    answer = client.post(
        reverse("account_login"), {"login": "noemie@essai.example", "password": PHRASE}
    )
    assert answer["Location"] == reverse("account_email_verification_sent")
    assert client.get(reverse("accounts:profile")).status_code == 302


def test_sign_up_tells_nobody_whether_an_address_is_known(client: Client):
    known = client.post(reverse("account_signup"), SIGN_UP | {"email": UserFactory().email})
    unknown = Client().post(reverse("account_signup"), SIGN_UP)
    assert known["Location"] == unknown["Location"]
    assert known.status_code == unknown.status_code
    subjects = OutboxMessage.objects.order_by("pk").values_list("subject", flat=True)
    assert list(subjects) == ["Vous avez déjà un compte", "Confirmez votre adresse e-mail"]
    assert User.objects.count() == 2


def test_sign_up_hashes_a_password_for_a_known_address_too(client: Client):
    """Argon2 takes 180 ms: without it the answer would tell in 6 ms that the address is known."""
    email = UserFactory().email
    with mock.patch("accounts.forms.make_password", wraps=make_password) as hashing:
        client.post(reverse("account_signup"), SIGN_UP | {"email": email})
    hashing.assert_called_once_with(PHRASE)


@pytest.mark.parametrize(
    "password", ["court", "motdepasse12345"[:11], "password1234", "123456789012"]
)
def test_a_weak_password_is_refused(client: Client, password):
    answer = client.post(reverse("account_signup"), SIGN_UP | {"password1": password})
    assert answer.status_code == 200
    assert "invalid-feedback" in answer.content.decode()
    assert not User.objects.exists()


def test_names_lose_invisible_direction_marks(client: Client):
    client.post(reverse("account_signup"), SIGN_UP | {"first_name": "Noé‮mie"})
    assert User.objects.get().first_name == "Noémie"


def test_a_forgotten_password_is_chosen_anew(client: Client):
    user = UserFactory()
    client.post(reverse("account_reset_password"), {"email": user.email})
    message = OutboxMessage.objects.get()
    assert message.subject == "Choisissez un nouveau mot de passe"
    page = client.get(path_in(message), follow=True)
    form_address = page.redirect_chain[-1][0]
    client.post(form_address, {"password1": PHRASE, "password2": PHRASE})
    user.refresh_from_db()
    assert user.check_password(PHRASE)
    again = Client().get(path_in(message), follow=True).content.decode()
    assert "Ce lien n’est plus valable" in again


def test_reset_tells_nobody_whether_an_address_is_known(client: Client):
    known = client.post(reverse("account_reset_password"), {"email": UserFactory().email})
    unknown = client.post(reverse("account_reset_password"), {"email": "inconnue@essai.example"})
    assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"])
    assert OutboxMessage.objects.count() == 2


def test_sign_in_says_the_same_for_a_wrong_password_and_an_unknown_address(client: Client):
    wrong = {"login": UserFactory().email, "password": "pas le bon du tout"}
    pages = [
        client.post(reverse("account_login"), data).content.decode()
        for data in (wrong, wrong | {"login": "inconnue@essai.example"})
    ]
    assert all("L’adresse e-mail ou le mot de passe ne convient pas." in page for page in pages)


def test_too_many_wrong_passwords_lock_the_sign_in(client: Client, settings):
    settings.ACCOUNT_RATE_LIMITS = {"login_failed": "5/5m/key"}
    user = UserFactory()
    for _ in range(5):
        client.post(reverse("account_login"), {"login": user.email, "password": "pas le bon"})
    answer = client.post(reverse("account_login"), {"login": user.email, "password": PASSWORD})
    assert "Trop d’essais." in answer.content.decode()
    assert "_auth_user_id" not in client.session


def test_changing_address_asks_who_you_are_then_waits_for_the_new_one(client: Client):
    user = UserFactory(email="avant@essai.example")
    client.force_login(user)
    new = {"action_add": "1", "email": "apres@essai.example"}
    asked = client.post(reverse("account_email"), new)
    assert asked["Location"].startswith(reverse("account_reauthenticate"))
    assert not OutboxMessage.objects.exists()
    client.post(asked["Location"], {"password": PASSWORD, "next": reverse("account_email")})
    user.refresh_from_db()
    assert user.email == "avant@essai.example"
    confirmation = OutboxMessage.objects.get(to="apres@essai.example")
    client.post(path_in(confirmation))
    user.refresh_from_db()
    assert user.email == "apres@essai.example"
    told = OutboxMessage.objects.filter(to="avant@essai.example").get()
    assert told.subject == "Votre adresse e-mail a changé"


def test_a_foreign_address_is_not_a_way_back(client: Client):
    answer = client.post(
        f"{reverse('account_login')}?next=https://ailleurs.example/",
        {"login": UserFactory().email, "password": PASSWORD},
    )
    assert answer["Location"] == reverse("portal:after_sign_in")


# --- The office ---------------------------------------------------------------------------------
def test_staff_without_second_factor_only_sets_it_up(client: Client, settings):
    settings.STAFF_MFA_REQUIRED = True
    client.force_login(person_with_role(Role.CASE_OFFICER))
    for url in (reverse("accounts:profile"), reverse("portal:home")):
        assert client.get(url)["Location"] == reverse("mfa_activate_totp")
    assert client.post(reverse("account_logout")).status_code == 302


def test_staff_signs_in_with_a_code(client: Client, settings):
    settings.STAFF_MFA_REQUIRED = True
    user = person_with_role(Role.CASE_OFFICER)
    secret = totp.generate_totp_secret()
    totp.TOTP.activate(user, secret)
    answer = client.post(reverse("account_login"), {"login": user.email, "password": PASSWORD})
    assert answer["Location"] == reverse("mfa_authenticate")
    assert client.get(reverse("accounts:profile")).status_code == 302
    code = totp.format_hotp_value(
        totp.hotp_value(secret, next(totp.yield_hotp_counters_from_time()))
    )
    client.post(reverse("mfa_authenticate"), {"code": code})
    assert client.get(reverse("accounts:profile")).status_code == 200


def test_staff_sets_up_a_second_factor_and_cannot_drop_it(client: Client, settings):
    settings.STAFF_MFA_REQUIRED = True
    user = person_with_role(Role.CASE_OFFICER)
    client.post(reverse("account_login"), {"login": user.email, "password": PASSWORD})
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    page = client.get(reverse("mfa_activate_totp"))
    secret = page.context["form"].secret
    assert secret in page.content.decode()
    code = totp.format_hotp_value(
        totp.hotp_value(secret, next(totp.yield_hotp_counters_from_time()))
    )
    client.post(reverse("mfa_activate_totp"), {"code": code})
    kinds = Authenticator.objects.filter(user=user).values_list("type", flat=True)
    assert set(kinds) == {"totp", "recovery_codes"}
    assert client.get(reverse("mfa_view_recovery_codes")).status_code == 200
    client.post(reverse("mfa_deactivate_totp"))
    assert Authenticator.objects.filter(user=user, type="totp").exists()


def test_an_idle_session_of_the_office_is_closed(client: Client):
    client.force_login(person_with_role(Role.CASE_OFFICER))
    assert client.get(reverse("accounts:profile")).status_code == 200
    session = client.session
    session[LAST_SEEN] -= 31 * 60
    session.save()
    answer = client.get(reverse("accounts:profile"))
    assert answer["Location"].startswith(reverse("account_login"))
    assert "_auth_user_id" not in client.session


def test_an_applicant_who_goes_on_keeps_their_session(client: Client):
    client.force_login(UserFactory())
    client.get(reverse("accounts:profile"))
    session = client.session
    session[LAST_SEEN] -= 3 * 3600
    session.save()
    redis = cache._cache.get_client()
    key = cache.make_key(session.cache_key)
    redis.expire(key, 60)  # signed in long ago
    assert client.get(reverse("accounts:profile")).status_code == 200
    assert redis.ttl(key) > settings.SESSION_COOKIE_AGE - 60


# --- The profile --------------------------------------------------------------------------------
def test_a_person_changes_their_name_and_number(client: Client):
    user = UserFactory()
    client.force_login(user)
    data = {"first_name": "Zoé", "last_name": "Durand", "phone": "+33199000102"}
    assert client.post(reverse("accounts:profile"), data).status_code == 302
    user.refresh_from_db()
    assert (user.first_name, user.phone) == ("Zoé", "01 99 00 01 02")
    wrong = client.post(reverse("accounts:profile"), data | {"phone": "12"})
    assert wrong.status_code == 422
    assert "Saisissez un numéro à dix chiffres" in wrong.content.decode()


# --- The demonstration --------------------------------------------------------------------------
def test_demo_sign_in_does_not_exist_elsewhere(client: Client):
    UserFactory(email="association@maillage.example")
    answer = client.post(reverse("accounts:demo_sign_in"), {"account": "association"})
    assert answer.status_code == 404
    assert "_auth_user_id" not in client.session


def test_demo_sign_in_opens_only_the_demonstration_accounts(client: Client, settings):
    settings.DEMO_MODE = True
    user = UserFactory(email="association@maillage.example")
    UserFactory(email="quelquun@maillage.example")
    url = reverse("accounts:demo_sign_in")
    assert client.get(url).status_code == 405
    assert client.post(url, {"account": "quelquun"}).status_code == 404
    assert client.post(url, {"account": "commune"}).status_code == 409
    assert client.post(url, {"account": "association"}).status_code == 302
    assert client.session["_auth_user_id"] == str(user.pk)
    assert User.objects.count() == 2


def test_a_form_sent_after_the_session_closed_leads_back_to_its_page(client: Client):
    page = "http://testserver/dossiers/2027-0001/?x=1"
    answer = client.post("/dossiers/2027-0001/messages/", {"text": "a"}, headers={"Referer": page})
    assert answer.status_code == 302
    assert answer.url == f"{reverse('account_login')}?next=/dossiers/2027-0001/%3Fx%3D1"


def test_another_site_is_no_page_to_come_back_to(client: Client):
    answer = client.post(
        "/dossiers/2027-0001/messages/", headers={"Referer": "https://ailleurs.example/piege/"}
    )
    assert answer.url == f"{reverse('account_login')}?next=/"


def test_a_part_of_a_page_never_receives_the_sign_in_page(client: Client):
    headers = {"HX-Request": "true", "HX-Current-URL": "http://testserver/dossiers/"}
    answer = client.get("/dossiers/", headers=headers)
    assert (answer.status_code, answer.content) == (401, b"")
    assert answer["X-Sign-In"] == f"{reverse('account_login')}?next=/dossiers/"
