from django.conf import settings
from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.db import models

from foundation.documents.models import StoredFile


class OutboxState(models.TextChoices):
    PENDING = "pending", "À envoyer"
    SENT = "sent", "Envoyé"
    FAILED = "failed", "En échec"
    CANCELLED = "cancelled", "Annulé"


class OutboxMessage(models.Model):
    """An e-mail to send, written in the transaction of the act that causes it.

    ``key`` is unique: the same act can never queue two messages. The Message-ID is derived from
    it, so that a second send after a crash is recognised by mail servers as the same message.
    """

    key = models.CharField("clé", max_length=200, unique=True)
    kind = models.SlugField("nature", max_length=60)
    to = models.EmailField("destinataire")
    reply_to = models.EmailField("répondre à", blank=True)
    subject = models.CharField("objet", max_length=250)
    text = models.TextField("texte")
    attachments = models.ManyToManyField(
        StoredFile, verbose_name="pièces jointes", blank=True, related_name="+"
    )
    content_type = models.ForeignKey(ContentType, on_delete=models.PROTECT, null=True, blank=True)
    object_id = models.BigIntegerField(null=True, blank=True)
    related = GenericForeignKey("content_type", "object_id")
    state = models.CharField(
        "état", max_length=10, choices=OutboxState.choices, default=OutboxState.PENDING
    )
    due_at = models.DateTimeField("à envoyer à partir du")
    created_at = models.DateTimeField("créé le")
    lease_until = models.DateTimeField("réservé jusqu’au", null=True, blank=True)
    attempts = models.PositiveSmallIntegerField("essais", default=0)
    error = models.TextField("dernière erreur", blank=True)
    sent_at = models.DateTimeField("envoyé le", null=True, blank=True)

    class Meta:
        verbose_name = "message"
        verbose_name_plural = "messages"
        ordering = ["-created_at", "-pk"]
        indexes = [
            models.Index(
                fields=["due_at"],
                condition=models.Q(state="pending"),
                name="notifications_pending_by_due",
            ),
            models.Index(fields=["content_type", "object_id"]),
        ]

    def __str__(self) -> str:
        return f"{self.subject} → {self.to}"


class DigestFrequency(models.TextChoices):
    DAILY = "daily", "Chaque jour ouvré"
    WEEKLY = "weekly", "Chaque lundi"
    NONE = "none", "Jamais"


class DigestPreference(models.Model):
    """How often a person receives their « À faire » by e-mail; without a row, see the sender."""

    person = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="digest_preference",
    )
    frequency = models.CharField("fréquence", max_length=6, choices=DigestFrequency.choices)

    class Meta:
        verbose_name = "récapitulatif par e-mail"
        verbose_name_plural = "récapitulatifs par e-mail"

    def __str__(self) -> str:
        return self.get_frequency_display()
