"""The HTTP interface of chat, as far as it is about oneself."""

from .calling import Caller
from .chat_api import CHAT
from .credentials import AUTH
from .http import parse
from .shapes import Profile, Ticket


class AccountApi(Caller):
    """One's profile, and one's sign-in."""

    async def me(self) -> Profile:
        """Return oneself and what one lets others know."""
        return await self._get(Profile, f"{CHAT}/me")

    async def change_me(
        self,
        *,
        display_name: str | None = None,
        send_read_receipts: bool | None = None,
        last_seen: str | None = None,
    ) -> Profile:
        """Change one's name, or what others may know; None leaves it as it is.

        Args:
            display_name: what others see.
            send_read_receipts: whether others learn what one reads from now on.
            last_seen: who learns when one was there last: ``everyone``, ``contacts`` or
                ``nobody``. Of whoever does not, one does not learn it either.
        """
        given = {
            "display_name": display_name,
            "send_read_receipts": send_read_receipts,
            "last_seen": last_seen,
        }
        body = {name: value for name, value in given.items() if value is not None}
        return parse(await self.request("PATCH", f"{CHAT}/me", body=body), Profile)

    async def show_picture(self, picture: bytes) -> Profile:
        """Show a picture of oneself: PNG, JPEG or WebP, at most 512 KiB. Its middle is kept.

        Raises:
            BadFrame: it is none of these.
        """
        return parse(await self.request("PUT", f"{CHAT}/me/avatar", body=picture), Profile)

    async def hide_picture(self) -> None:
        """Show no picture of oneself any more; also where there is none."""
        await self.request("DELETE", f"{CHAT}/me/avatar")

    async def ticket(self) -> str:
        """Return a ticket: opens one socket within 30 s, without a header or cookie."""
        answer = await self.request("POST", f"{AUTH}/ticket", body={})
        return parse(answer, Ticket).ticket

    async def sign_out(self, *, everywhere: bool = False) -> None:
        """End this session, or all of the user's; their sockets close with 4001."""
        await self.request("POST", f"{AUTH}/logout", body={"everywhere": everywhere})
