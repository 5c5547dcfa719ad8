"""The dossier page of the desk: who looks, the history of a body, notes once written."""

from django.utils import timezone

from grants.applications.models import Application
from grants.review.models import InternalNote
from tests.policies import Policy, Target
from tests.policies.review import DESK, WHO_READS, a_dossier


def a_note() -> Target:
    target = a_dossier()
    application = Application.objects.get(**target.kwargs)
    note = InternalNote.objects.create(
        application=application,
        author=application.assignments.get(role="officer").person,
        text="Note",
        written_at=timezone.now(),
    )
    return Target(
        kwargs={**target.kwargs, "pk": note.pk},
        applicant=target.applicant,
        outsider=target.outsider,
        canary=target.canary,
        data={"acte": "epingler"},
    )


POLICY = {
    "review:presence": Policy(roles=WHO_READS, methods=("post",), make=a_dossier),
    "review:body": Policy(roles=WHO_READS, make=a_dossier),
    "review:note_change": Policy(roles=DESK, methods=("post",), make=a_note),
}
