"""How Sphinx builds the site of these pages; `make docs` starts it, see `dev.docs`."""

from sphinx.application import Sphinx
from sphinx.directives.code import CodeBlock

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


class Diagram(CodeBlock):
    """A diagram in Mermaid, as its text: forges draw it, and here nothing comes from elsewhere."""

    def run(self):
        """Show it as what it is."""
        self.arguments = ["text"]
        return super().run()


def setup(app: Sphinx) -> None:
    """Tell Sphinx of the diagrams."""
    app.add_directive("mermaid", Diagram)
