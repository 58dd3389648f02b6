"""The tables that staff looks at. Nothing of what people write to each other, no secrets."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from libs.common.http.admin import LookOnly
from services.chat.actions.avatars import remove_avatar
from services.chat.actions.identity import end_sign_in
from services.chat.admin.site import site
from services.chat.api.parts import address_of
from services.chat.models import AuditEntry, Avatar, Member, Room, SignIn, User
from services.chat.selectors.people import id_of_username


class ByPerson(LookOnly):
    """People may also be searched by their username, in whatever case."""

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Search for the id of somebody of that name, if there is one."""
        known = id_of_username(search_term.strip())
        return super().get_search_results(request, queryset, str(known or search_term))


@admin.register(User, site=site)
class UserAdmin(ByPerson):
    """People."""

    list_display = ("id", "username", "display_name", "is_active", "is_staff", "created_at")
    list_filter = ("is_active", "is_staff")
    ordering = ("-id",)
    search_fields = ("id",)
    fields = (*list_display, "is_superuser", "profile_version")


@admin.register(Avatar, site=site)
class AvatarAdmin(ByPerson):
    """Pictures of people, which may be taken away."""

    list_display = ("user", "shown", "version", "changed_at")
    list_select_related = ("user",)
    ordering = ("-changed_at", "-user_id")
    search_fields = ("user",)
    fields = list_display
    actions = ("remove",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Avatar]:
        """Return the rows without the pictures, which browsers ask for one by one."""
        return super().get_queryset(request).defer("content")

    @admin.display(description="picture")
    def shown(self, row: Avatar) -> SafeString:
        """Return the picture, as everybody sees it."""
        address = reverse("chat:avatar", args=[row.user_id])
        shown = '<img src="{}?v={}" alt="" width="64" height="64" loading="lazy">'
        return format_html(shown, address, row.version)

    @admin.action(description="Remove the selected pictures")
    def remove(self, request: HttpRequest, chosen: QuerySet[Avatar]) -> None:
        """Take them away; what is noted of it stands in the audit log."""
        by, address = str(request.user.pk), address_of(request)
        removed = [
            row.user_id
            for row in chosen
            if remove_avatar(user_id=str(row.user_id), by=by, address=address)
        ]
        told = f"Pictures that were removed: {len(removed)}."
        self.message_user(request, told, messages.SUCCESS if removed else messages.WARNING)


@admin.register(SignIn, site=site)
class SignInAdmin(ByPerson):
    """Sign-ins, without the key of the browser's session."""

    list_display = ("id", "user", "user_agent", "created_at", "renewed_at", "revoked_at")
    list_select_related = ("user",)
    ordering = ("-id",)
    search_fields = ("id", "user")
    fields = list_display
    actions = ("end",)

    @admin.action(description="End the selected sign-ins: their open pages are disconnected")
    def end(self, request: HttpRequest, chosen: QuerySet[SignIn]) -> None:
        """End them; their sockets are closed within a second or two."""
        by, address = str(request.user.pk), address_of(request)
        ended = sum(end_sign_in(sid=str(row.id), by=by, address=address) for row in chosen)
        told = f"Sign-ins that were ended: {ended}."
        self.message_user(request, told, messages.SUCCESS if ended else messages.WARNING)


@admin.register(Room, site=site)
class RoomAdmin(LookOnly):
    """Rooms."""

    list_display = ("id", "kind", "version", "last_seq", "last_at", "changed_at", "created_at")
    list_filter = ("kind",)
    search_fields = ("id",)
    ordering = ("-id",)
    fields = (*list_display, "open_history")


@admin.register(Member, site=site)
class MemberAdmin(ByPerson):
    """Who is in which room. What somebody has read is nobody's business here."""

    list_display = ("id", "room_id", "user", "role", "joined_seq", "left_seq", "delivered_seq")
    list_filter = ("role",)
    list_select_related = ("user",)
    ordering = ("-id",)
    search_fields = ("room", "user")
    fields = list_display


@admin.register(AuditEntry, site=site)
class AuditEntryAdmin(ByPerson):
    """Who did what to whom."""

    list_display = ("at", "action", "actor", "subject", "room_id", "address", "details")
    list_filter = ("action",)
    list_select_related = ("actor", "subject")
    search_fields = ("actor", "subject", "room", "sid")
    ordering = ("-at", "-id")
    fields = (*list_display, "sid")
