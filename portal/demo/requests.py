"""Dossiers of the demonstration, from the first word to the filing."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from io import BytesIO
from random import Random

import pydyf
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils.text import slugify

from accounts.models import User
from config.dates import local_date
from grants.applications import sections as sections_of_dossier
from grants.applications.checks import commitment_kinds
from grants.applications.enums import (
    AidRegime,
    BudgetSide,
    FundingStatus,
    GrantKind,
    Period,
    Section,
)
from grants.applications.models import Application
from grants.applications.sections import IndicatorValue, LineValue, PlaceValue, StaffValue
from grants.applications.selectors import asked_documents
from grants.applications.services.documents import give_document
from grants.applications.services.drafts import save_section, section_version, start_draft
from grants.applications.services.filing import attest_application, submit_application
from grants.calls.models import CallSheet
from partners.models import Organisation
from portal.demo.words import ANSWERS, MEANS, PARTNERS, PROJECTS, SHEET_TOPICS, in_town
from territories.models import Commune


def make_draft(
    random: Random,
    *,
    sheet: CallSheet,
    body: Organisation,
    by: User,
    at: datetime,
    sections: int = 9,
    documents: bool = True,
) -> Application:
    """Begin a dossier and fill its first sections as a person would, one after the other.

    Args:
        random: Seeded.
        sheet: An open sheet.
        body: Whose dossier it is.
        by: Who types.
        at: When they begin; each section takes twenty minutes.
        sections: How many sections they fill, in order (9: all).
        documents: Whether they join files.
    """
    application = start_draft(sheet_id=sheet.pk, organisation_id=body.pk, by=by, at=at)
    communes = _places(random, sheet, body)
    fillers = (
        (Section.APPLICANT, lambda a: _applicant(random, a)),
        (Section.PROJECT, lambda a: _project(random, a, communes[0])),
        (Section.PLACES, lambda a: _place_values(communes)),
        (Section.PUBLIC, lambda a: _public(random)),
        (Section.MEANS, lambda a: _means(random)),
        (Section.EVALUATION, lambda a: _evaluation(random, a)),
        (Section.BUDGET, lambda a: _budget(random, communes[0])),
        (Section.COMMITMENTS, lambda a: {"kinds": sorted(map(str, commitment_kinds(a)))}),
    )
    for step, (section, fill) in enumerate(fillers[: min(sections, 8)], start=1):
        application = save_section(
            application_id=application.pk,
            section=section,
            values=fill(application),
            invalid={},
            expected=section_version(application, section),
            by=by,
            at=at + timedelta(minutes=20 * step),
        )
    if documents:
        _join_documents(random, application, by, at=at + timedelta(hours=2))
    return application


def file_draft(application: Application, *, by: User, at: datetime) -> Application:
    """File a dossier."""
    return submit_application(application_id=application.pk, by=by, at=at)


def attest(application: Application, *, by: User, at: datetime) -> Application:
    """Attest a dossier that a colleague filed."""
    return attest_application(application_id=application.pk, by=by, at=at)


def _places(random: Random, sheet: CallSheet, body: Organisation) -> list[Commune]:
    concerned = list(sheet.communes.order_by("pk"))
    if body.commune and (not concerned or body.commune in concerned):
        return [body.commune]
    if concerned:
        return random.sample(concerned, k=min(len(concerned), random.choice((1, 1, 2))))
    return [random.choice(list(Commune.objects.order_by("pk")))]


def _project(random: Random, application: Application, commune: Commune) -> dict:
    topic = SHEET_TOPICS.get(application.sheet.code, "citizenship")
    title, objectives, description = random.choice(PROJECTS[topic])
    window_from, window_to = application.sheet.action_from, application.sheet.action_to
    starts_on = window_from + timedelta(days=random.choice((14, 35, 60)))
    return {
        "kind": GrantKind.PROJECT,
        "period": Period.YEAR,
        "is_city_policy": random.random() < 0.4,
        "title": in_town(title, str(commune)),
        "objectives": objectives,
        "description": description,
        "starts_on": starts_on,
        "ends_on": min(window_to, starts_on + timedelta(days=random.choice((150, 240, 300)))),
        "steering_body": "CLSPD" if random.random() < 0.5 else "",
        "framework_id": application.framework_id,
        "answers": {
            answer.position: random.choice(ANSWERS)
            for answer in application.condition_answers.all()
        },
    }


def _applicant(random: Random, application: Application) -> dict:
    """Keep the contact of who begins, and add what the national form asks of the body."""
    private = application.organisation.is_private_body
    values = sections_of_dossier.read(application, Section.APPLICANT)
    if not private:
        later = random.random() < 0.5
        return values | {
            "contact_service": random.choice(("Service jeunesse", "Direction de la prévention")),
            "deliberation_to_come": later,
            "deliberation_number": "" if later else f"2026-{random.randint(11, 98)}",
            "deliberation_on": None if later else local_date(application.created_at),
        }
    return values | {
        "has_economic_activity": False,
        "public_aid_amount": Decimal(random.choice((18000, 42000, 76000, 120000))),
        "public_aid_regime": AidRegime.NONE,
        "annual_budget": _annual_budget(random),
    }


def _annual_budget(random: Random) -> dict[str, Decimal]:
    """Return a balanced year of a small association, by class of accounts."""
    wages = Decimal(random.choice((38000, 64000, 92000, 140000)))
    purchases, rent, fees = (wages * rate for rate in map(Decimal, ("0.15", "0.1", "0.08")))
    charges = {"60": purchases, "61": rent, "62": fees, "63": wages / 50, "64": wages}
    charges = {code: amount.quantize(Decimal(1)) for code, amount in charges.items()}
    total = sum(charges.values())
    sales, dues = (total / 8).quantize(Decimal(1)), (total / 20).quantize(Decimal(1))
    return charges | {"70": sales, "74": total - sales - dues, "75": dues}


def _means(random: Random) -> dict:
    employees = random.choice((1, 2, 3))
    full_time = Decimal(employees) / 2
    return {
        "means": MEANS,
        "partners_text": PARTNERS,
        "plans_recruitment": random.random() < 0.2,
        "recruitment_fte": None,
        "in_kind_request": random.choice(("", "", "Une salle au collège le mercredi.")),
        "staff": [
            StaffValue("volunteers", random.choice((3, 6, 10)), Decimal("0.3")),
            StaffValue("employees", employees, full_time),
            StaffValue("permanent", employees, full_time),
        ],
    }


def _evaluation(random: Random, application: Application) -> dict:
    return {
        "evaluation_method": "Feuilles de présence, questionnaire court à la fin de chaque cycle, "
        "réunion de bilan avec les collèges et la ville en juin.",
        "complement": "",
        "indicators": [
            IndicatorValue(indicator.label, str(random.choice((20, 40, 60, 80))))
            for indicator in application.indicators.all()
        ],
    }


def _place_values(communes: list[Commune]) -> dict:
    return {
        "whole_department": False,
        "places": [PlaceValue("commune", commune.pk) for commune in communes],
    }


def _public(random: Random) -> dict:
    counts = {
        "6_10": random.choice((0, 0, 12)),
        "11_15": random.choice((20, 36, 48, 64)),
        "16_17": random.choice((6, 12, 18)),
        "18_25": random.choice((0, 8, 15)),
        "parents": random.choice((0, 10, 25)),
    }
    counts = {band: count for band, count in counts.items() if count}
    total = sum(counts.values())
    girls = round(total * random.choice((0.4, 0.5, 0.55)))
    return {
        "girls_count": girls,
        "boys_count": total - girls,
        "qpv_rate": random.choice((Decimal("0.4"), Decimal("0.6"), Decimal("0.75"))),
        "public_description": "Repérage par les collèges, les éducateurs et les gardiens.",
        "inclusion_text": "Groupes mixtes, créneaux ouverts aux deux parents, salle accessible.",
        "counts": counts,
    }


def _budget(random: Random, commune: Commune) -> dict:
    requested = Decimal(random.choice((2500, 4000, 5000, 6000, 8000, 9500, 12000, 15000)))
    town = Decimal(random.choice((1000, 1500, 2000, 3000)))
    own = Decimal(random.choice((500, 800, 1200, 2000)))
    families = Decimal(random.choice((0, 0, 300)))
    total = requested + town + own + families
    supplies = (total / 10).quantize(Decimal(1))
    travel = Decimal(random.choice((150, 250, 400)))
    wages = ((total - supplies - travel) * Decimal("0.68")).quantize(Decimal(1))
    charge, income = BudgetSide.CHARGE, BudgetSide.INCOME
    lines = [
        LineValue(charge, "matieres_fournitures", supplies),
        LineValue(charge, "deplacements", travel),
        LineValue(charge, "remuneration", wages),
        LineValue(charge, "charges_sociales", total - supplies - travel - wages),
        LineValue(
            income, "departement", requested, status=FundingStatus.REQUESTED, is_this_request=True
        ),
        LineValue(
            income,
            "communes",
            town,
            funder=f"Ville de {commune}",
            status=random.choice((FundingStatus.SECURED, FundingStatus.REQUESTED)),
        ),
        LineValue(income, "autofinancement", own),
    ]
    if families:
        lines.append(LineValue(income, "ventes", families))
    if random.random() < 0.4:
        lines.append(LineValue(charge, "personnel_benevole", Decimal(1800)))
        lines.append(LineValue(income, "benevolat", Decimal(1800)))
    return {"requested_amount": requested, "lines": lines}


def _join_documents(random: Random, application: Application, by: User, *, at: datetime) -> None:
    fresh = Application.objects.select_related("sheet", "organisation").get(pk=application.pk)
    asked = asked_documents(fresh)
    joined = asked if random.random() < 0.6 else asked[: len(asked) // 2]
    for one in joined:
        upload = SimpleUploadedFile(
            f"{slugify(one.required.label)[:40]}.pdf", a_page(one.required.label), "application/pdf"
        )
        give_document(
            application_id=application.pk,
            required_id=one.required.pk,
            label="",
            upload=upload,
            by=by,
            at=at,
        )


def a_page(title: str) -> bytes:
    """Return a one-page PDF that says it is an invented document."""
    document = pydyf.PDF()
    font = pydyf.Dictionary({"Type": "/Font", "Subtype": "/Type1", "BaseFont": "/Helvetica"})
    document.add_object(font)
    text = pydyf.Stream()
    text.begin_text()
    text.set_font_size("F1", 14)
    text.set_text_matrix(1, 0, 0, 1, 60, 760)
    words = f"{title} (document inventé pour la démonstration)".encode("latin-1", "replace")
    text.stream.append(b"(" + words.replace(b"(", b"\\(").replace(b")", b"\\)") + b") Tj")
    text.end_text()
    document.add_object(text)
    document.add_page(
        pydyf.Dictionary(
            {
                "Type": "/Page",
                "Parent": document.pages.reference,
                "Contents": text.reference,
                "MediaBox": pydyf.Array([0, 0, 595, 842]),
                "Resources": pydyf.Dictionary({"Font": pydyf.Dictionary({"F1": font.reference})}),
            }
        )
    )
    return _written(document)


def _written(document: pydyf.PDF) -> bytes:
    output = BytesIO()
    document.write(output, identifier=False)
    return output.getvalue()
