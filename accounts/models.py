import pghistory
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models import Q, Value
from django.db.models.functions import Concat, Lower
from django.utils import timezone
from django.utils.functional import cached_property

from accounts.access import Access
from accounts.enums import Role
from config.constraints import in_order
from config.text import fold
from territories.functions import Fold
from territories.models import School, Territory


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields) -> "User":
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields) -> "User":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, email: str) -> "User":
        return self.get(email__iexact=email)


class User(AbstractBaseUser, PermissionsMixin):
    """A person, known by an e-mail address.

    ``is_staff`` and ``is_superuser`` open the Django administration; they follow the
    administrator role (``accounts.services``), nothing else in the portal reads them.
    """

    email = models.EmailField("adresse e-mail")
    first_name = models.CharField("prénom", max_length=80, blank=True)
    last_name = models.CharField("nom", max_length=80, blank=True)
    phone = models.CharField("téléphone", max_length=20, blank=True)
    is_active = models.BooleanField("actif", default=True)
    is_staff = models.BooleanField("accès à l’administration", default=False)
    date_joined = models.DateTimeField("inscrit le", default=timezone.now)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: list[str] = []

    objects = UserManager()

    class Meta:
        verbose_name = "personne"
        ordering = ["last_name", "first_name", "pk"]
        constraints = [
            models.UniqueConstraint(
                Lower("email"),
                name="accounts_user_email_once",
                violation_error_message="Cette adresse e-mail est déjà utilisée.",
            )
        ]

    def __str__(self) -> str:
        return self.get_full_name() or self.email

    def get_full_name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()

    def get_short_name(self) -> str:
        return self.first_name or self.email

    @cached_property
    def access(self) -> Access:
        """What this person may do today (one query, kept for the request)."""
        assignments = self.role_assignments.in_force(timezone.localdate())
        return Access.from_assignments(list(assignments))


class RoleAssignmentQuerySet(models.QuerySet["RoleAssignment"]):
    def in_force(self, on) -> "RoleAssignmentQuerySet":
        """Keep the roles held on a day; one ended at once is not held on the day it was ended."""
        return self.filter(
            Q(starts_on__lte=on),
            Q(ends_on__isnull=True) | Q(ends_on__gte=on),
            Q(ended_at__isnull=True) | Q(ended_at__date__gt=on),
        )

    def over(self, on) -> "RoleAssignmentQuerySet":
        """Keep the roles that are past on a day."""
        return self.filter(Q(ends_on__lt=on) | Q(ended_at__date__lte=on))

    def of_person_like(self, text: str) -> "RoleAssignmentQuerySet":
        """Find people by the words of their name or address, whatever the accents."""
        folded = Fold(
            Concat(
                "user__first_name",
                Value(" "),
                "user__last_name",
                Value(" "),
                "user__email",
                output_field=models.CharField(),
            )
        )
        found = self.annotate(person_text=folded)
        for word in fold(text).split():
            found = found.filter(person_text__contains=word)
        return found


@pghistory.track(model_name="RoleAssignmentHistory")
class RoleAssignment(models.Model):
    """A role given to a person, for a territory or the whole département, from a day to another.

    ``ended_at`` is set when it was ended at once: nothing of it holds from that instant.
    """

    user = models.ForeignKey(
        User, verbose_name="personne", on_delete=models.PROTECT, related_name="role_assignments"
    )
    role = models.CharField("rôle", max_length=20, choices=Role.choices)
    title = models.CharField(
        "titre affiché",
        max_length=100,
        blank=True,
        help_text="Par exemple « Coordonnatrice du territoire 7 ».",
    )
    territory = models.ForeignKey(
        Territory,
        verbose_name="territoire",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="role_assignments",
        help_text="Vide : tout le département.",
    )
    school = models.ForeignKey(
        School, verbose_name="collège", on_delete=models.PROTECT, null=True, blank=True
    )
    starts_on = models.DateField("du")
    ends_on = models.DateField("au", null=True, blank=True)
    ended_at = models.DateTimeField("terminé le", null=True, blank=True)
    assigned_by = models.ForeignKey(
        User,
        verbose_name="attribué par",
        on_delete=models.PROTECT,
        null=True,  # create_first_administrator
        blank=True,
        related_name="+",
    )

    objects = RoleAssignmentQuerySet.as_manager()

    class Meta:
        verbose_name = "attribution de rôle"
        verbose_name_plural = "attributions de rôle"
        ordering = ["user", "role", "pk"]
        constraints = [
            in_order(
                "accounts_roleassignment",
                "starts_on",
                "ends_on",
                sentence="La fin d’un rôle ne peut pas précéder son début.",
            ),
            models.CheckConstraint(
                name="accounts_roleassignment_school_for_school_role",
                condition=~Q(role="school") | Q(school__isnull=False),
                violation_error_message="Indiquez le collège de cette personne.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} : {self.get_role_display()}"

    def is_over(self, on) -> bool:
        """Tell whether the role is past on a day."""
        return self.ended_at is not None or (self.ends_on is not None and self.ends_on < on)
