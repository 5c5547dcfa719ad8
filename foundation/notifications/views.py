"""The administrator's view of the outbox, and the demonstration's mailbox."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from config.errors import Refusal
from config.listing import ListPage, Sort
from config.logs import without_secrets
from foundation.notifications.filters import MailboxFilter, OutboxFilter
from foundation.notifications.models import OutboxMessage, OutboxState
from foundation.notifications.services import retry_message


PER_PAGE = 50
SORTS = (Sort("date", ("due_at",), descending_first=True), Sort("destinataire", ("to",)))


@require_safe
def outbox_list(request: HttpRequest) -> HttpResponse:
    """List the messages with their states, for administrators."""
    _require_administrator(request)
    listing = ListPage(
        request,
        OutboxMessage.objects.all(),
        sorts=SORTS,
        default_sort="-date",
        filter_class=OutboxFilter,
        per_page=PER_PAGE,
    )
    counts = dict(
        OutboxMessage.objects.order_by().values_list("state").annotate(number=Count("pk"))
    )
    figures = [
        {"value": counts.get(value, 0), "label": label, "url": f"?etat={value}"}
        for value, label in OutboxState.choices
    ]
    oldest = (
        OutboxMessage.objects.filter(state=OutboxState.PENDING, due_at__lte=timezone.now())
        .order_by("due_at")
        .first()
    )
    context = {"listing": listing, "figures": figures, "oldest": oldest}
    return render(request, "notifications/outbox_list.html", context)


@require_safe
def outbox_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one message, without the secret of its link: it opens to its reader alone."""
    _hide_from_others(request)
    message = get_object_or_404(OutboxMessage.objects.prefetch_related("attachments"), pk=pk)
    message.text = without_secrets(message.text)
    return render(request, "notifications/outbox_detail.html", {"message": message})


@require_POST
def outbox_retry(request: HttpRequest, pk: int) -> HttpResponse:
    """Put a failed message back in the queue."""
    _hide_from_others(request)
    get_object_or_404(OutboxMessage, pk=pk)
    try:
        retry_message(message_id=pk, at=timezone.now())
    except Refusal as refusal:
        messages.error(request, refusal.sentence)
    else:
        messages.success(request, "Le message est remis dans la file d’envoi.")
    return redirect("notifications:outbox_detail", pk=pk)


@login_not_required
@require_safe
def mailbox(request: HttpRequest) -> HttpResponse:
    """Show the demonstration's e-mails, newest first: nothing leaves the machine."""
    _require_demo()
    listing = ListPage(
        request,
        OutboxMessage.objects.filter(due_at__lte=timezone.now()),
        sorts=SORTS,
        default_sort="-date",
        filter_class=MailboxFilter,
        per_page=PER_PAGE,
    )
    return render(request, "notifications/mailbox.html", {"listing": listing})


@login_not_required
@require_safe
def mailbox_message(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one of the demonstration's e-mails as its reader gets it."""
    _require_demo()
    message = get_object_or_404(OutboxMessage.objects.prefetch_related("attachments"), pk=pk)
    return render(request, "notifications/mailbox_message.html", {"message": message})


def _require_administrator(request: HttpRequest) -> None:
    if not request.user.access.is_administrator:
        raise PermissionDenied


def _hide_from_others(request: HttpRequest) -> None:
    if not request.user.access.is_administrator:
        raise Http404


def _require_demo() -> None:
    if not settings.DEMO_MODE:
        raise Http404
