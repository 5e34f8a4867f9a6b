"""Pages read as a browser would: elements, their attributes and the text in them."""

from __future__ import annotations

from html.parser import HTMLParser

VOID = {"meta", "br", "hr", "img", "input", "link"}
INLINE = {"a", "code", "span", "strong", "small"}


class Page(HTMLParser):
    """`elements` are (name, attributes) in their order; `text` is what is read, without the style."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.comments: list[str] = []
        self._open: list[str] = []
        self._text: list[str] = []
        self.feed(page)
        self.close()
        assert self._open == [], f"not closed: {self._open}"
        self.text = " ".join("".join(self._text).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)
        self._part(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag
        self._part(tag)

    def _part(self, tag: str) -> None:
        self._text.append("" if tag in INLINE else " ")

    def handle_data(self, data: str) -> None:
        if "style" not in self._open:
            self._text.append(data)

    def handle_comment(self, data: str) -> None:
        self.comments.append(data)

    @property
    def names(self) -> set[str]:
        return {name for name, _ in self.elements}

    @property
    def ids(self) -> list[str]:
        return [value for _, given in self.elements if (value := given.get("id"))]

    @property
    def links(self) -> list[str]:
        return [given["href"] or "" for name, given in self.elements if name == "a"]


def assert_sound(page: str) -> Page:
    """What holds of every page, whatever is in it."""
    read = Page(page)
    assert page.isascii()
    assert page.startswith("<!DOCTYPE html>")
    # No script, nothing that is fetched, nothing that leads to where a reader does not expect it.
    assert not read.names & {"script", "iframe", "img", "link", "object", "embed", "form", "base", "input"}
    assert not any(key.startswith("on") for _, given in read.elements for key in given)
    assert all(link.startswith(("#", "http://")) for link in read.links)
    assert {link[1:] for link in read.links if link.startswith("#")} <= set(read.ids)
    assert len(set(read.ids)) == len(read.ids)
    assert read.comments == []
    metas = [given for name, given in read.elements if name == "meta"]
    policies = [one["content"] for one in metas if one.get("http-equiv") == "Content-Security-Policy"]
    assert policies == ["default-src 'none'; style-src 'unsafe-inline'; img-src data:"]
    assert any(one.get("name") == "viewport" for one in metas)
    assert [name for name, _ in read.elements if name in ("h1", "main", "header", "footer")].count("h1") == 1
    assert {"main", "header", "footer", "nav", "h1", "h2"} <= read.names
    return read
