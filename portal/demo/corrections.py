"""Correction requests of the demonstration: just asked, half answered, late, answered, accepted."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from accounts.models import User
from config.dates import local_date
from grants.applications import sections
from grants.applications.enums import BudgetSide, Section
from grants.applications.models import Application
from grants.applications.selectors import asked_documents
from grants.applications.services.completing import answer_correction, save_correction_section
from grants.applications.services.corrections import accept_correction, request_correction
from partners.models import Organisation
from portal.demo import requests, review
from portal.demo.actors import Cast
from portal.demo.calls import Year


BETTER = (
    "Deux ateliers par semaine, le mercredi et le samedi, de septembre à juin. Chaque séance "
    "réunit douze jeunes autour d’une éducatrice et d’un intervenant ; les parents sont reçus "
    "une fois par trimestre. Les groupes se font avec le collège et l’équipe de prévention."
).replace(" ;", "\u00a0;")
ASKS = (
    "Merci de décrire plus précisément l’action\u00a0: rythme, encadrement, partenaires.\n"
    "Votre budget demande aussi une explication.",
    "Merci de préciser le nombre de jeunes concernés et leur âge, et de joindre les pièces "
    "indiquées ci-dessous.",
    "Une pièce jointe est illisible ou n’est pas la bonne\u00a0: merci de la renvoyer.",
)


def tell(cast: Cast, random: Random, year: Year, *, at: datetime) -> None:
    """Show a request in each of its states, on dossiers of the open campaign."""
    spare = [body for body in cast.bodies if body not in (cast.star, cast.commune)]
    codes = [code for code in year.sheets if code not in ("C2", "C3", "PC6")]

    fresh = under_review(cast, random, year, cast.star, codes[0], at=at - timedelta(days=12))
    ask(cast, fresh, ["projet.description", "budget"], ASKS[0], at=at - timedelta(days=1))

    begun = under_review(cast, random, year, cast.star, codes[1], at=at - timedelta(days=14))
    ask(
        cast,
        begun,
        ["projet.description", "public", *_papers(begun)],
        ASKS[1],
        at=at - timedelta(days=9),
    )
    _type(cast, begun, Section.PROJECT, at=at - timedelta(days=2), description=BETTER)

    late = under_review(cast, random, year, spare[0], codes[0], at=at - timedelta(days=30))
    ask(cast, late, ["evaluation", *_papers(late)], ASKS[2], at=at - timedelta(days=24))

    answered = under_review(cast, random, year, cast.commune, codes[1], at=at - timedelta(days=16))
    ask(cast, answered, ["projet.description", "budget"], ASKS[0], at=at - timedelta(days=11))
    answer(
        cast, answered, at=at - timedelta(days=1), comment="Le budget compte une sortie de plus."
    )

    accepted = under_review(cast, random, year, spare[1], codes[1], at=at - timedelta(days=25))
    ask(cast, accepted, ["projet.description", "budget"], ASKS[0], at=at - timedelta(days=20))
    answer(cast, accepted, at=at - timedelta(days=12), comment="")
    accept_correction(application_id=accepted.pk, by=_officer(cast), at=at - timedelta(days=11))


def _officer(cast: Cast) -> User:
    return cast.officers[0]


def under_review(
    cast: Cast, random: Random, year: Year, body: Organisation, code: str, *, at: datetime
) -> Application:
    editor = cast.editors[body.pk]
    draft = requests.make_draft(
        random, sheet=year.sheets[code], body=body, by=editor, at=at - timedelta(hours=26)
    )
    filed = requests.file_draft(draft, by=editor, at=at)
    if filed.awaits_attestation:
        filed = requests.attest(filed, by=cast.star_signatory, at=at + timedelta(hours=2))
    review.assign_to(cast, filed, _officer(cast), at=at + timedelta(hours=6))
    return Application.objects.get(pk=filed.pk)


def _papers(application: Application) -> list[str]:
    """Return the first document asked of a dossier, if any."""
    return [f"pieces.{one.required.pk}" for one in asked_documents(application)[:1]]


def ask(
    cast: Cast, application: Application, fields: list[str], message: str, *, at: datetime
) -> None:
    request_correction(
        application_id=application.pk,
        fields=fields,
        message=message,
        due_on=local_date(at) + timedelta(days=15),
        by=_officer(cast),
        at=at,
    )


def _type(
    cast: Cast, application: Application, section: str, *, at: datetime, **values: Any
) -> None:
    row = Application.objects.get(pk=application.pk)
    save_correction_section(
        application_id=application.pk,
        section=section,
        values={**sections.read(row, section), **values},
        invalid={},
        expected="",
        by=cast.editors[application.organisation_id],
        at=at,
    )


def answer(cast: Cast, application: Application, *, at: datetime, comment: str) -> None:
    """Describe the action better, and add an outing to both sides of the budget."""
    row = Application.objects.get(pk=application.pk)
    budget = sections.read(row, Section.BUDGET)
    outing = Decimal(600)
    lines = [*budget["lines"]]
    for side in (BudgetSide.CHARGE, BudgetSide.INCOME):
        own = next(
            n
            for n, one in enumerate(lines)
            if one.side == side
            and one.amount
            and not one.is_this_request
            and one.account in ("deplacements", "autofinancement", "matieres_fournitures")
        )
        lines[own] = sections.LineValue(
            lines[own].side,
            lines[own].account,
            lines[own].amount + outing,
            lines[own].funder,
            lines[own].status,
        )
    _type(cast, application, Section.PROJECT, at=at - timedelta(hours=3), description=BETTER)
    _type(cast, application, Section.BUDGET, at=at - timedelta(hours=2), lines=lines)
    answer_correction(
        application_id=application.pk,
        by=cast.editors[application.organisation_id],
        at=at,
        comment=comment,
    )
