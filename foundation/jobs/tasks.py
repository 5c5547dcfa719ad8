"""Long work, in a worker."""

from celery import shared_task
from django.utils import timezone

from foundation.jobs.running import forget_old_files, run_job, sweep_jobs


@shared_task
def run_job_task(job_id: int) -> bool:
    """Do one job, or a slice of it; whatever stops it, the sweeper asks again."""
    return run_job(job_id=job_id, at=timezone.now())


@shared_task
def sweep_jobs_task() -> int:
    """Send again the jobs that no worker holds."""
    return sweep_jobs(at=timezone.now())


@shared_task
def forget_old_files_task() -> int:
    """Delete the files of jobs finished too long ago."""
    return forget_old_files(at=timezone.now())
