from django.apps import AppConfig


class TerritoriesConfig(AppConfig):
    name = "territories"
    verbose_name = "Territoires"

    def ready(self) -> None:
        from territories import loading
        from territories.reference import register_loader

        register_loader("paramètres datés", loading.load_parameters, order=10)
        register_loader("territoires", loading.load_territories, order=20)
        register_loader("communes", loading.load_communes, order=30)
        register_loader("quartiers prioritaires", loading.load_neighbourhoods, order=40)
        register_loader("collèges", loading.load_schools, order=50)
        register_loader("cadres", loading.load_frameworks, order=60)
        register_loader("axes", loading.load_axes, order=65)
        register_loader("thèmes", loading.load_themes, order=70)
        register_loader("types d’acteur", loading.load_actor_types, order=80)
