"""Forms of what a body keeps for all its requests: bank details and documents."""

from __future__ import annotations

from datetime import date
from uuid import uuid4

from django import forms

from accounts.forms import NameField
from config.fields import DayField
from foundation.documents.uploads import upload_attrs, upload_limits
from foundation.parameters.selectors import days_on
from partners.bank_numbers import check_bic, check_iban, display_iban
from partners.hub import NOTICE_DAYS
from partners.identifiers import IdentifierError
from partners.models import BankDetails, Organisation
from partners.profile_words import document_choices
from partners.services.bank import PROOF_FORMATS


# --- Bank details --------------------------------------------------------------------------------
class BankForm(forms.Form):
    key = forms.UUIDField(widget=forms.HiddenInput)
    holder = NameField(
        label="Titulaire du compte",
        max_length=150,
        help_text="Comme écrit sur le relevé d’identité bancaire.",
    )
    iban = forms.CharField(
        label="IBAN",
        max_length=80,
        help_text="Vous pouvez le coller avec ses espaces, par exemple FR14 2004 1010 0505 0001 "
        "3M02 606.",
        widget=forms.TextInput({"autocomplete": "off", "spellcheck": "false"}),
    )
    bic = forms.CharField(
        label="BIC",
        max_length=30,
        help_text="Huit ou onze caractères, à côté de l’IBAN sur le relevé.",
        widget=forms.TextInput({"autocomplete": "off", "spellcheck": "false"}),
    )
    proof = forms.FileField(
        label="Relevé d’identité bancaire (RIB)",
        error_messages={
            "required": "Joignez le relevé d’identité bancaire.",
            "empty": "Ce fichier est vide\u00a0: choisissez le relevé d’identité bancaire.",
        },
        widget=forms.FileInput,
    )

    def __init__(self, *args, organisation: Organisation, current: BankDetails | None, **kwargs):
        initial = {"key": uuid4(), "holder": organisation.legal_name[:150]}
        if current is not None:
            initial |= {
                "holder": current.holder,
                "iban": display_iban(current.iban),
                "bic": current.bic,
            }
        super().__init__(*args, initial=initial, label_suffix="", **kwargs)
        for name in ("iban", "bic"):  # an account is never left on a shared device
            self.fields[name].widget.attrs["data-portal-private"] = True
        self.fields["proof"].widget.attrs |= upload_attrs(PROOF_FORMATS)
        self.fields["proof"].help_text = upload_limits(PROOF_FORMATS)

    def clean_iban(self) -> str:
        return _checked(self.cleaned_data["iban"], check_iban)

    def clean_bic(self) -> str:
        iban = self.cleaned_data.get("iban", "")
        return _checked(self.cleaned_data["bic"], lambda text: check_bic(text, iban=iban))


def _checked(text: str, check) -> str:
    try:
        return check(text)
    except IdentifierError as error:
        raise forms.ValidationError(str(error)) from error


# --- Documents -----------------------------------------------------------------------------------
class DocumentForm(forms.Form):
    """Put a document in the store."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    kind = forms.ChoiceField(label="Nature")
    label = NameField(
        label="Intitulé",
        max_length=200,
        required=False,
        help_text="Par exemple «\u00a0Comptes 2025\u00a0». Vide\u00a0: la nature en tient lieu.",
    )
    issued_on = DayField(
        label="Daté du",
        required=False,
        help_text="Date de signature ou d’approbation du document.",
    )
    valid_until = DayField(
        label="Valable jusqu’au",
        required=False,
        help_text="S’il a une fin de validité, comme une attestation d’assurance. Nous vous "
        "préviendrons {days}\u00a0jours avant.",
    )
    file = forms.FileField(
        label="Fichier",
        error_messages={
            "required": "Choisissez un fichier.",
            "empty": "Ce fichier est vide\u00a0: choisissez-en un autre.",
        },
        widget=forms.FileInput,
    )

    def __init__(self, *args, kind: str, on: date, **kwargs) -> None:
        self.on = on
        initial = {"key": uuid4(), **kwargs.pop("initial", {})}
        super().__init__(*args, initial=initial, label_suffix="", **kwargs)
        self.fields["kind"].choices = [("", "Choisissez"), *document_choices(kind)]
        until = self.fields["valid_until"]
        until.help_text = until.help_text.format(days=days_on(NOTICE_DAYS, on))
        self.fields["file"].widget.attrs |= upload_attrs()
        self.fields[
            "file"
        ].help_text = f"{upload_limits()} Pas de liste de jeunes ni de photo reconnaissable."

    def clean(self) -> dict:
        values = super().clean()
        issued, until = values.get("issued_on"), values.get("valid_until")
        if issued and issued > self.on:
            self.add_error("issued_on", "Un document ne peut pas être daté d’un jour à venir.")
        if until and issued and until < issued:
            self.add_error("valid_until", "La fin de validité vient avant la date du document.")
        elif until and until < self.on:
            self.add_error(
                "valid_until", "Ce document n’est plus valable\u00a0: joignez-en un plus récent."
            )
        return values


class ReplacementForm(DocumentForm):
    """Put a newer file in the place of a document: its kind stays."""

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["kind"]


class DocumentRefusalForm(forms.Form):
    reason = NameField(
        label="Raison du refus",
        max_length=300,
        help_text="Les personnes qui gèrent l’organisation la reçoivent par e-mail.",
        error_messages={
            "required": "Dites pourquoi\u00a0: l’organisation doit savoir quoi corriger."
        },
    )
