from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "foundation.jobs"
    verbose_name = "Travaux longs"

    def ready(self) -> None:
        from foundation.documents.owners import register_owner
        from foundation.jobs.models import Job
        from foundation.jobs.selectors import may_read_files

        register_owner(Job, may_read_files)
