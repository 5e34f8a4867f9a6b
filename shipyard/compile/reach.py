"""Which files of a build context reach an image by the recipe: copied, or installed as a package."""

from __future__ import annotations

import fnmatch
import posixpath

from shipyard.compile.context import READ, is_project_file
from shipyard.compile.recipe import Recipe
from shipyard.model.build import DependencyInstall


def reaches(path: str, recipe: Recipe) -> bool:
    """Whether a file of the context is an input by its content. What of the project's own files counts is
    among the facts instead."""
    top = "." if recipe.whole else recipe.inner
    free = (posixpath.normpath(posixpath.join(recipe.inner, one)) for one in free_folders(recipe.install))
    if any(_is_read(path, folder) for folder in free):
        return True
    own = (posixpath.normpath(posixpath.join(recipe.inner, name)) for name in recipe.install.own_files)
    if any(_is_at(path, one) for one in own):
        # A front end may stand among them, a package is built without them.
        return recipe.front is not None and any(_in(path, folder) for folder in recipe.front.folders)
    if _in(path, top) and not is_project_file(path, recipe.inner, recipe.kept):
        return True
    if recipe.front is not None and any(_in(path, folder) for folder in recipe.front.folders):
        return not is_project_file(path, recipe.inner, recipe.kept)
    places = places_of(recipe.install, recipe.inner)[1:]
    return any(_in(path, place) and not is_project_file(path, place) for place in places)


def free_folders(install: DependencyInstall) -> tuple[str, ...]:
    """The folders of packages whose builds may read anything."""
    return tuple(one.folder for one in install.local if one.free)


def _is_read(path: str, place: str) -> bool:
    if not _in(path, place):
        return False
    top = (path if place == "." else path.removeprefix(f"{place}/")).partition("/")[0]
    return any(fnmatch.fnmatchcase(top, pattern) for pattern in READ)


def local_folders(install: DependencyInstall) -> tuple[str, ...]:
    """The folders of packages of the source tree, relative to the project's."""
    return tuple(one.folder for one in install.local)


def places_of(install: DependencyInstall, folder: str) -> tuple[str, ...]:
    """Folders of the tree that are installed from; `folder` is the project's."""
    names = (install.root, *local_folders(install))
    return tuple(posixpath.normpath(posixpath.join(folder, name)) for name in names)


def reads_of(install: DependencyInstall, inner: str) -> tuple[str, ...]:
    """Files of the context that the install reads, whatever an ignore file says."""
    names = [posixpath.join(install.root, name) for name in install.files]
    names += [posixpath.join(one.folder, name) for one in install.local for name in one.needed]
    return tuple(dict.fromkeys(posixpath.normpath(posixpath.join(inner, name)) for name in names))


def _is_at(path: str, place: str) -> bool:
    return path == place or path.startswith(f"{place}/")


def _in(path: str, folder: str) -> bool:
    return folder == "." or path.startswith(f"{folder}/")
