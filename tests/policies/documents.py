from tests.policies import (
    ADMINISTRATOR,
    APPLICANT,
    CASE_OFFICER,
    COORDINATOR,
    UNIT_HEAD,
    Policy,
    Target,
)


def a_file_of_a_dossier() -> Target:
    from django.core.files.base import ContentFile
    from django.utils import timezone

    from foundation.documents.services import store_upload
    from tests.documents.samples import PDF
    from tests.factories import FiledApplicationFactory, member_of

    application = FiledApplicationFactory()
    member = member_of(application.organisation)
    stored = store_upload(
        owner=application,
        kind="statutes",
        upload=ContentFile(PDF, name="canari-statuts.pdf"),
        by=member,
        at=timezone.now(),
    )
    return Target(kwargs={"uuid": stored.uuid}, applicant=member, canary="canari-statuts")


POLICY = {
    "documents:scan_list": Policy(roles={UNIT_HEAD, ADMINISTRATOR}),
    "documents:download": Policy(
        roles={APPLICANT, CASE_OFFICER, UNIT_HEAD, COORDINATOR, ADMINISTRATOR},
        make=a_file_of_a_dossier,
        private=True,
    ),
}
