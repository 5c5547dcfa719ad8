"""The documents shared with a request for an opinion: chosen one by one, read there alone."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.enums import Role
from config.errors import Refusal
from foundation.documents.enums import FileState, ScanState
from foundation.notifications.models import OutboxMessage
from grants.applications.enums import ReviewState
from grants.applications.models import Application, ApplicationDocument
from grants.applications.services.redaction import redact_file
from grants.review.models import OpinionRequest, SharedDocument
from grants.review.opinion_pieces import offer_of, offers
from grants.review.services.opinions import (
    ExpertInput,
    revoke_opinion,
    share_documents,
)
from territories.loading import load_parameters
from tests.documents import samples
from tests.factories import (
    BankDetailsFactory,
    CommuneFactory,
    TerritoryFactory,
    person_with_role,
)
from tests.review.batch_world import a_sheet_asking, check, done, filed, launched, text_of, texts
from tests.review.opinion_pieces import SECRET, a_document, a_file, ask_with
from tests.review.opinions import (
    EXPERT,
    a_dossier,
    ask_coordinator,
    give,
    in_days,
    opened,
    page_of,
)


pytestmark = pytest.mark.django_db
NOW = timezone.now()


@pytest.fixture(autouse=True)
def _parameters(db):
    load_parameters()


def piece_of(asked, document=None) -> str:
    rows = asked.shared_documents.all()
    row = rows.get(document=document) if document else rows.get()
    return f"{page_of(asked)}pieces/{row.pk}/"


def labels(dossier) -> list[str]:
    return [one.document.label for one in offer_of(dossier).pieces]


def share(asked, *documents, by=None):
    return share_documents(
        request_id=asked.pk,
        files=[one.stored.pk for one in documents],
        by=by or asked.asked_by,
        at=NOW,
    )


def refused_alike(answer, status: int, words: str = "") -> None:
    """A refusal is a page in French, without a byte of the file."""
    assert answer.status_code == status
    assert "PIECE-CONFIDENTIELLE" not in text_of(answer)
    assert words in text_of(answer)
    assert "no-store" in answer["Cache-Control"]


def bytes_of(answer) -> bytes:
    return b"".join(answer.streaming_content)


# --- What is offered ------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("kind", "label", "name"),
    [
        ("bank-details", "Relevé", "a.pdf"),
        ("rib", "Relevé", "a.pdf"),
        ("autre", "Relevé d’identité bancaire (RIB)", "a.pdf"),
        ("", "Coordonnées bancaires", "a.pdf"),
        ("", "Autre pièce", "RIB_2026.pdf"),
        ("", "Autre pièce", "iban-association.pdf"),
        ("", "Carte d’identité de la présidente", "a.pdf"),
        ("piece-identite", "Présidence", "a.pdf"),
        ("", "Passeport", "a.pdf"),
        ("", "Autre pièce", "CNI recto.pdf"),
        ("", "Titre de séjour", "a.pdf"),
        ("", "Livret de famille", "a.pdf"),
    ],
)
def test_accounts_and_identities_are_never_offered(kind, label, name):
    dossier = a_dossier()
    private = a_document(dossier, label, kind=kind, name=name)
    assert labels(dossier) == []
    with pytest.raises(Refusal) as refusal:
        ask_with(dossier, private)
    assert refusal.value.code == "not_offered"
    assert not OpinionRequest.objects.exists()


def test_the_same_bytes_as_a_proof_of_account_are_not_offered_either():
    dossier = a_dossier()
    a_document(dossier, "Autre pièce", content=SECRET + b"\n% compte")
    assert labels(dossier) == ["Autre pièce"]
    proof = a_file(
        BankDetailsFactory(organisation=dossier.organisation), content=SECRET + b"\n% compte"
    )
    assert labels(dossier) == []
    proof.delete()
    a_document(dossier, "RIB", content=SECRET + b"\n% compte")  # given twice, named once
    assert labels(dossier) == []


@pytest.mark.parametrize(
    "scan_state", [ScanState.PENDING, ScanState.INFECTED, ScanState.NOT_SCANNED]
)
def test_what_the_antivirus_did_not_pass_is_not_offered(scan_state, settings):
    settings.DOWNLOAD_UNSCANNED = False
    dossier = a_dossier()
    a_document(dossier, scan_state=scan_state)
    assert labels(dossier) == []


def test_what_is_refused_masked_replaced_or_of_another_dossier_is_not_offered():
    dossier, other = a_dossier(), a_dossier()
    kept = a_document(dossier, "Projet")
    refused = a_document(dossier, "Refusée")
    ApplicationDocument.objects.filter(pk=refused.pk).update(state=FileState.REFUSED)
    masked = a_document(dossier, "Masquée")
    ApplicationDocument.objects.filter(pk=masked.pk).update(redacted_at=NOW)
    replaced = a_document(dossier, "Comptes")
    newer = a_file(replaced)
    elsewhere = a_document(other, "Ailleurs")
    assert [one.file for one in offer_of(dossier).pieces] == [kept.stored, newer]
    for one in (refused, masked, replaced, elsewhere):
        with pytest.raises(Refusal) as refusal:
            ask_with(dossier, kept, one)
        assert refusal.value.code == "not_offered"
    assert not SharedDocument.objects.exists()


def test_the_page_ticks_nothing_and_says_what_it_does_not_offer(client):
    dossier = a_dossier()
    a_document(dossier, "Statuts")
    a_document(dossier, "Relevé d’identité bancaire", kind="bank-details", content=samples.PDF)
    client.force_login(dossier.officer)
    page = text_of(client.get(f"/instruction/{dossier.reference}/avis/"))
    assert page.count('name="avis-pieces"') == 1
    assert "checked" not in page.split('name="avis-pieces"')[1].split(">")[0]
    assert "Pas proposées : Relevé d’identité bancaire – coordonnées bancaires" in page


# --- The office -----------------------------------------------------------------------------------
def asking(*documents, **more) -> dict:
    data = {
        "source": "expert",
        "expert_name": EXPERT.name,
        "expert_email": EXPERT.email,
        "due_on": in_days(9).isoformat(),
        "pieces": [one.stored.pk for one in documents],
    }
    return {f"avis-{name}": value for name, value in (data | more).items()}


def test_what_is_ticked_is_shared_told_in_the_history_and_counted_in_the_mail(client):
    dossier = a_dossier()
    first, second = a_document(dossier, "Statuts"), a_document(dossier, "Bilan moral")
    a_document(dossier, "Non cochée")
    client.force_login(dossier.officer)
    client.post(f"/instruction/{dossier.reference}/avis/demander/", asking(first, second))
    asked = OpinionRequest.objects.get()
    rows = asked.shared_documents.all()
    assert {(one.document, one.file) for one in rows} == {
        (first, first.stored),
        (second, second.stored),
    }
    assert {one.shared_by for one in rows} == {dossier.officer}
    event = dossier.events.get(kind="opinion_asked")
    assert event.data["shared"] == [first.pk, second.pk]
    assert "Statuts" not in str(event.data)  # words somebody typed may have to be masked
    history = text_of(client.get(f"/instruction/{dossier.reference}/historique/"))
    assert "2 pièces partagées : Statuts, Bilan moral" in history
    mail = OutboxMessage.objects.get(kind="opinion_asked")
    assert "partage avec vous 2 pièces du dossier" in mail.text.replace("\u00a0", " ")
    assert "Statuts" not in mail.text + mail.subject
    assert "note.pdf" not in mail.text


def test_a_request_without_documents_says_nothing_of_them():
    dossier = a_dossier()
    ask_with(dossier)
    assert "pièce" not in OutboxMessage.objects.get(kind="opinion_asked").text
    assert set(dossier.events.get(kind="opinion_asked").data) == {"request"}


def test_the_choice_changes_while_the_answer_is_awaited(client):
    dossier = a_dossier()
    first, second = a_document(dossier, "Statuts"), a_document(dossier, "Bilan moral")
    asked = ask_with(dossier, first)
    gone = piece_of(asked)
    browser = opened(asked)
    assert browser.get(gone).status_code == 200
    client.force_login(dossier.officer)
    tab = f"/instruction/{dossier.reference}/avis/"
    row = asked.shared_documents.get()
    prefix = f"pieces-{asked.pk}"
    data = {f"{prefix}-pieces": [second.stored.pk], f"{prefix}-seen": f"{row.pk}-{row.file_id}"}
    page = text_of(client.post(f"{tab}{asked.pk}/pieces/", data, follow=True))
    assert "peut lire sont choisies" in page
    refused_alike(browser.get(gone), 404, "n’est pas, ou plus, partagée")
    assert bytes_of(browser.get(piece_of(asked))) == SECRET
    event = dossier.events.get(kind="opinion_documents")
    assert (event.actor, event.data["shared"], event.data["unshared"]) == (
        dossier.officer,
        [second.pk],
        [first.pk],
    )
    history = text_of(client.get(f"/instruction/{dossier.reference}/historique/"))
    assert "1 pièce partagée : Bilan moral ; plus partagée : Statuts" in history
    mail = OutboxMessage.objects.get(kind="opinion_documents")
    assert "1 nouvelle pièce" in mail.text
    assert "Bilan" not in mail.text
    # The page of before: a colleague changed it since.
    late = client.post(f"{tab}{asked.pk}/pieces/", data)
    assert late.status_code == 409
    assert "Un collègue vient de changer les pièces partagées" in text_of(late)


def test_taking_away_mails_nobody_and_the_same_choice_writes_nothing():
    dossier = a_dossier()
    document = a_document(dossier)
    asked = ask_with(dossier, document)
    share(asked, document)
    assert not dossier.events.filter(kind="opinion_documents").exists()
    share(asked)
    assert dossier.events.get(kind="opinion_documents").data["unshared"] == [document.pk]
    assert not OutboxMessage.objects.filter(kind="opinion_documents").exists()


def test_the_database_holds_a_document_once_a_request():
    dossier = a_dossier()
    asked = ask_with(dossier, document := a_document(dossier))
    with pytest.raises(IntegrityError, match="review_shareddocument_once"), transaction.atomic():
        SharedDocument.objects.create(
            request=asked,
            document=document,
            file=document.stored,
            shared_by=dossier.officer,
            shared_at=NOW,
        )


def test_only_the_desk_chooses_and_only_while_it_is_awaited():
    dossier = a_dossier()
    document = a_document(dossier)
    asked = ask_with(dossier)
    for role in (Role.COORDINATOR, Role.ADMINISTRATOR, Role.READER):
        with pytest.raises(Refusal) as refusal:
            share(asked, document, by=person_with_role(role))
        assert refusal.value.code == "not_allowed"
    Application.objects.filter(pk=dossier.pk).update(review_state=ReviewState.EVALUATED)
    with pytest.raises(Refusal) as refusal:
        share(asked, document)
    assert refusal.value.code == "wrong_state"
    Application.objects.filter(pk=dossier.pk).update(review_state=ReviewState.UNDER_REVIEW)
    revoke_opinion(request_id=asked.pk, reason="Erreur", by=dossier.officer, at=NOW)
    with pytest.raises(Refusal) as refusal:
        share(asked, document)
    assert refusal.value.code == "not_awaited"


# --- The expert -----------------------------------------------------------------------------------
def test_the_expert_reads_what_is_shared_as_an_attachment_and_nothing_else():
    dossier = a_dossier()
    shown = a_document(dossier, "Bilan moral", name="bilan.pdf")
    hidden = a_document(dossier, "Autre-pièce-tue")
    asked = ask_with(dossier, shown)
    browser = opened(asked)
    page = text_of(browser.get(page_of(asked)))
    assert "Bilan moral" in page
    assert piece_of(asked) in page
    assert "Autre-pièce-tue" not in page
    answer = browser.get(piece_of(asked))
    assert bytes_of(answer) == SECRET
    assert answer["Content-Disposition"] == 'attachment; filename="bilan.pdf"'
    assert answer["Cache-Control"] == "no-store, private"
    assert answer["Referrer-Policy"] == "strict-origin"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["X-Robots-Tag"] == "noindex, nofollow"
    for stored in (shown.stored, hidden.stored):  # the address for accounts stays closed
        assert browser.get(f"/fichiers/{stored.uuid}/").status_code == 302


def test_a_document_of_another_dossier_or_request_is_not_found():
    mine, theirs = a_dossier(), a_dossier()
    asked = ask_with(mine, a_document(mine))
    browser = opened(asked)
    secret = ask_with(theirs, a_document(theirs))
    sibling = ask_with(mine, a_document(mine, "Autre"), expert=ExpertInput("A", "a@b.example"))
    for other in (secret, sibling):
        pk = other.shared_documents.get().pk
        refused_alike(browser.get(f"{page_of(asked)}pieces/{pk}/"), 404, "n’est pas, ou plus")
    refused_alike(browser.get(piece_of(secret)), 404, "Votre accès à cette page est fermé")
    refused_alike(Client().get(piece_of(asked)), 404, "Votre accès à cette page est fermé")
    for pk in (0, 10**17):
        refused_alike(browser.get(f"{page_of(asked)}pieces/{pk}/"), 404)


def _revoked(asked, browser=None):
    revoke_opinion(request_id=asked.pk, reason="Erreur", by=asked.asked_by, at=NOW)


def _given(asked, browser):
    data = {"position": "favourable", "text": "Oui.", "version": 0, "give": "1"}
    assert browser.post(page_of(asked), data).status_code == 302


def _voted(asked, browser):
    Application.objects.update(review_state=ReviewState.AWARDED)


def _expired(asked, browser):
    OpinionRequest.objects.update(token_expires_at=NOW - timedelta(days=1))


def _session_over(asked, browser):
    session = browser.session
    session["opinions_opened"] = {str(asked.pk): (NOW - timedelta(hours=9)).isoformat()}
    session.save()


@pytest.mark.parametrize("end", [_revoked, _given, _voted, _expired, _session_over])
def test_the_document_closes_with_the_page(end):
    dossier = a_dossier()
    asked = ask_with(dossier, a_document(dossier))
    browser = opened(asked)
    assert browser.get(piece_of(asked)).status_code == 200
    end(asked, browser)
    assert browser.get(page_of(asked)).status_code == 410
    refused_alike(browser.get(piece_of(asked)), 410)


def test_signing_out_of_the_session_closes_the_document():
    dossier = a_dossier()
    asked = ask_with(dossier, a_document(dossier))
    browser = opened(asked)
    browser.session.flush()
    refused_alike(browser.get(piece_of(asked)), 404, "Votre accès à cette page est fermé")


@pytest.mark.parametrize(
    ("scan_state", "words"),
    [
        (ScanState.PENDING, "attend le contrôle de l’antivirus"),
        (ScanState.INFECTED, "L’antivirus n’a pas validé"),
        (ScanState.NOT_SCANNED, "L’antivirus n’a pas validé"),
    ],
)
def test_a_file_in_quarantine_since_is_not_handed_out(scan_state, words, settings):
    settings.DOWNLOAD_UNSCANNED = False
    dossier = a_dossier()
    document = a_document(dossier)
    asked = ask_with(dossier, document)
    browser = opened(asked)
    document.stored.scan_state = scan_state
    document.stored.save()
    refused_alike(browser.get(piece_of(asked)), 410, words)
    page = text_of(browser.get(page_of(asked)))
    assert words in page
    assert piece_of(asked) not in page


def test_a_masked_file_is_said_and_gone():
    dossier = a_dossier()
    document = a_document(dossier)
    asked = ask_with(dossier, document)
    browser = opened(asked)
    redact_file(
        application_id=dossier.pk,
        stored_id=document.stored.pk,
        reason="minor",
        by=dossier.officer,
        at=NOW,
    )
    assert asked.shared_documents.get().file is None
    refused_alike(browser.get(piece_of(asked)), 410, "Le service a masqué cette pièce")
    assert "Le service a masqué cette pièce" in text_of(browser.get(page_of(asked)))


def test_a_document_refused_since_or_known_as_an_account_closes():
    dossier = a_dossier()
    document = a_document(dossier)
    asked = ask_with(dossier, document)
    browser = opened(asked)
    a_file(BankDetailsFactory(organisation=dossier.organisation))
    refused_alike(browser.get(piece_of(asked)), 410, "n’est pas de celles que le service partage")
    dossier.organisation.bank_details.get().files.all().delete()
    ApplicationDocument.objects.update(state=FileState.REFUSED)
    refused_alike(browser.get(piece_of(asked)), 410, "Le service a refusé cette pièce")


def test_a_newer_version_is_said_to_both_and_read_once_shared(client):
    dossier = a_dossier()
    document = a_document(dossier)
    asked = ask_with(dossier, document)
    browser = opened(asked)
    document.stored = a_file(document, content=SECRET + b"\n% v2")
    refused_alike(browser.get(piece_of(asked)), 410, "par une version plus récente")
    page = text_of(browser.get(page_of(asked)))
    assert "Le demandeur a remplacé cette pièce par une version plus récente" in page
    assert "Le service ne l’a pas encore partagée avec vous." in page
    client.force_login(dossier.officer)
    tab = text_of(client.get(f"/instruction/{dossier.reference}/avis/"))
    assert "remplacée le" in tab
    assert "ne lit plus l’ancienne version, et pas encore la nouvelle" in tab
    assert "version plus récente que celle partagée le" in tab
    share(asked, document)
    assert bytes_of(browser.get(piece_of(asked))).endswith(b"% v2")
    assert "Nouvelle version, partagée le" in text_of(browser.get(page_of(asked)))
    assert "à la place de la version du" in text_of(
        client.get(f"/instruction/{dossier.reference}/avis/")
    )


def test_bytes_that_are_gone_are_said():
    dossier = a_dossier()
    document = a_document(dossier)
    asked = ask_with(dossier, document)
    browser = opened(asked)
    document.stored.file.storage.delete(document.stored.file.name)
    refused_alike(browser.get(piece_of(asked)), 410, "Le fichier de cette pièce est introuvable")


# --- The coordinator ------------------------------------------------------------------------------
def test_a_coordinator_of_elsewhere_reads_what_is_shared_and_nothing_else(client):
    near, far = TerritoryFactory(), TerritoryFactory()
    dossier = a_dossier(whole_department=False)
    dossier.places.create(commune=CommuneFactory(territory=near), territories=[near.number])
    shown, hidden = a_document(dossier), a_document(dossier, "Autre-pièce-tue")
    asked = ask_coordinator(dossier, person_with_role(Role.COORDINATOR, territory=far))
    share(asked, shown)
    client.force_login(asked.person)
    page = text_of(client.get(f"/instruction/{dossier.reference}/mon-avis/"))
    address = f"/instruction/{dossier.reference}/mon-avis/pieces/{asked.shared_documents.get().pk}/"
    assert address in page
    assert "Autre-pièce-tue" not in page
    assert bytes_of(client.get(address)) == SECRET
    for stored in (shown.stored, hidden.stored):
        assert client.get(f"/fichiers/{stored.uuid}/").status_code == 404
    client.force_login(person_with_role(Role.COORDINATOR, territory=far))  # a colleague of theirs
    assert client.get(address).status_code == 404
    client.force_login(asked.person)
    _revoked(asked)
    assert client.get(address).status_code == 410


def test_a_coordinator_of_the_territory_still_opens_the_whole_dossier(client):
    dossier = a_dossier(whole_department=True)
    asked = ask_coordinator(dossier)
    document = a_document(dossier)
    client.force_login(asked.person)
    assert "Dossier complet" in text_of(client.get(f"/instruction/{dossier.reference}/mon-avis/"))
    assert client.get(f"/fichiers/{document.stored.uuid}/").status_code == 200
    give(asked)


# --- Many dossiers --------------------------------------------------------------------------------
def batch_of_two(sheet_kinds=("statuts", "rapport", "rib")):
    sheet = a_sheet_asking(*sheet_kinds)
    dossiers = filed(2, sheet=sheet)
    required = {one.kind: one for one in sheet.documents.all()}
    given = {}
    for number, dossier in enumerate(dossiers):
        for kind in sheet_kinds[: 3 - number]:  # the second lacks the last
            document = ApplicationDocument.objects.create(
                application=dossier,
                required=required[kind],
                label=required[kind].label,
                added_at=NOW,
            )
            document.stored = a_file(document, content=SECRET + f"\n%{kind}".encode())
            given[dossier, kind] = document
    return dossiers, given


@pytest.fixture
def head(client):
    person = person_with_role(Role.UNIT_HEAD)
    client.force_login(person)
    return person


def to_expert(**more) -> dict:
    return {
        "source": "expert",
        "expert_name": "Ada",
        "expert_email": "ada@exemple.example",
        "due_on": in_days(10).isoformat(),
        **more,
    }


def test_a_batch_shares_by_kind_where_it_is(client, head):
    dossiers, given = batch_of_two(("statuts", "rapport", "bilan"))
    page = text_of(check(client, "avis", dossiers, **to_expert(pieces=["bilan"])))
    assert "Un lien part à Ada, avec 1 pièce : BILAN" in page
    assert "Un lien part à Ada, sans pièce : aucune de celles choisies n’y est" in page
    assert "Pièces partagées, là où elles sont" in page
    job = done(launched(client, "avis", dossiers, **to_expert(pieces=["statuts", "bilan"])))
    assert {words for _ok, words in texts(job)} == {
        "Lien envoyé à Ada, avec 2 pièces.",
        "Lien envoyé à Ada, avec 1 pièce.",
    }
    shared = SharedDocument.objects.values_list("request__application", "document")
    assert set(shared) == {
        (dossiers[0].pk, given[dossiers[0], "statuts"].pk),
        (dossiers[0].pk, given[dossiers[0], "bilan"].pk),
        (dossiers[1].pk, given[dossiers[1], "statuts"].pk),
    }


def test_a_batch_never_offers_accounts_and_shares_nothing_by_itself(client, head):
    dossiers, _given = batch_of_two()
    page = text_of(check(client, "avis", dossiers, **to_expert(expert_name="")))
    assert 'value="statuts"' in page
    assert 'value="rib"' not in page
    refused = check(client, "avis", dossiers, **to_expert(pieces=["rib"]))
    assert refused.status_code == 422
    done(launched(client, "avis", dossiers, **to_expert()))
    assert OpinionRequest.objects.count() == 2
    assert not SharedDocument.objects.exists()


def test_a_batch_asks_no_opinion_with_a_file_replaced_since_its_page(client, head):
    dossiers, given = batch_of_two()
    job = launched(client, "avis", dossiers, **to_expert(pieces=["statuts"]))
    a_file(given[dossiers[0], "statuts"], content=SECRET + b"\n% v2")
    lines = texts(done(job))
    assert sorted(ok for ok, _words in lines) == [False, True]
    assert any("ne peut plus être partagée" in words for _ok, words in lines)
    assert OpinionRequest.objects.get().application == dossiers[1]


def test_a_batch_to_coordinators_shares_nothing(client, head):
    person_with_role(Role.COORDINATOR)
    dossiers, _given = batch_of_two()
    values = {"source": "coordinator", "due_on": in_days(10).isoformat()}
    refused = check(client, "avis", dossiers, **values, pieces=["statuts"])
    assert refused.status_code == 422
    assert "ne se partagent qu’avec un expert" in refused.text
    done(launched(client, "avis", dossiers, **values))
    assert OpinionRequest.objects.count() == 2
    assert not SharedDocument.objects.exists()


# --- Cost -----------------------------------------------------------------------------------------
def queries_of(call) -> int:
    with CaptureQueriesContext(connection) as queries:
        call()
    return len(queries)


def test_offers_cost_the_same_with_one_and_fifty():
    dossiers = filed(50)
    for dossier in dossiers:
        a_document(dossier)
    assert queries_of(lambda: offers(dossiers[:1])) == queries_of(lambda: offers(dossiers)) <= 4
    assert sum(len(one.pieces) for one in offers(dossiers).values()) == 50


def test_the_pages_cost_the_same_with_one_and_twenty_documents(client):
    few, many = a_dossier(), a_dossier()
    for dossier, count in ((few, 1), (many, 20)):
        documents = [a_document(dossier, f"Pièce {number}") for number in range(count)]
        dossier.asked = ask_with(dossier, *documents)
        dossier.browser = opened(dossier.asked)
        dossier.browser.get(page_of(dossier.asked))
    page = many.browser.get(page_of(many.asked))
    assert text_of(page).count("/pieces/") == 20
    costs = [queries_of(lambda d=d: d.browser.get(page_of(d.asked))) for d in (few, many)]
    assert costs[0] == costs[1] <= 24
    client.force_login(few.officer)
    tabs = []
    for dossier in (few, many):
        client.force_login(dossier.officer)
        address = f"/instruction/{dossier.reference}/avis/"
        client.get(address)
        tabs.append(queries_of(lambda address=address: client.get(address)))
    assert tabs[0] == tabs[1]
