"""What happens around a body: flags, invitations, doubles joined."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from partners.enums import (
    FlagKind,
    InvitationState,
    Right,
)
from partners.models.bodies import Organisation
from partners.querysets import InvitationQuerySet


class OrganisationFlag(models.Model):
    """Something that the office should look at in a body; it blocks nothing."""

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="flags")
    kind = models.CharField("objet", max_length=15, choices=FlagKind.choices)
    text = models.CharField("ce qui a changé", max_length=400)
    raised_at = models.DateTimeField("signalé le")
    raised_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    handled_at = models.DateTimeField("traité le", null=True, blank=True)
    handled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        verbose_name = "signalement"
        ordering = ["-raised_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} ({self.organisation})"


class Invitation(models.Model):
    """An invitation to join a body, sent by e-mail; only the digest of its link is kept."""

    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="invitations"
    )
    email = models.EmailField("adresse e-mail")
    function = models.CharField("fonction", max_length=100, blank=True)
    rights = ArrayField(
        models.CharField(max_length=10, choices=Right.choices),
        verbose_name="droits",
        default=list,
        blank=True,
    )
    message = models.TextField("message", blank=True)
    token_digest = models.CharField(max_length=64, unique=True)
    state = models.CharField(
        "état", max_length=10, choices=InvitationState.choices, default=InvitationState.SENT
    )
    invited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    invited_at = models.DateTimeField("envoyée le")
    expires_at = models.DateTimeField("valable jusqu’au")
    closed_at = models.DateTimeField("acceptée ou annulée le", null=True, blank=True)
    accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    objects = InvitationQuerySet.as_manager()

    class Meta:
        verbose_name = "invitation"
        ordering = ["-invited_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "email"],
                condition=Q(state="sent"),
                name="partners_invitation_one_waiting",
                violation_error_message="Cette adresse est déjà invitée.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.email} → {self.organisation}"

    def is_open(self, at) -> bool:
        """Tell whether its link may still be used at an instant."""
        return self.state == InvitationState.SENT and self.expires_at >= at

    @property
    def right_labels(self) -> list[str]:
        """The rights in words, always in the same order."""
        return [right.label for right in Right if right in self.rights]


class OrganisationMerge(models.Model):
    """A double joined to the body it doubled: who, when, why and what moved."""

    source = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="merges_as_source"
    )
    target = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="merges_as_target"
    )
    reason = models.TextField("raison")
    moved = models.JSONField("ce qui a été rattaché", default=dict)
    merged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    merged_at = models.DateTimeField("fusionné le")

    class Meta:
        verbose_name = "fusion"
        ordering = ["-merged_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.source} → {self.target}"
