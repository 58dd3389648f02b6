"""Parts for views of which a test needs some only."""

from typing import Any

from services.chat.api.parts import Parts


def state_with(**given: Any) -> dict[str, Parts]:
    """Return a scope's state with these parts; a view that uses another one fails."""
    none: dict[str, Any] = dict.fromkeys(Parts.__struct_fields__)
    return {"parts": Parts(**none | given)}
