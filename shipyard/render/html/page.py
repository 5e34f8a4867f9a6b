"""The frame of a page: its head, a way to each section, the sections with the graph among them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import shipyard
from shipyard.model.record import Record
from shipyard.render.drawing import Mark, inline_svg
from shipyard.render.graph import Graph
from shipyard.render.html.markup import Markup, element, escaped, joined
from shipyard.render.html.style import STYLE

# Nothing is fetched and nothing runs, whatever should ever get into a page.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


class Section(Record):
    """`id` is its place in the page; `parts` are what follows its heading."""

    id: str
    heading: str
    parts: Sequence[Markup]


def page(title: str, head: Sequence[Markup], sections: Sequence[Section]) -> str:
    """The whole document, in ASCII, whatever is in it: the same for every terminal, file and server."""
    links = [element("li", element("a", one.heading, href=f"#{one.id}")) for one in sections]
    body = joined(
        [
            element("header", *head, element("nav", element("ul", *links), aria_label="Sections")),
            element("main", *map(_section, sections)),
            element("footer", f"Shipyard {shipyard.__version__}"),
        ]
    )
    text = (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escaped(title)}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n{body}\n</body>\n</html>\n"
    )
    return text.encode("ascii", "xmlcharrefreplace").decode("ascii")


def _section(section: Section) -> Markup:
    heading = element("h2", section.heading, id=section.id)
    return element("section", heading, *section.parts, aria_labelledby=section.id)


def graph_section(graph: Graph, marks: Mapping[str, Mark]) -> Section:
    """The drawing scrolls by itself, by keys too; the page does not."""
    if not graph.nodes:
        return Section(id="graph", heading="Graph", parts=(element("p", "No services."),))
    drawing = Markup(inline_svg(graph, marks))
    scrolled = element("div", drawing, class_="scroll", role="region", tabindex="0", aria_label="Graph")
    words = "An arrow leads to what a service needs, or to the volume that it mounts."
    return Section(id="graph", heading="Graph", parts=(element("p", words, class_="quiet"), scrolled))
