"""What the desk keeps of its own work: notes between colleagues, last visits."""

from django.conf import settings
from django.db import models

from grants.applications.models import Application


class InternalNote(models.Model):
    """A note between colleagues; the applicant never sees it.

    A note taken back keeps its row, without its words: who wrote it and when stays known.
    """

    application = models.ForeignKey(
        Application, on_delete=models.PROTECT, related_name="internal_notes"
    )
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    text = models.TextField("note")
    written_at = models.DateTimeField("écrite le")
    edited_at = models.DateTimeField("modifiée le", null=True, blank=True)
    deleted_at = models.DateTimeField("supprimée le", null=True, blank=True)
    pinned_at = models.DateTimeField("épinglée le", null=True, blank=True)

    class Meta:
        verbose_name = "note interne"
        verbose_name_plural = "notes internes"
        ordering = [models.F("pinned_at").desc(nulls_last=True), "-written_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="review_internalnote_deleted_is_blank",
                condition=models.Q(deleted_at__isnull=True)
                | models.Q(text="", pinned_at__isnull=True),
                violation_error_message="Une note supprimée ne garde ni ses mots ni sa place.",
            )
        ]

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
