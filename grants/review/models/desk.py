"""What the desk keeps of its own work: notes between colleagues, last visits."""

from django.conf import settings
from django.db import models

from grants.applications.models import Application


class InternalNote(models.Model):
    """A note between colleagues; the applicant never sees it."""

    application = models.ForeignKey(
        Application, on_delete=models.PROTECT, related_name="internal_notes"
    )
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    text = models.TextField("note")
    written_at = models.DateTimeField("écrite le")

    class Meta:
        verbose_name = "note interne"
        verbose_name_plural = "notes internes"
        ordering = ["-written_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.author}, {self.written_at:%d/%m/%Y}"


class Visit(models.Model):
    """When a person last looked at a dossier: what moved since carries a mark.

    ``previous_at`` is the end of the visit before: it stays while one visit goes on.
    """

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="visits"
    )
    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="visits")
    seen_at = models.DateTimeField("vu le")
    previous_at = models.DateTimeField("vu auparavant le", null=True, blank=True)

    class Meta:
        verbose_name = "visite"
        ordering = ["-seen_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["person", "application"], name="review_visit_once")
        ]

    def __str__(self) -> str:
        return f"{self.person}, {self.seen_at:%d/%m/%Y %H:%M}"
