"""Dockerfile instructions as text, read back by BuildKit's own parser."""

from __future__ import annotations

from typing import Any

import dockerfile
import pytest

from shipyard.compile.dockerfile import (
    Arg,
    BindMount,
    CacheMount,
    Cmd,
    Comment,
    Copy,
    DockerfileError,
    Env,
    Expose,
    From,
    Run,
    TmpfsMount,
    User,
    Workdir,
    dockerfile_text,
)


def test_a_file_of_every_instruction() -> None:
    text = dockerfile_text(
        (
            From(image="python:3.13-slim", name="base"),
            Arg(name="X"),
            Env(values=(("A", "1"), ("B", "two words"))),
            Comment(text="The rest."),
            From(image="base"),
            Run(
                mounts=(
                    BindMount(target="/context"),
                    BindMount(stage="base", source="/uv", target="/bin/uv"),
                    CacheMount(target="/root/.cache"),
                    TmpfsMount(target="/tmp"),
                ),
                commands=("true", "echo 'a b'"),
            ),
            From(image="base"),
            Copy(stage="base", source="/a", target="/b"),
            Copy(stage="base", source="/a b", target="/c"),
            Workdir(path="/app"),
            User(name="1:1"),
            Expose(port=8000),
            Cmd(words=("run", "a b", "\u00e9\U0001f600", '"')),
        )
    )
    assert text == (
        "FROM python:3.13-slim AS base\n"
        "ARG X\n"
        'ENV A=1 \\\n    B="two words"\n'
        "\n# The rest.\n"
        "FROM base\n"
        "RUN --mount=type=bind,target=/context \\\n"
        "    --mount=type=bind,from=base,source=/uv,target=/bin/uv \\\n"
        "    --mount=type=cache,target=/root/.cache \\\n"
        "    --mount=type=tmpfs,target=/tmp \\\n"
        "    true && \\\n"
        "    echo 'a b'\n"
        "\nFROM base\n"
        "COPY --from=base /a /b\n"
        'COPY --from=base ["/a b", "/c"]\n'
        "WORKDIR /app\nUSER 1:1\nEXPOSE 8000\n"
        'CMD ["run", "a b", "\\u00e9\\ud83d\\ude00", "\\""]\n'
    )
    lines = dockerfile.parse_string(text)
    assert lines[-1].value == ("run", "a b", "\u00e9\U0001f600", '"')
    assert next(line for line in lines if line.json).value == ("/a b", "/c")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("plain/1.0:x", "plain/1.0:x"),
        ("", '""'),
        ("$HOME", '"\\$HOME"'),
        ('a "b"', '"a \\"b\\""'),
        ("a\\b", '"a\\\\b"'),
        ("#x", '"#x"'),
        ("it's", '"it\'s"'),
    ],
)
def test_values_of_env(value: str, text: str) -> None:
    made = dockerfile_text((From(image="x"), Env(values=(("A", value),))))
    assert made.splitlines()[1] == f"ENV A={text}"
    assert dockerfile.parse_string(made)[1].value == ("A", text)


@pytest.mark.parametrize(
    ("instruction", "told"),
    [
        (From(image="a b"), "'a b' cannot be used in a Dockerfile"),
        (From(image="a", name="$x"), "'$x' cannot be used in a Dockerfile"),
        (User(name=""), "'' cannot be used in a Dockerfile"),
        (Workdir(path="/a\nRUN x"), "'/a\\nRUN x' cannot be used in a Dockerfile"),
        (Env(values=(("A=B", "x"),)), "'A=B' cannot be used in a Dockerfile"),
        (Env(values=(("A", "x\ny"),)), "a line break cannot stand in a Dockerfile instruction"),
        (Run(commands=("true\nRUN false",)), "a line break cannot stand in a Dockerfile instruction"),
        (Run(commands=("echo \\",)), "a Dockerfile line cannot end with a backslash"),
        (Comment(text="a\rb"), "a line break cannot stand in a Dockerfile instruction"),
        (Run(commands=("x",), mounts=(CacheMount(target="/a,b"),)), "'/a,b' cannot be mounted in a build"),
        (Run(commands=("x",), mounts=(CacheMount(target="/a b"),)), "'/a b' cannot be used in a Dockerfile"),
    ],
)
def test_what_has_no_place_in_a_dockerfile(instruction: Any, told: str) -> None:
    with pytest.raises(DockerfileError) as caught:
        dockerfile_text((instruction,))
    assert caught.value.title == told
