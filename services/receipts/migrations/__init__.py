"""Migrations, and the functions of the database, of which only the newest form is kept."""

from pathlib import Path

FUNCTIONS = Path(__file__).with_name("functions.sql").read_text(encoding="utf-8")
