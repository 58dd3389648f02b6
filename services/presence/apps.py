from django.apps import AppConfig


class PresenceConfig(AppConfig):
    name = "services.presence"
    label = "presence"
    default_auto_field = "django.db.models.BigAutoField"
