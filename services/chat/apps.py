from django.apps import AppConfig


class ChatConfig(AppConfig):
    name = "services.chat"
    label = "chat"
    default_auto_field = "django.db.models.BigAutoField"
