"""From a frozen letter to its PDF. Reads nothing but the letter: not the dossier, not the clock."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import segno
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString

from foundation.documents.pdf import render_pdf
from foundation.notifications.rendering import absolute
from grants.letters import variables, wording
from grants.letters.variables import VariableType


if TYPE_CHECKING:
    from grants.letters.models import Letter

# What the letter's frame prints around any wording.
FRAME = (
    "beneficiaire.nom",
    "beneficiaire.adresse",
    "service.nom",
    "service.direction",
    "service.courriel",
    "service.telephone",
    "agent.nom",
    "signataire.qualite",
    "signataire.nom",
)


class FrozenValues:
    """The values kept with a letter, written in French."""

    def __init__(self, kept: dict[str, list]) -> None:
        self._kept = kept

    def get(self, name: str) -> Any:
        if name not in self._kept:
            return None
        type_name, value = self._kept[name]
        return variables.from_json(VariableType(type_name), value)

    def holds(self, name: str) -> bool:
        value = self.get(name)
        return value is not False and not variables.is_absent(value)

    def write(self, name: str, format_name: str = "") -> str:
        value = self.get(name)
        if variables.is_absent(value):
            return ""
        return variables.write(VariableType(self._kept[name][0]), value, format_name)


def check_url(letter: Letter) -> str:
    """Return the public address that tells whether this letter is authentic."""
    return absolute(f"{reverse('letters:check')}?{urlencode({'code': letter.check_code})}")


def qr_code(address: str) -> bytes:
    """Draw an address as a QR code (SVG)."""
    target = BytesIO()
    code = segno.make(address, error="m", micro=False)
    code.save(target, kind="svg", border=0, xmldecl=False, svgns=True, dark="#1b2430")
    return target.getvalue()


def letter_body(letter: Letter) -> SafeString:
    """Return the words of a letter as HTML (also shown on screen)."""
    values = FrozenValues(letter.context["values"])
    signature = render_to_string(
        "letters/pdf/signature.html",
        {"quality": values.write("signataire.qualite"), "name": values.write("signataire.nom")},
    )
    return wording.to_html(
        letter.frozen_text, holds=values.holds, write=values.write, signature=signature
    )


def render_letter(letter: Letter) -> bytes:
    """Return the PDF of a letter; the same letter gives the same bytes.

    Raises:
        PdfNotValidError: If the file would not be valid; see ``foundation.documents.pdf``.
    """
    values = FrozenValues(letter.context["values"])
    address = check_url(letter)
    context = {
        "letter": letter,
        "title": f"{letter.reference} – {letter.subject}",
        "head": {
            "unit": values.write("service.nom"),
            "direction": values.write("service.direction"),
            "email": values.write("service.courriel"),
            "phone": values.write("service.telephone"),
            "agent": values.write("agent.nom"),
            "name": values.write("beneficiaire.nom"),
            "address": values.get("beneficiaire.adresse") or [],
        },
        "check_url": address,
        "body": letter_body(letter),
    }
    return render_pdf(
        "letters/pdf/letter.html",
        context,
        identifier=f"{letter.reference}/{letter.check_code}",
        created_at=letter.created_at,
        pictures={"qr.svg": qr_code(address)},
    )
