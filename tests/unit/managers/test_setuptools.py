"""What a setuptools project says literally of its dependencies."""

from __future__ import annotations

from pathlib import Path

import pytest
from sources import write_tree

from shipyard.managers.pep621 import Pep621
from shipyard.managers.pip import Pip
from shipyard.managers.requirements import RequirementsError
from shipyard.managers.setuptools import literal_requirements

CONFIG = """\
[options]
install_requires =
    flask>=3
    # a comment
    redis; python_version >= "3.9"
"""


DYNAMIC = """\
[tool.setuptools.dynamic]
dependencies = { file = "needs.txt" }
"""


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (
            {"setup.py": "NEEDS = ['flask',\n  'redis']\nsetuptools.setup(install_requires=NEEDS)\n"},
            [("flask", "setup.py:1"), ("redis", "setup.py:2")],
        ),
        ({"setup.py": "setuptools.setup(install_requires=read())\n"}, []),
        ({"setup.py": "setup(install_requires=open('x').read()"}, []),
        (
            {"setup.py": "setup()\n", "setup.cfg": CONFIG},
            [("flask>=3", "setup.cfg:3"), ('redis; python_version >= "3.9"', "setup.cfg:5")],
        ),
        (
            {
                "setup.cfg": "[options]\ninstall_requires = file: base.txt, more.txt\n",
                "base.txt": "flask\n-i x\n",
                "more.txt": "six\n",
            },
            [("flask", "base.txt:1"), ("six", "more.txt:1")],
        ),
        (
            {"setup.cfg": "no section\n", "pyproject.toml": DYNAMIC, "needs.txt": "six\n"},
            [("six", "needs.txt:1")],
        ),
    ],
)
def test_what_stands_there(tmp_path: Path, files: dict[str, str], expected: list[tuple[str, str]]) -> None:
    assert list(literal_requirements(write_tree(tmp_path, files), ".")) == expected


def test_they_are_known_and_the_builds_own_are_installed(tmp_path: Path) -> None:
    """By the project itself and by a line of requirements.txt; the line's own pins count."""
    setup = {"setup.py": "setup(name='shop', install_requires=['flask>=3', 'six'])\n"}
    found = Pep621().read(write_tree(tmp_path, setup), ".")
    assert [(one.name, one.version, one.where) for one in found.packages.values()] == [
        ("flask", None, "setup.py:1"),
        ("six", None, "setup.py:1"),
    ]
    ((_, lines),) = found.install.texts
    assert lines == (f"/build/{found.install.local[0].name}",)
    found = Pip().read(write_tree(tmp_path, {"requirements.txt": "-e .\nflask==3.1.3\n"}), ".")
    assert {one.name: one.version for one in found.packages.values()} == {"flask": "3.1.3", "six": None}


def test_what_is_no_requirement_is_told_where_it_stands(tmp_path: Path) -> None:
    tree = write_tree(tmp_path, {"setup.py": "setup(\n  install_requires=['flask =>3'],\n)\n"})
    with pytest.raises(RequirementsError) as caught:
        Pep621().read(tree, ".")
    assert str(caught.value).startswith("setup.py:2: 'flask =>3' is not a requirement")
