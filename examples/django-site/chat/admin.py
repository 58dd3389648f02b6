"""Whoever is deactivated here is signed out at Parley."""

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.db import transaction

from chat.parley import sign_out

User = get_user_model()


class Users(type(admin.site.get_model_admin(User))):
    """Users, as your admin shows them already."""

    def save_model(self, request, obj, form, change):
        """Save a user, then sign out who is not active: not before a new token is refused."""
        super().save_model(request, obj, form, change)
        if not obj.is_active:
            transaction.on_commit(lambda: sign_out(obj))


admin.site.unregister(User)
admin.site.register(User, Users)
