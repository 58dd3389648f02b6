"""What axe finds wrong with a page. Source: https://github.com/dequelabs/axe-core/blob/develop/doc/API.md"""

from dev import web
from dev.pictures.scenes import STILL

SCRIPT = (web.WEB / "node_modules" / "axe-core" / "axe.min.js").read_text
RUN = """async (tags) => {
    const { violations } = await axe.run(document, { runOnly: tags });
    return violations.map(({ id, impact, nodes }) => ({
        id,
        impact,
        where: nodes.map(({ target, failureSummary }) => `${target.join(" ")}: ${failureSummary}`),
    }));
}"""
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
"""WCAG 2.2, levels A and AA."""


def found(page):
    """Return what is wrong with what is shown now: the rule, how much it matters, and where."""
    page.evaluate(SCRIPT())
    # What is on its way in is not there yet, and half as dark as it will be.
    page.evaluate(STILL)
    return page.evaluate(RUN, TAGS)
