"""What waits for the members of a body."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from django.db.models import Case, Exists, F, Max, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Greatest
from django.urls import reverse

from config.dates import local_date
from foundation.documents.enums import FileState
from grants.applications.enums import CorrectionState, MessageSide, PaperState, ReviewState
from grants.applications.models import (
    Application,
    ApplicationDocument,
    CorrectionRequest,
    Message,
)
from grants.applications.selectors import renewal_condition
from grants.calls.enums import RequestHistory, applicant_kind_of
from grants.calls.models import ClosingExtension, RequiredDocument
from grants.review.enums import TO_INSTRUCT
from partners.enums import BankState, OrganisationKind, Right
from partners.models import BankDetails, Invitation, Membership
from partners.selectors import documents_to_replace
from portal.todo import Task, register_provider
from portal.todo_tasks.addresses import filed_tab, listed


if TYPE_CHECKING:
    from accounts.models import User

ENDED_STATES = (ReviewState.DRAFT, ReviewState.WITHDRAWN, ReviewState.CLOSED_WITHOUT_ACTION)


@register_provider
def applicant_tasks(user: User, at: datetime) -> Iterable[Task]:
    """What waits in the dossiers of a person's bodies."""
    if user.access.is_office:
        return
    mine = Application.objects.of_applicant(user)
    yield Task(
        "drafts",
        "brouillon à terminer et à déposer",
        "brouillons à terminer et à déposer",
        _open_drafts(user, at),
        listed("applications:list", etat="brouillons"),
        due="closes_for_body_at",
        link=lambda application: application.get_absolute_url(),
        icon="pencil",
    )
    signed = Membership.objects.signatories_on(local_date(at)).filter(user=user)
    yield Task(
        "to-attest",
        "demande à attester",
        "demandes à attester",
        Application.objects.filter(
            organisation__in=signed.values("organisation_id"), attested_at__isnull=True
        ).exclude(review_state__in=ENDED_STATES),
        listed("applications:list", etat="examen"),
        due="attestation_due_on",
        link=lambda application: reverse("applications:attest", args=[application.reference]),
        icon="pen",
    )
    yield Task(
        "documents-missing",
        "dossier auquel il manque des pièces",
        "dossiers auxquels il manque des pièces",
        _lacking_documents(
            mine.filter(documents_due_on__isnull=False, review_state__in=TO_INSTRUCT)
        ),
        listed("applications:list", etat="examen"),
        due="documents_due_on",
        link=filed_tab("pieces"),
        icon="paperclip",
    )
    asked = CorrectionRequest.objects.filter(application=OuterRef("pk"), state=CorrectionState.OPEN)
    yield Task(
        "to-complete",
        "dossier à compléter",
        "dossiers à compléter",
        Application.objects.editable_by(user)
        .filter(review_state=ReviewState.CORRECTION_REQUESTED)
        .annotate(complete_before=Subquery(asked.values("due_on")[:1])),
        listed("applications:list", etat="examen"),
        due="complete_before",
        link=lambda application: reverse("applications:correction", args=[application.reference]),
        icon="hourglass-split",
    )
    unread = Message.objects.filter(
        application=OuterRef("pk"), side=MessageSide.OFFICE, read_at__isnull=True
    )
    yield Task(
        "unread-from-office",
        "dossier avec un message du service à lire",
        "dossiers avec un message du service à lire",
        mine.filter(Exists(unread)),
        reverse("applications:list"),
        link=filed_tab("echanges"),
        icon="chat-left-text",
    )
    yield Task(
        "decisions-to-open",
        "décision à ouvrir",
        "décisions à ouvrir",
        mine.filter(notified_at__isnull=False, paper_state=PaperState.NOTIFIED),
        listed("applications:list", etat="decisions"),
        link=lambda application: f"{application.get_absolute_url()}#decision",
        icon="envelope-open",
    )


@register_provider
def member_tasks(user: User, at: datetime) -> Iterable[Task]:
    """Who asks to join a body, which body invites a person."""
    if user.access.is_office:
        return
    yield Task(
        "invitations",
        "invitation à rejoindre une organisation",
        "invitations à rejoindre une organisation",
        Invitation.objects.addressed_to(user).open_at(at),
        reverse("partners:space"),
        due="expires_at",
        icon="envelope-open",
    )
    managed = Membership.objects.with_right(Right.MANAGE).filter(user=user)
    yield Task(
        "members-to-accept",
        "personne demande à rejoindre votre organisation",
        "personnes demandent à rejoindre votre organisation",
        Membership.objects.pending().filter(organisation__in=managed.values("organisation_id")),
        reverse("partners:space"),
        icon="person-plus",
    )


def _open_drafts(user: User, at: datetime) -> QuerySet[Application]:
    """Return the drafts a person may still file, with the closing that applies to their body."""
    extensions = ClosingExtension.objects.filter(sheet=OuterRef("sheet"))
    latest = (
        extensions.filter(Q(organisation__isnull=True) | Q(organisation=OuterRef("organisation")))
        .order_by()
        .values("sheet")
        .annotate(last=Max("until"))
        .values("last")
    )
    return (
        Application.objects.editable_by(user)
        .drafts()
        .annotate(closes_for_body_at=Greatest(F("sheet__closes_at"), Subquery(latest)))
        .filter(closes_for_body_at__gte=at.replace(microsecond=0))
    )


def _lacking_documents(applications: QuerySet[Application]) -> QuerySet[Application]:
    """Keep the dossiers that await a mandatory document of their sheet.

    The same rule as ``grants.applications.selectors.AskedDocument.is_awaited``, for a whole list.
    """
    given = ApplicationDocument.objects.filter(
        application=OuterRef(OuterRef("pk")), required=OuterRef("pk")
    ).exclude(state=FileState.REFUSED)
    asked = RequiredDocument.objects.filter(
        Q(applicant_kind="") | Q(applicant_kind=OuterRef("asked_kind")),
        Q(history=RequestHistory.ANY) | Q(history=OuterRef("asked_history")),
        sheet=OuterRef("sheet"),
        mandatory=True,
    )
    return applications.annotate(
        asked_kind=Case(
            *(
                When(organisation__kind=kind, then=Value(str(applicant_kind_of(kind))))
                for kind in OrganisationKind
            ),
            default=Value(""),
        ),
        renews=renewal_condition(),
        asked_history=Case(
            When(renews=True, then=Value(str(RequestHistory.RENEWAL))),
            default=Value(str(RequestHistory.FIRST)),
        ),
    ).filter(Exists(asked.filter(~Exists(given))))


@register_provider
def body_keeper_tasks(user: User, at: datetime) -> Iterable[Task]:
    """What the office refused, or what is out of date, in the bodies that a person keeps."""
    if user.access.is_office:
        return
    mine = Membership.objects.active().filter(user=user)
    filled = mine.filter(rights__overlap=[str(Right.MANAGE), str(Right.EDIT)])
    yield Task(
        "body-documents-to-replace",
        "document de votre organisation à remplacer",
        "documents de vos organisations à remplacer",
        documents_to_replace(local_date(at)).filter(
            organisation__in=filled.values("organisation_id")
        ),
        reverse("partners:space"),
        icon="folder-x",
    )
    managed = mine.filter(rights__contains=[str(Right.MANAGE)])
    yield Task(
        "bank-details-to-correct",
        "compte bancaire refusé, à corriger",
        "comptes bancaires refusés, à corriger",
        BankDetails.objects.filter(
            state=BankState.REFUSED, organisation__in=managed.values("organisation_id")
        ),
        reverse("partners:space"),
        icon="bank",
    )
