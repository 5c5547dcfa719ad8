"""Whether a dossier may be considered: answers to the questions of its sheet, what is proposed."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from grants.applications.models import Application
from grants.calls.models import AdmissibilityQuestion


class AdmissibilityAnswer(models.TextChoices):
    YES = "yes", "Oui"
    NO = "no", "Non"
    NOT_APPLICABLE = "na", "Sans objet"


class AdmissibilityCheck(models.Model):
    """What a person answered to one question; it prevails over what the portal works out."""

    application = models.ForeignKey(
        Application, on_delete=models.PROTECT, related_name="admissibility_checks"
    )
    question = models.ForeignKey(AdmissibilityQuestion, on_delete=models.PROTECT, related_name="+")
    answer = models.CharField("réponse", max_length=3, choices=AdmissibilityAnswer.choices)
    comment = models.CharField("pourquoi", max_length=500, blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    answered_at = models.DateTimeField("répondue le")

    class Meta:
        verbose_name = "contrôle de recevabilité"
        verbose_name_plural = "contrôles de recevabilité"
        ordering = ["question__position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["application", "question"], name="review_admissibilitycheck_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.question} {self.get_answer_display()}"


class RejectionProposal(models.Model):
    """An inadmissible dossier proposed for rejection at the vote: the committee decides."""

    application = models.ForeignKey(
        Application, on_delete=models.PROTECT, related_name="rejection_proposals"
    )
    reason = models.TextField("motif d’irrecevabilité")
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    proposed_at = models.DateTimeField("proposée le")
    withdrawn_at = models.DateTimeField("retirée le", null=True, blank=True)
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        verbose_name = "proposition de rejet"
        verbose_name_plural = "propositions de rejet"
        ordering = ["proposed_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["application"],
                condition=Q(withdrawn_at__isnull=True),
                name="review_rejectionproposal_one_standing",
                violation_error_message="Le rejet de ce dossier est déjà proposé.",
            )
        ]

    def __str__(self) -> str:
        return self.reason
