"""The dossier and the blank form as PDF: words, tags, hostile texts, who gets them, the cost."""

import re
from decimal import Decimal
from io import BytesIO

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader

from foundation.documents.pdf.engine import check_pdf
from foundation.parameters.models import Parameter
from grants.applications import printing
from grants.applications.enums import Section
from grants.applications.models import AnnualBudgetLine, Application, Deposit, StaffLine
from grants.applications.selectors import with_dossier
from grants.applications.services.filing import submit_application
from grants.calls.models import RequiredDocument
from partners.models import Organisation
from tests.applications.dossiers import a_complete_draft, a_draft, a_sheet, fresh, load_letters
from tests.factories import person_with_role


pytestmark = pytest.mark.django_db
HOSTILE = (
    "<script>alert(1)</script> & <b>gras</b> "
    + "x" * 3000
    + " 😀👩🏽‍🏫 العربية \u202eabc\u202c 漢字 \u0007 ﷽ a\u0301\u0302\u0303 {{ settings }} {% now %}"
)


@pytest.fixture(autouse=True)
def _letters():
    load_letters()


def a_sheet_with_documents():
    sheet = a_sheet(target_public="Collégiens")
    RequiredDocument.objects.create(sheet=sheet, kind="rib", label="RIB de l’organisme")
    RequiredDocument.objects.create(
        sheet=sheet, kind="statuts", label="Statuts", applicant_kind="association", mandatory=False
    )
    return sheet


@pytest.fixture
def draft():
    draft = a_complete_draft(sheet=a_sheet_with_documents())
    StaffLine.objects.update_or_create(
        application=draft,
        category="volunteers",
        defaults={"people": 4, "fte": Decimal("0.50")},
    )
    for account in ("64", "74"):
        AnnualBudgetLine.objects.update_or_create(
            application=draft, account=account, defaults={"amount": Decimal(42000)}
        )
    return draft


@pytest.fixture
def dossier(draft):
    submit_application(application_id=draft.pk, by=draft.created_by, at=timezone.now())
    return fresh(draft)


def words_of(content: bytes) -> str:
    """Return the words of a PDF, on one line."""
    reader = PdfReader(BytesIO(content))
    text = " ".join(page.extract_text() for page in reader.pages)
    return re.sub(r"\s+", " ", text)


def tags_of(content: bytes) -> set[str]:
    """Return the kinds of structure elements of a tagged PDF."""
    found = set()

    def walk(node) -> None:
        node = node.get_object() if hasattr(node, "get_object") else node
        if isinstance(node, list):
            for one in node:
                walk(one)
        elif hasattr(node, "get"):
            if "/S" in node:
                found.add(node["/S"])
            if "/K" in node:
                walk(node["/K"])

    walk(PdfReader(BytesIO(content)).trailer["/Root"]["/StructTreeRoot"])
    return found


def test_the_dossier_prints_whole_tagged_and_dated(client, dossier):
    client.force_login(dossier.created_by)
    response = client.get(reverse("applications:dossier_pdf", args=[dossier.reference]))
    assert response.status_code == 200
    assert response["Content-Type"] == "application/pdf"
    assert f"dossier-{dossier.reference}.pdf" in response["Content-Disposition"]
    assert response["Cache-Control"] == "no-store, private"
    content = response.content
    check_pdf(content)
    words = words_of(content)
    deposit = Deposit.objects.get(application=dossier)
    for expected in (
        f"Dossier {dossier.reference}",
        dossier.title,
        dossier.organisation.legal_name,
        "Raccrocher les élèves.",
        "Oui, signée.",
        "Budget prévisionnel de l’action",
        "641 – Rémunération des personnels",
        "la présente demande",
        "42 000 €",
        "Bénévoles",
        "RIB de l’organisme",
        "Contrat d’engagement républicain",
        "Page 1/",
    ):
        assert expected in words, expected
    assert deposit.sha256 in words.replace(" ", "")
    assert "Brouillon" not in words
    assert {"/H1", "/H2", "/Table", "/TH", "/TD", "/P"} <= tags_of(content)


def elements_of(content: bytes) -> list:
    """Return the structure elements of a tagged PDF, in reading order."""
    found = []

    def walk(node) -> None:
        node = node.get_object() if hasattr(node, "get_object") else node
        if isinstance(node, list):
            for one in node:
                walk(one)
        elif hasattr(node, "get"):
            if "/S" in node:
                found.append(node)
            if "/K" in node:
                walk(node["/K"])

    walk(PdfReader(BytesIO(content)).trailer["/Root"]["/StructTreeRoot"])
    return found


def test_each_table_has_a_caption_and_each_header_says_what_it_heads(dossier):
    elements = elements_of(printing.dossier_pdf(with_dossier_of(dossier), at=timezone.now()))
    kinds = [one["/S"] for one in elements]
    assert kinds.count("/Caption") == kinds.count("/Table") > 8
    scopes = {one["/A"].get("/Scope") for one in elements if one["/S"] == "/TH"}
    assert scopes == {"/Column", "/Row"}


def with_dossier_of(dossier) -> Application:
    return with_dossier(Application.objects).get(pk=dossier.pk)


def test_the_dossier_names_the_body_as_it_was_at_the_deposit(client, dossier):
    former = dossier.organisation.legal_name
    Organisation.objects.update(
        legal_name="Un nom plus récent", short_name="NPR", purpose="Un objet plus récent"
    )
    client.force_login(dossier.created_by)
    url = reverse("applications:dossier_pdf", args=[dossier.reference])
    words = words_of(client.get(url).content)
    assert former in words
    for later in ("Un nom plus récent", "NPR", "Un objet plus récent"):
        assert later not in words, later


def test_the_printed_request_names_the_department_of_the_parameters(client, dossier):
    Parameter.objects.filter(key="department.name").update(value="Département d’essai")
    client.force_login(dossier.created_by)
    url = reverse("applications:dossier_pdf", args=[dossier.reference])
    assert "Département d’essai : la présente demande" in words_of(client.get(url).content)


def test_the_same_rows_give_the_same_bytes(client, dossier):
    client.force_login(dossier.created_by)
    url = reverse("applications:dossier_pdf", args=[dossier.reference])
    assert client.get(url).content == client.get(url).content


def test_a_draft_says_on_each_page_that_it_is_not_filed(client, draft):
    Application.objects.filter(pk=draft.pk).update(description="Une phrase.\n\n" * 200)
    client.force_login(draft.created_by)
    content = client.get(reverse("applications:draft_pdf", args=[draft.uuid])).content
    check_pdf(content)
    pages = PdfReader(BytesIO(content)).pages
    assert len(pages) > 3
    for page in pages:
        assert "Brouillon : pas encore déposé" in page.extract_text().replace("\xa0", " ")


def test_a_filed_draft_leads_to_its_dossier(client, dossier):
    client.force_login(dossier.created_by)
    response = client.get(reverse("applications:draft_pdf", args=[dossier.uuid]))
    assert response["Location"] == reverse("applications:dossier_pdf", args=[dossier.reference])


def test_an_empty_draft_prints(client):
    draft = a_draft()
    client.force_login(draft.created_by)
    response = client.get(reverse("applications:draft_pdf", args=[draft.uuid]))
    assert "sans réponse" in words_of(response.content)


def test_hostile_words_are_printed_and_break_nothing(client, draft):
    draft.title = "<i>Titre</i> 😀 " + "W" * 150
    for field in ("objectives", "description", "means", "partners_text", "complement"):
        setattr(draft, field, HOSTILE)
    draft.save()
    draft.condition_answers.update(answer=HOSTILE, condition=HOSTILE[:500])
    draft.budget_lines.filter(account="departement").update(funder="😀" * 20)
    draft.organisation.legal_name = "L’Élan 😀 <script> " + "Q" * 120
    draft.organisation.save()
    client.force_login(draft.created_by)
    response = client.get(reverse("applications:draft_pdf", args=[draft.uuid]))
    assert response.status_code == 200
    check_pdf(response.content)
    words = words_of(response.content)
    assert "<script>alert(1)</script>" in words
    assert "[caractères non imprimables]" in words
    assert "{{ settings }}" in words


def test_the_office_prints_a_filed_dossier(client, dossier):
    client.force_login(person_with_role("case_officer"))
    response = client.get(reverse("review:dossier_pdf", args=[dossier.reference]))
    assert response["Content-Type"] == "application/pdf"
    assert dossier.reference in words_of(response.content)


def test_a_notified_amount_is_not_in_the_dossier(client, dossier):
    Application.objects.filter(pk=dossier.pk).update(
        proposed_amount=Decimal(2468), arbitrated_amount=Decimal(1357)
    )
    client.force_login(dossier.created_by)
    words = words_of(
        client.get(reverse("applications:dossier_pdf", args=[dossier.reference])).content
    )
    assert "2 468" not in words
    assert "1 357" not in words


def test_printing_reads_a_bounded_number_of_rows(client, dossier):
    client.force_login(dossier.created_by)
    with CaptureQueriesContext(connection) as queries:
        client.get(reverse("applications:dossier_pdf", args=[dossier.reference]))
    assert len(queries) <= 30, len(queries)


# --- The blank form -----------------------------------------------------------------------------
def test_anybody_prints_a_blank_form_that_says_what_it_is_not(client):
    sheet = a_sheet_with_documents()
    url = reverse("applications:blank_form", args=[sheet.campaign.fiscal_year, sheet.code])
    response = client.get(url)
    assert response.status_code == 200
    check_pdf(response.content)
    words = words_of(response.content)
    for expected in (
        "Pour préparer, pas pour déposer.",
        "Convention avec le collège",
        "Deux adultes au moins",
        "Taux d’accueil",
        "RIB de l’organisme",
        "Statuts (facultatif)",
        "641 – Rémunération des personnels",
        "11–15 ans",
    ):
        assert expected in words, expected


def test_the_blank_form_has_every_section_of_the_dossier():
    sheet = a_sheet_with_documents()
    words = words_of(printing.blank_form_pdf(sheet, at=timezone.now()))
    for number, section in enumerate(Section, start=1):
        assert f"{number}. {section.label}" in words


def test_a_blank_form_is_rendered_once(client, monkeypatch):
    cache.clear()
    sheet = a_sheet_with_documents()
    rendered = []
    render = printing.render_html_pdf

    def counted(html, *, identifier):
        rendered.append(identifier)
        return render(html, identifier=identifier)

    monkeypatch.setattr(printing, "render_html_pdf", counted)
    url = reverse("applications:blank_form", args=[sheet.campaign.fiscal_year, sheet.code])
    first, second = client.get(url).content, client.get(url).content
    assert first == second
    assert len(rendered) == 1


def test_no_blank_form_for_a_sheet_that_is_not_published(client):
    sheet = a_sheet(state="draft")
    url = reverse("applications:blank_form", args=[sheet.campaign.fiscal_year, sheet.code])
    assert client.get(url).status_code == 404


def test_the_blank_form_is_offered_where_one_prepares(client):
    sheet = a_sheet_with_documents()
    address = [sheet.campaign.fiscal_year, sheet.code]
    link = reverse("applications:blank_form", args=address)
    assert link in client.get(reverse("applications:prepare", args=address)).content.decode()
    assert link in client.get(sheet.get_absolute_url()).content.decode()
