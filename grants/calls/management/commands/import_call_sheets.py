"""Write the sheets of a word-processed file as drafts of a campaign (dry run by default)."""

from argparse import ArgumentParser
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from config.errors import Refusal
from grants.calls.importer import SheetFileError, read_lines
from grants.calls.importer.result import FIELD_NAMES
from grants.calls.models import Campaign
from grants.calls.selectors import gazetteer
from grants.calls.services import apply_import, create_campaign
from grants.calls.services.imports import Imported
from grants.calls.sheet_files import read_entries
from territories.models import Commune


LABELS = {"title": "Titre", **FIELD_NAMES}
ACTIONS = {
    "created": "à créer",
    "replaced": "brouillon à remplacer",
    "skipped": "laissée telle quelle",
}
DONE = {"created": "créée", "replaced": "brouillon remplacé", "skipped": "laissée telle quelle"}


class Command(BaseCommand):
    help = (
        "Lit un fichier de fiches (.txt ou .docx) et montre ce qui serait écrit ; "
        "avec --apply, écrit les fiches en brouillon, toutes ou aucune."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", help="fichier .txt ou .docx")
        parser.add_argument(
            "--campaign", type=int, required=True, metavar="YEAR", help="exercice de la campagne"
        )
        parser.add_argument(
            "--name", default="", help="nom de la campagne, lorsque l’exercice en a plusieurs"
        )
        parser.add_argument("--apply", action="store_true", help="écrire les fiches")
        parser.add_argument(
            "--replace-drafts",
            action="store_true",
            help="remplacer le contenu des brouillons qui portent le même code",
        )

    def handle(self, *args, **options) -> None:
        year = options["campaign"]
        if not 2000 <= year <= 2100:
            raise CommandError(f"L’exercice {year} n’est pas une année plausible.")
        if not Commune.objects.exists():
            raise CommandError(
                "Les communes ne sont pas chargées : lancez d’abord manage.py load_reference."
            )
        path = Path(options["file"])
        try:
            payload = read_entries(read_lines(path), gazetteer())
        except SheetFileError as error:
            raise CommandError(str(error)) from error
        try:
            with transaction.atomic():
                campaign, is_new = self._campaign(year, options["name"])
                imported = apply_import(
                    campaign_id=campaign.pk,
                    entries=payload["sheets"],
                    file_name=path.name,
                    by=None,
                    at=timezone.now(),
                    replace_drafts=options["replace_drafts"],
                )
                self._print(campaign, is_new, imported, payload["report"], options["apply"])
                if not options["apply"] or not imported:
                    transaction.set_rollback(True)
        except Refusal as refusal:
            raise CommandError(f"Rien n’a été écrit. {refusal.sentence}") from refusal
        if not imported:
            raise CommandError("Aucune fiche n’a été trouvée : rien n’a été écrit.")

    def _campaign(self, year: int, name: str) -> tuple[Campaign, bool]:
        campaigns = Campaign.objects.filter(fiscal_year=year)
        if name:
            campaigns = campaigns.filter(name=name)
        found = list(campaigns[:2])
        if len(found) > 1:
            raise CommandError(f"Plusieurs campagnes pour {year} : précisez --name.")
        if found:
            return found[0], False
        fields = {"fiscal_year": year, "name": name or f"Campagne {year}"}
        return create_campaign(fields=fields, by=None), True

    def _print(
        self,
        campaign: Campaign,
        is_new: bool,
        imported: list[Imported],
        report: list[dict],
        applied: bool,
    ) -> None:
        new = (", créée" if applied else ", à créer") if is_new else ""
        self.stdout.write(f"Campagne {campaign.fiscal_year} : {campaign.name}{new}")
        self.stdout.write(f"Fiches lues : {len(imported)}")
        for number, one in enumerate(imported, start=1):
            self._print_one(number, one, DONE if applied else ACTIONS)
        if report:
            self.stdout.write("\nLignes du fichier qui ne sont dans aucune fiche :")
            for doubt in report:
                self._print_doubt(doubt)
        counts = {a: sum(one.action == a for one in imported) for a in ACTIONS}
        doubts = len(report) + sum(len(one.entry["doubts"]) + bool(one.note) for one in imported)
        summary = ", ".join(
            f"{count} {action}"
            for action, count in (
                ("créée(s)" if applied else "à créer", counts["created"]),
                ("remplacée(s)" if applied else "à remplacer", counts["replaced"]),
                ("laissée(s) telle(s) quelle(s)", counts["skipped"]),
                ("doute(s)", doubts),
            )
        )
        self.stdout.write(f"\n{summary}.")
        if not applied:
            self.stdout.write("Essai : rien n’a été écrit. Ajoutez --apply pour écrire.")

    def _print_one(self, number: int, one: Imported, words: dict[str, str]) -> None:
        entry, sheet = one.entry, one.sheet
        code = entry["code"] or "sans code"
        self.stdout.write(f"\n── Fiche {number} · {code} · {words[one.action]}")
        for line in entry["title_lines"]:
            self._field("Ligne de titre", line)
        if entry["framework_name"]:
            period = "-".join(str(year) for year in entry["framework_period"] or ())
            self._field("Cadre", f"{entry['framework_name']} {period}".strip())
        for name, label in LABELS.items():
            self._field(label, entry[name])
            if name == "territories_text":
                self._print_places(entry)
            if name == "target_public" and (entry["age_min"] or entry["age_max"]) is not None:
                self._field("Âges", f"{entry['age_min'] or 0} à {entry['age_max'] or '…'} ans")
        if one.action == "created":
            self._print_defaults(sheet)
        if one.note:
            self._print_doubt({"line": None, "field": "", "message": one.note})
        for doubt in entry["doubts"]:
            self._print_doubt(doubt)

    def _print_places(self, entry: dict) -> None:
        if entry["whole_department"]:
            self._field("  Lieu", "tout le département")
        for place in entry["places"]:
            if place["kind"] in {"commune", "neighbourhood"}:
                codes = ", ".join(place["keys"])
                self._field("  Lieu", f"« {place['text']} » → {place['label']} ({codes})")
            elif place["kind"] is None:
                self._field("  Lieu", f"« {place['text']} » → gardé comme texte")

    def _print_defaults(self, sheet) -> None:
        kinds = ", ".join(sheet.applicant_kinds)
        grid = sheet.grid or "aucune"
        self._field(
            "Réglages usuels, à vérifier",
            f"actions du {sheet.action_from:%d/%m/%Y} au {sheet.action_to:%d/%m/%Y} ; "
            f"demandeurs : {kinds} ; grille : {grid} ; {sheet.documents.count()} pièces",
        )

    def _field(self, label: str, text: str) -> None:
        if text:
            first, *others = text.split("\n")
            self.stdout.write(f"   {label} : {first}")
            for line in others:
                self.stdout.write(f"      {line}")

    def _print_doubt(self, doubt: dict) -> None:
        where = f"ligne {doubt['line']} : " if doubt["line"] else ""
        self.stdout.write(f"   ⚠ {where}{doubt['message']}")
