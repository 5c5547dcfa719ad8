from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.enums import Role
from config.errors import Refusal
from partners import lookup
from partners.enums import IdentifierState, OrganisationKind
from partners.loading import load_public_bodies
from partners.models import NotificationConsent, Organisation
from partners.selectors import search_organisations
from partners.services.organisations import (
    AlreadyThereError,
    confirm_identifier,
    create_organisation,
    give_consent,
    register_for_others,
    revoke_consent,
    update_organisation,
)
from tests.factories import (
    CommuneFactory,
    OrganisationFactory,
    UserFactory,
    member_of,
    person_with_role,
    siret_of,
)


pytestmark = pytest.mark.django_db
FOLDER = Path(django_settings.BASE_DIR) / "fixtures" / "reference"


def create(by=None, **fields) -> Organisation:
    values = {
        "kind": OrganisationKind.ASSOCIATION,
        "legal_name": "Les Passerelles",
        "siret": siret_of(500999),
        "function": "Présidente",
        "capacity": "representative",
        "city": "Bagneux",
    }
    return create_organisation(by=by or UserFactory(), at=timezone.now(), **(values | fields))


# --- Creation -----------------------------------------------------------------------------------
def test_who_creates_a_body_gets_every_right():
    user = UserFactory()
    organisation = create(by=user, legal_name="  Les \u202ePasserelles ")
    assert organisation.legal_name == "Les Passerelles"
    assert organisation.siren == organisation.siret[:9]
    membership = organisation.memberships.get()
    assert (membership.user, membership.function) == (user, "Présidente")
    assert membership.rights == ["manage", "edit", "sign"]
    assert membership.is_active


def test_without_a_register_the_siret_is_to_check():
    assert create().identifier_state == IdentifierState.TO_CHECK


class OpenRegister:
    def find(self, siret: str) -> lookup.Found:
        return lookup.Found(siret=siret, legal_name="LES PASSERELLES")


class AwayRegister:
    def find(self, siret: str) -> None:
        raise lookup.RegisterUnavailableError


def test_a_register_confirms_a_siret_and_its_absence_blocks_nothing(settings):
    settings.SIRET_LOOKUP = f"{__name__}.OpenRegister"
    here = globals()["OpenRegister"]
    lookup_path = "partners.lookup.import_string"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lookup_path, lambda _path: here)
        assert create().identifier_state == IdentifierState.CHECKED
        patch.setattr(lookup_path, lambda _path: AwayRegister)
        made = create(legal_name="Autre", siret=siret_of(500998))
    assert made.identifier_state == IdentifierState.TO_CHECK


def test_an_association_may_start_without_siret():
    with_rna = create(siret="", rna="w922000001")
    assert (with_rna.siret, with_rna.rna) == (None, "W922000001")
    assert with_rna.identifier_state == IdentifierState.NONE
    being_made = create(siret="", legal_name="Naissante", creation_in_progress=True)
    assert being_made.identifier_state == IdentifierState.NONE


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"siret": ""}, "identifier_needed"),
        ({"siret": "", "rna": "", "kind": "other"}, "identifier_needed"),
        ({"siret": "", "kind": "school", "creation_in_progress": True}, "identifier_needed"),
        ({"siret": "73282932000047"}, "invalid_identifier"),
        ({"rna": "922000001"}, "invalid_identifier"),
        ({"kind": "commune"}, "commune"),
    ],
)
def test_a_wrong_creation_is_refused(fields, code):
    with pytest.raises(Refusal) as refused:
        create(**fields)
    assert refused.value.code == code
    assert not Organisation.objects.exists()


@pytest.mark.parametrize(
    "twin",
    [
        {"siret": siret_of(500999)},
        {"siret": "", "rna": "W922000001"},
        {"siret": "", "rna": "W922000009", "legal_name": "LES PASSERELLES", "city": "bagneux"},
    ],
    ids=["siret", "rna", "name and town"],
)
def test_a_double_leads_to_joining_the_first(twin):
    first = create(rna="W922000001")
    with pytest.raises(AlreadyThereError) as refused:
        create(**twin)
    assert refused.value.organisation == first
    assert refused.value.status == 409
    assert Organisation.objects.count() == 1


def test_namesakes_of_other_towns_are_not_doubles():
    create()
    create(siret="", rna="W922000009", city="Clamart")
    assert Organisation.objects.count() == 2


def test_a_siret_of_a_commune_leads_to_the_commune():
    commune = OrganisationFactory(kind="commune", siret=None, siren="219200029")
    with pytest.raises(AlreadyThereError) as refused:
        create(siret="21920002999997", kind="public_body")
    assert refused.value.organisation == commune


def test_the_database_keeps_one_body_a_siret_and_none_without_state():
    organisation = OrganisationFactory()
    with pytest.raises(IntegrityError, match="siret_once"), transaction.atomic():
        OrganisationFactory(siret=organisation.siret)
    with pytest.raises(IntegrityError, match="no_siret_no_number"), transaction.atomic():
        OrganisationFactory(identifier_state=IdentifierState.NONE)
    OrganisationFactory(kind="commune", siret=None, siren="219200029")
    with pytest.raises(IntegrityError, match="one_body_a_commune"), transaction.atomic():
        OrganisationFactory(kind="commune", siret=None, siren="219200029")


# --- Profile ------------------------------------------------------------------------------------
def test_the_siret_is_filled_in_later():
    organisation = create(siret="", rna="W922000001")
    manager = organisation.memberships.get().user
    update_organisation(
        by=manager, organisation_id=organisation.pk, at=timezone.now(), siret=siret_of(500005)
    )
    organisation.refresh_from_db()
    assert organisation.siret == siret_of(500005)
    assert organisation.identifier_state == IdentifierState.TO_CHECK


def test_only_the_office_replaces_a_siret():
    organisation = OrganisationFactory()
    values = {"organisation_id": organisation.pk, "at": timezone.now(), "siret": siret_of(577777)}
    with pytest.raises(Refusal) as refused:
        update_organisation(by=member_of(organisation), **values)
    assert refused.value.code == "siret_kept"
    update_organisation(by=person_with_role(Role.ADMINISTRATOR), **values)
    organisation.refresh_from_db()
    assert organisation.siret == siret_of(577777)


def test_a_commune_takes_a_siret_of_its_own_siren_only():
    commune = OrganisationFactory(kind="commune", siret=None, siren="219200029")
    values = {"by": member_of(commune), "organisation_id": commune.pk, "at": timezone.now()}
    with pytest.raises(Refusal) as refused:
        update_organisation(**values, siret=siret_of(500001))
    assert refused.value.code == "invalid_identifier"
    assert update_organisation(**values, siret="21920002999997").siret == "21920002999997"


@pytest.mark.parametrize("rights", [["edit"], ["sign"]])
def test_a_member_who_does_not_manage_changes_nothing(rights):
    organisation = OrganisationFactory()
    with pytest.raises(Refusal) as refused:
        update_organisation(
            by=member_of(organisation, *rights),
            organisation_id=organisation.pk,
            at=timezone.now(),
            city="Ailleurs",
        )
    assert refused.value.status == 403


def test_the_office_confirms_a_siret_once():
    organisation = OrganisationFactory(identifier_state=IdentifierState.TO_CHECK)
    head = person_with_role(Role.UNIT_HEAD)
    with pytest.raises(Refusal, match="Seul le service"):
        confirm_identifier(by=member_of(organisation), organisation_id=organisation.pk)
    confirm_identifier(by=head, organisation_id=organisation.pk)
    with pytest.raises(Refusal) as refused:
        confirm_identifier(by=head, organisation_id=organisation.pk)
    assert refused.value.status == 409


# --- Consent ------------------------------------------------------------------------------------
def test_a_consent_keeps_its_text_and_a_new_one_replaces_it():
    organisation = OrganisationFactory()
    signatory = member_of(organisation, "sign")
    at = timezone.now()
    first = give_consent(
        by=signatory, organisation_id=organisation.pk, email="Une@essai.example", at=at
    )
    assert (first.email, first.text_version) == ("une@essai.example", "2026-1")
    with pytest.raises(Refusal) as refused:
        give_consent(by=signatory, organisation_id=organisation.pk, email=first.email, at=at)
    assert refused.value.code == "already_given"
    later = at + timedelta(days=1)
    give_consent(
        by=signatory, organisation_id=organisation.pk, email="deux@essai.example", at=later
    )
    first.refresh_from_db()
    assert (first.revoked_at, first.revoked_by) == (later, signatory)
    assert organisation.notification_consents.filter(revoked_at__isnull=True).count() == 1


def test_a_consent_is_taken_back_once():
    organisation = OrganisationFactory()
    manager = member_of(organisation, "manage")
    at = timezone.now()
    give_consent(by=manager, organisation_id=organisation.pk, email="a@essai.example", at=at)
    revoke_consent(by=manager, organisation_id=organisation.pk, at=at)
    with pytest.raises(Refusal) as refused:
        revoke_consent(by=manager, organisation_id=organisation.pk, at=at)
    assert (refused.value.code, refused.value.status) == ("no_consent", 409)


@pytest.mark.parametrize("who", ["editor", "office"])
def test_nobody_consents_for_a_body(who):
    organisation = OrganisationFactory()
    by = (
        member_of(organisation, "edit") if who == "editor" else person_with_role(Role.ADMINISTRATOR)
    )
    with pytest.raises(Refusal) as refused:
        give_consent(
            by=by, organisation_id=organisation.pk, email="a@essai.example", at=timezone.now()
        )
    assert refused.value.status == 403
    assert not NotificationConsent.objects.exists()


# --- Reference data and search --------------------------------------------------------------------
def test_the_communes_are_there_beforehand_and_found_by_any_siret_of_theirs():
    antony = CommuneFactory(insee="92002", name="Antony", siren="219200029")
    assert load_public_bodies(FOLDER) == 41
    assert load_public_bodies(FOLDER) == 41
    assert Organisation.objects.filter(kind="commune").count() == 36
    assert Organisation.objects.filter(kind="intercommunal").count() == 5
    found = search_organisations("219 200 029 99997")
    assert [o.legal_name for o in found.found] == ["Commune d’Antony"]
    assert found.found[0].commune == antony
    assert search_organisations("219200029").found == found.found
    assert search_organisations("asnieres").found[0].legal_name == "Commune d’Asnières-sur-Seine"
    assert search_organisations("Ville d Avray").found[0].legal_name == "Commune de Ville-d’Avray"


def test_the_loader_keeps_what_a_body_wrote():
    load_public_bodies(FOLDER)
    Organisation.objects.filter(siren="219200029").update(phone="01 99 00 00 00")
    load_public_bodies(FOLDER)
    assert Organisation.objects.get(siren="219200029").phone == "01 99 00 00 00"


def test_a_search_says_what_is_wrong_with_a_number():
    assert search_organisations("73282932000047").error.startswith("Ce numéro SIRET est inexact")
    assert search_organisations("a").error == "Saisissez au moins deux lettres ou un numéro."


def test_a_search_shows_the_exact_establishment_first_and_twenty_at_most():
    siret = siret_of(500004)
    OrganisationFactory(legal_name="A", siret=None, siren=siret[:9])
    exact = OrganisationFactory(legal_name="Z", siret=siret)
    assert search_organisations(siret).found[0] == exact
    OrganisationFactory.create_batch(25, legal_name="Club des lecteurs")
    many = search_organisations("club lecteurs")
    assert (len(many.found), many.too_many) == (20, True)


def test_a_merged_body_is_not_found_any_more():
    kept = OrganisationFactory(legal_name="Gardée")
    OrganisationFactory(legal_name="Gardée ancienne", merged_into=kept)
    assert search_organisations("gardee").found == [kept]


def test_who_does_not_sign_manages_and_fills_without_signing():
    made = create(capacity="")
    assert made.memberships.get().rights == ["manage", "edit"]


def test_who_signs_by_mandate_is_flagged_to_the_office():
    made = create(capacity="mandate")
    assert made.flags.get().kind == "mandate"


def test_the_office_registers_a_body_without_joining_it():
    values = {
        "kind": OrganisationKind.ASSOCIATION,
        "legal_name": "Les Passerelles",
        "siret": siret_of(500999),
    }
    head = person_with_role(Role.UNIT_HEAD)
    made = register_for_others(by=head, at=timezone.now(), **values)
    assert (made.created_by, made.memberships.count()) == (head, 0)
    with pytest.raises(Refusal) as refused:
        register_for_others(by=UserFactory(), at=timezone.now(), **values)
    assert refused.value.code == "forbidden"
