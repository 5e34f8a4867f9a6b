#!/usr/bin/env python3
"""How long it takes to digest a source tree: all of it, and with what was remembered of it.

    tests/bench/digest.py [FILES...]      10000 by default

Prints seconds (medians, in brackets those of the processor) and peak memory of processes of their own, and
what of it is parsing the rules and loading the cache.
Makes what it measures in a temporary folder and removes it.
"""

from __future__ import annotations

import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
RUNS = 9
OWN = "docs\n*.log\nfrontend/dist\n!frontend/dist/keep.txt\n"
MEASURE = """
import resource, sys, time
from pathlib import Path
from shipyard.compile.context import dockerignore_text, recipe_ignores
from shipyard.model.build import Ignored
from shipyard.source import SourceTree, parse_ignore
from shipyard.source.stat_cache import StatCache
root, home, own = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
began = time.perf_counter()
own = Ignored(origin=".dockerignore", kind="own", patterns=tuple(own.split()))
rules = parse_ignore(dockerignore_text(recipe_ignores(own, ("pyproject.toml",))))
StatCache.of(root.resolve(), {"HOME": home})
loaded = time.perf_counter()
work = time.process_time()
tree = SourceTree(root, {"HOME": home})
found = tree.digests(".", rules)
tree.remember()
work = time.process_time() - work
done = time.perf_counter()
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(len(found), loaded - began, done - loaded, work, peak, before)
"""


def make_tree(root: Path, files: int) -> int:
    """Python files of 0.2 to 20 kB, forty in a folder, three deep; what is ignored beside them. Bytes."""
    dice = random.Random(1)
    total = 0
    for number in range(files):
        folder = root / f"app{number // 1600}" / f"part{number // 200}" / f"module{number // 40}"
        folder.mkdir(parents=True, exist_ok=True)
        content = dice.randbytes(int(200 * 100 ** dice.random()))
        (folder / f"file{number}.py").write_bytes(content)
        total += len(content)
        if number % 40 == 0:
            (folder / "__pycache__").mkdir()
            (folder / "__pycache__" / "x.pyc").write_bytes(content)
    (root / ".git" / "objects").mkdir(parents=True)
    return total


def measure(root: Path, home: Path) -> tuple[int, float, float, float, int, int]:
    """(files, seconds for rules and cache alone, seconds to digest the tree, those of the processor, kB at
    its peak, kB before)."""
    words = [sys.executable, "-c", MEASURE, str(root), str(home), OWN]
    done = subprocess.run(words, capture_output=True, text=True, check=True, cwd=ROOT)
    count, load, whole, work, peak, before = done.stdout.split()
    return int(count), float(load), float(whole), float(work), int(peak), int(before)


def report(files: int) -> None:
    """Measure one tree and print a block."""
    with tempfile.TemporaryDirectory(prefix="shipyard-bench-") as name:
        root, home = Path(name, "tree"), Path(name, "home")
        size = make_tree(root, files)
        time.sleep(2.5)  # what is younger is read again
        cold = [measure(root, Path(name, f"cold{run}")) for run in range(RUNS)]
        measure(root, home)
        warm = [measure(root, home) for run in range(RUNS)]
        kept = sum(one.stat().st_size for one in home.rglob("digests/*"))
    print(f"{cold[0][0]} files, {size / 1e6:.1f} MB, {kept / 1e6:.2f} MB remembered")
    for what, runs in (("cold", cold), ("warm", warm)):
        load, whole, work = (statistics.median(run[at] for run in runs) for at in (1, 2, 3))
        peak, before = (max(run[at] for run in runs) / 1e3 for at in (4, 5))
        print(f"  {what}  {whole:.3f} s ({work:.3f}), rules and cache alone {load:.3f} s")
        print(f"        {peak:.0f} MB at its peak, {before:.0f} MB when everything was imported")


if __name__ == "__main__":
    for given in sys.argv[1:] or ["10000"]:
        report(int(given))
