from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = "Comptes"

    def ready(self) -> None:
        from accounts.french import name_second_factors
        from accounts.panels import coordinator_card
        from territories.panels import register_panel

        name_second_factors()
        register_panel(
            "coordinator",
            "accounts/panels/coordinator_card.html",
            coordinator_card,
            order=10,
            zone="side",
        )
