"""A command that needs a shell, in an image without one."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from shipyard.manifest import Loaded

Load = Callable[..., Loaded]
Wrong = Callable[..., list[str]]


def project(lines: str, base: str = "distroless", more: str = "") -> str:
    return f'name = "shop"\n[services.web]\nbuild = {{ base = "{base}" }}\n{lines}\n{more}'


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ('command = "gunicorn a && b"', "4: services.web.command: 'gunicorn a && b' needs a shell"),
        ('command = ["bash", "-c", "x"]', "4: services.web.command: 'bash -c x' needs a shell"),
        ('entrypoint = ["/app/start.sh"]', "4: services.web.entrypoint: '/app/start.sh' needs a shell"),
        ('before_deploy = "./a.py; ./b.py"', "4: services.web.before_deploy: './a.py; ./b.py' needs a shell"),
        ('health = { command = "sh x" }', "4: services.web.health.command: 'sh x' needs a shell"),
    ],
)
def test_it_is_refused_with_its_line(wrong: Wrong, load_text: Load, lines: str, told: str) -> None:
    (said,) = wrong(project(lines))
    assert said == (
        f'{told}, and base = "distroless" has none'
        ' -> name the program and its words alone, or build on base = "slim"'
    )
    load_text(project(lines, base="slim"))


def test_tools_of_a_system_are_missed_too(wrong: Wrong, load_text: Load) -> None:
    for command in ("curl -f http://localhost:8000/", "/usr/bin/env python x.py"):
        (said,) = wrong(project(f'health = {{ command = "{command}" }}'))
        assert said.startswith('4: services.web.health.command: base = "distroless" has no ')
    installed = '{ base = "distroless", packages = ["curl"] }'
    load_text(
        f'name = "shop"\n[services.web]\nbuild = {installed}\nhealth = {{ command = "curl -f http://x/" }}\n'
    )


def test_so_is_that_of_a_service_which_shares_the_image(wrong: Wrong) -> None:
    (said,) = wrong(project("", more='[services.jobs]\nlike = "web"\ncommand = "a | b"\n'))
    assert said.startswith("7: services.jobs.command: 'a | b' needs a shell")


def test_a_program_alone_is_fine(load_text: Load) -> None:
    lines = 'command = "gunicorn a:b"\nbefore_deploy = "python manage.py shell"'
    load_text(project(lines, more='[services.db]\nimage = "postgres:17"\ncommand = "a | b"\n'))
