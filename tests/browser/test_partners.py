"""The page of a body in a real browser: axe empty, full and in error, narrow and dark."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Browser, Page

from accounts.enums import Role
from partners.enums import OrganisationKind
from partners.models import Organisation
from partners.services.bank import change_bank_details
from partners.services.documents import add_document, refuse_document
from partners.services.flags import raise_flag
from partners.services.profile import (
    ApprovalValue,
    RepresentativeValue,
    save_affiliations,
    save_human_means,
    save_representatives,
    save_year_accounts,
)
from territories.loading import load_parameters
from tests.browser.axe import assert_accessible
from tests.browser.test_applications import look
from tests.browser.visiting import sign_in
from tests.documents.samples import PDF
from tests.factories import OrganisationFactory, member_of, person_with_role


pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PARTS = ("organisation_edit", "representatives", "human_means", "affiliations", "year_accounts")
OTHERS = ("bank", "bank_edit", "documents", "document_add")


@pytest.fixture(autouse=True)
def _parameters(transactional_db):
    load_parameters()


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[[str], Page]]:
    """Open pages in a theme, that remember what the content policy refused."""
    contexts = []

    def opened(theme: str) -> Page:
        contexts.append(browser.new_context(color_scheme=theme, locale="fr-FR"))
        page = contexts[-1].new_page()
        page.complaints = []
        page.on("console", lambda message: page.complaints.append(message.text))
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        return page

    yield opened
    for context in contexts:
        context.close()


def a_file() -> SimpleUploadedFile:
    return SimpleUploadedFile("statuts-signés-de-l-association.pdf", PDF, "application/pdf")


def fill(body: Organisation, by, officer) -> None:
    """Fill everything, documents in every state."""
    at, today = timezone.now(), timezone.localdate()
    given = {"organisation_id": body.pk, "by": by, "at": at}
    people = [
        RepresentativeValue("legal", "Nadia Estrade", "Présidente", "nadia@essai.example"),
        RepresentativeValue("treasurer", "Théo Ythier"),
    ]
    save_representatives(rows=people, **given)
    save_human_means(year=today.year - 1, volunteers=1250, employees=3, **given)
    save_affiliations(approvals=[ApprovalValue("Jeunesse", "Préfecture", today)], **given)
    start = today.replace(year=today.year - 1, month=1, day=1)
    save_year_accounts(
        starts_on=start, ends_on=start.replace(month=12, day=31), charges_amount=10, **given
    )
    iban = "FR1420041010050500013M02606"
    bank = {"holder": "L’essai", "bic": "PSSTFRPP", "proof": a_file()}
    change_bank_details(iban=iban, **bank, **given)
    other = "FR039999900042ABC1234567860"
    change_bank_details(iban=other, **(bank | {"proof": a_file()}), **given)
    for days in (None, -3, 12, 400):
        until = None if days is None else today + timedelta(days=days)
        document = add_document(
            kind="assurance", label="", valid_until=until, upload=a_file(), **given
        )
    refuse_document(document_id=document.pk, reason="Page manquante", by=officer, at=at)
    add_document(kind="statuts", label="Anciens statuts", upload=a_file(), **given)
    body.documents.filter(label="Anciens statuts").update(ended_at=at)


@pytest.mark.parametrize(("filled", "theme"), [(False, "light"), (True, "light"), (True, "dark")])
def test_the_pages_of_a_body_pass_axe(open_page, live_server, filled: bool, theme: str):
    body = OrganisationFactory(legal_name="Les Passerelles")
    manager = member_of(body)
    if filled:
        fill(body, manager, person_with_role(Role.UNIT_HEAD))
    page = open_page(theme)
    sign_in(page, live_server, manager)
    for name in ("organisation_detail", *PARTS, *OTHERS):
        look(page, live_server.url + reverse(f"partners:{name}", args=[body.pk]))


def test_the_pages_of_a_commune_pass_axe(open_page, live_server):
    commune = OrganisationFactory(kind=OrganisationKind.COMMUNE)
    page = open_page("light")
    sign_in(page, live_server, member_of(commune))
    for name in ("organisation_detail", "representatives", "human_means"):
        look(page, live_server.url + reverse(f"partners:{name}", args=[commune.pk]))


def test_the_pages_in_error_pass_axe(open_page, live_server):
    body = OrganisationFactory()
    page = open_page("light")
    sign_in(page, live_server, member_of(body))
    wrong = {
        "representatives": {"people-0-email": "nadia@"},
        "human_means": {"volunteers": "une dizaine"},
        "year_accounts": {"charges_amount": "beaucoup"},
        "bank_edit": {"iban": "FR4999999000010000000000116"},
        "document_add": {"label": "Statuts"},
    }
    for name, values in wrong.items():
        page.set_viewport_size({"width": 1280, "height": 900})
        page.goto(live_server.url + reverse(f"partners:{name}", args=[body.pk]))
        for field, typed in values.items():
            page.fill(f"[name='{field}']", typed)
        page.click("main form button.btn-primary")
        assert_accessible(page)
        for field, typed in values.items():
            assert page.input_value(f"[name='{field}']") == typed
        page.set_viewport_size({"width": 320, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, name


def test_the_pages_of_the_office_pass_axe(open_page, live_server):
    page = open_page("light")
    head = person_with_role(Role.UNIT_HEAD)
    sign_in(page, live_server, head)
    lists = ("to_check", "to_check_bank", "to_check_flags")
    for name in lists:
        look(page, live_server.url + reverse(f"partners:{name}"))
    body = OrganisationFactory()
    manager = member_of(body)
    fill(body, manager, head)
    raise_flag(
        organisation=body, kind="representative", text="Autre", by=manager, at=timezone.now()
    )
    document = body.documents.filter(ended_at__isnull=True, state="to_check").first()
    addresses = [reverse(f"partners:{name}") for name in lists]
    addresses += [
        reverse("partners:document_check", args=[body.pk, document.pk]),
        reverse("partners:bank", args=[body.pk]),
        reverse("partners:organisation_detail", args=[body.pk]),
    ]
    for address in addresses:
        look(page, live_server.url + address)


def test_a_row_is_added_and_filled_with_the_keyboard_alone(open_page, live_server):
    body = OrganisationFactory()
    page = open_page("light")
    sign_in(page, live_server, member_of(body))
    page.goto(live_server.url + reverse("partners:representatives", args=[body.pk]))
    page.focus("[name='people-0-name']")
    page.keyboard.type("Nadia Estrade")
    page.focus("button[name='add']")
    page.keyboard.press("Enter")
    page.wait_for_selector("[name='people-1-name']")
    assert page.input_value("[name='people-0-name']") == "Nadia Estrade"
    assert page.evaluate("document.activeElement.name") == "people-1-role"
    page.focus("[name='people-1-name']")
    page.keyboard.type("Théo Ythier")
    page.keyboard.press("Enter")  # saves: the first button of the form
    page.wait_for_url("**" + reverse("partners:organisation_detail", args=[body.pk]))
    assert body.representatives.count() == 2
