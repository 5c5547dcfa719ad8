from allauth.mfa.utils import is_mfa_enabled
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from accounts.forms import ProfileForm
from accounts.models import User


def profile(request: HttpRequest) -> HttpResponse:
    """Show and change one's own name and number; lead to what protects the account."""
    user = User.objects.get(pk=request.user.pk)  # the form must not rename the header on error
    form = ProfileForm(request.POST or None, instance=user)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, "Votre profil est enregistré.")
        return redirect("accounts:profile")
    context = {
        "form": form,
        "roles": user.role_assignments.in_force(timezone.localdate()).select_related(
            "territory", "school"
        ),
        "has_second_factor": is_mfa_enabled(user),
    }
    return render(request, "accounts/profile.html", context, status=422 if form.errors else 200)
