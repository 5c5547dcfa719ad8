"""Opinions asked of a territory's coordinator or of an outside expert."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from foundation.documents.models import StoredFile
from grants.applications.models import Application, ApplicationDocument, Deposit


class OpinionSource(models.TextChoices):
    COORDINATOR = "coordinator", "Coordination de territoire"
    EXPERT = "expert", "Expert extérieur"


class OpinionState(models.TextChoices):
    ASKED = "asked", "Demandé"
    GIVEN = "given", "Reçu"
    REVOKED = "revoked", "Annulé"


class OpinionRequest(models.Model):
    """An opinion asked on one dossier, with a day to answer.

    A coordinator answers with their account; an expert by a link received by e-mail, whose token
    (kept as a digest) is consumed by a POST and opens this dossier alone.
    """

    application = models.ForeignKey(
        Application, on_delete=models.PROTECT, related_name="opinion_requests"
    )
    source = models.CharField("à qui", max_length=12, choices=OpinionSource.choices)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="coordination",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="opinion_requests",
    )
    expert_name = models.CharField("nom de l’expert", max_length=150, blank=True)
    expert_function = models.CharField("fonction", max_length=150, blank=True)
    expert_email = models.EmailField("adresse e-mail", blank=True)
    question = models.TextField("ce qui est demandé", blank=True)
    due_on = models.DateField("attendu avant le")
    state = models.CharField(
        "état", max_length=8, choices=OpinionState.choices, default=OpinionState.ASKED
    )
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    asked_at = models.DateTimeField("demandé le")
    token_digest = models.CharField(max_length=64, blank=True)
    token_expires_at = models.DateTimeField("lien valable jusqu’au", null=True, blank=True)
    token_used_at = models.DateTimeField("lien ouvert le", null=True, blank=True)
    reminded_at = models.DateTimeField("relancé le", null=True, blank=True)
    revoked_at = models.DateTimeField("annulé le", null=True, blank=True)
    revoked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        verbose_name = "demande d’avis"
        verbose_name_plural = "demandes d’avis"
        ordering = ["asked_at", "pk"]
        indexes = [models.Index(fields=["person", "state"])]
        constraints = [
            models.CheckConstraint(
                name="review_opinionrequest_one_addressee",
                condition=Q(source="coordinator", person__isnull=False, expert_email="")
                | (Q(source="expert", person__isnull=True) & ~Q(expert_email="")),
                violation_error_message="Un avis se demande à une personne.",
            ),
            models.UniqueConstraint(
                fields=["token_digest"],
                condition=~Q(token_digest=""),
                name="review_opinionrequest_token_once",
            ),
            models.UniqueConstraint(
                fields=["application", "person"],
                condition=Q(state="asked", person__isnull=False),
                name="review_opinionrequest_one_open_a_person",
                violation_error_message="L’avis de cette personne est déjà attendu.",
            ),
            models.UniqueConstraint(
                fields=["application", "expert_email"],
                condition=Q(state="asked") & ~Q(expert_email=""),
                name="review_opinionrequest_one_open_an_expert",
                violation_error_message="L’avis de cette personne est déjà attendu.",
            ),
        ]

    def __str__(self) -> str:
        return f"Avis de {self.addressee}"

    @property
    def addressee(self) -> str:
        return str(self.person) if self.person_id else self.expert_name or self.expert_email


class SharedDocument(models.Model):
    """A document of the dossier that whoever is asked may read: one file, the one looked at.

    A file that came since is not shared by itself; one that the office masked leaves the row
    without its file.
    """

    request = models.ForeignKey(
        OpinionRequest, on_delete=models.PROTECT, related_name="shared_documents"
    )
    document = models.ForeignKey(ApplicationDocument, on_delete=models.CASCADE, related_name="+")
    file = models.ForeignKey(
        StoredFile,
        on_delete=models.SET_NULL,
        null=True,  # masked since
        related_name="+",
    )
    shared_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    shared_at = models.DateTimeField("partagée le")
    replaces_at = models.DateTimeField("remplace la version partagée le", null=True, blank=True)

    class Meta:
        verbose_name = "pièce partagée"
        verbose_name_plural = "pièces partagées"
        ordering = ["request", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["request", "document"],
                name="review_shareddocument_once",
                violation_error_message="Cette pièce est déjà partagée.",
            )
        ]

    def __str__(self) -> str:
        return self.document.label


class OpinionPosition(models.TextChoices):
    FAVOURABLE = "favourable", "Favorable"
    RESERVE = "reserve", "Favorable avec réserve"
    UNFAVOURABLE = "unfavourable", "Défavorable"
    NONE = "none", "Sans avis"


class Opinion(models.Model):
    """What was answered to a request; a draft until it is given."""

    request = models.OneToOneField(OpinionRequest, on_delete=models.PROTECT, related_name="opinion")
    deposit = models.ForeignKey(
        Deposit, verbose_name="dépôt lu", on_delete=models.PROTECT, related_name="+"
    )
    position = models.CharField("avis", max_length=12, choices=OpinionPosition.choices, blank=True)
    text = models.TextField("motivation", blank=True)
    has_supported = models.BooleanField("j’ai accompagné ce projet", default=False)
    version = models.PositiveIntegerField(default=1)
    updated_at = models.DateTimeField("modifié le")
    given_at = models.DateTimeField("rendu le", null=True, blank=True)

    class Meta:
        verbose_name = "avis"
        verbose_name_plural = "avis"
        ordering = ["request", "pk"]
        constraints = [
            models.CheckConstraint(
                name="review_opinion_given_has_position",
                condition=Q(given_at__isnull=True) | ~Q(position=""),
                violation_error_message="Choisissez un avis.",
            )
        ]

    def __str__(self) -> str:
        return self.get_position_display()
