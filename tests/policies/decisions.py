from decimal import Decimal

from django.utils import timezone

from accounts.enums import Role
from grants.applications.enums import ReviewState
from grants.decisions.models import SessionLine
from grants.decisions.services.sessions import add_line
from grants.decisions.services.votes import Vote, record_vote
from tests.factories import (
    EnvelopeFactory,
    FiledApplicationFactory,
    MembershipFactory,
    RoleAssignmentFactory,
    SessionFactory,
)
from tests.policies import ADMINISTRATOR, CASE_OFFICER, UNIT_HEAD, Policy, Target


READERS = {CASE_OFFICER, UNIT_HEAD, ADMINISTRATOR}
HEAD = {UNIT_HEAD}
BOTH = ("get", "post")


def an_envelope() -> Target:
    envelope = EnvelopeFactory(name="CANARI-ENVELOPPE")
    return Target(kwargs={"pk": envelope.pk}, canary="CANARI-ENVELOPPE")


def a_session() -> Target:
    session = SessionFactory(report_title="CANARI-SEANCE")
    return Target(kwargs={"pk": session.pk}, canary="CANARI-SEANCE")


def _line() -> SessionLine:
    member = MembershipFactory().user
    application = FiledApplicationFactory(
        organisation=member.memberships.get().organisation,
        review_state=ReviewState.EVALUATED,
        proposed_amount=Decimal(3000),
        title="CANARI-DOSSIER",
    )
    return add_line(
        session_id=SessionFactory().pk,
        application_id=application.pk,
        envelope=EnvelopeFactory(),
        by=RoleAssignmentFactory(role=Role.UNIT_HEAD).user,
        at=timezone.now(),
    )


def _target(line: SessionLine, **kwargs) -> Target:
    member = line.application.organisation.memberships.get().user
    return Target(kwargs=kwargs, applicant=member, canary="CANARI-DOSSIER")


def a_line() -> Target:
    line = _line()
    return _target(line, pk=line.pk)


def a_decision() -> Target:
    line = _line()
    decision = record_vote(
        line_id=line.pk,
        vote=Vote(outcome="awarded", amount=Decimal(3000)),
        by=line.added_by,
        at=timezone.now(),
    )
    return _target(line, pk=decision.pk)


def a_decision_not_notified() -> Target:
    line = _line()
    return _target(line, reference=line.application.reference)


POLICY = {
    "decisions:envelope_list": Policy(roles=READERS),
    "decisions:envelope_new": Policy(roles=HEAD, methods=BOTH),
    "decisions:envelope_detail": Policy(roles=READERS, make=an_envelope),
    "decisions:envelope_edit": Policy(roles=HEAD, methods=BOTH, make=an_envelope),
    "decisions:session_list": Policy(roles=READERS),
    "decisions:session_new": Policy(roles=HEAD, methods=BOTH),
    "decisions:session_detail": Policy(roles=READERS, make=a_session),
    "decisions:session_edit": Policy(roles=HEAD, methods=BOTH, make=a_session),
    "decisions:session_add": Policy(roles=HEAD, methods=BOTH, make=a_session),
    "decisions:session_vote_all": Policy(roles=HEAD, methods=BOTH, make=a_session),
    "decisions:session_close": Policy(roles=HEAD, methods=("post",), make=a_session),
    "decisions:session_letters": Policy(roles=HEAD, methods=("post",), make=a_session),
    "decisions:session_progress": Policy(roles=READERS, make=a_session),
    "decisions:session_notify": Policy(roles=HEAD, methods=("post",), make=a_session),
    "decisions:line_edit": Policy(roles=HEAD, methods=BOTH, make=a_line),
    "decisions:line_remove": Policy(roles=HEAD, methods=BOTH, make=a_line),
    "decisions:line_vote": Policy(roles=HEAD, methods=BOTH, make=a_line),
    "decisions:write_letter": Policy(roles=HEAD, methods=("post",), make=a_decision),
    "decisions:correct_vote": Policy(roles=HEAD, methods=BOTH, make=a_decision),
    "decisions:notify": Policy(roles=HEAD, methods=BOTH, make=a_decision),
    "decisions:delivery": Policy(roles=HEAD, methods=BOTH, make=a_decision),
    # Nobody opens a decision before it is notified, not even its applicant.
    "decisions:open_decision": Policy(
        methods=("post",), make=a_decision_not_notified, private=True
    ),
}
