"""What is measured, and by whom it is looked at."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse

from accounts.models import User
from benchmarks import floors
from benchmarks.floors import PAGE, Floor
from grants.applications.models import Application
from grants.review.listing.columns import COLUMNS
from portal.load.actors import DOMAIN
from territories.models import Commune


HEAD, OFFICER = f"responsable@{DOMAIN}", f"charge-01@{DOMAIN}"
EVERYTHING = "true"
DOCUMENTS = "applications_applicationdocument"


@dataclass(frozen=True)
class Case:
    """One page to measure.

    Attributes:
        group: Heading in the table.
        label: What it is.
        who: Address of who looks.
        address: Path and query.
        floor: The plain SQL of the same rows; ``None`` when there is no such thing.
    """

    group: str
    label: str
    who: str
    address: str
    floor: Floor | None = None


def all_cases() -> list[Case]:
    """Return every page to measure."""
    return [*_lists(), *_searches(), *_dossier(), *_statistics(), *_todo()]


def desk(**parameters: object) -> str:
    """Return an address of the desk's list."""
    query = urlencode({"par": PAGE, **parameters}, doseq=True)
    return f"{reverse('review:desk')}?{query}"


def _lists() -> list[Case]:
    officer = User.objects.get(email=OFFICER)
    mine = f"m.person_id = {officer.pk} AND a.review_state IN ('submitted','under_review',"
    mine += "'correction_requested','evaluated','proposed')"
    to_score = (
        "a.review_state = 'under_review' AND EXISTS (SELECT 1 FROM review_assignment r WHERE "
        "r.application_id = a.id AND r.person_id = %s AND r.role = 'reader' "
        "AND r.ended_at IS NULL) AND NOT EXISTS (SELECT 1 FROM review_review w WHERE "
        "w.application_id = a.id AND w.reviewer_id = %s AND w.state = 'final')"
    )
    commune = Commune.objects.order_by("pk").first().pk
    count = Application.objects.filed().count()
    deep = max(1, count // PAGE)
    group = "List"
    by_score = "n.total DESC NULLS LAST"
    in_territory = (
        "a.whole_department OR EXISTS (SELECT 1 FROM applications_place l WHERE "
        "l.application_id = a.id AND l.territories && ARRAY[3]::smallint[])"
    )
    in_commune = (
        "a.whole_department OR EXISTS (SELECT 1 FROM applications_place l WHERE "
        "l.application_id = a.id AND l.commune_id = %s)"
    )
    return [
        Case(group, "À affecter", HEAD, desk(liste="a-affecter"),
             floors.of_list("a.review_state = 'submitted'", [])),
        Case(group, "Mes dossiers", OFFICER, desk(liste="mes-dossiers"), floors.of_list(mine, [])),
        Case(group, "Compléments ou pièces attendus", OFFICER, desk(liste="en-attente"),
             floors.of_list("a.review_state = 'correction_requested'", [])),
        Case(group, "À noter", OFFICER, desk(liste="a-noter"),
             floors.of_list(to_score, [officer.pk, officer.pk])),
        Case(group, "Instruits", OFFICER, desk(liste="instruits"),
             floors.of_list("a.review_state = 'evaluated'", [])),
        Case(group, "Tous", HEAD, desk(liste="tous"), floors.of_list(EVERYTHING, [])),
        Case(group, "Tous, deux états et un territoire", HEAD,
             desk(liste="tous", etat=["under_review", "evaluated"], territoire=3),
             floors.of_list(
                 f"a.review_state IN ('under_review','evaluated') AND ({in_territory})", [])),
        Case(group, "Tous, une commune, au moins 5 000 €", HEAD,
             desk(liste="tous", commune=commune, montant_min=5000),
             floors.of_list(f"a.requested_amount >= 5000 AND ({in_commune})", [commune])),
        Case(group, "Tous, premières demandes", HEAD, desk(liste="tous", demande="premiere")),
        Case(group, "Tous, toutes les colonnes", HEAD,
             desk(liste="tous", col=".".join(column.key for column in COLUMNS))),
        Case(group, "Tous, par montant demandé", HEAD, desk(liste="tous", tri="-demande"),
             floors.of_list(EVERYTHING, [], order="a.requested_amount DESC")),
        Case(group, "Tous, par note", HEAD, desk(liste="tous", tri="-note"),
             floors.of_list(EVERYTHING, [], order=by_score)),
        Case(group, f"Tous, page {deep}", HEAD, desk(liste="tous", page=deep),
             floors.of_list(EVERYTHING, [], page=deep)),
    ]  # fmt: skip


def _searches() -> list[Case]:
    found = []
    for label, words, lexemes in (
        ("mot courant « collège »", "collège", "college"),
        ("mot rare « capoeira »", "capoeira", "capoeira"),
        ("début de mot « média »", "média", "media"),
        ("référence", Application.objects.filed().order_by("pk").first().reference, None),
        ("chaîne hostile", "%' OR 1=1 -- & | ! ( :* \\", None),
    ):
        floor = None
        if lexemes:
            condition = (
                "EXISTS (SELECT 1 FROM applications_searchentry e WHERE e.application_id = a.id "
                "AND e.vector @@ to_tsquery('simple', %s))"
            )
            floor = floors.of_list(condition, [f"{lexemes}:*"])
        found.append(Case("Search", label, HEAD, desk(liste="tous", q=words), floor))
    return found


def _dossier() -> list[Case]:
    rich = (
        Application.objects.filter(review_state="under_review", deposits__number=2)
        .filter(reviews__isnull=False)
        .order_by("pk")
        .first()
    ) or Application.objects.filter(review_state="evaluated").order_by("pk").first()
    common = ("review_assignment", "applications_correctionrequest", "applications_event")
    tables = {
        "resume": (),
        "projet": ("applications_conditionanswer", "applications_place", "applications_indicator"),
        "budget": ("applications_budgetline", "applications_annualbudgetline"),
        "pieces": (DOCUMENTS,),
        "recevabilite": ("review_admissibilitycheck",),
        "notation": ("review_review",),
        "avis": ("review_opinionrequest",),
        "echanges": ("applications_message",),
        "historique": ("applications_deposit",),
    }
    list_query = urlencode({"liste": "tous", "par": PAGE})
    cases = [
        Case("Dossier", f"Onglet {slug}", HEAD, reverse("review:tab", args=[rich.reference, slug]),
             floors.of_dossier(rich.pk, *common, *names))
        for slug, names in tables.items()
    ]  # fmt: skip
    first = reverse("review:application", args=[rich.reference])
    return [
        *cases,
        Case("Dossier", "Précédent et suivant d’une liste de tout", HEAD, f"{first}?{list_query}",
             floors.of_dossier(rich.pk, *common)),
    ]  # fmt: skip


def _statistics() -> list[Case]:
    address = reverse("review:statistics")
    return [
        Case("Statistics", "Toutes les campagnes", HEAD, address),
        Case("Statistics", "Un territoire", HEAD, f"{address}?territoire=3"),
    ]


def _todo() -> list[Case]:
    """« À faire » counts what waits each time; other pages keep its number a minute."""
    return [Case("À faire", "Responsable", HEAD, reverse("portal:todo"))]
