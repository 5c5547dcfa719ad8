"""The screens of the letters, and the public check."""

import io
from functools import partial

import pytest
from django.core.cache import cache
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from grants.applications.hooks import panels_for
from grants.letters import services
from grants.letters.codes import ALPHABET, new_check_code, normal_code
from grants.letters.limits import CHECKS
from grants.letters.models import Letter, LetterKind, LetterState, LetterTemplate
from grants.letters.registration import create_receipt
from grants.letters.services import generate_letter, sign_letter
from tests.factories import member_of, person_with_role
from tests.letters.conftest import AT, a_filed_dossier, a_letter
from tests.queries import MANY, assert_same_queries


@pytest.fixture
def head(client, db):
    person = person_with_role("unit_head")
    client.force_login(person)
    return person


# --- List and detail -----------------------------------------------------------------------------
def test_the_list_costs_the_same_with_fifty_letters(client, head, reference_data):
    def make(first: int, last: int) -> None:
        for number in range(first, last + 1):
            dossier = a_filed_dossier(reference=f"2027-{number:04d}")
            a_letter(dossier, LetterKind.RECEIPT, made=False)

    assert_same_queries(
        lambda: client.get("/courriers/?par=50"),
        few=partial(make, 1, 1),
        many=partial(make, 2, MANY),
        row="<tr data-row",
    )


def test_the_list_filters_by_kind_state_and_words(client, head, dossier):
    a_letter(dossier, LetterKind.AWARD)
    a_letter(dossier, LetterKind.RECEIPT, made=False)

    def shown(query: str) -> set[str]:
        page = client.get(f"/courriers/?{query}").content.decode()
        return {ref for ref in ("2027-0042-AT1", "2027-0042-AR1") if f">{ref}</a>" in page}

    assert shown("") == {"2027-0042-AT1", "2027-0042-AR1"}
    assert shown("nature=award") == {"2027-0042-AT1"}
    assert shown("etat=to_generate") == {"2027-0042-AR1"}
    assert shown("q=théâtre") == {"2027-0042-AT1", "2027-0042-AR1"}
    assert shown("q=rien-de-tel") == set()
    a_letter(dossier, LetterKind.RECEIPT, made=False)
    assert shown("version=actuelles") == {"2027-0042-AT1"}
    assert shown("version=remplacees") == {"2027-0042-AR1"}
    assert shown("etat=inconnu") == set()


def test_the_list_tells_how_far_the_making_is_and_stops_asking(client, head, dossier):
    letter = a_letter(dossier, made=False)
    polled = partial(
        client.get, "/courriers/", headers={"HX-Request": "true", "HX-Target": "progress"}
    )
    page = polled().content.decode()
    assert "0 sur 1 courriers produits, 1 en cours" in page
    assert 'hx-trigger="every 3s"' in page
    assert "<html" not in page
    generate_letter(letter_id=letter.pk, at=AT)
    assert "hx-trigger" not in polled().content.decode()


def test_an_empty_list_says_where_letters_come_from(client, head):
    assert "Aucun courrier pour l’instant" in client.get("/courriers/").content.decode()


def test_the_detail_shows_the_frozen_words_escaped(client, head, reference_data):
    dossier = a_filed_dossier(title="<script>alert(1)</script>")
    letter = a_letter(dossier)
    page = client.get(f"/courriers/{letter.reference}/").content.decode()
    assert "<script>alert(1)" not in page
    assert "mille deux cents euros et cinquante centimes" in page
    assert reverse("documents:download", args=[letter.pdf.uuid]) in page
    assert "Joindre le fichier signé" in page


def test_the_head_joins_the_signed_file(client, head, dossier):
    letter = a_letter(dossier)
    url = f"/courriers/{letter.reference}/signer/"
    content = letter.pdf.file.read() + b"\n%%EOF\n"
    response = client.post(url, {"file": SimpleUploadedFile("signé.pdf", content)})
    assert response.status_code == 302
    letter.refresh_from_db()
    assert letter.state == LetterState.SIGNED
    assert "PDF signé" in client.get("/courriers/").content.decode()


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ({}, "Choisissez le fichier signé."),
        ({"file": ("photo.png", b"\x89PNG")}, "Formats acceptés : PDF."),
        ({"file": ("vide.pdf", b"")}, "est vide."),
        ({"file": ("faux.pdf", b"<html>")}, "n’est pas un vrai fichier PDF"),
    ],
)
def test_a_refused_signed_file_is_explained(client, head, dossier, files, sentence):
    letter = a_letter(dossier)
    data = {key: SimpleUploadedFile(*value) for key, value in files.items()}
    response = client.post(f"/courriers/{letter.reference}/signer/", data)
    assert response.status_code == 422
    assert sentence in response.content.decode().replace("\u00a0", " ")


def test_a_case_officer_reads_but_does_not_sign(client, dossier):
    letter = a_letter(dossier)
    client.force_login(person_with_role("case_officer"))
    page = client.get(f"/courriers/{letter.reference}/").content.decode()
    assert "Joindre le fichier signé" not in page
    assert client.post(f"/courriers/{letter.reference}/signer/").status_code == 403


def test_a_failed_letter_may_be_asked_again(client, head, dossier, monkeypatch):
    letter = a_letter(dossier, made=False)
    monkeypatch.setattr(services, "render_letter", lambda letter: 1 / 0)
    generate_letter(letter_id=letter.pk, at=AT)
    page = client.get(f"/courriers/{letter.reference}/").content.decode()
    assert "Ce courrier n’a pas pu être produit" in page
    assert "1 courrier" in client.get("/courriers/").content.decode()
    assert client.post(f"/courriers/{letter.reference}/relancer/").status_code == 302
    letter.refresh_from_db()
    assert letter.state == LetterState.TO_GENERATE
    assert client.post(f"/courriers/{letter.reference}/relancer/").status_code == 409


# --- Who reads what ------------------------------------------------------------------------------
def downloads(client, letter: Letter) -> int:
    return client.get(reverse("documents:download", args=[letter.pdf.uuid])).status_code


def test_a_member_reads_the_receipt_and_the_decision_once_opened(client, dossier):
    client.force_login(member_of(dossier.organisation))
    receipt, award = a_letter(dossier, LetterKind.RECEIPT), a_letter(dossier)
    assert downloads(client, receipt) == 200
    assert downloads(client, award) == 404
    Letter.objects.filter(pk=award.pk).update(state=LetterState.SIGNED)
    assert downloads(client, award) == 404
    Letter.objects.filter(pk=award.pk).update(state=LetterState.NOTIFIED)
    assert downloads(client, award) == 404
    Letter.objects.filter(pk=award.pk).update(state=LetterState.OPENED)
    assert downloads(client, award) == 200
    client.force_login(member_of(a_filed_dossier(reference="2027-0043").organisation))
    assert downloads(client, receipt) == 404


def test_the_panels_show_each_side_its_letters(dossier):
    member, head = member_of(dossier.organisation), person_with_role("unit_head")
    assert "letters" not in {panel.slug for panel, _ in panels_for("applicant", member, dossier)}
    receipt = a_letter(dossier, LetterKind.RECEIPT)
    a_letter(dossier)
    mine = {p.slug: c for p, c in panels_for("applicant", member, dossier)}["letters"]
    assert [letter.pk for letter, _ in mine["rows"]] == [receipt.pk]
    office = {p.slug: c for p, c in panels_for("office", head, dossier)}["letters-office"]
    assert len(office["rows"]) == 2


def test_every_filing_gets_its_receipt(dossier):
    create_receipt(application=dossier, at=AT)
    letter = Letter.objects.get()
    assert (letter.kind, letter.reference) == ("receipt", "2027-0042-AR1")


def test_a_faulty_wording_does_not_stop_a_filing(dossier, caplog):
    LetterTemplate.objects.filter(kind="receipt").update(body="[[dossier.inconnu]]")
    create_receipt(application=dossier, at=AT)
    assert not Letter.objects.exists()
    assert "no receipt for 2027-0042: unknown_variable" in caplog.text


# --- The public check ----------------------------------------------------------------------------
def answer(response) -> str:
    page = response.content.decode()
    found = [word for word in ("Authentique", "Inconnu") if f">{word}</p>" in page]
    return found[0] if found else ""


def test_a_code_is_authentic_or_unknown(client, dossier):
    letter = a_letter(dossier)
    page = client.get("/verifier/", {"code": letter.check_code})
    assert answer(page) == "Authentique"
    typed = f" {letter.check_code.lower().replace('-', ' ')} "
    assert answer(client.get("/verifier/", {"code": typed})) == "Authentique"
    for wrong in (new_check_code(), letter.check_code[:-1], "%", "é", "'--", "A" * 40):
        assert answer(client.get("/verifier/", {"code": wrong})) == "Inconnu"


def test_the_check_says_nothing_of_the_letter(client, dossier):
    letter = a_letter(dossier)
    page = client.get("/verifier/", {"code": letter.check_code}).content.decode()
    for secret in (
        letter.reference,
        dossier.reference,
        dossier.organisation.legal_name,
        dossier.title,
        "Lettre d’attribution",
    ):
        assert secret not in page


def test_a_letter_not_made_yet_is_unknown(client, dossier):
    letter = a_letter(dossier, made=False)
    assert answer(client.get("/verifier/", {"code": letter.check_code})) == "Inconnu"


def test_a_file_is_compared_with_the_generated_and_the_signed_ones(client, dossier):
    letter = a_letter(dossier)
    other = a_letter(a_filed_dossier(reference="2027-0043"))
    generated = letter.pdf.file.read()
    signed = generated + b"\n%%EOF\n"
    sign_letter(
        letter_id=letter.pk,
        upload=ContentFile(signed, name="a.pdf"),
        by=person_with_role("unit_head"),
        at=AT,
    )

    def check(content: bytes, code: str = "") -> str:
        file = io.BytesIO(content)
        file.name = "recu.pdf"
        return answer(client.post("/verifier/", {"code": code, "file": file}))

    assert check(generated) == "Authentique"
    assert check(signed) == "Authentique"
    assert check(signed, letter.check_code) == "Authentique"
    assert check(signed, other.check_code) == "Inconnu"
    assert check(generated.replace(b"%PDF-1.7", b"%PDF-1.6")) == "Inconnu"
    assert check(b"") == "Inconnu"


def test_an_empty_question_is_explained(client, db):
    response = client.post("/verifier/", {"code": " "})
    assert response.status_code == 422
    assert "Indiquez le code de contrôle" in response.content.decode()
    assert answer(client.get("/verifier/")) == ""


def test_the_check_page_is_limited(client, db):
    cache.clear()
    for _ in range(CHECKS):
        assert client.get("/verifier/", {"code": "AAAA"}).status_code == 200
    response = client.get("/verifier/", {"code": "AAAA"})
    assert response.status_code == 429
    assert "Trop de vérifications" in response.content.decode()
    assert client.get("/verifier/").status_code == 200


def test_codes_are_unlike_each_other_and_easy_to_type():
    codes = {new_check_code() for _ in range(1000)}
    assert len(codes) == 1000
    for code in codes:
        assert len(code) == 14
        assert set(code) <= {*ALPHABET, "-"}
        assert normal_code(code.lower().replace("-", "")) == code
