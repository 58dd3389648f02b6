"""Shapes of ``/auth/exchange``."""

from typing import Annotated

from msgspec import Meta

from libs.common.external_tokens import TOKEN_CHARS
from services.chat.api.shapes.shape import Shape


class Exchange(Shape, frozen=True, kw_only=True):
    """A token of the configured issuer; ``cookie``: sign the browser in as well."""

    token: Annotated[str, Meta(min_length=1, max_length=TOKEN_CHARS)]
    cookie: bool = False
