from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "foundation.jobs"
    verbose_name = "Travaux longs"

    def ready(self) -> None:
        from foundation.documents.owners import register_owner
        from foundation.jobs.models import Job

        register_owner(Job, may_read_files)


def may_read_files(user, job) -> bool:
    """Tell whether a person may download what a job made: who may open it."""
    return type(job).objects.visible_to(user).filter(pk=job.pk).exists()
