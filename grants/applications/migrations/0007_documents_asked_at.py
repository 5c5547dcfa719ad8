from django.db import migrations, models
from django.db.models import F


def asked_at_filing(apps, schema_editor):
    """Until now documents were asked for by the receipt alone, as far as the rows tell."""
    application = apps.get_model("applications", "Application")
    application.objects.filter(documents_due_on__isnull=False).update(
        documents_asked_at=F("submitted_at")
    )


class Migration(migrations.Migration):
    dependencies = [("applications", "0006_redaction_passes")]

    operations = [
        migrations.AddField(
            model_name="application",
            name="documents_asked_at",
            field=models.DateTimeField("pièces demandées le", blank=True, null=True),
        ),
        migrations.RunPython(asked_at_filing, migrations.RunPython.noop, elidable=True),
    ]
