import csv
import threading
from pathlib import Path
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.enums import Role
from config.errors import Refusal
from foundation.documents.models import StoredFile
from foundation.documents.owners import may_read
from foundation.notifications.models import OutboxMessage
from partners.bank_numbers import check_bic, check_iban, display_iban, mask_iban, rib_key
from partners.enums import BankState, Right
from partners.identifiers import IdentifierError
from partners.models import BankDetails, OrganisationFlag
from partners.services.bank import (
    change_bank_details,
    refuse_bank_details,
    verify_bank_details,
)
from tests.documents.samples import PDF
from tests.factories import (
    BankDetailsFactory,
    OrganisationFactory,
    member_of,
    person_with_role,
)


pytestmark = pytest.mark.django_db

IBAN = "FR1420041010050500013M02606"
OTHER = "FR039999900042ABC1234567860"
VECTORS = Path(__file__).parent / "data" / "validation_vectors.csv"
RIB_SENTENCE = (
    "Cet IBAN est inexact : sa clé RIB, les deux derniers chiffres, n’est pas celle de ce compte. "
    "Recopiez-le depuis votre relevé d’identité bancaire."
)


def vectors() -> list[dict]:
    with VECTORS.open(encoding="utf-8", newline="") as file:
        return [row for row in csv.DictReader(file) if row["type"].startswith("IBAN")]


def a_rib(name: str = "rib.pdf", content: bytes = PDF) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, "application/pdf")


def give(body, by, iban: str = IBAN, **more) -> BankDetails:
    values = {"holder": "Les Passerelles", "bic": "PSSTFRPP", "proof": a_rib()}
    return change_bank_details(
        organisation_id=body.pk, iban=iban, by=by, at=timezone.now(), **(values | more)
    )


# --- Numbers ------------------------------------------------------------------------------------
@pytest.mark.parametrize("vector", vectors(), ids=lambda vector: vector["id"])
def test_the_given_ibans_behave(vector):
    good = vector["expected_valid"] == "true" and vector["rib_key_ok"] != "non"
    if good:
        assert check_iban(vector["input"]) == vector["normalized"]
    else:
        with pytest.raises(IdentifierError):
            check_iban(vector["input"])


def test_a_false_rib_key_has_its_sentence():
    [vector] = [v for v in vectors() if v["id"] == "V61"]
    with pytest.raises(IdentifierError) as error:
        check_iban(vector["input"])
    assert str(error.value).replace("\xa0", " ") == RIB_SENTENCE
    assert rib_key(vector["normalized"]) != vector["normalized"][-2:]


@pytest.mark.parametrize(
    "typed",
    [
        "FR14\u202f2004\u202f1010\u202f0505\u202f0001\u202f3M02\u202f606",
        "FR14\xa02004\xa01010\xa00505\xa00001\xa03M02\xa0606",
        " fr14 2004 1010 0505 0001 3m02 606 ",
        "IBAN FR14 2004 1010 0505 0001 3M02 606",
        "IBAN : FR14-2004-1010-0505-0001-3M02-606",
    ],
)
def test_a_pasted_iban_is_read(typed):
    assert check_iban(typed) == IBAN


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("FR14", "compte 27 caractères"),
        ("14FR20041010050500013M02606", "commence par les deux lettres du pays"),
        ("FR14 2004 1010 0505 0001 3M02 60é", "sans accent"),
        ("FR14 2004 1010 0505 0001 3M02 ६०६", "sans accent"),
        ("DE89370400440532013001", "Cet IBAN est inexact"),
        ("ZZ14200410100505000", "Cet IBAN est inexact"),
        ("FR14" + "A" * 23, "Cet IBAN est inexact"),
    ],
)
def test_a_wrong_iban_is_explained(typed, words):
    with pytest.raises(IdentifierError, match=words):
        check_iban(typed)


def test_a_foreign_iban_is_accepted():
    assert check_iban("DE89 3704 0044 0532 0130 00") == "DE89370400440532013000"


@pytest.mark.parametrize(
    ("typed", "kept"), [("psst frpp", "PSSTFRPP"), ("AGRIFRPP882", "AGRIFRPP882")]
)
def test_a_bic_is_read(typed, kept):
    assert check_bic(typed, iban=IBAN) == kept


@pytest.mark.parametrize("typed", ["PSSTFR", "PSSTFRPP1", "1SSTFRPP", "PSSTFRPPÉ", ""])
def test_a_wrong_bic_is_explained(typed):
    with pytest.raises(IdentifierError, match="huit ou onze caractères"):
        check_bic(typed)


def test_a_bic_is_of_the_country_of_the_iban():
    with pytest.raises(IdentifierError, match="autre pays"):
        check_bic("DEUTDEFF", iban=IBAN)
    assert check_bic("BNPARERX", iban=IBAN) == "BNPARERX"  # overseas: an IBAN in FR


def test_an_iban_is_written_in_groups_or_masked():
    assert display_iban(IBAN) == "FR14 2004 1010 0505 0001 3M02 606"
    assert mask_iban(IBAN) == "FR••\xa0••••\xa02606"


# --- Services -----------------------------------------------------------------------------------
def test_the_first_account_waits_for_the_office_without_a_flag():
    body = OrganisationFactory()
    details = give(body, member_of(body))
    assert (details.iban, details.state) == (IBAN, BankState.TO_CHECK)
    assert details.file.original_name == "rib.pdf"
    assert not OrganisationFlag.objects.exists()
    assert not OutboxMessage.objects.exists()


def test_the_proof_stays_with_the_account():
    body = OrganisationFactory()
    details = give(body, member_of(body))
    assert details.files.count() == 1
    assert not body.documents.exists()  # every member of the body reads those


def test_another_account_is_another_row_a_flag_and_a_warning():
    body = OrganisationFactory()
    manager, signatory = member_of(body, Right.MANAGE), member_of(body, Right.SIGN)
    member_of(body, Right.EDIT)
    first = give(body, manager)
    second = give(body, manager, OTHER)
    first.refresh_from_db()
    assert (first.state, second.state) == (BankState.REPLACED, BankState.TO_CHECK)
    assert body.bank_details.count() == 2
    flag = OrganisationFlag.objects.get()
    assert flag.kind == "bank_details"
    assert IBAN not in flag.text
    assert "2606" in flag.text
    message = OutboxMessage.objects.get()
    assert message.to == signatory.email
    assert message.subject == f"Les coordonnées bancaires d’{body} ont changé"
    assert IBAN not in message.text
    assert OTHER not in message.text
    assert f"Nouveau compte : {mask_iban(OTHER)}" in message.text.replace("compte\xa0:", "compte :")


def test_the_same_account_twice_is_refused():
    body = OrganisationFactory()
    manager = member_of(body)
    give(body, manager)
    with pytest.raises(Refusal) as refusal:
        give(body, manager)
    assert (refusal.value.code, refusal.value.status) == ("same", 409)


def test_a_refused_account_may_be_given_again_with_another_proof():
    body = OrganisationFactory()
    manager = member_of(body)
    head = person_with_role(Role.UNIT_HEAD)
    given = give(body, manager)
    refuse_bank_details(bank_id=given.pk, reason="RIB illisible", by=head, at=timezone.now())
    again = give(body, manager)
    assert again.state == BankState.TO_CHECK
    assert not OrganisationFlag.objects.exists()


@pytest.mark.parametrize("rights", [[Right.EDIT], [Right.SIGN]])
def test_only_who_manages_gives_an_account(rights):
    body = OrganisationFactory()
    with pytest.raises(Refusal) as refusal:
        give(body, member_of(body, *rights))
    assert refusal.value.status == 403


def test_nothing_is_kept_when_the_proof_is_no_file_we_take():
    body = OrganisationFactory()
    with pytest.raises(Refusal):
        give(body, member_of(body), proof=a_rib("rib.pdf", b"<html>"))
    with pytest.raises(Refusal):
        give(body, member_of(body), proof=a_rib("rib.xlsx"))
    assert not BankDetails.objects.exists()
    assert not StoredFile.objects.exists()


def test_verifying_deals_with_the_flag():
    body = OrganisationFactory()
    manager, head = member_of(body), person_with_role(Role.UNIT_HEAD)
    give(body, manager)
    details = verify_bank_details(bank_id=give(body, manager, OTHER).pk, by=head, at=timezone.now())
    assert (details.state, details.checked_by) == (BankState.CHECKED, head)
    assert OrganisationFlag.objects.get().handled_by == head


def test_a_refusal_is_told_with_its_reason():
    body = OrganisationFactory()
    manager = member_of(body)
    given = give(body, manager)
    refuse_bank_details(
        bank_id=given.pk,
        reason="Le titulaire n’est pas l’association",
        by=person_with_role(Role.ADMINISTRATOR),
        at=timezone.now(),
    )
    message = OutboxMessage.objects.get()
    assert message.to == manager.email
    assert message.reply_to == "service@essai.example"
    assert "Le titulaire n’est pas l’association" in message.text
    assert reverse("partners:bank", args=[body.pk]) in message.text


def test_a_second_answer_is_too_late():
    given = BankDetailsFactory()
    head = person_with_role(Role.UNIT_HEAD)
    verify_bank_details(bank_id=given.pk, by=head, at=timezone.now())
    with pytest.raises(Refusal) as refusal:
        refuse_bank_details(bank_id=given.pk, reason="Non", by=head, at=timezone.now())
    assert (refusal.value.code, refusal.value.status) == ("already_decided", 409)


def test_nobody_verifies_what_they_gave():
    body = OrganisationFactory()
    head = person_with_role(Role.UNIT_HEAD)
    given = give(body, head)
    with pytest.raises(Refusal) as refusal:
        verify_bank_details(bank_id=given.pk, by=head, at=timezone.now())
    assert refusal.value.code == "own"


def test_a_case_officer_does_not_verify_an_account():
    with pytest.raises(Refusal) as refusal:
        verify_bank_details(
            bank_id=BankDetailsFactory().pk,
            by=person_with_role(Role.CASE_OFFICER),
            at=timezone.now(),
        )
    assert refusal.value.status == 403


@pytest.mark.django_db(transaction=True)
def test_two_changes_at_once_leave_one_account_in_force():
    body = OrganisationFactory()
    manager = member_of(body)
    give(body, manager)
    start, errors = threading.Barrier(2), []

    def change(iban: str) -> None:
        try:
            start.wait()
            give(body, manager, iban)
        except Exception as error:  # shown by the assertion
            errors.append(error)
        finally:
            connection.close()

    threads = [
        threading.Thread(target=change, args=[iban])
        for iban in (OTHER, "FR7699999000010000000050167")
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    assert body.bank_details.exclude(state=BankState.REPLACED).count() == 1
    assert body.bank_details.count() == 3


# --- Who reads ----------------------------------------------------------------------------------
def test_the_iban_is_masked_but_for_who_manages_signs_or_pays(client: Client):
    body = OrganisationFactory()
    give(body, member_of(body))
    stored = body.bank_details.get().file
    page = reverse("partners:bank", args=[body.pk])
    hub = reverse("partners:organisation_detail", args=[body.pk])
    readers = [
        (member_of(body, Right.MANAGE), True),
        (member_of(body, Right.SIGN), True),
        (member_of(body, Right.EDIT), False),
        (person_with_role(Role.UNIT_HEAD), True),
        (person_with_role(Role.CASE_OFFICER), True),
        (person_with_role(Role.ADMINISTRATOR), True),
        (person_with_role(Role.COORDINATOR), False),
        (person_with_role(Role.READER), False),
    ]
    for person, whole in readers:
        client.force_login(person)
        for address in (page, hub):
            text = client.get(address).content.decode()
            assert (display_iban(IBAN) in text) == whole, person.access
            assert (mask_iban(IBAN) in text) != whole
        assert may_read(person, stored.owner) == whole
        answer = client.get(reverse("documents:download", args=[stored.uuid]))
        assert (answer.status_code == 200) == whole


# --- Pages --------------------------------------------------------------------------------------
def form_data(**more) -> dict:
    return {
        "key": str(uuid4()),
        "holder": "Les Passerelles",
        "iban": "fr14 2004 1010 0505 0001 3m02 606",
        "bic": "psst frpp",
        "proof": a_rib(),
    } | more


@pytest.fixture
def body(client: Client):
    body = OrganisationFactory()
    client.force_login(member_of(body))
    return body


def test_an_account_is_given_from_the_page(client, body):
    edit = reverse("partners:bank_edit", args=[body.pk])
    assert "PDF, JPEG ou PNG. 10\xa0Mo au plus" in client.get(edit).content.decode()
    assert client.post(edit, form_data())["Location"] == reverse("partners:bank", args=[body.pk])
    assert body.bank_details.get().iban == IBAN


def test_a_form_sent_twice_makes_one_account(client, body):
    edit = reverse("partners:bank_edit", args=[body.pk])
    data = form_data()
    client.post(edit, data)
    answer = client.post(edit, data | {"proof": a_rib(), "iban": OTHER})
    assert answer["Location"] == reverse("partners:bank", args=[body.pk])
    assert body.bank_details.count() == 1


@pytest.mark.parametrize(
    ("changes", "sentence", "anchor"),
    [
        ({"iban": "FR4999999000010000000000116"}, "sa clé RIB", "#id_iban"),
        ({"iban": "FR15 2004"}, "compte 27 caractères", "#id_iban"),
        ({"bic": "DEUTDEFF"}, "banque d’un autre pays (DE)", "#id_bic"),
        ({"proof": ""}, "Joignez le relevé d’identité bancaire.", "#id_proof"),
        ({"proof": a_rib("rib.pdf", b"<html>")}, "n’est pas un vrai fichier PDF", "#id_proof"),
        ({"holder": ""}, "obligatoire", "#id_holder"),
    ],
)
def test_a_wrong_account_is_explained_and_kept(client, body, changes, sentence, anchor):
    answer = client.post(reverse("partners:bank_edit", args=[body.pk]), form_data(**changes))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert sentence in page
    assert f'href="{anchor}"' in page
    for name in ("iban", "bic"):
        assert f'value="{form_data(**changes)[name]}"' in page
    assert not body.bank_details.exists()


def test_the_office_refuses_with_a_reason_from_the_same_page(client, body):
    details = BankDetailsFactory(organisation=body)
    client.force_login(person_with_role(Role.UNIT_HEAD))
    page = reverse("partners:bank", args=[body.pk])
    assert "Coordonnées vérifiées" in client.get(page).content.decode()
    refuse = reverse("partners:bank_refuse", args=[body.pk, details.pk])
    answer = client.post(refuse, {"reason": ""})
    assert answer.status_code == 422
    assert "l’organisation doit savoir quoi corriger" in answer.content.decode()
    client.post(refuse, {"reason": "RIB illisible"})
    details.refresh_from_db()
    assert (details.state, details.refusal_reason) == (BankState.REFUSED, "RIB illisible")
    assert "RIB illisible" in client.get(page).content.decode()


def test_an_account_of_another_body_is_not_answered_from_this_one(client, body):
    details = BankDetailsFactory()
    client.force_login(person_with_role(Role.UNIT_HEAD))
    answer = client.post(reverse("partners:bank_verify", args=[body.pk, details.pk]))
    assert answer.status_code == 404
