"""What the tests of batches do again and again."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from datetime import timedelta

from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from foundation.jobs.models import Job
from foundation.jobs.running import run_job
from grants.applications.models import Application
from grants.calls.models import RequiredDocument
from tests.factories import CallSheetFactory, FiledApplicationFactory, member_of


HIDDEN = re.compile(r'<input type="hidden"\s+name="(?P<name>[^"]+)"\s+value="(?P<value>[^"]*)"')


def batch_url(slug: str) -> str:
    return reverse("review:batch", args=[slug])


def text_of(response: HttpResponse) -> str:
    text = html.unescape(response.content.decode()).replace("\u00a0", " ")
    return " ".join(text.replace("\u202f", " ").split())


def hidden(response: HttpResponse, name: str) -> str:
    page = response.content.decode()
    found = [m["value"] for m in HIDDEN.finditer(page) if m["name"] == name]
    assert found, f"no hidden {name}"
    return html.unescape(found[-1])


def followed(client: Client, response: HttpResponse) -> HttpResponse:
    """Open the page that a form of a batch leads to; ``here`` is its address."""
    if response.status_code != 303:
        return response
    page = client.get(response.headers["Location"])
    page.here = response.headers["Location"]
    return page


def choose(client: Client, slug: str, dossiers: Sequence[Application], **more) -> HttpResponse:
    data = {"dossier": [one.pk for one in dossiers], **more}
    return followed(client, client.post(batch_url(slug), data))


def check(client: Client, slug: str, dossiers: Sequence[Application], **values) -> HttpResponse:
    """Go to the page that says what will be done."""
    chosen = choose(client, slug, dossiers)
    assert chosen.status_code == 200, text_of(chosen)
    return followed(client, client.post(chosen.here, values))


def confirm(client: Client, checked: HttpResponse) -> HttpResponse:
    return client.post(checked.here)


def launched(client: Client, slug: str, dossiers: Sequence[Application], **values) -> Job:
    """Go through the pages and return the job, not run yet."""
    response = confirm(client, check(client, slug, dossiers, **values))
    assert response.status_code == 302, text_of(response)
    return Job.objects.get(uuid=response.headers["Location"].split("/")[-2])


def done(job: Job) -> Job:
    assert run_job(job_id=job.pk, at=timezone.now())
    job.refresh_from_db()
    return job


def texts(job: Job) -> list[tuple[bool, str]]:
    return [(line["ok"], line["text"].replace("\u00a0", " ")) for line in job.lines]


def in_days(count: int) -> str:
    return (timezone.localdate() + timedelta(days=count)).isoformat()


def a_sheet_asking(*kinds: str):
    sheet = CallSheetFactory()
    for kind in kinds:
        RequiredDocument.objects.create(sheet=sheet, kind=kind, label=kind.upper())
    return sheet


def filed(count: int, *, with_member: bool = False, **fields) -> list[Application]:
    dossiers = [FiledApplicationFactory(**fields) for _ in range(count)]
    if with_member:
        for one in dossiers:
            member_of(one.organisation)
    return dossiers


def author_of(job: Job) -> User:
    return job.created_by
