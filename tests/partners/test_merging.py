"""Doubles joined: everything follows, what was filed keeps its name, nobody finds the double."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.enums import Role
from config.errors import Refusal
from foundation.notifications.models import OutboxMessage
from grants.applications.events import verify_chain
from grants.applications.models import Application
from grants.calls.models import ClosingExtension
from grants.review.models import ConflictOfInterest
from partners.doubles import conflicts_between, doubles
from partners.enums import (
    BankState,
    FlagKind,
    InvitationState,
    MembershipState,
    OrganisationKind,
    Right,
)
from partners.models import Membership, NotificationConsent, Organisation, OrganisationMerge
from partners.selectors import search_organisations
from partners.services.documents import replace_document
from partners.services.flags import raise_flag
from partners.services.invitations import invite_member
from partners.services.merging import FILLED_IN, merge_organisations
from partners.services.organisations import (
    AlreadyThereError,
    create_organisation,
    update_organisation,
)
from territories.loading import load_parameters
from tests.documents.samples import PDF
from tests.factories import (
    ApplicationFactory,
    BankDetailsFactory,
    CallSheetFactory,
    FiledApplicationFactory,
    MembershipFactory,
    OrganisationDocumentFactory,
    OrganisationFactory,
    UserFactory,
    member_of,
    person_with_role,
)
from tests.partners.test_two_at_once import at_once


pytestmark = pytest.mark.django_db


@pytest.fixture
def administrator():
    return person_with_role(Role.ADMINISTRATOR)


@pytest.fixture
def target():
    return OrganisationFactory(legal_name="Les Ateliers du Rail", city="Bagneux")


@pytest.fixture
def source():
    return OrganisationFactory(
        legal_name="Ateliers du Rail", city="Bagneux", siret=None, identifier_state="none"
    )


def merge(source, target, by, **values) -> OrganisationMerge:
    values = {"reason": "Même numéro au registre", "at": timezone.now()} | values
    return merge_organisations(by=by, source_id=source.pk, target_id=target.pk, **values)


def code_of(act, *args, **values) -> str:
    with pytest.raises(Refusal) as refused:
        act(*args, **values)
    return refused.value.code


# --- What follows ---------------------------------------------------------------------------------
def test_dossiers_follow_and_note_it(source, target, administrator):
    draft = ApplicationFactory(organisation=source)
    filed = FiledApplicationFactory(organisation=source)
    made = merge(source, target, administrator)
    for application in (draft, filed):
        application.refresh_from_db()
        assert application.organisation == target
    assert not draft.events.exists()
    event = filed.events.latest("position")
    assert (event.kind, event.data) == (
        "organisation_merged",
        {"from": source.pk, "to": target.pk},
    )
    assert verify_chain(filed) == []
    assert filed.deposits.get().payload == b"{}"
    assert made.moved["dossiers"] == 2


def test_members_follow_and_somebody_of_both_has_the_rights_of_both(source, target, administrator):
    alone = MembershipFactory(organisation=source, rights=["sign"])
    both = UserFactory()
    double = MembershipFactory(user=both, organisation=source, rights=["manage"])
    kept = MembershipFactory(user=both, organisation=target, rights=["edit"])
    waiting = UserFactory()
    MembershipFactory(user=waiting, organisation=source, rights=["edit"])
    asked = MembershipFactory(
        user=waiting, organisation=target, rights=[], state=MembershipState.PENDING
    )
    merge(source, target, administrator, kept_rights=[alone.pk, double.pk])
    for row in (alone, kept, asked):
        row.refresh_from_db()
    assert (alone.organisation, alone.rights) == (target, ["sign"])
    assert kept.rights == ["manage", "edit"]
    assert (asked.state, asked.rights) == (MembershipState.ACTIVE, ["edit"])
    assert not source.memberships.filter(state=MembershipState.ACTIVE).exists()


def test_the_members_of_a_double_fill_in_at_most_unless_they_are_named(
    client: Client, source, target, administrator
):
    manager = MembershipFactory(organisation=target, rights=["manage"])
    named, president = (
        MembershipFactory(organisation=source, function=function)
        for function in ("Trésorière", "Présidente")
    )
    both = MembershipFactory(organisation=target, rights=["edit"])
    MembershipFactory(organisation=source, user=both.user)
    waits = invite_member(
        by=administrator,
        organisation_id=source.pk,
        email="invitee@essai.example",
        function="",
        rights=["manage", "edit"],
        at=timezone.now(),
    )
    client.force_login(administrator)
    url = reverse("partners:merge_confirm", args=[source.pk, target.pk])
    page = client.get(url).content.decode()
    assert f"{president.user}, Présidente (Gérer les membres et la fiche, " in page
    assert client.post(url, {"reason": "La même", "kept_rights": ["0"]}).status_code == 422
    data = {"reason": "La même", "kept_rights": [str(named.pk)]}
    assert client.post(url, data).status_code == 302
    for row in (named, president, both, waits):
        row.refresh_from_db()
    assert (named.rights, named.capacity) == (["manage", "edit", "sign"], "representative")
    assert (president.rights, president.capacity) == (["edit"], "")
    assert both.rights == waits.rights == ["edit"]
    told = OutboxMessage.objects.get(kind="organisation-merged", to=manager.user.email).text
    assert f"- {named.user} (Trésorière)" in told
    assert str(president.user) not in told
    assert OutboxMessage.objects.get(kind="new-signatory").to == manager.user.email


def test_a_request_that_waits_gives_no_right(source, target, administrator):
    person = UserFactory()
    MembershipFactory(
        user=person, organisation=source, rights=["manage"], state=MembershipState.PENDING
    )
    kept = MembershipFactory(user=person, organisation=target, rights=["edit"])
    merge(source, target, administrator)
    kept.refresh_from_db()
    assert kept.rights == ["edit"]


def test_the_account_of_the_body_kept_stays_in_force(source, target, administrator):
    other, own = (BankDetailsFactory(organisation=body) for body in (source, target))
    merge(source, target, administrator)
    other.refresh_from_db()
    own.refresh_from_db()
    assert (other.organisation, other.state) == (target, BankState.REPLACED)
    assert own.state != BankState.REPLACED


def test_the_only_account_follows_in_force(source, target, administrator):
    account = BankDetailsFactory(organisation=source)
    state = account.state
    merge(source, target, administrator)
    account.refresh_from_db()
    assert (account.organisation, account.state) == (target, state)


def test_documents_consents_flags_and_invitations_follow(source, target, administrator):
    document = OrganisationDocumentFactory(organisation=source)
    consents = [
        NotificationConsent.objects.create(
            organisation=body,
            email="nous@essai.example",
            text_version="1",
            given_by=administrator,
            given_at=timezone.now(),
        )
        for body in (source, target)
    ]
    for body in (source, target):
        raise_flag(
            organisation=body,
            kind=FlagKind.REPRESENTATIVE,
            text="Nouvelle présidente",
            by=None,
            at=timezone.now(),
        )
        invite_member(
            by=administrator,
            organisation_id=body.pk,
            email="invitee@essai.example",
            function="",
            rights=["manage"],
            at=timezone.now(),
        )
    merge(source, target, administrator)
    document.refresh_from_db()
    assert document.organisation == target
    assert target.notification_consents.get(revoked_at=None) == consents[1]
    assert target.flags.filter(handled_at=None).count() == 1
    assert target.invitations.waiting().count() == 1
    assert target.invitations.filter(state=InvitationState.REVOKED).count() == 1
    assert not source.invitations.exists()


def test_extensions_and_recusals_follow(source, target, administrator):
    sheet = CallSheetFactory()
    ClosingExtension.objects.create(
        sheet=sheet,
        organisation=source,
        until=timezone.now() + timedelta(days=3),
        reason="Panne",
        granted_by=administrator,
        granted_at=timezone.now(),
    )
    officers = [person_with_role(Role.CASE_OFFICER) for _ in range(2)]
    for officer, bodies in zip(officers, ([source], [source, target]), strict=True):
        for body in bodies:
            ConflictOfInterest.objects.create(
                person=officer, organisation=body, declared_at=timezone.now()
            )
    made = merge(source, target, administrator)
    assert ClosingExtension.objects.get().organisation == target
    aside = ConflictOfInterest.objects.filter(organisation=target)
    assert {row.person for row in aside} == set(officers)
    assert (made.moved["extensions"], made.moved["conflicts"]) == (1, 2)


def test_the_body_kept_is_filled_in_where_it_says_nothing(target, administrator):
    source = OrganisationFactory(
        legal_name="Ateliers du Rail", email="nous@essai.example", city="Ailleurs"
    )
    siret = source.siret
    Organisation.objects.filter(pk=target.pk).update(siret=None, siren="")
    made = merge(source, target, administrator, typed="Ateliers du Rail")
    target.refresh_from_db()
    source.refresh_from_db()
    assert (target.siret, target.email, target.city) == (siret, "nous@essai.example", "Bagneux")
    assert (source.siret, source.merged_into) == (None, target)
    assert made.moved["numbers"]["siret"] == siret


# --- What is refused ------------------------------------------------------------------------------
def test_only_an_administrator_joins(source, target):
    for by in (person_with_role(Role.UNIT_HEAD), member_of(target)):
        assert code_of(merge, source, target, by) == "forbidden"


def test_two_sirets_ask_to_copy_the_name(target, administrator):
    source = OrganisationFactory(legal_name="Ateliers du Rail")
    assert code_of(merge, source, target, administrator) == "typed_needed"
    assert code_of(merge, source, target, administrator, typed="Autre") == "typed_needed"
    merge(source, target, administrator, typed="ateliers du  rail")
    assert Organisation.objects.get(pk=source.pk).merged_into == target


def test_a_commune_is_always_kept(source, administrator):
    commune = OrganisationFactory(kind=OrganisationKind.COMMUNE)
    assert code_of(merge, commune, source, administrator) == "commune"


def test_a_body_is_joined_once_and_not_to_itself(source, target, administrator):
    assert code_of(merge, target, target, administrator) == "same"
    assert code_of(merge, source, target, administrator, reason=" ") == "reason_needed"
    merge(source, target, administrator)
    assert code_of(merge, source, target, administrator) == "already_merged"
    other = OrganisationFactory()
    assert code_of(merge, other, source, administrator, typed=other.legal_name) == "already_merged"


def test_joined_bodies_follow_one_another(source, target, administrator):
    last = OrganisationFactory()
    merge(source, target, administrator)
    merge(target, last, administrator, typed=target.legal_name)
    source.refresh_from_db()
    assert source.merged_into == last


# --- Afterwards -----------------------------------------------------------------------------------
def test_nobody_finds_or_joins_the_double(client: Client, source, target, administrator):
    merge(source, target, administrator)
    assert source not in search_organisations("Ateliers du Rail").found
    client.force_login(UserFactory())
    assert client.get(reverse("partners:join", args=[source.pk])).status_code == 404
    assert source.legal_name not in [str(body) for body in Organisation.objects.current()]


def test_the_page_of_the_double_leads_to_the_body_kept(
    client: Client, source, target, administrator
):
    member = member_of(source)
    merge(source, target, administrator)
    page = reverse("partners:organisation_detail", args=[source.pk])
    for person in (member, administrator):
        client.force_login(person)
        assert client.get(page)["Location"] == reverse(
            "partners:organisation_detail", args=[target.pk]
        )
    client.force_login(UserFactory())
    assert client.get(page).status_code == 404


def test_the_numbers_of_a_double_lead_to_the_body_kept(target, administrator):
    source = OrganisationFactory(legal_name="Ateliers du Rail", rna="W922990001")
    siret = source.siret
    other = OrganisationFactory(legal_name="Le Rail")
    merge(source, target, administrator, typed=source.legal_name)
    merge(target, other, administrator, typed=target.legal_name)
    for number in (siret, siret[:9], "W922990001"):
        assert search_organisations(number).found == [other], number
    for numbers in ({"siret": siret}, {"rna": "W922990001"}):
        with pytest.raises(AlreadyThereError) as refused:
            create_organisation(
                by=UserFactory(),
                at=timezone.now(),
                kind="association",
                legal_name="Une autre",
                function="Présidente",
                **numbers,
            )
        assert refused.value.organisation == other
    young = OrganisationFactory(siret=None, siren="", identifier_state="none")
    with pytest.raises(AlreadyThereError):
        update_organisation(
            by=member_of(young), organisation_id=young.pk, at=timezone.now(), siret=siret
        )


def test_the_invariants_hold_after_a_merge(source, target, administrator):
    load_parameters()
    application = ApplicationFactory(organisation=source)
    merge(source, target, administrator)
    output = StringIO()
    call_command("check_invariants", stdout=output)
    assert Application.objects.get(pk=application.pk).organisation == target


KEPT_AS_IT_IS = {  # of the body kept, or written by the merge itself
    "id",
    "kind",
    "legal_name",
    "search_name",
    "siren",
    "siret",
    "identifier_state",
    "is_demo",
    "merged_into",
    "created_at",
    "created_by",
}


def test_each_field_of_a_body_is_filled_in_from_its_double_or_kept_on_purpose():
    fields = {field.name for field in Organisation._meta.concrete_fields}
    assert fields == KEPT_AS_IT_IS | set(FILLED_IN)
    assert not KEPT_AS_IT_IS & set(FILLED_IN)


def test_the_members_of_both_bodies_are_told(source, target, administrator):
    people = [member_of(source, Right.EDIT), member_of(target, Right.MANAGE)]
    both = MembershipFactory(organisation=source).user
    MembershipFactory(organisation=target, user=both)
    MembershipFactory(organisation=source, state=MembershipState.PENDING)
    merge(source, target, administrator)
    mails = OutboxMessage.objects.filter(kind="organisation-merged")
    assert sorted(m.to for m in mails) == sorted(p.email for p in [*people, both])
    assert "sous le nom de Les Ateliers du Rail" in mails[0].text
    assert reverse("partners:organisation_detail", args=[target.pk]) in mails[0].text
    assert mails[0].reply_to == "service@essai.example"


def test_a_merge_waits_for_the_dossiers_before_it_holds_the_bodies(source, target, administrator):
    """Services that lock a dossier, then its body, never wait for a merge that waits for them."""
    FiledApplicationFactory(organisation=source)
    with CaptureQueriesContext(connection) as queries:
        merge(source, target, administrator)
    locks = [row["sql"] for row in queries if "FOR NO KEY UPDATE" in row["sql"]]
    tables = [sql.split(" FROM ")[1].split()[0].strip('"') for sql in locks]
    assert tables[:2] == ["applications_application", "partners_organisation"]


@pytest.mark.django_db(transaction=True)
def test_no_document_stays_behind_when_it_is_replaced_during_a_merge(source, target, administrator):
    document = OrganisationDocumentFactory(organisation=source)
    manager = member_of(source)
    upload = SimpleUploadedFile("statuts.pdf", PDF, "application/pdf")
    acts = [
        lambda: merge(source, target, administrator),
        lambda: replace_document(
            document_id=document.pk, label="", upload=upload, by=manager, at=timezone.now()
        ),
    ]
    assert at_once(*acts)[-1] == "ok"
    assert not source.documents.exists()
    assert target.documents.filter(ended_at=None).count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_merges_at_once_of_one_double(source, target, administrator):
    other = OrganisationFactory(city="Bagneux", siret=None, identifier_state="none")
    MembershipFactory(organisation=source)
    acts = [lambda to=to: merge(source, to, administrator) for to in (target, other)]
    assert at_once(*acts) == ["already_merged", "ok"]
    assert OrganisationMerge.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_bodies_joined_to_each_other_at_once(source, target, administrator):
    acts = [
        lambda: merge(source, target, administrator),
        lambda: merge(target, source, administrator),
    ]
    assert at_once(*acts) == ["already_merged", "ok"]


# --- Which look alike -----------------------------------------------------------------------------
def test_names_alike_in_one_town_are_suggested(source, target):
    OrganisationFactory(legal_name="Les Ateliers du Rail", city="Clamart", siret=None)
    (pair,) = doubles()
    assert {pair.source, pair.target} == {source, target}
    assert pair.target.pk < pair.source.pk


def test_bodies_of_one_siren_are_suggested():
    one = OrganisationFactory(legal_name="Alpha", city="Bagneux")
    other = OrganisationFactory(legal_name="Oméga", city="Clamart", siret=None)
    Organisation.objects.filter(pk=other.pk).update(siren=one.siren)
    assert [(p.source, p.target, p.why) for p in doubles()] == [(other, one, "Même SIREN")]


def test_what_disagrees_is_said(source, target):
    assert conflicts_between(source, target) == []
    for body in (source, target):
        BankDetailsFactory(organisation=body)
    assert [one.needs_typing for one in conflicts_between(source, target)] == [False]


# --- Pages ----------------------------------------------------------------------------------------
def test_from_the_search_to_the_merge(client: Client, source, target, administrator):
    FiledApplicationFactory(organisation=source, title="Chantiers d’été")
    member_of(source, Right.EDIT)
    client.force_login(administrator)
    choose = reverse("partners:merge_choose")
    assert "Noms proches, même ville" in client.get(choose).content.decode()
    page = client.get(choose, {"q": "rail"}).content.decode()
    assert "C’est le doublon" in page
    answer = client.get(choose, {"doublon": source.pk, "fiche": target.pk})
    confirm = answer["Location"]
    page = client.get(confirm).content.decode()
    assert "Chantiers d’été" in page
    assert "1 membre" in page
    assert client.post(confirm).status_code == 422
    answers = [client.post(confirm, {"reason": "La même"}) for _ in range(2)]
    kept = reverse("partners:organisation_detail", args=[target.pk])
    assert [answer["Location"] for answer in answers] == [kept, kept]
    assert OrganisationMerge.objects.count() == 1


def test_the_typed_name_is_asked_on_the_page(client: Client, target, administrator):
    source = OrganisationFactory(legal_name="Ateliers du Rail")
    client.force_login(administrator)
    confirm = reverse("partners:merge_confirm", args=[source.pk, target.pk])
    answer = client.post(confirm, {"reason": "La même", "typed": "autre chose"})
    assert answer.status_code == 422
    assert "recopiez le nom du doublon" in answer.content.decode()
    assert Membership.objects.count() == 0
    assert (
        client.post(confirm, {"reason": "La même", "typed": "ateliers du rail"}).status_code == 302
    )
