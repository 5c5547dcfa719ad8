"""The page where a person chooses how often « À faire » comes by e-mail."""

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from foundation.notifications.models import DigestFrequency
from foundation.notifications.rendering import render_mail
from portal.digests import TEMPLATE, choose_frequency, digest_context, frequency_of, next_digest
from portal.todo import todo_items


class DigestForm(forms.Form):
    frequency = forms.ChoiceField(
        label="Recevoir le récapitulatif",
        choices=DigestFrequency.choices,
        widget=forms.RadioSelect,
        error_messages={
            "required": "Choisissez une fréquence.",
            "invalid_choice": "Choisissez l’une des fréquences proposées.",
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
def digest(request: HttpRequest) -> HttpResponse:
    """Show and change one's own choice, with the mail as it would leave now."""
    now = timezone.now()
    frequency = frequency_of(request.user)
    form = DigestForm(request.POST or None, initial={"frequency": frequency})
    if request.method == "POST" and form.is_valid():
        choose_frequency(user=request.user, frequency=form.cleaned_data["frequency"])
        messages.success(request, "Votre choix est enregistré.")
        return redirect("portal:digest")
    items = todo_items(request.user, now)
    subject, text = render_mail(TEMPLATE, digest_context(request.user, items))
    context = {
        "form": form,
        "next_at": next_digest(frequency, now),
        "has_items": bool(items),
        "subject": subject,
        "text": text,
    }
    return render(request, "portal/digest.html", context, status=422 if form.errors else 200)
