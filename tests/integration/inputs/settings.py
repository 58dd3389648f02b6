"""How much is tried, and which of all there is: read from the environment, for those who want more."""

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Inputs(BaseSettings):
    """``INPUTS_SEED`` and ``INPUTS_TIMES``.

    Attributes:
        seed: another one makes other inputs.
        times: how many times more of them than usually.
    """

    model_config = SettingsConfigDict(env_prefix="INPUTS_")

    seed: int = 0
    times: int = Field(default=1, ge=1)


INPUTS = Inputs()
