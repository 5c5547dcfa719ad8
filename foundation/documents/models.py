import uuid

from django.conf import settings
from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.db import models

from config.templatetags.ui import file_size
from foundation.documents.enums import ScanState


def storage_path(stored_file: "StoredFile", _name: str) -> str:
    """Name a file on disk by its identifier: nothing a person typed reaches the file system."""
    return f"{stored_file.uuid.hex[:2]}/{stored_file.uuid.hex}"


class StoredFile(models.Model):
    """A private file, attached to any row, handed out only by a view that asks its owner."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    content_type = models.ForeignKey(ContentType, on_delete=models.PROTECT)
    object_id = models.BigIntegerField()
    owner = GenericForeignKey("content_type", "object_id")
    kind = models.SlugField("nature", max_length=60)
    file = models.FileField("fichier", upload_to=storage_path, max_length=120)
    original_name = models.CharField("nom d’origine", max_length=200)
    media_type = models.CharField("type reconnu", max_length=100)
    size = models.PositiveBigIntegerField("taille en octets")
    sha256 = models.CharField("empreinte SHA-256", max_length=64)
    scan_state = models.CharField(
        "antivirus", max_length=12, choices=ScanState.choices, default=ScanState.NOT_SCANNED
    )
    issued_on = models.DateField("daté du", null=True, blank=True)
    valid_until = models.DateField("valable jusqu’au", null=True, blank=True)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="déposé par",
        on_delete=models.PROTECT,
        null=True,  # made by the portal itself
        blank=True,
    )
    uploaded_at = models.DateTimeField("déposé le")

    class Meta:
        verbose_name = "fichier"
        verbose_name_plural = "fichiers"
        ordering = ["-uploaded_at", "-pk"]
        indexes = [
            models.Index(fields=["content_type", "object_id", "kind"]),
            models.Index(  # those the antivirus keeps waiting: few among all
                fields=["uploaded_at"],
                condition=models.Q(scan_state="pending"),
                name="documents_storedfile_pending",
            ),
        ]
        constraints = [
            # A worker killed and started again cannot issue a document twice.
            models.UniqueConstraint(
                fields=["content_type", "object_id", "kind"],
                condition=models.Q(kind__in=["generated", "signed"]),
                name="documents_storedfile_issued_once",
                violation_error_message="Ce document a déjà été produit.",
            )
        ]

    def __str__(self) -> str:
        return self.original_name

    @property
    def size_words(self) -> str:
        return file_size(self.size)
