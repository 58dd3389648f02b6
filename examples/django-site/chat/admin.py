"""Whoever is deactivated here is signed out at Parley."""

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import User
from django.db import transaction

from chat.parley import sign_out


class Users(UserAdmin):
    """Users, as Django shows them."""

    def save_model(self, request, obj, form, change):
        """Save a user, then sign out who is not active: not before a new token is refused."""
        super().save_model(request, obj, form, change)
        if not obj.is_active:
            transaction.on_commit(lambda: sign_out(obj))


admin.site.unregister(User)
admin.site.register(User, Users)
