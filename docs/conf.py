"""How Sphinx builds the site of these pages; `make docs` starts it, see `dev.docs`."""

from html import escape

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

project = "Parley"
language = "en"
root_doc = "index"
extensions = ["myst_parser"]
myst_heading_anchors = 4
myst_enable_extensions = ["html_image"]
myst_fence_as_directive = ["mermaid"]
html_theme = "furo"
html_title = "Parley"
html_copy_source = False
html_show_sphinx = False
html_show_copyright = False


class Diagram(SphinxDirective):
    """A diagram in Mermaid: its text, which the page draws by itself (`dev/docs/diagrams`)."""

    has_content = True

    def run(self):
        """Show it."""
        text = escape("\n".join(self.content), quote=False)
        return [nodes.raw("", f'<pre class="mermaid">{text}</pre>', format="html")]


def draw(app, _pagename, _templatename, context, _doctree):
    """Load what draws, on pages that have something to be drawn."""
    if '<pre class="mermaid">' in context.get("body", ""):
        app.add_js_file("mermaid.min.js")
        app.add_js_file("draw.js")


def setup(app: Sphinx) -> None:
    """Tell Sphinx of the diagrams."""
    app.add_directive("mermaid", Diagram)
    app.connect("html-page-context", draw)
