"""The demonstration's redaction leaves no name, and sound proofs."""

from types import SimpleNamespace

import pytest
from django.utils import timezone

from accounts.enums import Role
from foundation.documents.models import StoredFile
from grants.applications.events import verify_chain
from grants.applications.models import Application, ApplicationDocument, Message
from portal.demo.blank_files import give_templates
from portal.demo.redactions import INVENTED_CHILD, tell
from tests.applications.dossiers import load_parameters
from tests.applications.test_redaction import give
from tests.factories import (
    CallSheetFactory,
    FiledApplicationFactory,
    OrganisationFactory,
    member_of,
    person_with_role,
)


pytestmark = pytest.mark.django_db


def test_the_story_masks_a_name_and_shows_each_state_of_the_antivirus():
    load_parameters()
    application = FiledApplicationFactory(review_state="under_review")
    editor = member_of(application.organisation)
    for number in range(3):
        document = ApplicationDocument.objects.create(
            application=application, label=f"Pièce {number}", added_at=timezone.now()
        )
        give(document, by=editor)
    cast = SimpleNamespace(
        star=OrganisationFactory(),
        commune=OrganisationFactory(),
        editors={application.organisation_id: editor},
        officers=[person_with_role(Role.CASE_OFFICER)],
    )
    tell(cast, SimpleNamespace(campaign=application.sheet.campaign), at=timezone.now())
    texts = "\n".join(Message.objects.values_list("text", flat=True))
    assert INVENTED_CHILD not in texts
    assert "[masqué]" in texts
    assert set(StoredFile.objects.values_list("scan_state", flat=True)) == {
        "infected",
        "clean",
        "pending",
    }
    assert verify_chain(Application.objects.get(pk=application.pk)) == []


def test_the_blank_budget_is_a_true_workbook():
    sheet = CallSheetFactory(state="draft", published_at=None)
    document = sheet.documents.create(kind="annual-budget", label="Budget")
    give_templates(SimpleNamespace(head=person_with_role(Role.UNIT_HEAD)), sheet, at=timezone.now())
    assert document.template.original_name == "Budget de l’organisation à remplir.xlsx"
