"""The layers of images, largest first, each as a bar."""

from __future__ import annotations

import re
from collections.abc import Sequence

from shipyard.model.stored import LayeredImage
from shipyard.render.html.markup import Markup, element, escaped, folded
from shipyard.render.html.page import Section
from shipyard.render.printable import listed, printable, shortened
from shipyard.render.sizes import bytes_text

_MADE_BY = 160
_SHOWN = 8
_MOST = 60
_SERVICES = 8
# What the engine writes around an instruction: BuildKit its mark and the values of build arguments, the
# classic builder a shell and "#(nop)".
_AROUND = re.compile(r"^/bin/sh -c #\(nop\)\s+|(?<=^RUN )/bin/sh -c |\s+# buildkit$")
_ARGUMENTS = re.compile(r"^((?:RUN )?)\|(\d+) (.*)$", re.DOTALL)


def layers_section(images: Sequence[LayeredImage] | None, why: str) -> Section:
    """None: no engine was asked for them, for the reason `why`."""
    shown = element("p", why) if images is None else element("div", *map(_image, images), class_="wide")
    return Section(id="layers", heading="Layers of the images", parts=[shown])


def _image(image: LayeredImage) -> Markup:
    name = element("h3", element("code", shortened(printable(image.name), _MADE_BY)))
    used = element("p", f"of {listed(image.services, _SERVICES)}", class_="quiet")
    note = [element("p", image.note)] if image.note else []
    if image.layers is None:
        return element("article", name, used, *note, class_="box")
    total = sum(one.size for one in image.layers)
    # Instructions that write nothing are no layers. Equal sizes stay as they lie on each other.
    numbered = list(enumerate((one for one in image.layers if one.size), 1))
    numbered.sort(key=lambda one: -one[1].size)
    largest = numbered[0][1].size if numbered else 1
    bars = [_bar(number, one.size, one.made_by, largest) for number, one in numbered[:_MOST]]
    count = f"{len(numbered)} layer{'s' if len(numbered) != 1 else ''}"
    told = f"{bytes_text(total)} in {count}" + (f", the {_MOST} largest" if len(numbered) > _MOST else "")
    rest = [folded(f"{len(bars) - _SHOWN} smaller layers", _bars(bars[_SHOWN:]))] if bars[_SHOWN:] else []
    return element(
        "article", name, used, *note, element("p", told), _bars(bars[:_SHOWN]), *rest, class_="box"
    )


def _bars(bars: Sequence[Markup]) -> Markup:
    return element("ol", *bars, class_="layers") if bars else Markup("")


def _instruction(made_by: str) -> str:
    """Without what the engine writes around it."""
    with_arguments = _ARGUMENTS.match(made_by)
    if with_arguments is not None:
        before, count, rest = with_arguments.groups()
        # A value may hold spaces: what cannot be told from the instruction is not shown.
        words = rest.split(" ")
        values, instruction = words[: int(count)], words[int(count) :]
        known = all("=" in word for word in values) and " ".join(instruction).startswith("/")
        made_by = before + (" ".join(instruction) if known else "")
    return _AROUND.sub("", made_by)


def _bar(number: int, size: int, made_by: str, largest: int) -> Markup:
    width = f"width: {max(size * 100 // largest, 1)}%"
    made = shortened(" ".join(printable(_instruction(made_by)).split()), _MADE_BY)
    return element(
        "li",
        element("b", bytes_text(size)),
        element("div", class_="bar", style=width),
        element("p", element("code", made) if made else escaped("not recorded"), f" (layer {number})"),
    )
