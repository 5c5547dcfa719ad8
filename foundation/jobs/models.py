import uuid

from django.conf import settings
from django.contrib.contenttypes.fields import GenericRelation
from django.db import models
from django.urls import reverse

from foundation.documents.models import StoredFile
from foundation.jobs.enums import JobState
from foundation.jobs.querysets import JobQuerySet


class Job(models.Model):
    """A long piece of work with its progress: batch letters, exports, imports."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.SlugField("nature", max_length=60)
    label = models.CharField("intitulé", max_length=200)
    scope = models.CharField("périmètre", max_length=120)
    state = models.CharField(
        "état", max_length=10, choices=JobState.choices, default=JobState.QUEUED
    )
    done = models.PositiveIntegerField("fait", default=0)
    total = models.PositiveIntegerField("total", default=0)
    payload = models.JSONField("données", default=dict, blank=True)
    result = models.JSONField("résultat", default=dict, blank=True)
    error = models.TextField("erreur", blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="demandé par", on_delete=models.PROTECT
    )
    created_at = models.DateTimeField("demandé le")
    started_at = models.DateTimeField("commencé le", null=True, blank=True)
    finished_at = models.DateTimeField("terminé le", null=True, blank=True)
    lease_until = models.DateTimeField("réservé jusqu’au", null=True, blank=True)
    seen_at = models.DateTimeField("résultat vu le", null=True, blank=True)
    resumes = models.OneToOneField(
        "self",
        verbose_name="reprend les échecs de",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="resumed_by",
    )
    files = GenericRelation(StoredFile)

    objects = JobQuerySet.as_manager()

    class Meta:
        verbose_name = "travail"
        verbose_name_plural = "travaux"
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "scope"],
                condition=models.Q(state__in=["queued", "running"]),
                name="jobs_job_one_running_per_scope",
                violation_error_message="Ce travail est déjà en cours.",
            )
        ]

    def __str__(self) -> str:
        return self.label

    def get_absolute_url(self) -> str:
        return reverse("jobs:detail", args=[self.uuid])

    @property
    def is_over(self) -> bool:
        return self.state in {JobState.DONE, JobState.FAILED}

    @property
    def lines(self) -> list[dict]:
        """What became of each thing, so far."""
        return self.result.get("lines", [])

    @property
    def failures(self) -> int:
        """How many things could not be done, so far."""
        return self.result.get("failed", 0)


class RequestKey(models.Model):
    """A one-time key carried by a POST that creates or decides: a second click finds it used."""

    key = models.UUIDField(primary_key=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    purpose = models.CharField(max_length=80)
    result_url = models.CharField(max_length=300, blank=True)
    used_at = models.DateTimeField()

    class Meta:
        verbose_name = "clé de demande"
        verbose_name_plural = "clés de demande"

    def __str__(self) -> str:
        return f"{self.purpose} {self.key}"


class SavedView(models.Model):
    """A list as a person left it: filters, order, columns, under a name of theirs."""

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="saved_views"
    )
    list_key = models.SlugField("liste", max_length=60)
    name = models.CharField("nom", max_length=80)
    query = models.TextField("paramètres", blank=True)
    created_at = models.DateTimeField("enregistrée le")

    class Meta:
        verbose_name = "vue enregistrée"
        verbose_name_plural = "vues enregistrées"
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["person", "list_key", "name"],
                name="jobs_savedview_name_once",
                violation_error_message="Une de vos vues porte déjà ce nom.",
            )
        ]

    def __str__(self) -> str:
        return self.name
