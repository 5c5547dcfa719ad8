"""What waits for each kind of person."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.db.models import Case, Exists, F, Max, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Greatest
from django.urls import reverse

from config.dates import local_date
from foundation.documents.enums import FileState, ScanState
from foundation.documents.models import StoredFile
from foundation.notifications.models import OutboxMessage, OutboxState
from grants.applications.enums import CorrectionState, MessageSide, PaperState, ReviewState
from grants.applications.models import (
    Application,
    ApplicationDocument,
    CorrectionRequest,
    Message,
)
from grants.calls.enums import RequestHistory, applicant_kind_of
from grants.calls.models import ClosingExtension, RequiredDocument
from grants.decisions.models import Decision, SessionLine
from grants.letters.filters import DECISIONS
from grants.letters.models import Letter, LetterState
from grants.review.permissions import recused_from
from grants.review.querysets import instructed_by, to_score_by
from partners.enums import BankState, OrganisationKind, Right
from partners.models import BankDetails, Invitation, Membership
from partners.permissions import handles_flags
from partners.selectors import (
    bank_details_to_check,
    documents_to_check,
    documents_to_replace,
    flags_to_handle,
)
from portal.todo import Task, register_provider
from reporting.selectors import renewal_condition


if TYPE_CHECKING:
    from accounts.models import User

OPEN_STATES = (
    ReviewState.SUBMITTED,
    ReviewState.CORRECTION_REQUESTED,
    ReviewState.UNDER_REVIEW,
)
ENDED_STATES = (ReviewState.DRAFT, ReviewState.WITHDRAWN, ReviewState.CLOSED_WITHOUT_ACTION)
# The antivirus takes seconds: past this, somebody should look at it. No rule of the office.
QUARANTINE_ALARM = timedelta(minutes=30)
CURRENT = {"nature": DECISIONS, "version": "actuelles"}


def listed(name: str, **filters: str | list[str]) -> str:
    """Return the address of a list with its filters."""
    query = urlencode(filters, doseq=True)
    return f"{reverse(name)}?{query}" if query else reverse(name)


def desk_page(application: Application) -> str:
    return application.get_desk_url()


def desk_tab(slug: str) -> Callable[[Application], str]:
    def url(application: Application) -> str:
        return reverse("review:tab", args=[application.reference, slug])

    return url


def filed_tab(slug: str) -> Callable[[Application], str]:
    """Return what gives the address of a tab of the applicant's dossier."""

    def url(application: Application) -> str:
        return reverse("applications:tab", args=[application.reference, slug])

    return url


# --- The office -----------------------------------------------------------------------------------
@register_provider
def officer_tasks(user: User, at: datetime) -> Iterable[Task]:
    """What waits for whoever instructs or scores dossiers."""
    if not user.access.is_desk:
        return
    filed = Application.objects.office_visible_to(user)
    mine = instructed_by(filed, user)
    my_list = listed("review:desk", liste="mes-dossiers")
    yield Task(
        "to-instruct",
        "dossier à instruire",
        "dossiers à instruire",
        mine.filter(review_state=ReviewState.UNDER_REVIEW),
        my_list,
        link=desk_page,
        icon="search",
    )
    yield Task(
        "to-score",
        "dossier à noter",
        "dossiers à noter",
        to_score_by(filed, user).exclude(recused_from(user)),
        listed("review:desk", liste="a-noter"),
        link=desk_tab("notation"),
        icon="clipboard-check",
    )
    unread = Message.objects.filter(
        application=OuterRef("pk"), side=MessageSide.APPLICANT, read_at__isnull=True
    )
    yield Task(
        "unread-from-applicants",
        "dossier avec un message à lire",
        "dossiers avec un message à lire",
        mine.filter(Exists(unread)),
        my_list,
        link=desk_tab("echanges"),
        icon="chat-left-text",
    )
    last_answer = (
        CorrectionRequest.objects.filter(application=OuterRef("pk"))
        .order_by("-number")
        .values("state")[:1]
    )
    yield Task(
        "corrections-to-read",
        "dossier avec des compléments reçus à relire",
        "dossiers avec des compléments reçus à relire",
        mine.alias(last_answer=Subquery(last_answer)).filter(
            review_state=ReviewState.UNDER_REVIEW, last_answer=CorrectionState.ANSWERED
        ),
        my_list,
        link=desk_tab("complements"),
        icon="arrow-return-left",
    )
    lapsed = CorrectionRequest.objects.filter(
        application=OuterRef("pk"), state=CorrectionState.OPEN, due_on__lt=local_date(at)
    )
    yield Task(
        "corrections-lapsed",
        "dossier dont le délai des compléments est dépassé",
        "dossiers dont le délai des compléments est dépassé",
        mine.filter(Exists(lapsed)),
        listed("review:desk", liste="en-attente", attente="retard"),
        link=desk_tab("complements"),
        icon="clock-history",
    )
    to_check = ApplicationDocument.objects.filter(
        application=OuterRef("pk"), state=FileState.TO_CHECK
    )
    yield Task(
        "documents-to-check",
        "dossier avec des pièces à vérifier",
        "dossiers avec des pièces à vérifier",
        mine.filter(Exists(to_check), review_state__in=OPEN_STATES),
        my_list,
        link=desk_tab("pieces"),
        icon="paperclip",
    )


@register_provider
def head_tasks(user: User, at: datetime) -> Iterable[Task]:
    """What waits for the unit head: assignments, sessions, votes, letters."""
    if not user.access.is_unit_head:
        return
    filed = Application.objects.office_visible_to(user)
    yield Task(
        "to-assign",
        "dossier à affecter",
        "dossiers à affecter",
        filed.filter(review_state=ReviewState.SUBMITTED),
        listed("review:desk", liste="a-affecter"),
        link=desk_page,
        icon="inbox",
    )
    yield Task(
        "to-list",
        "dossier instruit à inscrire à une séance",
        "dossiers instruits à inscrire à une séance",
        filed.filter(review_state=ReviewState.EVALUATED),
        listed("review:desk", liste="instruits"),
        link=desk_page,
        icon="calendar-plus",
    )
    to_vote = SessionLine.objects.filter(
        application=OuterRef("pk"),
        removed_at__isnull=True,
        session__state="preparing",
        session__held_on__lte=local_date(at),
    )
    yield Task(
        "to-vote",
        "vote à enregistrer",
        "votes à enregistrer",
        filed.filter(Exists(to_vote), review_state=ReviewState.PROPOSED),
        reverse("decisions:session_list"),
        icon="check2-square",
    )
    yield from _letter_tasks(filed)


def _letter_tasks(filed: QuerySet[Application]) -> Iterable[Task]:
    without = Decision.objects.in_force().filter(
        application=OuterRef("pk"), letter__isnull=True, notified_at__isnull=True
    )
    yield Task(
        "letters-to-generate",
        "courrier de décision à générer",
        "courriers de décision à générer",
        filed.filter(Exists(without)),
        reverse("decisions:session_list"),
        link=desk_tab("decision"),
        icon="file-earmark-plus",
    )
    current = Letter.objects.filter(superseded_at__isnull=True, decision__isnull=False)
    yield Task(
        "letters-to-sign",
        "courrier à faire signer",
        "courriers à faire signer",
        current.filter(state=LetterState.READY),
        listed("letters:list", **CURRENT, etat=str(LetterState.READY)),
        icon="pen",
    )
    yield Task(
        "letters-to-notify",
        "courrier signé à notifier",
        "courriers signés à notifier",
        current.filter(state=LetterState.SIGNED),
        listed("letters:list", **CURRENT, etat=str(LetterState.SIGNED)),
        icon="send",
    )
    yield Task(
        "letters-failed",
        "courrier en échec",
        "courriers en échec",
        Letter.objects.filter(superseded_at__isnull=True, state=LetterState.FAILED),
        listed("letters:list", version="actuelles", etat=str(LetterState.FAILED)),
        icon="exclamation-triangle",
    )


@register_provider
def body_tasks(user: User, at: datetime) -> Iterable[Task]:
    """What bodies gave or changed, and the office has not looked at."""
    access = user.access
    if access.is_case_officer:
        yield Task(
            "body-documents-to-check",
            "document d’organisation à vérifier",
            "documents d’organisations à vérifier",
            documents_to_check(),
            reverse("partners:to_check"),
            icon="folder-check",
        )
    if access.is_unit_head or access.is_administrator:
        yield Task(
            "bank-details-to-check",
            "compte bancaire à vérifier",
            "comptes bancaires à vérifier",
            bank_details_to_check(),
            reverse("partners:to_check_bank"),
            icon="bank",
        )
    if handles_flags(user):
        yield Task(
            "body-flags",
            "changement signalé dans une organisation",
            "changements signalés dans des organisations",
            flags_to_handle(),
            reverse("partners:to_check_flags"),
            icon="flag",
        )


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


@register_provider
def directory_tasks(user: User, at: datetime) -> Iterable[Task]:
    """What waits for those who keep the directory of bodies, and the messages."""
    access = user.access
    if access.is_unit_head or access.is_administrator:
        yield Task(
            "memberships-at-office",
            "demande à rejoindre une organisation sans gestionnaire",
            "demandes à rejoindre une organisation sans gestionnaire",
            Membership.objects.pending().with_managed().filter(managed=False),
            reverse("partners:pending_list"),
            icon="person-exclamation",
        )
    if access.is_administrator:
        yield Task(
            "messages-failed",
            "message que l’on n’a pas pu envoyer",
            "messages que l’on n’a pas pu envoyer",
            OutboxMessage.objects.filter(state=OutboxState.FAILED),
            listed("notifications:outbox_list", etat=str(OutboxState.FAILED)),
            icon="envelope-exclamation",
        )


# --- Applicants -----------------------------------------------------------------------------------
@register_provider
def applicant_tasks(user: User, at: datetime) -> Iterable[Task]:
    """What waits for a member of a body."""
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
            mine.filter(documents_due_on__isnull=False, review_state__in=OPEN_STATES)
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


# --- Files ----------------------------------------------------------------------------------------
@register_provider
def file_tasks(user: User, at: datetime) -> Iterable[Task]:
    """What the antivirus keeps in quarantine for too long."""
    if not (user.access.is_unit_head or user.access.is_administrator):
        return
    late = StoredFile.objects.filter(
        scan_state=ScanState.PENDING, uploaded_at__lt=at - QUARANTINE_ALARM
    )
    yield Task(
        "quarantine",
        "fichier attend l’antivirus",
        "fichiers attendent l’antivirus",
        late,
        reverse("documents:scan_list"),
        due="uploaded_at",
        icon="shield-exclamation",
    )
