"""Migrations, and the writer's function, of which only the newest form is kept."""

from pathlib import Path

SEND_MESSAGES = Path(__file__).with_name("send_messages.sql").read_text(encoding="utf-8")
