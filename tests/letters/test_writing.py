"""What a letter says, and what stops it from being written."""

import io
from datetime import date
from decimal import Decimal

import pytest
from pypdf import PdfReader

from config.errors import Refusal
from foundation.documents.pdf.engine import check_pdf
from foundation.parameters.models import Parameter
from grants.applications.models import ApplicationDocument
from grants.letters import variables
from grants.letters.models import Letter, LetterKind, LetterTemplate
from grants.letters.reference import load_templates
from grants.letters.rendering import letter_body, render_letter
from grants.letters.services import create_letter
from grants.letters.variables import Variable, VariableType
from partners.enums import OrganisationKind
from tests.letters.conftest import AT, AWARD, CONTEXTS, a_filed_dossier, a_letter


def words(letter: Letter) -> str:
    """Return the text of the PDF on one line, with plain spaces."""
    reader = PdfReader(io.BytesIO(render_letter(letter)))
    text = " ".join(page.extract_text() for page in reader.pages)
    return " ".join(text.replace("\u00a0", " ").split())


# --- Legal contents -------------------------------------------------------------------------------
def test_an_award_holds_what_the_law_asks(dossier):
    text = words(a_letter(dossier, LetterKind.AWARD, made=False))
    for part in (
        "2027-0042-AT1",
        "1 200,50 € (mille deux cents euros et cinquante centimes)",
        "exercice 2027",
        "délibération n° 27.042 du 15 février 2027",
        "rapport n° 27.118",
        "Ateliers théâtre au collège",
        "Du 15 janvier 2027 au 31 décembre 2027",
        "dans un délai de 60 jours à compter de la notification",
        "dans les 6 mois qui suivent la fin de l’exercice",
        "Cerfa n° 15059",
        "contrat d’engagement républicain",
        "reversées",
        "données essentielles",
        "délégué à la protection des données",
        "recours gracieux",
        "tribunal administratif de Cergy-Pontoise",
        "Le président du conseil départemental des Hauts-de-Seine,",
        "Code de contrôle",
        "Page 1/2",
    ):
        assert part in text, part


def test_a_file_bears_its_name_its_language_and_its_date(dossier):
    letter = a_letter(dossier, made=False)
    reader = PdfReader(io.BytesIO(render_letter(letter)))
    title = "2027-0042-AT1 – Attribution d’une subvention – Ateliers théâtre au collège"
    assert reader.metadata.title == title
    assert reader.metadata.creation_date == AT
    assert reader.trailer["/Root"]["/Lang"] == "fr"
    links = [a.get_object()["/A"]["/URI"] for a in reader.pages[0]["/Annots"]]
    assert any(letter.check_code in link for link in links)


def test_a_letter_rendered_again_is_the_same_to_the_byte(dossier):
    letter = a_letter(dossier, made=False)
    assert render_letter(letter) == render_letter(letter)


def test_a_public_body_subscribes_to_no_republican_contract(reference_data):
    dossier = a_filed_dossier(organisation__kind=OrganisationKind.COMMUNE)
    text = words(a_letter(dossier, LetterKind.AWARD, made=False))
    assert "contrat d’engagement républicain" not in text
    assert "visé par le comptable public" in text


@pytest.mark.parametrize(
    ("kind", "amount", "agreement"),
    [
        (OrganisationKind.ASSOCIATION, "23000", False),
        (OrganisationKind.ASSOCIATION, "23000.01", True),
        (OrganisationKind.COMMUNE, "50000", False),
    ],
)
def test_above_the_threshold_a_private_body_signs_an_agreement(
    reference_data, kind, amount, agreement
):
    dossier = a_filed_dossier(organisation__kind=kind)
    letter = a_letter(dossier, made=False, **{"decision.montant": Decimal(amount)})
    assert ("une convention est obligatoire" in words(letter)) is agreement


def test_a_refusal_gives_its_reason_and_the_ways_to_contest(dossier):
    letter = a_letter(
        dossier, LetterKind.REJECTION, made=False, **{"decision.precision": "Rang 42 sur 40."}
    )
    text = words(letter)
    for part in (
        "ne pas y donner une suite favorable",
        "Motif Demande classée après celles retenues",
        "Rang 42 sur 40.",
        "Montant demandé 3 000 €",
        "Voies et délais de recours.",
        "www.telerecours.fr",
    ):
        assert part in text, part


def test_a_deferral_is_neither_an_award_nor_a_refusal(dossier):
    text = words(a_letter(dossier, LetterKind.DEFERRAL, made=False))
    assert "ajourner l’examen de votre demande" in text
    assert "ni une attribution ni un refus" in text
    assert "réunie le 15 février 2027" in text


def test_an_electronic_receipt_says_number_hour_service_silence_and_recourse(dossier):
    text = words(a_letter(dossier, LetterKind.RECEIPT, made=False))
    for part in (
        "Numéro de la demande 2027-0042",
        "1er mars 2027 à 10 h 30",
        "articles L. 112-11 et R. 112-11-1",
        "92000 Nanterre",
        "prevention-citoyennete@",
        "01 99 00 92 00",
        "réputée rejetée, sans décision expresse, le 1er mai 2027",
        "Voies et délais de recours.",
        "2-4, boulevard de l’Hautil, 95000 Cergy",
        "Données personnelles.",
    ):
        assert part in text, part
    assert "Pièces à fournir" not in text
    assert "Attestation" not in text
    assert "L. 112-3" not in text


def test_a_paper_receipt_follows_the_paper_regime_from_the_real_day(reference_data):
    dossier = a_filed_dossier(channel="paper", received_on=date(2026, 12, 31))
    text = words(a_letter(dossier, LetterKind.RECEIPT, made=False))
    assert "articles L. 112-3 et R. 112-5" in text
    assert "Date de réception 31 décembre 2026" in text
    assert "10 h 30" not in text
    assert "le 28 février 2027" in text  # two months after 31 December


def test_a_receipt_lists_missing_documents_and_the_awaited_attestation(reference_data, monkeypatch):
    dossier = a_filed_dossier(
        documents_due_on=date(2027, 3, 31), attested_at=None, attestation_due_on=date(2027, 3, 16)
    )
    monkeypatch.setattr(
        "grants.letters.values.missing_document_labels", lambda application: ["Statuts", "RIB"]
    )
    text = words(a_letter(dossier, LetterKind.RECEIPT, made=False))
    assert "Pièces à fournir au plus tard le 31 mars 2027" in text
    assert "Statuts" in text
    assert "RIB" in text
    assert "L. 114-5" in text
    assert "attestée, au plus tard le 16 mars 2027" in text


# --- Freezing -------------------------------------------------------------------------------------
def test_a_letter_is_frozen_whatever_changes_after(dossier):
    letter = a_letter(dossier, made=False)
    before = render_letter(letter)
    dossier.title = "Autre titre"
    dossier.organisation.legal_name = "Autre nom"
    dossier.organisation.save()
    dossier.save()
    LetterTemplate.objects.update(body="Autre texte", subject="Autre objet")
    Parameter.objects.update(value="7")
    assert render_letter(Letter.objects.get(pk=letter.pk)) == before


def test_a_new_version_supersedes_the_former_one(dossier):
    first = a_letter(dossier)
    second = a_letter(dossier, made=False)
    first.refresh_from_db()
    assert (first.reference, second.reference) == ("2027-0042-AT1", "2027-0042-AT2")
    assert first.superseded_at == AT
    assert second.superseded_at is None
    assert first.check_code != second.check_code
    assert first.pdf is not None


def test_other_kinds_are_left_alone(dossier):
    receipt = a_letter(dossier, LetterKind.RECEIPT, made=False)
    a_letter(dossier, LetterKind.AWARD, made=False)
    receipt.refresh_from_db()
    assert receipt.superseded_at is None


def test_the_sheet_own_wording_comes_before_the_common_one(dossier):
    LetterTemplate.objects.create(
        kind="award",
        sheet=dossier.sheet,
        subject="Objet de la fiche",
        body="Texte de la fiche",
        valid_from=date(2027, 1, 1),
    )
    LetterTemplate.objects.create(
        kind="award", subject="Plus tard", body="x", valid_from=date(2028, 1, 1)
    )
    assert a_letter(dossier, made=False).subject == "Objet de la fiche"


def test_loading_the_templates_again_respects_the_office_words(reference_data):
    LetterTemplate.objects.filter(kind="award").update(body="Nos mots")
    assert load_templates() == 4
    assert LetterTemplate.objects.get(kind="award").body == "Nos mots"


# --- Refusals -------------------------------------------------------------------------------------
def refused(dossier, kind="award", **context) -> Refusal:
    with pytest.raises(Refusal) as caught:
        create_letter(
            application=dossier, kind=kind, context={**CONTEXTS[kind], **context}, at=AT, by=None
        )
    assert not Letter.objects.exists()
    return caught.value


@pytest.mark.parametrize(
    ("name", "label"),
    [("decision.deliberation", "numéro de la délibération"), ("decision.montant", "montant")],
)
def test_an_unresolved_variable_blocks_and_is_named(dossier, name, label):
    refusal = refused(dossier, **{name: None})
    assert refusal.code == "unresolved_variable"
    assert label in refusal.sentence


@pytest.mark.parametrize("blank", ["", "  ", "\n"])
def test_a_blank_text_is_unresolved(dossier, blank):
    assert refused(dossier, **{"decision.deliberation": blank}).code == "unresolved_variable"


def test_an_unknown_value_is_refused(dossier):
    assert refused(dossier, **{"decision.inconnue": 1}).code == "unknown_variable"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("[[decision.inconnue]]", "unknown_variable"),
        ("[[decision.montant|romain]]", "unknown_variable"),
        ("[[si decision.montant]]", "bad_template"),
        ("[[ pas du tout ]]", "bad_template"),
    ],
)
def test_a_faulty_template_is_refused(dossier, body, code):
    LetterTemplate.objects.filter(kind="award").update(body=body)
    assert refused(dossier).code == code


def test_without_a_template_in_force_nothing_is_written(dossier):
    LetterTemplate.objects.filter(kind="award").update(valid_from=date(2030, 1, 1))
    assert refused(dossier).code == "no_template"


# --- The catalogue --------------------------------------------------------------------------------
def test_lower_apps_add_variables_and_their_values(dossier, monkeypatch):
    monkeypatch.setattr(variables, "_catalogue", dict(variables._catalogue))
    monkeypatch.setattr(variables, "_providers", list(variables._providers))
    variables.register_variables(
        [Variable("essai.jour", "jour d’essai", VariableType.DATE)],
        lambda application, kind, at: {"essai.jour": date(2027, 8, 1)},
    )
    LetterTemplate.objects.filter(kind="award").update(body="Le [[essai.jour]].")
    assert "Le 1er août 2027." in letter_body(a_letter(dossier, made=False))


@pytest.mark.parametrize("kind", LetterKind.values)
def test_every_shipped_template_uses_known_variables(dossier, kind):
    a_letter(dossier, kind, made=False)


# --- Hostile data ---------------------------------------------------------------------------------
HOSTILE = {
    "long": "Fédération " + "interdépartementale des associations " * 4,
    "one_word": "W" * 190,
    "emoji": "Été 😀👨‍👩‍👧 à l’œuvre",
    "other_scripts": "جمعية الأمل 你好 שלום Łódź",
    "script": "<script>alert(1)</script><img src=http://127.0.0.1/x>",
    "template": "{{7*7}} {% load x %} [[decision.montant]] [[si a.b]]",
    "controls": "a\u202eb\u200b\u2066c\ufeff",
    "quotes": "\"'><svg onload=alert(1)>",
}


@pytest.mark.parametrize("kind", LetterKind.values)
@pytest.mark.parametrize("typed", HOSTILE.values(), ids=HOSTILE.keys())
def test_every_template_is_valid_whatever_people_typed(reference_data, kind, typed):
    dossier = a_filed_dossier(
        title=typed[:200],
        organisation__legal_name=typed[:200],
        organisation__address=typed[:200],
        sheet__title=typed[:200],
    )
    forty_lines = "\n".join([typed] * 40)
    extra = {}
    if kind == "award":
        extra = {"decision.conditions": forty_lines, "decision.base": Decimal("9999999999.99")}
    elif kind in {"rejection", "deferral"}:
        extra = {"decision.precision": forty_lines, "decision.motif": typed}
    letter = a_letter(dossier, kind, made=False, **extra)
    content = render_letter(letter)  # validated: PDF/UA-1 and PDF/A-2a
    check_pdf(content)
    text = words(letter)
    if "{{" in typed:
        assert "{{7*7}} {% load x %} [[decision.montant]] [[si a.b]]" in text
    if "script" in typed:
        assert "<script>alert(1)</script>" in text.replace("\n", " ")


def test_a_document_row_is_no_letter(dossier):
    """Files of the dossier itself are no part of its letters."""
    ApplicationDocument.objects.create(application=dossier, label="Statuts", added_at=AT)
    letter = a_letter(dossier, **AWARD)
    assert [file.kind for file in letter.files.all()] == ["generated"]
