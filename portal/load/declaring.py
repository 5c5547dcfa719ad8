"""What the applicant declares, section by section: rows, and the content of the deposit."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal
from typing import Any

from grants.applications.enums import AgeBand
from grants.applications.organisation_profile import profile_data
from portal.demo.words import ANSWERS, MEANS, PARTNERS
from portal.load.budgets import Line, annual_budget
from portal.load.calls import Land
from portal.load.dossier import Dossier
from portal.load.tables import Tables


METHOD = (
    "Feuilles de présence, questionnaire court à la fin de chaque cycle, réunion de bilan avec "
    "les collèges et la ville en juin."
)
BANDS = (
    (AgeBand.FROM_6, (0, 0, 12, 24)),
    (AgeBand.FROM_11, (20, 36, 48, 64, 120)),
    (AgeBand.FROM_16, (6, 12, 18, 40)),
    (AgeBand.FROM_18, (0, 8, 15, 30)),
    (AgeBand.PARENTS, (0, 10, 25)),
)


def choose_places(dossier: Dossier, land: Land) -> str:
    """Choose where the action happens; return the name of the first commune."""
    random, sheet = dossier.random, dossier.sheet
    home = dossier.body.commune.pk
    allowed = sheet.communes
    code = home if not allowed or home in allowed else random.choice(allowed)
    codes = [code]
    if random.random() < 0.15:
        other = random.choice(allowed or tuple(land.territory_of))
        codes = sorted({code, other}, key=lambda one: one != code)
    for one in codes:
        territory = [land.territory_of[one]]
        quarters, schools = land.quarters[one], land.schools[one]
        chance = random.random()
        if quarters and chance < 0.35:
            quarter, numbers = random.choice(quarters)
            dossier.places.append(("neighbourhood", quarter, numbers))
        elif schools and chance < 0.5:
            dossier.places.append(("school", random.choice(schools), territory))
        else:
            dossier.places.append(("commune", one, territory))
    if len({(kind, pk) for kind, pk, _ in dossier.places}) < len(dossier.places):
        dossier.places = dossier.places[:1]
    dossier.values["whole_department"] = random.random() < 0.03
    return land.names[code]


def declare(dossier: Dossier, tables: Tables) -> dict[str, Any]:
    """Keep the rows of the sections; return them as ``snapshot.declared`` does."""
    random, body, sheet = dossier.random, dossier.body, dossier.sheet
    organisation = body.organisation
    window = sheet.row.action_from
    starts_on = window + timedelta(days=random.choice((14, 35, 60, 120, 245)))
    ends_on = min(sheet.row.action_to, starts_on + timedelta(days=random.choice((90, 150, 240))))
    counts = {band.value: count for band, choices in BANDS if (count := random.choice(choices)) > 0}
    people = sum(counts.values())
    girls = round(people * random.choice((0.35, 0.45, 0.5, 0.55)))
    rate = random.choice((None, Decimal("0.2000"), Decimal("0.4000"), Decimal("0.7500")))
    in_private = dossier.is_private
    values = {
        "contact_name": dossier.editor.get_full_name(),
        "contact_function": "Coordination",
        "contact_email": dossier.editor.email,
        "contact_service": "" if in_private else "Direction de la jeunesse",
        "has_economic_activity": False if in_private else None,
        "public_aid_amount": Decimal(random.choice((0, 18000, 42000, 76000)))
        if in_private
        else None,
        "public_aid_regime": "none" if in_private else "",
        "is_city_policy": any(kind == "neighbourhood" for kind, _, _ in dossier.places),
        "inclusion_text": "Groupes mixtes, créneaux ouverts aux deux parents, salle accessible.",
        "evaluation_method": METHOD,
        "plans_recruitment": random.random() < 0.2,
        "title": dossier.words.title[:200],
        "objectives": dossier.words.objectives,
        "description": dossier.words.description,
        "means": MEANS,
        "partners_text": PARTNERS,
        "steering_body": "CLSPD" if random.random() < 0.5 else "",
        "framework_id": sheet.row.framework_id,
        "starts_on": starts_on,
        "ends_on": max(starts_on, ends_on),
        "girls_count": girls,
        "boys_count": people - girls,
        "qpv_rate": rate,
        "public_description": dossier.words.public,
        "requested_amount": dossier.requested,
    }
    dossier.values |= values
    key = dossier.key
    answers = [{"condition": text, "answer": random.choice(ANSWERS)} for text in sheet.conditions]
    for position, one in enumerate(answers):
        tables.answers.add(key, position, one["condition"], one["answer"])
    indicators = [
        {"label": text, "planned": random.choice(("20", "40", "60", "80"))}
        for text in sheet.indicators
    ]
    for position, one in enumerate(indicators):
        tables.indicators.add(key, position, one["label"], one["planned"])
    for position, (kind, pk, numbers) in enumerate(dossier.places):
        of = {"commune": None, "neighbourhood": None, "school": None, kind: pk}
        tables.places.add(key, position, of["commune"], of["neighbourhood"], of["school"], numbers)
    for band, count in counts.items():
        tables.audiences.add(key, band, count)
    employees = random.choice((1, 2, 3))
    staff = (
        ("volunteers", random.choice((3, 6, 10)), Decimal("0.30")),
        ("employees", employees, Decimal(employees) / 2 + Decimal("0.00")),
    )
    for category, number, fte in staff:
        tables.staff.add(key, category, number, fte)
    year = annual_budget(random) if in_private else []
    for account, amount in year:
        tables.annual.add(key, account, amount)
    for position, one in enumerate(_in_order(dossier.lines)):
        tables.budget.add(
            key, one.side, one.account, position, one.funder, one.status,
            one.is_this_request, one.amount,
        )  # fmt: skip
    return {
        "applicant": {
            "contact_name": values["contact_name"],
            "contact_function": values["contact_function"],
            "contact_email": values["contact_email"],
            "contact_phone": "",
            "contact_service": values["contact_service"],
            "deliberation_to_come": False,
            "deliberation_number": "",
            "deliberation_on": "",
            "has_economic_activity": values["has_economic_activity"],
            "public_aid_amount": _amount(values["public_aid_amount"]),
            "public_aid_regime": values["public_aid_regime"],
            "annual_budget": [
                {"account": account, "amount": _amount(amount)} for account, amount in year
            ],
        },
        "project": {
            "kind": "project",
            "period": "year",
            "is_city_policy": values["is_city_policy"],
            "title": values["title"],
            "objectives": values["objectives"],
            "description": values["description"],
            "steering_body": values["steering_body"],
            "framework": str(sheet.row.framework) if sheet.row.framework else "",
            "starts_on": values["starts_on"].isoformat(),
            "ends_on": values["ends_on"].isoformat(),
            "conditions": answers,
        },
        "places": {
            "whole_department": dossier.values["whole_department"],
            "list": [
                {"commune": None, "neighbourhood": None, "school": None, "share": None, kind: pk}
                for kind, pk, _ in dossier.places
            ],
        },
        "public": {
            "counts": counts,
            "girls": girls,
            "boys": people - girls,
            "qpv_rate": None if rate is None else str(rate),
            "description": values["public_description"],
            "inclusion": values["inclusion_text"],
        },
        "means": {
            "means": MEANS,
            "partners": PARTNERS,
            "plans_recruitment": values["plans_recruitment"],
            "recruitment_fte": "",
            "in_kind_request": "",
            "staff": [
                {"category": category, "people": number, "fte": str(fte)}
                for category, number, fte in staff
            ],
        },
        "evaluation": {
            "indicators": indicators,
            "evaluation_method": METHOD,
            "complement": "",
        },
        "budget": {
            "requested": _amount(dossier.requested),
            "lines": [
                {
                    "side": one.side,
                    "account": one.account,
                    "funder": one.funder,
                    "status": one.status,
                    "this_request": one.is_this_request,
                    "planned": _amount(one.amount),
                }
                for one in _in_order(dossier.lines)
            ],
        },
        "organisation": {
            "id": organisation.pk,
            "kind": str(organisation.kind),
            "legal_name": organisation.legal_name,
            "siret": organisation.siret or "",
            "rna": organisation.rna,
            "address": organisation.address,
            "postal_code": organisation.postal_code,
            "city": organisation.city,
        },
        "profile": profile_data(body.profile),
    }


def _in_order(lines: Iterable[Line]) -> list[Line]:
    return sorted(lines, key=lambda one: one.side)


def is_in_kind(line: Line) -> bool:
    return line.account in {"personnel_benevole", "benevolat"}


def _amount(value: Decimal | None) -> str:
    return "" if value is None else f"{value:.2f}"
