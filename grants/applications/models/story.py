"""What happened to a dossier: messages, events, redactions."""

from django.conf import settings
from django.contrib.contenttypes.fields import GenericRelation
from django.db import models

from foundation.documents.models import StoredFile
from grants.applications.enums import (
    MessageSide,
    RedactionTarget,
)
from grants.applications.models.dossier import Application


class Message(models.Model):
    """A message between the applicant and the office, on one dossier."""

    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="messages")
    side = models.CharField("de", max_length=10, choices=MessageSide.choices)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    text = models.TextField("message")
    sent_at = models.DateTimeField("envoyé le")
    read_at = models.DateTimeField("lu le", null=True, blank=True)
    files = GenericRelation(StoredFile)

    class Meta:
        verbose_name = "message"
        ordering = ["sent_at", "pk"]

    def __str__(self) -> str:
        return f"{self.get_side_display()}, {self.sent_at:%d/%m/%Y}"


class Event(models.Model):
    """One line of the dossier's history. Append-only (trigger), chained by hash."""

    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="events")
    position = models.PositiveIntegerField()
    kind = models.SlugField("nature", max_length=40)
    from_state = models.CharField("de", max_length=25, blank=True)
    to_state = models.CharField("vers", max_length=25, blank=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,  # the portal itself
        blank=True,
        related_name="+",
    )
    at = models.DateTimeField("le")
    comment = models.TextField("commentaire", blank=True)
    comment_digest = models.CharField(max_length=64, blank=True)
    data = models.JSONField(default=dict, blank=True)
    visible_to_applicant = models.BooleanField(default=False)
    previous_hash = models.CharField(max_length=64, blank=True)
    hash = models.CharField(max_length=64)

    class Meta:
        verbose_name = "événement"
        ordering = ["application", "position"]
        indexes = [
            # Delays are worked out from all the events of a few kinds, without reading the rows.
            models.Index(
                fields=["kind", "at"], include=["application"], name="applications_event_kind_at"
            )
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["application", "position"], name="applications_event_position_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} ({self.at:%d/%m/%Y})"


class Redaction(models.Model):
    """Words or a file masked by the office because they name somebody: logged without them."""

    application = models.ForeignKey(
        Application, on_delete=models.PROTECT, related_name="redactions"
    )
    target = models.CharField("quoi", max_length=10, choices=RedactionTarget.choices)
    place = models.CharField("où", max_length=200)  # the label of the field, the file's document
    reason = models.CharField("pourquoi", max_length=200)
    removed_digest = models.CharField(max_length=64)  # salted digest of what was removed
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField("le")

    class Meta:
        verbose_name = "masquage"
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.get_target_display()} : {self.place}"
