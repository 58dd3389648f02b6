"""Tokens live for ten minutes; whoever loads for longer renews them."""

import httpx

SESSION_PATH = "/api/chat/auth/session"


async def renewed(client: httpx.AsyncClient, token: str) -> str:
    """Return another token of the same sign-in.

    Raises:
        httpx.HTTPError: there is none for this one.
    """
    answer = await client.get(SESSION_PATH, headers={"Authorization": f"Bearer {token}"})
    return str(answer.raise_for_status().json()["access_token"])
