"""``python -m dev.pictures``: draws them anew, into docs/pictures and the page's public folder.

It needs Chromium, a font with emoji (Debian: fonts-noto-color-emoji), and what ``make setup`` installs.
"""

import asyncio
import os
import sys
import tempfile
from pathlib import Path

from clients.python.demo.seeding import seed
from dev import chromium
from dev.harness import RunningSuite
from dev.pictures.icons import draw_icons
from dev.pictures.scenes import draw_scenes
from dev.settings import ROOT

PICTURES = ROOT / "docs" / "pictures"
ICONS = ROOT / "clients" / "web" / "app" / "public"


def main() -> int:
    """Draw all of them; return 2 where there is no Chromium."""
    if chromium.PROGRAM is None:
        sys.stderr.write("Chromium is not installed (apt-get install chromium).\n")
        return 2
    with tempfile.TemporaryDirectory(prefix="parley-pictures-") as folder:
        suite = RunningSuite.start(Path(folder) / "run")
        try:
            asyncio.run(seed(suite.state.gateway_url))
            with chromium.running() as browser:
                draw_scenes(browser, suite.state.gateway_url, PICTURES)
                draw_icons(browser, ICONS)
        finally:
            suite.stop()
    return 0


if __name__ == "__main__":
    os.umask(0o022)
    sys.exit(main())
