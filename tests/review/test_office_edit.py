"""A filed dossier changed by the office: with a reason, in the open, and never behind a request."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from threading import Barrier

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from accounts.enums import Role
from config.errors import Refusal
from foundation.notifications.models import OutboxMessage
from grants.applications import sections
from grants.applications.chart_of_accounts import ACCOUNTS
from grants.applications.differences import compare, compare_deposits
from grants.applications.enums import BudgetSide, ReviewState
from grants.applications.events import verify_chain
from grants.applications.models import Application, OfficeEdit
from grants.applications.sections import LineValue
from grants.applications.services.filing import withdraw_application
from grants.applications.services.office_edit import (
    abandon_edit,
    apply_edit,
    save_edit_section,
    start_edit,
)
from grants.review.services.admissibility import propose_rejection
from grants.review.services.assignment import declare_conflict
from grants.review.services.replacements import declare_replacement
from grants.review.services.scoring import conclude_review, save_review
from tests.applications.correcting import ask, everything, officer_of, under_review
from tests.applications.dossiers import a_sheet, fresh
from tests.factories import GridFactory, person_with_role


pytestmark = pytest.mark.django_db
REASON = "Erreur de saisie signalée par téléphone"
TODAY = timezone.localdate()


def now():
    return timezone.now()


def begun(application, *fields, by=None) -> OfficeEdit:
    return start_edit(
        application_id=application.pk,
        fields=list(fields) or ["projet.title"],
        reason=REASON,
        by=by or officer_of(application),
        at=now(),
    )


def typed(application, section="projet", *, by=None, expected="", invalid=None, **values):
    return save_edit_section(
        application_id=application.pk,
        section=section,
        values={**sections.read(fresh(application), section), **values},
        invalid=invalid or {},
        expected=expected,
        by=by or officer_of(application),
        at=now(),
    )


def applied(application, *, by=None, seen=None):
    return apply_edit(
        application_id=application.pk, by=by or officer_of(application), at=now(), seen=seen
    )


def refused(service, *args, **kwargs) -> Refusal:
    with pytest.raises(Refusal) as refusal:
        service(*args, **kwargs)
    return refusal.value


def test_what_is_typed_waits_then_becomes_the_next_deposit():
    application = under_review()
    before = everything(application)
    begun(application)
    typed(application, title="Titre corrigé", description="Tout autre chose")
    assert everything(application) == before
    deposit = applied(application)
    after = fresh(application)
    assert after.title == "Titre corrigé"
    assert after.description == before["projet"]["description"]  # not opened: dropped
    assert deposit.number == 2
    first = application.deposits.get(number=1)
    changes = compare_deposits(first, deposit)
    assert [c.label for part in changes for c in part.changes] == ["Intitulé"]
    assert verify_chain(after) == []


def test_the_applicant_sees_who_changed_what_and_why(client):
    application = under_review()
    officer = officer_of(application)
    begun(application)
    typed(application, title="Titre corrigé")
    applied(application)
    event = application.events.last()
    assert (event.kind, event.actor, event.comment) == ("office_edited", officer, REASON)
    assert event.visible_to_applicant
    mail = OutboxMessage.objects.get(kind="office_edited")
    assert mail.to == application.created_by.email
    assert REASON in mail.text
    assert str(officer) in mail.text
    client.force_login(application.created_by)
    page = client.get(reverse("applications:deposits", args=[application.reference]))
    html = page.content.decode()
    assert "Modifié par le service" in html
    assert REASON in html
    assert "Titre corrigé" in html


def test_a_new_budget_is_attested_again():
    application = under_review()
    Application.objects.filter(pk=application.pk).update(
        attested_at=now(), attested_by=application.created_by
    )
    begun(application, "budget")
    lines = sections.read(fresh(application), "budget")["lines"]
    charge = next(one for one in lines if one.side == BudgetSide.CHARGE and one.amount)
    own = next(one for one in lines if one.account == "autofinancement")
    more = [replace(one, amount=one.amount + 100) if one in (charge, own) else one for one in lines]
    typed(application, "budget", lines=more)
    applied(application)
    after = fresh(application)
    assert after.attested_at is None
    assert after.attestation_due_on > TODAY
    assert "attester la demande de nouveau" in OutboxMessage.objects.get(kind="office_edited").text


def test_another_part_keeps_the_attestation():
    application = under_review()
    Application.objects.filter(pk=application.pk).update(
        attested_at=now(), attested_by=application.created_by
    )
    begun(application)
    typed(application, title="Titre corrigé")
    applied(application)
    assert fresh(application).attested_at is not None


def test_who_instructs_the_head_and_the_substitute_edit_and_nobody_else():
    application = under_review()
    officer, head = officer_of(application), person_with_role(Role.UNIT_HEAD)
    other = person_with_role(Role.CASE_OFFICER)
    found = refused(begun, application, by=other)
    assert (found.code, found.status) == ("not_allowed", 403)
    assert refused(begun, application, by=application.created_by).status == 403
    begun(application, by=head)
    typed(application, by=officer, title="Titre de l’officier")
    declare_replacement(
        person=officer, substitute=other, starts_on=TODAY, ends_on=TODAY, by=officer, at=now()
    )
    applied(application, by=other)
    assert application.events.last().data["for"] == officer.pk


@pytest.mark.parametrize("whole_body", [False, True])
def test_the_recused_edit_nothing(whole_body):
    application = under_review()
    head = person_with_role(Role.UNIT_HEAD)
    begun(application)
    target = (
        {"organisation": application.organisation} if whole_body else {"application": application}
    )
    declare_conflict(person=head, reason="Proche", at=now(), **target)
    for act in (
        lambda: begun(application, by=head),
        lambda: typed(application, by=head, title="Autre"),
        lambda: applied(application, by=head),
        lambda: abandon_edit(application_id=application.pk, by=head, at=now()),
    ):
        assert refused(act).code == "recused"


@pytest.mark.parametrize("ended_by", ["whoever began it", "the dossier's withdrawal"])
def test_what_was_typed_goes_with_the_edit_whatever_ends_it(ended_by):
    application = under_review()
    edit = begun(application, "projet.title", "projet.starts_on")
    typed(application, title="Titre que personne ne garde", invalid={"starts_on": "bientôt"})
    if ended_by == "whoever began it":
        abandon_edit(application_id=application.pk, by=officer_of(application), at=now())
    else:
        withdraw_application(
            application_id=application.pk, by=application.created_by, at=now(), reason="Abandon"
        )
    edit.refresh_from_db()
    assert (edit.state, edit.overlay, edit.invalid_values) == ("abandoned", {}, {})
    assert edit.ended_at is not None


def test_a_correction_request_and_an_edit_exclude_each_other():
    application = under_review()
    begun(application)
    found = refused(ask, application)
    assert (found.code, found.status) == ("being_edited", 409)
    assert str(officer_of(application)) in found.sentence
    abandon_edit(application_id=application.pk, by=officer_of(application), at=now())
    ask(application)
    found = refused(begun, application)
    assert (found.code, found.status) == ("wrong_state", 409)


def test_one_edit_at_a_time():
    application = under_review()
    begun(application)
    found = refused(begun, application, by=person_with_role(Role.UNIT_HEAD))
    assert found.code == "being_edited"
    assert f"{officer_of(application)} modifie déjà ce dossier" in found.sentence


def test_a_withdrawal_ends_the_edit_and_says_so():
    application = under_review()
    edit = begun(application)
    withdraw_application(
        application_id=application.pk, by=application.created_by, at=now(), reason="Abandon"
    )
    edit.refresh_from_db()
    assert edit.state == "abandoned"
    found = refused(typed, application, title="Trop tard")
    assert (found.code, found.status) == ("closed", 409)
    assert "abandonnée" in found.sentence


@pytest.mark.parametrize(
    ("fields", "reason", "code"),
    [
        ([], REASON, "no_field"),
        (["pieces"], REASON, "unknown_field"),
        (["engagements"], REASON, "unknown_field"),
        (["projet.nothing"], REASON, "unknown_field"),
        (["projet.title"], "  ", "no_reason"),
        (["projet.title"], "x" * 5001, "too_long"),
    ],
)
def test_an_edit_names_parts_and_a_reason(fields, reason, code):
    application = under_review()
    found = refused(
        start_edit,
        application_id=application.pk,
        fields=fields,
        reason=reason,
        by=officer_of(application),
        at=now(),
    )
    assert found.code == code


def test_nothing_changed_is_nothing_to_record():
    application = under_review()
    begun(application)
    typed(application)
    assert refused(applied, application).code == "nothing_changed"
    assert application.deposits.count() == 1


def test_an_invalid_value_is_kept_and_blocks_the_recording():
    application = under_review()
    begun(application, "projet.starts_on")
    typed(application, invalid={"starts_on": "bientôt"})
    assert application.office_edits.get().invalid_values == {"projet": {"starts_on": "bientôt"}}
    assert refused(applied, application).code == "incomplete"


def test_what_changed_since_the_recap_is_read_again():
    application = under_review()
    begun(application)
    typed(application, title="Titre corrigé")
    found = refused(applied, application, seen="other")
    assert (found.code, found.status) == ("changed", 409)
    assert application.deposits.count() == 1


@pytest.mark.parametrize(
    ("ends", "values"),
    [
        (conclude_review, {"proposed_amount": Decimal(100)}),
        (propose_rejection, {"reason": "Hors du champ de la fiche."}),
    ],
)
def test_nobody_concludes_over_what_a_colleague_is_changing(ends, values):
    application = under_review()
    edit = begun(application)
    typed(application, title="Titre corrigé")
    edit.refresh_from_db()
    kept = edit.overlay
    head = person_with_role(Role.UNIT_HEAD)
    found = refused(ends, application_id=application.pk, by=head, at=now(), **values)
    assert (found.code, found.status) == ("being_edited", 409)
    assert str(officer_of(application)) in found.sentence
    edit.refresh_from_db()
    assert (edit.state, edit.overlay) == ("open", kept)
    assert "Titre corrigé" in str(kept)


def test_an_evaluated_dossier_is_reopened_before_it_is_edited():
    application = under_review()
    Application.objects.filter(pk=application.pk).update(review_state=ReviewState.EVALUATED)
    assert refused(begun, application).code == "wrong_state"


# --- The pages ------------------------------------------------------------------------------------
def _url(name, application, *args):
    return reverse(f"review:{name}", args=[application.reference, *args])


def test_an_officer_goes_through_the_pages(client):
    application = under_review()
    client.force_login(officer_of(application))
    page = client.get(_url("edit", application))
    assert "Intitulé du projet" in page.content.decode()
    wrong = client.post(_url("edit", application), {"reason": "Erreur"})
    assert wrong.status_code == 422
    begin = client.post(
        _url("edit", application), {"fields_edited": ["projet.title"], "reason": REASON}
    )
    assert begin.status_code == 302
    assert "Le dossier n’est pas encore modifié" in client.get(_url("edit", application)).text
    section = client.get(_url("edit_section", application, "projet"))
    assert section.status_code == 200
    data = {"title": "Titre corrigé", "version": "", "next": "1"}
    saved = client.post(_url("edit_section", application, "projet"), data)
    assert saved.status_code == 302, saved.text
    assert client.get(_url("edit_section", application, "budget")).status_code == 404
    recap = client.get(_url("edit_apply", application))
    assert "Titre corrigé" in recap.text
    stale = client.post(_url("edit_apply", application), {"seen": "other"})
    assert stale.status_code == 409
    done = client.post(_url("edit_apply", application), {"seen": recap.context["seen"]})
    assert done.status_code == 302
    assert fresh(application).title == "Titre corrigé"
    again = client.post(
        _url("edit_apply", application), {"seen": recap.context["seen"]}, follow=True
    )
    assert "est enregistrée depuis le" in again.text


def test_a_section_saves_itself_while_typing(client):
    application = under_review()
    begun(application)
    client.force_login(officer_of(application))
    response = client.post(
        _url("edit_section", application, "projet"),
        {"title": "Titre en cours", "version": ""},
        headers={"HX-Request": "true", "HX-Target": "autosave"},
    )
    assert response.status_code == 200
    assert application.office_edits.get().overlay["projet"]["$"] == "map"
    assert fresh(application).title != "Titre en cours"


def test_two_tabs_of_the_same_section_lose_nothing(client):
    application = under_review()
    begun(application)
    client.force_login(officer_of(application))
    url = _url("edit_section", application, "projet")
    client.post(url, {"title": "Premier", "version": ""})
    second = client.post(url, {"title": "Second", "version": ""})
    assert second.status_code == 409
    assert "Second" in second.text
    assert "Premier" in second.text


def test_a_dossier_that_does_not_change_now_says_so(client):
    application = under_review()
    ask(application)
    client.force_login(officer_of(application))
    assert "ne se modifie pas maintenant" in client.get(_url("edit", application)).text


def test_a_colleague_reads_the_dossier_and_may_not_edit_it(client):
    application = under_review()
    client.force_login(person_with_role(Role.CASE_OFFICER))
    assert client.get(_url("edit", application)).status_code == 403
    assert _url("edit", application) not in client.get(application.get_desk_url()).text


def test_the_pages_cost_little(client, django_assert_max_num_queries):
    application = under_review()
    begun(application, "projet", "budget")
    typed(application, title="Titre corrigé")
    client.force_login(officer_of(application))
    client.get(_url("edit", application))
    for url in (
        _url("edit", application),
        _url("edit_section", application, "budget"),
        _url("edit_apply", application),
    ):
        with django_assert_max_num_queries(45):
            client.get(url)


@pytest.mark.django_db(transaction=True)
def test_an_edit_recorded_twice_at_once_makes_one_deposit():
    application = under_review()
    begun(application)
    typed(application, title="Titre corrigé")
    officer = officer_of(application)
    gate = Barrier(2)

    def record(_):
        gate.wait()
        try:
            applied(application, by=officer)
        except Refusal as refusal:
            return refusal.code
        finally:
            connection.close()
        return "done"

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(record, range(2))) == ["closed", "done"]
    assert application.deposits.count() == 2


def test_no_page_of_an_edit_opens_to_the_recused(client):
    application = under_review()
    boss = person_with_role(Role.UNIT_HEAD)
    begun(application)
    declare_conflict(person=boss, application=application, reason="Proche", at=now())
    client.force_login(boss)
    for url in (
        _url("edit", application),
        _url("edit_section", application, "projet"),
        _url("edit_apply", application),
        _url("edit_abandon", application),
    ):
        assert client.get(url).status_code == 403
        assert client.post(url, {"title": "Autre"}).status_code == 403
        assert f'"{url}"' not in client.get(application.get_desk_url()).text


def test_a_word_typed_as_an_amount_on_an_empty_line_is_said_by_the_recap(client):
    application = under_review()
    client.force_login(officer_of(application))
    begun(application, "budget")
    lines = sections.read(fresh(application), "budget")["lines"]
    used = {one.account for one in lines}
    free = next(a.key for a in ACCOUNTS if a.is_usual and a.key not in used)
    typed(application, "budget", lines=[*lines, LineValue("charge", free, Decimal(0))])
    typed(
        application,
        "budget",
        expected=application.office_edits.get().saved_sections["budget"],
        lines=[*lines, LineValue("charge", free, Decimal(0))],
        invalid={f"{free}-0-amount": "abc"},
    )
    recap = client.get(_url("edit_apply", application))
    assert recap.status_code == 200
    assert [item.field for item, _url in recap.context["blocking"]] == [f"{free}-0-amount"]
    assert recap.context["changes"] == []


@pytest.mark.parametrize("turned", [False, True])
def test_a_line_without_amount_on_one_side_only_is_no_change(turned):
    line = {"side": "charge", "account": "achats", "this_request": False, "funder": ""}
    empty = {**line, "status": "", "planned": "0.00"}
    contents = [{"budget": {"lines": []}}, {"budget": {"lines": [empty]}}]
    assert compare(*(reversed(contents) if turned else contents)) == []


def test_both_sides_read_who_changed_the_dossier(client):
    """The reader is not told that the applicant filed again, the applicant why to sign again."""
    application = under_review(sheet=a_sheet(readers=1, grid=GridFactory()))
    officer = officer_of(application)
    save_review(application_id=application.pk, by=officer, at=now(), scores={}, summary="Début.")
    begun(application)
    typed(application, title="Titre corrigé")
    applied(application)
    client.force_login(officer)
    notation = client.get(reverse("review:tab", args=[application.reference, "notation"])).text
    assert f"{officer}, du service, a enregistré le n°" in notation
    assert "le demandeur a déposé le n°" not in notation
    Application.objects.filter(pk=application.pk).update(
        attested_at=None, attestation_due_on=TODAY + timedelta(days=15)
    )
    client.force_login(application.created_by)
    suivi = client.get(reverse("applications:detail", args=[application.reference])).text
    assert "Le service a modifié votre demande" in suivi
    assert REASON in suivi
    assert "elle se signe de nouveau" in suivi
    assert "Au plus tard le" in suivi
