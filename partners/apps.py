from django.apps import AppConfig


class PartnersConfig(AppConfig):
    name = "partners"
    verbose_name = "Organisations"

    def ready(self) -> None:
        from accounts import ties
        from foundation.documents.owners import register_owner
        from partners import infected, owners, reminders
        from partners.loading import load_public_bodies
        from partners.models import Membership, Organisation
        from partners.permissions import may_manage
        from partners.selectors import active_bodies_of
        from territories.reference import register_loader

        register_loader("organismes publics", load_public_bodies)
        register_owner(
            Organisation,
            lambda user, owner: Organisation.objects.visible_to(user).filter(pk=owner.pk).exists(),
        )
        register_owner(
            Membership,
            lambda user, owner: owner.user_id == user.pk or may_manage(user, owner.organisation),
        )
        ties.readers.append(active_bodies_of)
        owners.register()
        reminders.register()
        infected.register()
