"""What each act of the bar does to many dossiers, and which it leaves alone."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.enums import Role
from foundation.documents.enums import FileState
from foundation.notifications.models import OutboxMessage
from grants.applications.enums import CorrectionState, ReviewState
from grants.applications.models import (
    ApplicationDocument,
    ConditionAnswer,
    CorrectionRequest,
    Place,
)
from grants.applications.services.corrections import request_correction
from grants.applications.services.office_edit import start_edit
from grants.decisions.models import CommitteeSession, SessionLine
from grants.decisions.services.sessions import add_line
from grants.review.batches import plan as plans
from grants.review.batches.registry import act_named
from grants.review.batches.selection import ASIDE
from grants.review.models import OpinionRequest
from grants.review.services.assignment import declare_conflict
from grants.review.services.opinions import request_opinion
from partners.enums import OrganisationKind
from territories.loading import load_parameters
from tests.factories import (
    CommuneFactory,
    EnvelopeFactory,
    FiledApplicationFactory,
    RoleAssignmentFactory,
    SessionFactory,
    TerritoryFactory,
    member_of,
    person_with_role,
)
from tests.queries import assert_same_queries
from tests.review.batch_world import (
    a_sheet_asking,
    check,
    choose,
    done,
    filed,
    followed,
    in_days,
    launched,
    text_of,
    texts,
)
from tests.review.opinions import ask_coordinator, give as give_opinion_of


pytestmark = pytest.mark.django_db
NOW = timezone.now()
ASKED = {"message": "Merci de joindre la pièce.", "due_on": in_days(15)}


@pytest.fixture(autouse=True)
def _parameters(db):
    load_parameters()


@pytest.fixture
def head(client):
    person = person_with_role(Role.UNIT_HEAD)
    client.force_login(person)
    return person


def under_review(count=1, **fields):
    return filed(
        count,
        with_member=True,
        **{"review_state": ReviewState.UNDER_REVIEW, **fields},
    )


def give(dossier, kind, state=FileState.TO_CHECK):
    return ApplicationDocument.objects.create(
        application=dossier,
        required=dossier.sheet.documents.get(kind=kind),
        label=kind,
        state=state,
        added_at=NOW,
    )


# --- Demander des compléments ---------------------------------------------------------------------
def test_only_the_dossiers_that_lack_the_paper_are_asked(client, head):
    sheet = a_sheet_asking("rib", "statuts")
    lacks, has, refused, elsewhere, waiting, alone = (
        *under_review(3, sheet=sheet),
        *under_review(1),
        *under_review(1, sheet=sheet, review_state=ReviewState.CORRECTION_REQUESTED),
        FiledApplicationFactory(sheet=sheet, review_state=ReviewState.UNDER_REVIEW),
    )
    give(has, "rib")
    give(refused, "rib", FileState.REFUSED)
    all_of_them = [lacks, has, refused, elsewhere, waiting, alone]
    page = text_of(check(client, "complements", all_of_them, documents=["rib"], **ASKED))
    assert "Lancer pour 2 dossiers" in page
    assert "Ce dossier a déjà ce qui est demandé." in page
    assert "Sa fiche ne lui demande pas cette pièce." in page
    assert "À l’état « En attente de compléments »" in page
    assert "Personne de ce demandeur n’a de compte" in page
    done(launched(client, "complements", all_of_them, documents=["rib"], **ASKED))
    asked = CorrectionRequest.objects.order_by("application__reference")
    assert [one.application for one in asked] == [lacks, refused]
    required = sheet.documents.get(kind="rib")
    assert asked[0].fields == [f"pieces.{required.pk}"]
    assert asked[0].message == "Merci de joindre la pièce."


def test_before_the_form_the_page_says_what_each_lacks(client, head):
    page = text_of(choose(client, "complements", under_review(1, sheet=a_sheet_asking("rib"))))
    assert "Manque : RIB" in page


def test_a_ready_sentence_and_a_message_go_together(client, head):
    sheet = a_sheet_asking("rib")
    (dossier,) = under_review(1, sheet=sheet)
    values = {"documents": ["rib"], "sentence": "0", "message": "Merci.", "due_on": in_days(10)}
    done(launched(client, "complements", [dossier], **values))
    first, second = CorrectionRequest.objects.get().message.splitlines()
    assert first
    assert second == "Merci."


def test_parts_of_the_dossier_are_reopened_together(client, head):
    dossiers = under_review(2)
    done(launched(client, "complements", dossiers, parts=["projet.title"], **ASKED))
    assert {tuple(one.fields) for one in CorrectionRequest.objects.all()} == {("projet.title",)}


def test_each_dossier_is_asked_the_parts_it_has(client, head):
    body = "organisation__kind"
    (association,) = under_review(1, **{body: OrganisationKind.ASSOCIATION})
    (commune,) = under_review(1, **{body: OrganisationKind.COMMUNE})
    (answering,) = under_review(1, **{body: OrganisationKind.COMMUNE})
    ConditionAnswer.objects.create(application=answering, position=1, condition="Deux collèges ?")
    all_of_them = [commune, association, answering]
    number, budget = "demandeur.deliberation_number", "demandeur.annual_budget"
    page = text_of(choose(client, "complements", all_of_them))
    for words in (
        "Numéro de la délibération (2 dossiers l’ont)",
        "Budget de l’organisation (1 dossier l’a)",
        "Réponses aux conditions de la fiche (1 dossier l’a)",
    ):
        assert words in page
    assert "Intitulé du projet (" not in page  # all have it
    parts = {"parts": [number, "projet.answers"], **ASKED}
    page = text_of(check(client, "complements", all_of_them, **parts))
    assert "Lancer pour 2 dossiers" in page
    assert "N’a pas : Numéro de la délibération, Réponses aux conditions de la fiche." in page
    job = done(launched(client, "complements", all_of_them, **parts))
    assert job.failures == 0
    asked = {one.application: one.fields for one in CorrectionRequest.objects.all()}
    assert asked == {commune: [number], answering: [number, "projet.answers"]}
    assert budget not in page


def test_a_dossier_that_the_office_changes_is_left_out(client, head):
    edited, free = under_review(2)
    start_edit(
        application_id=edited.pk, fields=["projet.title"], reason="Coquille", by=head, at=NOW
    )
    page = text_of(check(client, "complements", [edited, free], parts=["projet.title"], **ASKED))
    assert f"{head} modifie ce dossier" in page
    assert "Lancer pour 1 dossier" in page


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"documents": []}, "Choisissez ce que les demandeurs doivent compléter."),
        ({"documents": ["jamais-vu"]}, "Une des pièces choisies n’est pas demandée ici."),
        ({"parts": ["projet.mot_de_passe"]}, "Une des parties choisies n’existe pas."),
        ({"message": ""}, "Choisissez une phrase, ou écrivez ce qui est attendu."),
        ({"message": "x" * 5001}, "5000"),
        ({"due_on": "2020-01-01"}, "Choisissez un jour après le"),
        ({"due_on": in_days(4000)}, "jours au plus."),
        ({"due_on": "pas un jour"}, "À compléter au plus tard le"),
    ],
)
def test_a_request_badly_filled_says_so(client, head, changes, sentence):
    dossiers = under_review(1, sheet=a_sheet_asking("rib"))
    values = {"documents": ["rib"], **ASKED, **changes}
    response = check(client, "complements", dossiers, **values)
    assert response.status_code == 422
    assert sentence in text_of(response)


def test_a_paper_given_meanwhile_is_not_asked(client, head):
    sheet = a_sheet_asking("rib")
    (dossier,) = under_review(1, sheet=sheet)
    job = launched(client, "complements", [dossier], documents=["rib"], **ASKED)
    give(dossier, "rib")
    assert texts(done(job)) == [(False, "Ce dossier a déjà ce qui est demandé.")]


def test_a_colleague_s_request_meanwhile_is_not_doubled(client, head):
    sheet = a_sheet_asking("rib")
    (dossier,) = under_review(1, sheet=sheet)
    job = launched(client, "complements", [dossier], documents=["rib"], **ASKED)
    request_correction(
        application_id=dossier.pk,
        fields=["projet.title"],
        message="Précisez.",
        due_on=timezone.localdate() + timedelta(days=9),
        by=person_with_role(Role.CASE_OFFICER),
        at=timezone.now(),
    )
    ((ok, sentence),) = texts(done(job))
    assert not ok
    assert sentence.startswith("Ce dossier a changé depuis la vérification")
    assert CorrectionRequest.objects.count() == 1


def test_120_requests_go_from_the_selection_to_the_mails(client, head):
    sheet = a_sheet_asking("rib", "statuts")
    dossiers = under_review(120, sheet=sheet)
    declare_conflict(person=head, application=dossiers[7], reason="Proche", at=NOW)
    give(dossiers[3], "rib")
    job = launched(client, "complements", dossiers, documents=["rib"], **ASKED)
    assert job.total == 118
    done(job)
    assert (job.done, job.failures) == (118, 0)
    assert CorrectionRequest.objects.filter(state=CorrectionState.OPEN).count() == 118
    mails = OutboxMessage.objects.filter(subject__contains="ompl")
    assert mails.count() == 118
    assert len({mail.to if isinstance(mail.to, str) else tuple(mail.to) for mail in mails}) == 118
    assert all("Merci de joindre la pièce." in mail.text for mail in mails)
    for one in (dossiers[3], dossiers[7]):
        one.refresh_from_db()
        assert one.review_state == ReviewState.UNDER_REVIEW


# --- Demander un avis -----------------------------------------------------------------------------
def a_place(dossier, territory):
    commune = CommuneFactory(territory=territory)
    dossier.whole_department = False
    dossier.save()
    return Place.objects.create(application=dossier, commune=commune, territories=[territory.pk])


def coordinator_of(territory=None):
    return RoleAssignmentFactory(role=Role.COORDINATOR, territory=territory).user


def test_each_dossier_goes_to_the_coordinators_of_its_territories(client, head):
    north, south = TerritoryFactory(), TerritoryFactory()
    anna, bob, whole = coordinator_of(north), coordinator_of(south), coordinator_of()
    both, one, everywhere, elsewhere = filed(4)
    for dossier, territories in ((both, (north, south)), (one, (south,))):
        for territory in territories:
            a_place(dossier, territory)
    a_place(elsewhere, TerritoryFactory())
    dossiers = [both, one, everywhere, elsewhere]
    values = {"source": "coordinator", "question": "Connaissez-vous ?", "due_on": in_days(10)}
    page = text_of(check(client, "avis", dossiers, **values))
    assert "Lancer pour 4 dossiers" in page
    done(launched(client, "avis", dossiers, **values))
    asked = {
        dossier: {request.person for request in dossier.opinion_requests.all()}
        for dossier in dossiers
    }
    assert asked == {
        both: {anna, bob, whole},
        one: {bob, whole},
        everywhere: {whole},
        elsewhere: {whole},
    }


def test_a_dossier_that_nobody_coordinates_is_left_out(client, head):
    placed, everywhere = filed(2)
    coordinator_of(TerritoryFactory())
    a_place(placed, TerritoryFactory())
    page = text_of(
        check(client, "avis", [placed, everywhere], source="coordinator", due_on=in_days(10))
    )
    assert "Personne ne coordonne son territoire." in page
    assert "Personne ne coordonne le département entier." in page


def test_a_coordinator_of_the_body_is_left_out_before_it_runs(client, head):
    (dossier,) = filed(1)
    person = coordinator_of()
    member_of(dossier.organisation, user=person)
    page = text_of(check(client, "avis", [dossier], source="coordinator", due_on=in_days(10)))
    assert f"La coordination est membre de {dossier.organisation}." in page


def test_an_expert_of_a_body_or_of_the_office_is_left_out_before_it_runs(client, head):
    theirs, other = filed(2)
    member = member_of(theirs.organisation)
    values = {"source": "expert", "expert_name": "Ada", "due_on": in_days(10)}
    page = text_of(check(client, "avis", [theirs, other], expert_email=member.email, **values))
    assert f"Cette adresse est celle d’une personne de {theirs.organisation}" in page
    assert page.count("Un lien part à Ada") == 1
    officer = person_with_role(Role.CASE_OFFICER)
    page = text_of(check(client, "avis", [theirs, other], expert_email=officer.email, **values))
    assert page.count("Cette adresse est celle d’une personne du service") == 2
    assert "Un lien part à Ada" not in page


def test_an_opinion_awaited_or_recused_is_not_asked_again(client, head):
    whole, other = coordinator_of(), coordinator_of()
    (dossier,) = filed(1)
    day = timezone.localdate() + timedelta(days=9)
    common = {"application_id": dossier.pk, "source": "coordinator", "due_on": day, "by": head}
    request_opinion(person=whole, at=NOW, **common)
    declare_conflict(person=other, application=dossier, reason="Proche", at=NOW)
    values = {"source": "coordinator", "due_on": in_days(10)}
    assert "Cet avis y est déjà attendu." in text_of(check(client, "avis", [dossier], **values))


def test_an_opinion_given_is_not_asked_again(client, head):
    whole = coordinator_of()
    answered, other = filed(2)
    give_opinion_of(ask_coordinator(answered, whole, by=head))
    values = {"source": "coordinator", "due_on": in_days(10)}
    page = text_of(check(client, "avis", [answered, other], **values))
    assert "La coordination y a déjà rendu son avis." in page
    assert "Lancer pour 1 dossier" in page
    ada = {"source": "expert", "expert_name": "Ada", "expert_email": "ada@exemple.example"}
    done(launched(client, "avis", [answered], due_on=in_days(10), **ada))
    OpinionRequest.objects.filter(expert_email=ada["expert_email"]).update(state="given")
    page = text_of(check(client, "avis", [answered, other], due_on=in_days(10), **ada))
    assert "Ada y a déjà rendu son avis." in page
    assert "Lancer pour 1 dossier" in page


def test_one_asked_meanwhile_does_not_stop_the_others(client, head):
    whole, other = coordinator_of(), coordinator_of()
    (dossier,) = filed(1)
    job = launched(client, "avis", [dossier], source="coordinator", due_on=in_days(10))
    declare_conflict(person=whole, application=dossier, reason="Proche", at=NOW)
    ((ok, sentence),) = texts(done(job))
    assert ok
    assert sentence == f"Demandé à {other}. {whole} s’est déporté de ce dossier."


def test_one_expert_gets_a_link_for_each_dossier(client, head):
    dossiers = [*filed(2), FiledApplicationFactory(review_state=ReviewState.EVALUATED)]
    values = {
        "source": "expert",
        "expert_name": "Ada Expert",
        "expert_email": "ada@exemple.example",
        "due_on": in_days(10),
    }
    page = text_of(check(client, "avis", dossiers, **values))
    assert "À l’état « Instruit »" in page
    done(launched(client, "avis", dossiers, **values))
    assert OpinionRequest.objects.filter(expert_email="ada@exemple.example").count() == 2
    assert OutboxMessage.objects.filter(to="ada@exemple.example").count() == 2


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"source": "expert", "expert_email": "a@b.example"}, "Indiquez le nom de l’expert."),
        ({"source": "expert", "expert_name": "Ada"}, "Indiquez l’adresse e-mail"),
        ({"source": "zzz"}, "À qui"),
        ({"source": "coordinator", "expert_name": "Ada"}, "ne sert que pour un expert"),
        ({"source": "coordinator", "expert_email": "non"}, "ne sert que pour un expert"),
        ({"source": "coordinator", "due_on": "2020-01-01"}, "Choisissez un jour après"),
        ({"source": "coordinator", "due_on": in_days(4000)}, " au plus tard."),
    ],
)
def test_an_opinion_badly_asked_says_so(client, head, values, sentence):
    response = check(client, "avis", filed(1), **{"due_on": in_days(10), **values})
    assert response.status_code == 422
    assert sentence in text_of(response)


# --- Inscrire à une séance ------------------------------------------------------------------------
def evaluated(count=1, **fields):
    return filed(
        count,
        **{
            "review_state": ReviewState.EVALUATED,
            "proposed_amount": Decimal(3000),
            **fields,
        },
    )


def an_envelope(dossier, **fields):
    return EnvelopeFactory(fiscal_year=dossier.sheet.campaign.fiscal_year, **fields)


def test_the_evaluated_go_on_the_list_of_a_session(client, head):
    first, second = evaluated(2)
    no_amount = evaluated(1, proposed_amount=None)[0]
    early = filed(1)[0]
    aside = evaluated(1)[0]
    declare_conflict(person=head, application=aside, reason="Proche", at=NOW)
    session, envelope = SessionFactory(), an_envelope(first)
    dossiers = [first, second, no_amount, early, aside]
    values = {"session": session.pk, "envelope": envelope.pk}
    page = text_of(check(client, "seance", dossiers, **values))
    assert "Lancer pour 2 dossiers" in page
    assert "6 000 €" in page
    assert "Ce dossier n’a pas de montant proposé." in page
    assert "À l’état « À affecter »" in page or "À l’état « Déposé »" in page
    assert ASIDE in page
    done(launched(client, "seance", dossiers, **values))
    assert {line.application for line in SessionLine.objects.all()} == {first, second}


def test_an_envelope_kept_for_others_leaves_dossiers_out(client, head):
    near, far = evaluated(2)
    territory = TerritoryFactory()
    a_place(near, territory)
    a_place(far, TerritoryFactory())
    envelope, session = an_envelope(near, territory=territory), SessionFactory()
    page = text_of(check(client, "seance", [near, far], session=session.pk, envelope=envelope.pk))
    assert "Lancer pour 1 dossier" in page
    assert f"réservée au territoire {territory.pk}." in page


def test_the_sums_of_a_reading_not_finished_stay_hidden(client, head):
    from grants.review.models import Assignment, AssignmentRole

    (dossier,) = evaluated(1, proposed_amount=Decimal(4321))
    Assignment.objects.create(
        application=dossier,
        person=head,
        role=AssignmentRole.READER,
        rank=1,
        assigned_by=head,
        assigned_at=NOW,
    )
    session, envelope = SessionFactory(), an_envelope(dossier)
    page = text_of(check(client, "seance", [dossier], session=session.pk, envelope=envelope.pk))
    assert "Lancer pour 1 dossier" in page
    assert "4 321" not in page


def test_a_session_closed_meanwhile_takes_nothing(client, head):
    (dossier,) = evaluated(1)
    session, envelope = SessionFactory(), an_envelope(dossier)
    job = launched(client, "seance", [dossier], session=session.pk, envelope=envelope.pk)
    session.state = CommitteeSession.State.CLOSED
    session.save()
    assert texts(done(job)) == [(False, "Cette séance est close.")]
    again = check(client, "seance", [dossier], session=session.pk, envelope=envelope.pk)
    assert again.status_code == 422
    assert "Cette séance n’est plus en préparation." in text_of(again)


def test_a_dossier_put_on_another_session_meanwhile_is_left(client, head):
    (dossier,) = evaluated(1)
    session, envelope = SessionFactory(), an_envelope(dossier)
    job = launched(client, "seance", [dossier], session=session.pk, envelope=envelope.pk)
    other = SessionFactory()
    add_line(
        session_id=other.pk,
        application_id=dossier.pk,
        envelope=envelope,
        by=head,
        at=timezone.now(),
    )
    ((ok, sentence),) = texts(done(job))
    assert not ok
    assert "Ce dossier a changé depuis la vérification" in sentence
    assert SessionLine.objects.get().session == other


# --- Cost -----------------------------------------------------------------------------------------
EXPERT = {"source": "expert", "expert_name": "Ada", "expert_email": "ada@exemple.example"}


@pytest.mark.parametrize(
    ("slug", "more_values"),
    [("complements", {}), ("avis", {}), ("avis", EXPERT), ("seance", {})],
)
def test_a_check_costs_the_same_whatever_the_dossiers(client, head, slug, more_values):
    sheet = a_sheet_asking("rib")
    coordinator_of()
    envelope = EnvelopeFactory(fiscal_year=sheet.campaign.fiscal_year)
    values = {
        "complements": {"documents": ["rib"], **ASKED},
        "avis": {"source": "coordinator", "due_on": in_days(9)},
        "seance": {"session": SessionFactory().pk, "envelope": envelope.pk},
    }[slug] | more_values
    state = ReviewState.EVALUATED if slug == "seance" else ReviewState.UNDER_REVIEW
    dossiers = []

    def more(count):
        made = under_review(count, sheet=sheet, review_state=state, proposed_amount=Decimal(10))
        dossiers.extend(made)

    def ask():
        keys = [one.pk for one in dossiers]
        step = plans.keep_chosen(act_named(slug), head, keys)
        here = reverse("review:batch_step", args=[slug, step])
        return followed(client, client.post(here, values))

    assert_same_queries(ask, few=lambda: more(1), many=lambda: more(49), at_most=40, row="data-row")
