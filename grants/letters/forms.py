from crispy_forms.helper import FormHelper
from django import forms


class SignedFileForm(forms.Form):
    """The signed PDF, as received from the person who signs."""

    file = forms.FileField(
        label="Courrier signé (PDF)",
        help_text="Le fichier est conservé tel quel, à l’octet près. 10 Mo au plus.",
        allow_empty_file=True,  # the service says it in words
        max_length=1000,
        widget=forms.FileInput(attrs={"accept": ".pdf,application/pdf"}),
        error_messages={"required": "Choisissez le fichier signé."},
    )

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.helper = FormHelper()
        self.helper.form_tag = False


class CheckForm(forms.Form):
    """A check code, a file, or both."""

    code = forms.CharField(
        label="Code de contrôle",
        help_text="Douze lettres et chiffres, au pied de chaque page : K7QH-2M9T-XW4B.",
        max_length=40,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    file = forms.FileField(
        label="Fichier reçu (PDF)",
        help_text="Facultatif. Le fichier est comparé puis oublié : le portail ne le garde pas.",
        required=False,
        allow_empty_file=True,
        max_length=1000,
        widget=forms.FileInput(attrs={"accept": ".pdf,application/pdf"}),
    )

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.helper = FormHelper()
        self.helper.form_tag = False

    def clean(self) -> dict:
        cleaned = super().clean()
        if not self.errors and not cleaned.get("code", "").strip() and not cleaned.get("file"):
            self.add_error("code", "Indiquez le code de contrôle ou choisissez le fichier reçu.")
        return cleaned
