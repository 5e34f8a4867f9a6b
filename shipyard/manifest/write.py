"""Write a manifest document as TOML."""

from __future__ import annotations

from collections.abc import Mapping

_WIDTH = 100


def dumps(document: Mapping[str, object]) -> str:
    """TOML text that means `document`; short lists on one line."""
    import tomli_w

    written: list[str] = []
    block: list[str] = []
    # Strings never span lines here, so a line that ends with "= [" always opens a list.
    for line in tomli_w.dumps(document, multiline_strings=False).removesuffix("\n").split("\n"):
        if block or line.endswith("= ["):
            block.append(line)
            if line == "]":
                written += _on_one_line(block)
                block = []
        else:
            written.append(line)
    return "".join(f"{line}\n" for line in written)


def _on_one_line(block: list[str]) -> list[str]:
    first, *items, last = block
    flat = first + " ".join(item.strip() for item in items).removesuffix(",") + last
    nested = any(item.endswith("[") for item in items)
    return block if nested or len(flat) > _WIDTH else [flat]
