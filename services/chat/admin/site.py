"""The admin of chat: who is let in, and the pages that are of no table."""

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, path

from libs.common.http.admin import StaffSite
from libs.common.tokens import Claims
from services.chat.admin.messages import messages_page
from services.chat.api.parts import parts_of
from services.chat.models import User
from services.chat.selectors.people import session_owner


def signed_in_staff(claims: Claims) -> User | None:
    """Return the person of a token while its sign-in holds, and they are staff in the database."""
    user = session_owner(sid=claims.sid, user_id=claims.sub)
    return user if user is not None and user.is_staff else None


class ChatSite(StaffSite):
    """With a page that finds messages."""

    def get_urls(self) -> list[URLPattern | URLResolver]:
        """Return all pages."""
        messages = self.admin_view(self.messages_page)
        return [path("messages/", messages, name="messages"), *super().get_urls()]

    def messages_page(self, request: HttpRequest) -> HttpResponse:
        """Show messages, to whoever is staff."""
        return messages_page(
            request,
            context=self.each_context(request),
            with_content=parts_of(request).staff_reads_messages,
        )


site = ChatSite("chat", parts_of, user_of=signed_in_staff)
