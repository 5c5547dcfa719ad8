from tests.policies import ADMINISTRATOR, OFFICE, Policy, Target


def somebody_s_job() -> Target:
    from tests.factories import JobFactory

    job = JobFactory(label="CANARI-TRAVAIL")
    return Target(kwargs={"uuid": job.uuid}, canary="CANARI-TRAVAIL")


POLICY = {
    "jobs:list": Policy(roles=OFFICE),
    # Its author opens it too: tests/jobs/test_pages.py.
    "jobs:detail": Policy(roles={ADMINISTRATOR}, make=somebody_s_job, private=True),
    # Its author alone: tests/review/test_batch_retry.py.
    "jobs:retry": Policy(roles=frozenset(), methods=("post",), make=somebody_s_job, private=True),
    "jobs:seen": Policy(
        roles={ADMINISTRATOR}, methods=("post",), make=somebody_s_job, private=True
    ),
}
