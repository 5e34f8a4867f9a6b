"""What may run: tests on a real engine only with --engine, longer ones only with --slow."""

from __future__ import annotations

import gc
import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest
from hypothesis import settings

# Thousands of small tests make much that lives to the end: looking through it again and again is in vain.
gc.set_threshold(100_000, 50, 50)

LONGEST = {
    *("test_interrupted.py", "test_examples.py", "test_ci.py", "test_managers.py", "test_sentinel.py"),
    *("test_reads_only.py", "test_lock.py", "test_lease.py", "test_commands.py", "test_secrets.py"),
    *("test_front_ends.py", "test_distroless.py", "test_system_packages.py", "test_supply_chain.py"),
    *("test_bad_releases.py", "test_reproducible.py"),
}
"""They begin first, so that none is left alone at the end."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--engine", action="store_true", help="run the tests that need a Docker engine too")
    parser.addoption("--slow", action="store_true", help="run the longer tests too")
    parser.addoption("--cases", type=int, help="how many cases of the fidelity tests")
    parser.addoption("--seed", type=int, default=0, help="the seed of the first of them")
    parser.addoption("--update-golden", action="store_true", help="write the golden files anew")


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """All the tests use every core; a choice of them begins sooner in one process."""
    return 0 if config.args_source is pytest.Config.ArgsSource.ARGS else os.cpu_count() or 1


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """What is not asked for need not be imported."""
    tests = Path(__file__).parent
    needs_engine = collection_path in (tests / "engine", tests / "fidelity")
    return True if needs_engine and not config.getoption("--engine") else None


def pytest_configure(config: pytest.Config) -> None:
    """A run that asks for the engine and finds none fails at once, never skips."""
    settings.register_profile("slow", max_examples=1000, deadline=None)
    settings.register_profile("whole", max_examples=60, deadline=None)
    settings.register_profile("quick", max_examples=10, deadline=None, database=None)
    slow, engine = config.getoption("--slow"), config.getoption("--engine")
    settings.load_profile("slow" if slow else "whole" if engine else "quick")
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        # A shell ignores it for what it puts in the background, and what tests interrupt would inherit that.
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if not config.getoption("--engine") or hasattr(config, "workerinput"):
        return
    docker = shutil.which("docker")
    done = docker and subprocess.run([docker, "version"], capture_output=True, text=True, check=False)
    if not done or done.returncode != 0:
        said = done.stderr.strip() if done else "the docker command is not installed"
        raise pytest.UsageError(f"--engine was asked for and no engine answers ({said}); run tests/engine/up")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Tests below tests/engine are marked by their place."""
    engine_folder = Path(__file__).parent / "engine"
    kept, left_out = [], []
    for item in items:
        if item.path.is_relative_to(engine_folder):
            item.add_marker(pytest.mark.engine)
        wanted = all(
            config.getoption(f"--{mark}") or item.get_closest_marker(mark) is None
            for mark in ("engine", "slow")
        )
        (kept if wanted else left_out).append(item)
    kept.sort(key=lambda item: item.path.name not in LONGEST)
    items[:] = kept
    config.hook.pytest_deselected(items=left_out)


@pytest.fixture(scope="session")
def update_golden(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--update-golden"))
