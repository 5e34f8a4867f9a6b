"""Celery beat runs once."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Wrong = Callable[[str], list[str]]


@pytest.mark.parametrize(
    "lines",
    [
        'framework = "celery-beat"',
        'command = ["celery", "-A", "shop", "beat"]',
        'command = "celery -A shop beat -l info"',
        'command = "/opt/venv/bin/celery -A shop worker -B"',
        'command = "sleep 1 && exec celery -A shop beat"',
        'command = "python -m celery -A shop beat"',
    ],
)
@pytest.mark.parametrize("more", ["replicas = 2", 'rollout = "start-first"'])
def test_never_two(wrong: Wrong, lines: str, more: str) -> None:
    (told,) = wrong(f'name = "a"\n[services.beat]\n{lines}\n{more}\n')
    assert "Celery beat" in told
    assert ("2 replicas of" if "replicas" in more else "start-first would run two of") in told


@pytest.mark.parametrize(
    "lines",
    [
        'framework = "celery"',
        'command = "celery -A shop worker"',
        'command = "echo beat"',
        'command = ["/bin/sh", "-c", "echo \'"]',
        'framework = "celery-beat"\ncommand = "celery -A shop worker"',
    ],
)
def test_workers_may_be_many(load_text: Callable[[str], object], lines: str) -> None:
    load_text(f'name = "a"\n[services.worker]\n{lines}\nreplicas = 2\n')
