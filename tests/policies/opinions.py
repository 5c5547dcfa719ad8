"""Opinions: the desk's acts, the coordinator's page, the experts' public links."""

from datetime import timedelta

from django.utils import timezone

from foundation.documents.services import store_bytes
from grants.applications.models import Application, ApplicationDocument
from grants.review.models import OpinionRequest, SharedDocument
from grants.review.opinion_links import token_of
from grants.review.services.opinions import ExpertInput, request_opinion
from territories.loading import load_parameters
from tests.policies import CASE_OFFICER, COORDINATOR, UNIT_HEAD, Policy, Target
from tests.policies.review import CANARY, NOW, a_dossier


DESK = {CASE_OFFICER, UNIT_HEAD}
BOTH = ("get", "post")


def _asked(target: Target) -> OpinionRequest:
    load_parameters()
    application = Application.objects.get(reference=target.kwargs["reference"])
    return request_opinion(
        application_id=application.pk,
        source="expert",
        expert=ExpertInput("Dominique Vidal", "d.vidal@expertise.example"),
        question=CANARY,
        due_on=timezone.localdate() + timedelta(days=9),
        by=application.assignments.first().person,
        at=NOW,
    )


def a_request() -> Target:
    target = a_dossier()
    asked = _asked(target)
    return Target(
        kwargs={**target.kwargs, "pk": asked.pk},
        applicant=target.applicant,
        outsider=target.outsider,
        canary=CANARY,
    )


def a_piece() -> Target:
    """Give a document shared with an expert; its file's words are the canary."""
    target = a_request()
    asked = OpinionRequest.objects.get(pk=target.kwargs["pk"])
    document = ApplicationDocument.objects.create(
        application=asked.application, label="Note", added_at=NOW
    )
    stored = store_bytes(
        owner=document,
        kind="note",
        name=f"{CANARY}.txt",
        content=CANARY.encode(),
        media_type="text/plain",
        at=NOW,
    )
    shared = SharedDocument.objects.create(
        request=asked, document=document, file=stored, shared_by=asked.asked_by, shared_at=NOW
    )
    return Target(
        kwargs={"reference": target.kwargs["reference"], "pk": shared.pk},
        applicant=target.applicant,
        outsider=target.outsider,
        canary=CANARY,
    )


def a_link() -> Target:
    asked = _asked(a_dossier())
    return Target(kwargs={"token": token_of(asked)})


POLICY = {
    "review:opinion_ask": Policy(roles=DESK, methods=("post",), make=a_dossier),
    "review:opinion_remind": Policy(roles=DESK, methods=("post",), make=a_request),
    "review:opinion_extend": Policy(roles=DESK, methods=("post",), make=a_request),
    "review:opinion_documents": Policy(roles=DESK, methods=("post",), make=a_request),
    "review:opinion_revoke": Policy(roles=DESK, methods=("post",), make=a_request),
    "review:my_opinions": Policy(roles={COORDINATOR}),
    # Nobody but who is asked: tests/review/test_opinion_pages.py lets them in.
    "review:my_opinion": Policy(methods=BOTH, make=a_dossier),
    "review:my_opinion_document": Policy(make=a_piece),
    "review:opinion_reopen": Policy(methods=("post",), make=a_dossier),
    "review:opinion_link": Policy(public=True, methods=BOTH, make=a_link),
    "review:opinion_new_link": Policy(public=True, methods=("post",), make=a_link),
    "review:expert_thanks": Policy(public=True),
    # Nobody without having opened the link: tests/review/test_opinion_expert.py.
    "review:expert_opinion": Policy(methods=BOTH, make=a_dossier, private=True),
    "review:expert_document": Policy(make=a_piece, private=True),
}
