"""One-click sign-in of the demonstration."""

from django.conf import settings
from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from accounts.models import User
from accounts.services import sync_administration_access
from config.errors import Refusal, refused


DEMO_KEYS = frozenset(
    {
        "association",
        "signataire",
        "consultante",
        "commune",
        "instruction",
        "responsable",
        "coordination-t7",
        "administration",
        "mediation",
        "college",
        "lecture",
    }
)


@login_not_required
@require_POST
def demo_sign_in(request: HttpRequest) -> HttpResponse:
    """Sign in one of the demonstration accounts; creates nothing."""
    key = request.POST.get("account", "")
    if not settings.DEMO_MODE or key not in DEMO_KEYS:
        raise Http404
    user = User.objects.filter(email=f"{key}@maillage.example", is_active=True).first()
    if user is None:
        return refused(
            request,
            Refusal(
                "Les comptes de démonstration ne sont pas encore chargés.",
                code="no_demo_account",
                status=409,
            ),
        )
    sync_administration_access(user, on=timezone.localdate())
    login(request, user, backend=settings.AUTHENTICATION_BACKENDS[0])
    return redirect(reverse("portal:after_sign_in"))
