"""Two people at the same instant on one correction request: one wins, the other is told."""

from datetime import timedelta

import pytest
from django.utils import timezone

from grants.applications.enums import CorrectionState, ReviewState
from grants.applications.events import verify_chain
from grants.applications.services.completing import answer_correction
from grants.applications.services.corrections import (
    cancel_correction,
    extend_correction,
    request_correction,
)
from tests.applications.correcting import asked_again, colleague, officer_of, type_in, under_review
from tests.applications.dossiers import fresh
from tests.factories import person_with_role
from tests.partners.test_two_at_once import at_once


pytestmark = pytest.mark.django_db(transaction=True)


def sending(application, by):
    return lambda: answer_correction(
        application_id=application.pk, by=by, at=timezone.now(), comment="Voilà."
    )


def test_two_colleagues_send_and_one_deposit_is_made():
    application = asked_again()
    type_in(application, "projet", title="Ateliers du matin")
    other = colleague(application)
    acts = [sending(application, by) for by in (application.created_by, other)]
    assert at_once(*acts) == ["closed", "ok"]
    assert application.deposits.count() == 2
    assert verify_chain(fresh(application)) == []


def test_the_office_prolongs_or_cancels_while_the_applicant_sends():
    for act in ("extend", "cancel"):
        application = asked_again()
        officer = officer_of(application)

        def extend(application=application, officer=officer):
            extend_correction(
                application_id=application.pk,
                due_on=timezone.localdate() + timedelta(days=30),
                reason="Congés.",
                by=officer,
                at=timezone.now(),
            )

        def cancel(application=application, officer=officer):
            cancel_correction(
                application_id=application.pk, reason="Trouvé.", by=officer, at=timezone.now()
            )

        office = extend if act == "extend" else cancel
        result = at_once(office, sending(application, application.created_by))
        row, correction = fresh(application), application.corrections.get()
        # Prolonged then sent is no conflict; otherwise whoever comes second is refused.
        assert result in (["ok", "ok"], ["closed", "ok"])
        assert row.review_state == ReviewState.UNDER_REVIEW
        assert correction.state in {CorrectionState.ANSWERED, CorrectionState.CANCELLED}
        sent = correction.state == CorrectionState.ANSWERED
        assert application.deposits.count() == (2 if sent else 1)
        assert verify_chain(row) == []


def test_two_officers_ask_and_one_request_is_open():
    application = under_review()
    people = [officer_of(application), person_with_role("case_officer")]
    acts = [
        lambda by=by: request_correction(
            application_id=application.pk,
            fields=["projet.title"],
            message="Précisez.",
            due_on=timezone.localdate() + timedelta(days=15),
            by=by,
            at=timezone.now(),
        )
        for by in people
    ]
    assert at_once(*acts) == ["ok", "wrong_state"]
    assert application.corrections.count() == 1
