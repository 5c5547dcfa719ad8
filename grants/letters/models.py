from django.contrib.contenttypes.fields import GenericRelation
from django.db import models

from foundation.documents.models import StoredFile
from grants.applications.models import Application
from grants.calls.models import CallSheet


class LetterKind(models.TextChoices):
    RECEIPT = "receipt", "Accusé de réception"
    AWARD = "award", "Lettre d’attribution"
    REJECTION = "rejection", "Lettre de refus"
    DEFERRAL = "deferral", "Lettre d’ajournement"


class LetterState(models.TextChoices):
    TO_GENERATE = "to_generate", "À générer"
    READY = "ready", "Prêt"
    FAILED = "failed", "En échec"
    SIGNED = "signed", "Signé"
    NOTIFIED = "notified", "Notifié"
    OPENED = "opened", "Ouvert"


class LetterTemplate(models.Model):
    """The words of a kind of letter, with typed placeholders (``variables.py``), never code."""

    kind = models.CharField("nature", max_length=10, choices=LetterKind.choices)
    sheet = models.ForeignKey(
        CallSheet,
        verbose_name="fiche",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        help_text="Vide : toutes les fiches.",
    )
    subject = models.CharField("objet", max_length=200)
    body = models.TextField("texte")
    valid_from = models.DateField("en vigueur à partir du")

    class Meta:
        verbose_name = "modèle de courrier"
        verbose_name_plural = "modèles de courrier"
        ordering = ["kind", "-valid_from", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "sheet", "valid_from"],
                nulls_distinct=False,
                name="letters_lettertemplate_once",
                violation_error_message="Un modèle de cette nature existe déjà à cette date.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} – {self.subject}"


class LetterQuerySet(models.QuerySet["Letter"]):
    def visible_to(self, user) -> "LetterQuerySet":
        """Return the office's letters, and to members the receipts and the decisions they opened.

        A notified decision is opened by a deliberate POST, which dates its first consultation
        (CRPA R112-20); before it, no address gives the letter.
        """
        if user.access.is_desk or user.access.is_administrator:
            return self
        mine = Application.objects.filter(
            organisation__in=user.memberships.active().values("organisation_id")
        )
        return self.filter(application__in=mine).filter(
            models.Q(kind=LetterKind.RECEIPT) | models.Q(state=LetterState.OPENED)
        )


class Letter(models.Model):
    """An issued document: its frozen words, the PDF made once, the signed file, what became of it.

    The row is the work to do: a worker that dies leaves it ``to_generate`` for the next one.
    """

    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="letters")
    kind = models.CharField("nature", max_length=10, choices=LetterKind.choices)
    version = models.PositiveSmallIntegerField("version", default=1)
    state = models.CharField(
        "état", max_length=12, choices=LetterState.choices, default=LetterState.TO_GENERATE
    )
    subject = models.CharField("objet", max_length=250)
    frozen_text = models.TextField("texte figé")
    context = models.JSONField("valeurs", default=dict, blank=True)
    reference = models.CharField("référence du courrier", max_length=30, unique=True)
    check_code = models.CharField("code de contrôle", max_length=16, unique=True)
    issued_on = models.DateField("daté du")
    created_at = models.DateTimeField("créé le")
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    error = models.TextField("erreur", blank=True)
    ready_at = models.DateTimeField("généré le", null=True, blank=True)
    signed_at = models.DateTimeField("signé le", null=True, blank=True)
    superseded_at = models.DateTimeField("remplacé le", null=True, blank=True)
    opened_at = models.DateTimeField("ouvert le", null=True, blank=True)
    files = GenericRelation(StoredFile)

    objects = LetterQuerySet.as_manager()

    class Meta:
        verbose_name = "courrier"
        ordering = ["-created_at", "-pk"]
        indexes = [
            # What « À faire » counts on every page: letters to sign, to notify, in failure.
            models.Index(
                fields=["state"],
                condition=models.Q(superseded_at__isnull=True),
                include=["id"],
                name="letters_letter_standing",
            )
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["application", "kind", "version"], name="letters_letter_version_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.reference} – {self.get_kind_display()}"

    def file_of_kind(self, kind: str) -> StoredFile | None:
        return next((f for f in self.files.all() if f.kind == kind), None)

    @property
    def pdf(self) -> StoredFile | None:
        """The PDF as generated."""
        return self.file_of_kind("generated")

    @property
    def signed_file(self) -> StoredFile | None:
        """The file signed outside the portal, byte for byte."""
        return self.file_of_kind("signed")
