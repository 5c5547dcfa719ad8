from django.db import migrations
from django.utils import timezone


def end_copies(apps, schema_editor):
    """The proof of an account stays with the account: its copies among the documents end."""
    documents = apps.get_model("partners", "OrganisationDocument").objects
    documents.filter(kind="rib", ended_at__isnull=True).update(ended_at=timezone.now())


class Migration(migrations.Migration):
    dependencies = [("partners", "0004_applicant_side")]

    operations = [migrations.RunPython(end_copies, migrations.RunPython.noop)]
