"""The blank files that the sheets of the demonstration give to download."""

from __future__ import annotations

import io
from datetime import datetime

import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile

from grants.calls.models import CallSheet
from grants.calls.services.templates import set_template
from portal.demo.actors import Cast


ROWS = (
    ("60 – Achats", "70 – Ventes, prestations"),
    ("61 – Services extérieurs", "74 – Subventions"),
    ("62 – Autres services extérieurs", "75 – Cotisations, dons"),
    ("63 – Impôts et taxes", "76 – Produits financiers"),
    ("64 – Charges de personnel", "77 – Produits exceptionnels"),
    ("65 – Autres charges", "78 – Reprises"),
    ("Total des charges", "Total des produits"),
)


def blank_budget() -> bytes:
    """Return the workbook's bytes; the totals are left to the person who fills it."""
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, {"in_memory": True}) as book:
        page = book.add_worksheet("Budget")
        head = book.add_format({"bold": True})
        page.set_column(0, 3, 28)
        page.write_row(0, 0, ("Charges", "Montant", "Produits", "Montant"), head)
        for number, (charge, income) in enumerate(ROWS, start=1):
            page.write_row(number, 0, (charge, "", income, ""))
    return target.getvalue()


def give_templates(cast: Cast, sheet: CallSheet, *, at: datetime) -> None:
    """Give a draft sheet the blank budget that bodies fill in."""
    for document in sheet.documents.filter(kind="annual-budget"):
        upload = SimpleUploadedFile("Budget de l’organisation à remplir.xlsx", blank_budget())
        set_template(document_id=document.pk, upload=upload, by=cast.head, at=at)
