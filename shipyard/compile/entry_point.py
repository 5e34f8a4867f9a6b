"""What to say of an `app` of the manifest that the project's source does not have."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import TYPE_CHECKING

from shipyard.frameworks.application import Application, ApplicationError
from shipyard.frameworks.modules import SOURCE
from shipyard.manifest.errors import did_you_mean
from shipyard.model.manifest import Service
from shipyard.source import SourceError, SourceTree

if TYPE_CHECKING:
    import symtable

_ANY_NAME = ("__getattr__", "globals", "setattr", "exec")
"""By these a module may have names that its source does not show."""


def entry_notes(service: Service, tree: SourceTree, folder: str, application: Application) -> Iterator[str]:
    """A note where the module is not there, or the name is not in it. Raises ApplicationError for a module
    that only the project's own package could have, and has not."""
    module, _, name = (service.app or "").partition(":")
    if not module or module.endswith(".py") or "/" in module:
        return
    said, path = f'app = "{service.app}"', module.replace(".", "/")
    roots = (".", SOURCE, application.import_path)
    here = sorted({posixpath.normpath(posixpath.join(folder, root, path)) for root in roots})
    if not any(tree.is_dir(one) or tree.is_file(f"{one}.py") for one in here):
        _refuse_absent(service, module, tree, [posixpath.join(folder, root) for root in roots])
        yield (
            f"{said}: the project has no module {module}; unless a dependency brings it, the service will "
            "not start"
        )
        return
    name = name.partition("(")[0].partition(".")[0].strip()
    files = [file for one in here for file in (f"{one}.py", f"{one}/__init__.py") if tree.is_file(file)]
    if name and len(files) == 1 and (names := _names(tree, files[0])) is not None and name not in names:
        near = did_you_mean(name, names)
        yield f"{said}: {files[0]} has no {name}, so the service will not start{f'; {near}' if near else ''}"


def _refuse_absent(service: Service, module: str, tree: SourceTree, roots: list[str]) -> None:
    package, _, rest = module.partition(".")
    for root in roots:
        top = posixpath.normpath(posixpath.join(root, package))
        if rest and tree.is_file(f"{top}/__init__.py"):
            outer, inside = module.rpartition(".")[0], posixpath.dirname(f"{top}/{rest.replace('.', '/')}")
            beside = [
                f"{outer}.{name[:-3]}"
                for name in tree.names(inside)
                if name.endswith(".py") and name != "__init__.py"
            ]
            raise ApplicationError(
                f"the project's package {package} has no {rest}",
                where=f"services.{service.name}.app",
                hint=did_you_mean(module, beside),
            )


def _names(tree: SourceTree, path: str) -> list[str] | None:
    """The names that a module has once it is imported; None where its source does not tell."""
    # Only for those that name their app.
    import symtable

    try:
        text = tree.text(path) or ""
        table = symtable.symtable(text, path, "exec")
    except (SourceError, SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    if "import *" in text or any(word in text for word in _ANY_NAME):
        return None
    found = {one.get_name() for one in table.get_symbols() if _bound(one)}
    pending = table.get_children()
    while pending:
        inner = pending.pop()
        pending += inner.get_children()
        found |= {one.get_name() for one in inner.get_symbols() if one.is_declared_global() and _bound(one)}
    return sorted(name for name in found if not name.startswith("_"))


def _bound(symbol: symtable.Symbol) -> bool:
    return symbol.is_assigned() or symbol.is_imported() or symbol.is_namespace()
