"""The office decides on the file it looked at, not on another that came since."""

import pytest
from django.core.files.base import ContentFile
from django.urls import reverse
from django.utils import timezone

from accounts.enums import Role
from config.errors import Refusal
from foundation.documents.services import store_upload
from grants.applications.models import ApplicationDocument
from grants.applications.services.documents import ask_again
from grants.review.services.documents import check_document
from territories.loading import load_parameters
from tests.documents import samples
from tests.factories import FiledApplicationFactory, UserFactory, person_with_role


pytestmark = pytest.mark.django_db
NOW = timezone.now()


@pytest.fixture
def officer():
    return person_with_role(Role.CASE_OFFICER)


@pytest.fixture
def document():
    load_parameters()
    return ApplicationDocument.objects.create(
        application=FiledApplicationFactory(), label="Statuts", added_at=NOW
    )


def join(document, name="statuts.pdf"):
    return store_upload(
        owner=document,
        kind="statuts",
        upload=ContentFile(samples.PDF, name=name),
        by=UserFactory(),
        at=NOW,
    )


def accept(document, officer, *, seen):
    return check_document(
        document_id=document.pk, state="accepted", reason="", by=officer, at=NOW, seen=seen
    )


def test_a_file_that_came_since_is_not_accepted_unseen(officer, document):
    seen = join(document).pk
    join(document, "statuts-2.pdf")
    with pytest.raises(Refusal) as refused:
        accept(document, officer, seen=seen)
    assert (refused.value.code, refused.value.status) == ("changed", 409)
    document.refresh_from_db()
    assert document.state == "to_check"


def test_the_file_that_was_looked_at_is_accepted(officer, document):
    assert accept(document, officer, seen=join(document).pk).state == "accepted"


def test_a_document_without_a_file_is_answered_on_as_such(officer, document):
    assert accept(document, officer, seen=0).state == "accepted"
    join(document)
    with pytest.raises(Refusal):
        accept(document, officer, seen=0)


def test_the_page_says_that_the_file_changed(client, officer, document):
    client.force_login(officer)
    reference = document.application.reference
    tab_url = reverse("review:tab", args=[reference, "pieces"])
    page = " ".join(client.get(tab_url).content.decode().split())
    assert page.count('name="seen" value="0"') == 2
    first = join(document)
    tab = " ".join(client.get(tab_url).content.decode().split())
    assert tab.count(f'name="seen" value="{first.pk}"') == 2
    join(document, "statuts-2.pdf")
    page = client.post(
        reverse("review:document", args=[reference, document.pk]),
        {"state": "accepted", "seen": first.pk},
    )
    assert page.status_code == 409
    assert "un autre fichier entre-temps" in page.content.decode()
    document.refresh_from_db()
    assert document.state == "to_check"


def test_a_dossier_that_takes_no_document_waits_for_none():
    load_parameters()
    application = FiledApplicationFactory(review_state="evaluated")
    application.sheet.documents.create(position=9, label="RIB de l’année")
    ask_again(application, at=NOW)
    application.refresh_from_db()
    assert application.documents_due_on is None


def check(document, by, state, *, shown="to_check", reason=""):
    return check_document(
        document_id=document.pk, state=state, reason=reason, by=by, at=NOW, seen_state=shown
    )


def test_a_colleague_who_decided_first_is_not_overturned_unseen(client, officer, document):
    join(document)
    colleague = person_with_role(Role.CASE_OFFICER)
    check(document, colleague, "refused", reason="Illisible")
    client.force_login(officer)
    reference = document.application.reference
    page = client.post(
        reverse("review:document", args=[reference, document.pk]),
        {"state": "accepted", "seen": document.files.get().pk, "seen_state": "to_check"},
    )
    assert page.status_code == 409
    assert f"a été refusée par {colleague} le " in page.text
    assert "«\u00a0Illisible\u00a0»" in page.text
    document.refresh_from_db()
    assert (document.state, document.refusal_reason) == ("refused", "Illisible")
    tab = client.get(reverse("review:tab", args=[reference, "pieces"])).text
    assert 'name="seen_state" value="refused"' in tab
    assert check(document, officer, "accepted", shown="refused").state == "accepted"


def test_the_same_click_twice_is_one_decision(officer, document):
    check(document, officer, "accepted")
    check(document, officer, "accepted")
    assert document.application.events.filter(kind="document_checked").count() == 1
    with pytest.raises(Refusal):
        check(document, person_with_role(Role.CASE_OFFICER), "accepted")
