"""The root of an image without shell and package manager, out of a slim one.

Run in a build stage by the base's own Python, with links.py beside it and nothing but the standard library
(3.9 and later): `python rootfs.py TARGET ENVIRONMENT[,ENVIRONMENT] [BASE PACKAGE...]`. Taken are the
interpreter, the standard library, what resolving names, TLS and time zones need, all that PACKAGEs brought
over the root at BASE, and every library that any of these or of the virtual environments links to. A link
brings what it leads to.

Source: ld.so(8).
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

from shipyard.compile.links import linked

FILES = (
    *("etc/ssl", "usr/lib/ssl", "usr/lib/*/ossl-modules", "usr/share/zoneinfo", "usr/lib/locale/C.utf8"),
    *("etc/localtime", "etc/timezone", "etc/nsswitch.conf", "etc/services", "etc/protocols", "etc/host.conf"),
    # The loader, where programs name it.
    "lib*/ld-linux*",
    *("etc/os-release", "etc/debian_version", "etc/ld.so.conf", "etc/ld.so.conf.d"),
    # ctypes.util.find_library asks it.
    "sbin/ldconfig",
)
OPENED = ("libgcc_s.so.1", "libstdc++.so.6", "libresolv.so.2", "libnss_dns.so.2", "libnss_files.so.2")
"""Libraries that are opened at run time, by glibc and others, and that nothing need link to."""
NO_LIBRARY = re.compile(
    r"(site-packages|dist-packages|tests?|idlelib|tkinter|turtledemo|ensurepip|__pycache__|config-.*"
    r"|_tkinter\..*)"
)
"""Names in the standard library's folders that are left there."""
NOT_OF_PACKAGES = re.compile(
    r"/(base|debian|dev|local|opt|proc|scripts|rootfs|run|sys|tmp|user|etc/ld\.so\.cache"
    r"|var/(cache|log|lib/(apt|dpkg))|usr/share/(bug|doc|info|lintian|man))(/.*)?"
)


class Root:
    """Files of this file system that are copied to `target`, once each."""

    def __init__(self, target: Path, environments: list[Path]) -> None:
        self.target = target
        self.own = [path for one in environments for path in files_below(one)]
        # Loaded before they are needed, by the package that brings them.
        self.own_names = {path.name for path in self.own}
        said = subprocess.run(["/sbin/ldconfig", "-p"], capture_output=True, text=True, check=True).stdout
        found = re.findall(r"^\s+(\S+) \(.*\) => (\S+)$", said, re.MULTILINE)
        # The first of a name is what the loader takes.
        self.libraries = {name: Path(path) for name, path in reversed(found)}
        self.taken: set[Path] = set()

    def take(self, path: Path, leave: re.Pattern[str] | None = None) -> None:
        """A file, a folder with all that is in it, or a link and what it leads to; where it really stands."""
        path = path.parent.resolve() / path.name
        if path in self.taken or not (path.exists() or path.is_symlink()):
            return
        self.taken.add(path)
        copy = self.copy_of(path)
        copy.parent.mkdir(parents=True, exist_ok=True)
        if path.is_symlink():
            copy.symlink_to(path.readlink())
            self.take(Path(os.path.normpath(path.parent / path.readlink())))
        elif path.is_dir():
            copy.mkdir(exist_ok=True)
            for child in sorted(path.iterdir()):
                if leave is None or not leave.fullmatch(child.name):
                    self.take(child, leave)
            shutil.copystat(path, copy)
        elif path.is_file():
            shutil.copy2(path, copy)
            self.take_libraries(path)

    def copy_of(self, path: Path) -> Path:
        return self.target / path.relative_to("/")

    def take_libraries(self, path: Path) -> None:
        """What a program or a library links to, and what that links to."""
        needed, folders = linked(str(path))
        for name in needed:
            if name in self.own_names:
                continue
            places = (Path(folder, name) for folder in folders)
            found = next(filter(Path.exists, places), self.libraries.get(name))
            # One that is nowhere may be missing: that has been looked at before.
            if found is not None:
                self.take(found)


def files_below(top: Path) -> Iterator[Path]:
    """Files and links, in order."""
    for folder, folders, names in os.walk(top):
        folders.sort()
        links = [name for name in folders if Path(folder, name).is_symlink()]
        yield from (Path(folder, name) for name in sorted(names + links))


def of_packages(base: Path, packages: list[str]) -> Iterator[Path]:
    """What is not as it is below `base`, and the files of packages that are there as well."""
    for top in sorted(Path("/").iterdir()):
        if top.is_symlink() or NOT_OF_PACKAGES.fullmatch(str(top)):
            continue
        yield from (path for path in files_below(top) if _kind(path) != _kind(base / path.relative_to("/")))
    for package in packages:
        for listing in Path("/var/lib/dpkg/info").glob(f"{package.partition('=')[0]}*.list"):
            if listing.stem.partition(":")[0] == re.split("[:=]", package)[0]:
                paths = map(Path, listing.read_text().splitlines())
                yield from (path for path in paths if path.is_symlink() or not path.is_dir())


def _kind(path: Path) -> tuple[int, int, int] | None:
    if not (path.exists() or path.is_symlink()):
        return None
    found = path.lstat()
    return found.st_mode, found.st_size, int(found.st_mtime)


def take_base(root: Root) -> None:
    """The interpreter, its library, and what of the system any program wants."""
    for top in ("bin", "lib", "lib64", "sbin"):
        if Path("/", top).is_symlink():
            (root.target / top).symlink_to(Path("/", top).readlink())
    for name in ("python", "python3", f"python{sysconfig.get_python_version()}"):
        root.take(Path(sys.base_prefix, "bin", name))
    root.take(Path(sysconfig.get_path("stdlib")), NO_LIBRARY)
    for pattern in FILES:
        for path in sorted(Path("/").glob(pattern)):
            root.take(path)
    for name in filter(root.libraries.get, OPENED):
        root.take(root.libraries[name])
    for name in ("tmp", "var/tmp"):
        (root.target / name).mkdir(parents=True)
        (root.target / name).chmod(0o1777)


def make(target: Path, environments: list[Path], base: Path | None, packages: list[str]) -> None:
    """Make and fill the folder `target`."""
    target.mkdir()
    root = Root(target, environments)
    take_base(root)
    for path in of_packages(base, packages) if base is not None else ():
        if not NOT_OF_PACKAGES.fullmatch(str(path)):
            root.take(path)
    for path in root.own:
        if path.is_file() and not path.is_symlink():
            root.take_libraries(path)
    subprocess.run(["/sbin/ldconfig", "-r", str(target)], check=True)
    shutil.rmtree(target / "var" / "cache", ignore_errors=True)


if __name__ == "__main__":
    folder, environments, *rest = sys.argv[1:]
    make(Path(folder), list(map(Path, environments.split(","))), Path(rest[0]) if rest else None, rest[1:])
