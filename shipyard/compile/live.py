"""What of a source tree stands in an image as it is: where an edit can be brought without a build."""

from __future__ import annotations

import posixpath

from shipyard.compile.context import is_below, is_project_file
from shipyard.compile.recipe import Recipe
from shipyard.compile.storage import APP
from shipyard.model.build import Live
from shipyard.source import SourceTree


def live_source(recipe: Recipe, tree: SourceTree, context: str) -> Live:
    """By the recipe. A package of the source tree is installed beside it: in development it is imported from
    the source in place of that, unless its build makes something of its own (compiled modules, a version out
    of git)."""
    top = "." if recipe.whole else recipe.inner
    built = list(recipe.front.folders) if recipe.front is not None else []
    roots: list[str] = []
    for one in recipe.install.local:
        place = posixpath.normpath(posixpath.join(recipe.inner, one.folder))
        if recipe.extensions or one.from_git or not is_below(place, top):
            built.append(place)
            continue
        source = posixpath.normpath(posixpath.join(place, "src"))
        roots.append(source if tree.is_dir(posixpath.join(context, source)) else place)
    if roots and recipe.import_path:
        roots.insert(0, posixpath.join(recipe.inner, recipe.import_path))
    return Live(
        top=top,
        inner=recipe.inner,
        left_out=recipe.install.own_files,
        kept=recipe.kept,
        built=tuple(dict.fromkeys(built)),
        imports=tuple(dict.fromkeys(posixpath.normpath(f"{APP}/{root}") for root in roots)),
        collected=recipe.static_environment is not None,
    )


def place_in_image(path: str, live: Live) -> str | None:
    """Where a file of the build context stands in the image, None where it does not."""
    own = (posixpath.normpath(posixpath.join(live.inner, name)) for name in live.left_out)
    out = is_project_file(path, live.inner, live.kept) or any(is_below(path, one) for one in own)
    if out or not is_below(path, live.top) or posixpath.basename(path) == ".npmrc":
        return None
    return f"{APP}/{path}"


def wants_build(path: str, live: Live) -> bool:
    """Whether an edit of a file that reaches the image is more than that file in its place."""
    return place_in_image(path, live) is None or any(is_below(path, folder) for folder in live.built)
