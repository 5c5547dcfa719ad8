from django.apps import AppConfig


class CallsConfig(AppConfig):
    name = "grants.calls"
    verbose_name = "Appels à projets"

    def ready(self) -> None:
        from grants.calls import merging, owners
        from grants.calls.panels import open_sheets
        from grants.calls.reference import load_default_grid, load_default_questions
        from territories.panels import register_panel
        from territories.reference import register_loader

        owners.register()
        register_loader("critères de la grille type", load_default_grid)
        register_loader(
            "questions de recevabilité de la grille type", load_default_questions, order=110
        )
        register_panel("open-sheets", "calls/panels/open_sheets.html", open_sheets, order=20)
        merging.register()
