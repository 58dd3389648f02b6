"""The icon of the page in the sizes that systems ask for: those that take no drawing, only pixels."""

from pathlib import Path

from playwright.sync_api import Browser

SIZES_PX = (180, 192, 512)
"""For Apple's home screen; for Android's, and notifications; for splash screens."""
DRAWING = "icon.svg"
GROUND = "#0b7a63"
"""Systems cut what shape they like: the ground goes to the edge."""


def draw_icons(browser: Browser, folder: Path) -> list[Path]:
    """Draw ``folder``'s icon.svg in each size, beside it; return the files."""
    drawing = (folder / DRAWING).read_text()
    files = []
    for size in SIZES_PX:
        page = browser.new_page(viewport={"width": size, "height": size})
        page.set_content(
            f'<body style="margin:0;background:{GROUND}">'
            f'<div style="width:{size}px;height:{size}px">{drawing}</div>'
        )
        file = folder / f"icon-{size}.png"
        page.screenshot(path=file)
        page.close()
        files.append(file)
    return files
