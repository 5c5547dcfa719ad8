from django.db import models
from django.urls import reverse

from config.text import sort_key
from territories.querysets import CommuneQuerySet


def printed(name: str) -> str:
    """Return an official name with French apostrophes."""
    return name.replace("'", "’")


class Territory(models.Model):
    """One of the seven coordination territories: a grouping of communes."""

    number = models.PositiveSmallIntegerField("numéro", primary_key=True)
    name = models.CharField("nom", max_length=250)
    slug = models.SlugField(unique=True)
    svg_path = models.TextField("contour projeté", blank=True)
    label_x = models.FloatField("abscisse du numéro", default=0)
    label_y = models.FloatField("ordonnée du numéro", default=0)

    class Meta:
        verbose_name = "territoire"
        ordering = ["number"]

    def __str__(self) -> str:
        return f"Territoire {self.number}"

    def get_absolute_url(self) -> str:
        return reverse("territories:detail", args=[self.number])


class Commune(models.Model):
    """A commune, known by its INSEE code and found by its name.

    ``name`` is the official spelling; print the object itself to have French apostrophes.
    """

    insee = models.CharField("code INSEE", max_length=5, primary_key=True)
    name = models.CharField("nom", max_length=100)
    slug = models.SlugField(unique=True)
    sort_name = models.CharField(max_length=100, editable=False)
    territory = models.ForeignKey(
        Territory, verbose_name="territoire", on_delete=models.PROTECT, related_name="communes"
    )
    siren = models.CharField("SIREN", max_length=9, unique=True)
    population = models.PositiveIntegerField("population municipale")
    population_year = models.PositiveSmallIntegerField(
        "année de la population", null=True, blank=True
    )
    postal_codes = models.CharField("codes postaux", max_length=100)
    svg_path = models.TextField("contour projeté", blank=True)
    label_x = models.FloatField("abscisse du nom", default=0)
    label_y = models.FloatField("ordonnée du nom", default=0)

    objects = CommuneQuerySet.as_manager()

    class Meta:
        verbose_name = "commune"
        ordering = ["sort_name", "insee"]

    def __str__(self) -> str:
        return printed(self.name)

    def save(self, *args, **kwargs) -> None:
        self.sort_name = sort_key(self.name)
        super().save(*args, **kwargs)

    def get_absolute_url(self) -> str:
        return reverse("territories:commune", args=[self.slug])


class PriorityNeighbourhood(models.Model):
    """A « quartier prioritaire de la politique de la ville » of one of the two generations."""

    code = models.CharField("code", max_length=10, primary_key=True)
    generation = models.PositiveSmallIntegerField(
        "génération", choices=[(2015, "2015"), (2024, "2024")]
    )
    name = models.CharField("nom", max_length=150)
    sort_name = models.CharField(max_length=150, editable=False)
    communes = models.ManyToManyField(
        Commune, verbose_name="communes", related_name="neighbourhoods"
    )
    in_force_from = models.DateField("en vigueur du")
    in_force_to = models.DateField("au", null=True, blank=True)
    svg_path = models.TextField("contour projeté", blank=True)

    class Meta:
        verbose_name = "quartier prioritaire"
        verbose_name_plural = "quartiers prioritaires"
        ordering = ["sort_name", "code"]

    def __str__(self) -> str:
        return f"{self.display_name} (QPV {self.generation})"

    def save(self, *args, **kwargs) -> None:
        self.sort_name = sort_key(self.name)
        super().save(*args, **kwargs)

    @property
    def display_name(self) -> str:
        """The name alone, with French apostrophes."""
        return printed(self.name)


class School(models.Model):
    """A collège, with its priority-education status as last known."""

    uai = models.CharField("UAI", max_length=8, primary_key=True)
    name = models.CharField("nom", max_length=150)
    sort_name = models.CharField(max_length=150, editable=False)
    commune = models.ForeignKey(
        Commune, verbose_name="commune", on_delete=models.PROTECT, related_name="schools"
    )
    address = models.CharField("adresse", max_length=200, blank=True)
    postal_code = models.CharField("code postal", max_length=5, blank=True)
    priority_status = models.CharField("éducation prioritaire", max_length=10, blank=True)
    priority_school_year = models.CharField("année du statut", max_length=9, blank=True)
    map_x = models.FloatField("abscisse sur la carte", null=True, blank=True)
    map_y = models.FloatField("ordonnée sur la carte", null=True, blank=True)

    class Meta:
        verbose_name = "collège"
        verbose_name_plural = "collèges"
        ordering = ["sort_name", "uai"]

    def __str__(self) -> str:
        return printed(self.name)

    def save(self, *args, **kwargs) -> None:
        self.sort_name = sort_key(self.name)
        super().save(*args, **kwargs)


class Framework(models.Model):
    """A framework in which sheets may stand: contrat de ville, cité éducative, PEDT…"""

    class Kind(models.TextChoices):
        CITY_CONTRACT = "city_contract", "Contrat de ville"
        EDUCATIONAL_CITY = "educational_city", "Cité éducative"
        PEDT = "pedt", "Projet éducatif de territoire"
        PEL = "pel", "Projet éducatif local"
        CLSPD_PLAN = "clspd_plan", "Plan du CLSPD"
        OTHER = "other", "Autre cadre"

    kind = models.CharField("nature", max_length=20, choices=Kind.choices)
    name = models.CharField("nom", max_length=200)
    year_from = models.PositiveSmallIntegerField("de", null=True, blank=True)
    year_to = models.PositiveSmallIntegerField("à", null=True, blank=True)
    communes = models.ManyToManyField(Commune, verbose_name="communes", blank=True)

    class Meta:
        verbose_name = "cadre"
        verbose_name_plural = "cadres"
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["name", "year_from", "year_to"],
                nulls_distinct=False,
                name="territories_framework_once",
                violation_error_message="Ce cadre existe déjà pour cette période.",
            )
        ]

    def __str__(self) -> str:
        if self.year_from and self.year_to:
            return f"{self.name} {self.year_from}-{self.year_to}"
        return self.name


class Axis(models.Model):
    """An axis of a framework, or one of the office's three strategic axes (no framework)."""

    framework = models.ForeignKey(
        Framework, on_delete=models.CASCADE, null=True, blank=True, related_name="axes"
    )
    slug = models.SlugField(max_length=80, unique=True)
    label = models.CharField("intitulé", max_length=150)
    order = models.PositiveSmallIntegerField("ordre", default=0)

    class Meta:
        verbose_name = "axe"
        ordering = ["order", "pk"]

    def __str__(self) -> str:
        return self.label


class Theme(models.Model):
    """A term of the trade, shared by sheets, actions and services."""

    slug = models.SlugField(max_length=80, unique=True)
    label = models.CharField("intitulé", max_length=100)
    sort_name = models.CharField(max_length=100, editable=False)

    class Meta:
        verbose_name = "thème"
        ordering = ["sort_name", "pk"]

    def __str__(self) -> str:
        return self.label

    def save(self, *args, **kwargs) -> None:
        self.sort_name = sort_key(self.label)
        super().save(*args, **kwargs)


class ActorType(models.Model):
    """What kind of actor an organisation is on the ground."""

    slug = models.SlugField(max_length=80, unique=True)
    label = models.CharField("intitulé", max_length=100)
    order = models.PositiveSmallIntegerField("ordre", default=0)

    class Meta:
        verbose_name = "type d’acteur"
        verbose_name_plural = "types d’acteur"
        ordering = ["order", "pk"]

    def __str__(self) -> str:
        return self.label
