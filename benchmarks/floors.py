"""The floor: the same rows by hand-written SQL, in a template that only prints them."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.template import Context, engines


PAGE = 50
COLUMNS = """
    a.reference, a.title, o.legal_name, s.code, c.fiscal_year, a.submitted_at, a.requested_amount,
    a.proposed_amount, a.review_state, a.paper_state, p.first_name, p.last_name, n.total,
    array(SELECT DISTINCT unnest(l.territories) FROM applications_place l
          WHERE l.application_id = a.id)
"""
FROM = """
    FROM applications_application a
    JOIN partners_organisation o ON o.id = a.organisation_id
    JOIN calls_callsheet s ON s.id = a.sheet_id
    JOIN calls_campaign c ON c.id = s.campaign_id
    LEFT JOIN review_assignment m
        ON m.application_id = a.id AND m.role = 'officer' AND m.ended_at IS NULL
    LEFT JOIN accounts_user p ON p.id = m.person_id
    LEFT JOIN review_scoresummary n ON n.application_id = a.id
"""
TABLE = """<!doctype html><html lang="fr"><title>Liste</title><table>{% for row in rows %}<tr>
{% for cell in row %}<td>{{ cell }}</td>{% endfor %}</tr>{% endfor %}</table>
<p>{% for cell in totals %}{{ cell }} {% endfor %}</p></html>"""


@dataclass(frozen=True)
class Floor:
    """The statements that give the rows of a page, and a template that prints them."""

    statements: list[tuple[str, list]] = field(default_factory=list)

    def render(self, found: list) -> str:
        totals = found[-1][0] if len(found) > 1 and found[-1] else ()
        rows = [row for part in found for row in part]
        return _template().render(Context({"rows": rows, "totals": totals}))


def of_list(
    where: str, values: list, *, order: str = "a.submitted_at DESC", page: int = 1
) -> Floor:
    """Return the rows of a page of a list, and the count and the sums of the whole of it."""
    condition = f"a.review_state <> 'draft' AND ({where})"
    rows = (
        f"SELECT {COLUMNS} {FROM} WHERE {condition} "
        f"ORDER BY {order}, a.id LIMIT {PAGE} OFFSET {PAGE * (page - 1)}"
    )
    totals = (
        f"SELECT count(*), sum(a.requested_amount), sum(a.proposed_amount) {FROM} WHERE {condition}"
    )
    return Floor([(rows, values), (totals, values)])


def of_dossier(pk: int, *tables: str) -> Floor:
    """Return a dossier with the rows of some of its tables."""
    head = f"SELECT a.*, o.legal_name, s.title {FROM} WHERE a.id = %s"
    rest = [(f"SELECT * FROM {name} WHERE application_id = %s", [pk]) for name in tables]  # noqa: S608
    return Floor([(head, [pk]), *rest])


def _template():
    return engines["django"].engine.from_string(TABLE)
