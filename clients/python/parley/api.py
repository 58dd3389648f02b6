"""The HTTP half of Parley, typed: the interfaces of all services as one.

Every call is made once, except that a 401 renews the token and repeats it (nothing was done).
Sending twice with the same client_id is safe here too.
"""

from .account_api import AccountApi
from .chat_api import ChatApi
from .other_apis import PresenceApi, QueueApi, ReceiptsApi


class Api(ChatApi, AccountApi, ReceiptsApi, PresenceApi, QueueApi):
    """The HTTP interface as one signed-in user."""
