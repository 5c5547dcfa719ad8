"""Forms of invitations, mandates and departures."""

from uuid import uuid4

from django import forms

from accounts.forms import NameField
from config.fields import CharField, DayField
from foundation.documents.uploads import upload_attrs, upload_limits
from partners.enums import Right, SigningCapacity
from partners.forms import FUNCTION_HELP
from partners.holdings import is_last_with
from partners.models import Invitation, Membership


RIGHTS_HELP = "Sans aucun droit, la personne voit les dossiers sans pouvoir y toucher."


class InvitationForm(forms.Form):
    """Whom to invite, and what they will be able to do."""

    email = forms.EmailField(
        label="Adresse e-mail",
        help_text="Celle de la personne, pas une adresse partagée.",
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    function = NameField(
        label="Sa fonction", max_length=100, required=False, help_text=FUNCTION_HELP
    )
    rights = forms.MultipleChoiceField(
        label="Ce qu’elle pourra faire",
        choices=Right.choices,
        required=False,
        initial=[Right.EDIT],
        widget=forms.CheckboxSelectMultiple,
        help_text=RIGHTS_HELP,
    )
    message = CharField(
        label="Quelques mots",
        required=False,
        max_length=1000,
        help_text="Ils sont joints au message.",
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    request_key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4, required=False)


class AcceptInvitationForm(forms.Form):
    """One's function, and why one may sign when the invitation proposes it."""

    function = NameField(label="Votre fonction", max_length=100, help_text=FUNCTION_HELP)
    capacity = forms.ChoiceField(
        label="Vous pouvez signer pour cette organisation en qualité de",
        choices=[*SigningCapacity.choices, ("", "Je ne signe pas pour elle")],
        required=False,
        widget=forms.RadioSelect,
        help_text="Choisissez la dernière réponse si vous n’êtes ni l’un ni l’autre : vous "
        "rejoindrez l’organisation sans le droit d’attester.",
    )

    def __init__(self, *args, invitation: Invitation, **kwargs) -> None:
        kwargs.setdefault("initial", {"function": invitation.function})
        super().__init__(*args, **kwargs)
        if Right.SIGN not in invitation.rights:
            del self.fields["capacity"]

    def clean(self) -> dict:
        cleaned = super().clean()
        # An unanswered question is not « I do not sign ».
        if "capacity" in self.fields and self.add_prefix("capacity") not in self.data:
            self.add_error("capacity", "Dites en quelle qualité, ou que vous ne signez pas.")
        return cleaned


class MandateForm(forms.Form):
    """The written mandate of a member."""

    upload = forms.FileField(
        label="Le mandat signé",
        widget=forms.FileInput,
        error_messages={"required": "Choisissez le fichier du mandat."},
    )
    issued_on = DayField(label="Daté du", required=False)
    valid_until = DayField(
        label="Valable jusqu’au",
        required=False,
        help_text="Laissez vide s’il ne porte pas de date de fin.",
    )

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        file = self.fields["upload"]
        file.widget.attrs |= upload_attrs()
        file.help_text = f"{upload_limits()} Il nomme la personne et ce qu’elle signe."


class MandateRefusalForm(forms.Form):
    reason = CharField(
        label="Raison du refus",
        max_length=300,
        help_text="La personne la lira.",
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class LeavingForm(forms.Form):
    """Who manages the body after its last manager; nothing to ask of the others."""

    OFFICE = "office"

    manager = forms.ChoiceField(
        label="Qui gérera l’organisation ensuite ?",
        widget=forms.RadioSelect,
        error_messages={"required": "Choisissez qui gérera l’organisation."},
    )

    def __init__(self, *args, membership: Membership, leaving: bool, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        if not (membership.is_active and is_last_with(membership, Right.MANAGE)):
            del self.fields["manager"]
            return
        others = (
            membership.organisation.memberships.active()
            .exclude(pk=membership.pk)
            .select_related("user")
            .order_by("user__last_name", "pk")
        )
        words = (
            "Personne pour l’instant : je demande au service de prendre le relais"
            if leaving
            else "Personne pour l’instant : le service nommera quelqu’un plus tard"
        )
        self.fields["manager"].choices = [
            *((str(other.pk), f"{other.user}, {other.function}") for other in others),
            (self.OFFICE, words),
        ]

    def service_arguments(self) -> dict:
        chosen = self.cleaned_data.get("manager")
        if not chosen:
            return {}
        if chosen == self.OFFICE:
            return {"to_office": True}
        return {"successor_id": int(chosen)}
