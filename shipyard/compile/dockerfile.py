"""Dockerfile instructions as types, and their text. Escaping is here and nowhere else.

Source of the syntax: the Dockerfile reference. No `# syntax=` line: the engine's built-in frontend has
all that is used, and the line would pull an image for every build.
"""

from __future__ import annotations

import json
import re

from shipyard.errors import ShipyardError
from shipyard.model.record import Record

_WORD = r"[A-Za-z0-9_./:@+,-]+"


class DockerfileError(ShipyardError):
    """A value that has no place in a Dockerfile."""


class Comment(Record):
    text: str


class From(Record):
    """`native`: for the machine that builds, whatever it builds for: what comes of it runs nowhere."""

    image: str
    name: str | None = None
    native: bool = False


class Arg(Record):
    name: str


class Env(Record):
    values: tuple[tuple[str, str], ...]


class BindMount(Record):
    """`source` in the build stage `stage`, or in the build context."""

    target: str
    source: str | None = None
    stage: str | None = None


class CacheMount(Record):
    target: str


class TmpfsMount(Record):
    target: str


class SecretMount(Record):
    """A secret as a file, at `target` or else below /run/secrets; there for one command, and in no layer."""

    name: str
    target: str | None = None


Mount = BindMount | CacheMount | TmpfsMount | SecretMount


class Run(Record):
    """Shell commands, each of which must succeed. They are shell text: quote values with shlex."""

    commands: tuple[str, ...]
    mounts: tuple[Mount, ...] = ()


class Copy(Record):
    """A copy from another build stage. Not a linked one: BuildKit merges those file by file, which takes up
    to a second at each edit, and a layer is the same without."""

    stage: str
    source: str
    target: str


class Write(Record):
    """A file of these lines, taken as they are."""

    target: str
    lines: tuple[str, ...]


class Workdir(Record):
    path: str


class User(Record):
    name: str


class Expose(Record):
    port: int


class StopSignal(Record):
    name: str


class Cmd(Record):
    words: tuple[str, ...]


Instruction = Comment | From | Arg | Env | Run | Copy | Write | Workdir | User | Expose | StopSignal | Cmd


def dockerfile_text(instructions: tuple[Instruction, ...]) -> str:
    """The file. An empty line before each build stage. Raises DockerfileError."""
    lines: list[str] = []
    written: Instruction | None = None
    for instruction in instructions:
        stage = isinstance(instruction, From) and not isinstance(written, Comment)
        # Linters take the line after the end of a heredoc for one of its own.
        if written is not None and (stage or isinstance(instruction, Comment) or isinstance(written, Write)):
            lines.append("")
        lines.append(_text(instruction))
        written = instruction
    return "\n".join(lines) + "\n"


def _text(instruction: Instruction) -> str:
    match instruction:
        case Comment():
            return f"# {_one_line(instruction.text)}"
        case From():
            name = f" AS {_plain(instruction.name)}" if instruction.name else ""
            platform = "--platform=$BUILDPLATFORM " if instruction.native else ""
            return f"FROM {platform}{_plain(instruction.image)}{name}"
        case Arg():
            return f"ARG {_plain(instruction.name)}"
        case Env():
            pairs = [f"{_plain(name)}={_quoted(value)}" for name, value in instruction.values]
            return "ENV " + " \\\n    ".join(pairs)
        case Run():
            return _run(instruction)
        case Copy():
            return _copy(instruction)
        case Write():
            return _heredoc(instruction)
        case Workdir():
            return f"WORKDIR {_plain(instruction.path)}"
        case _:
            return _of_the_container(instruction)


def _of_the_container(instruction: User | Expose | StopSignal | Cmd) -> str:
    """What is said of the container alone."""
    match instruction:
        case User():
            return f"USER {_plain(instruction.name)}"
        case Expose():
            return f"EXPOSE {instruction.port}"
        case StopSignal():
            return f"STOPSIGNAL {_plain(instruction.name)}"
        case Cmd():
            return f"CMD {json.dumps(instruction.words)}"


def _run(run: Run) -> str:
    commands = " && \\\n    ".join(_one_line(command) for command in run.commands)
    return "RUN " + " \\\n    ".join([*map(_mount, run.mounts), commands])


def _copy(copy: Copy) -> str:
    words = json.dumps([copy.source, copy.target])
    if re.fullmatch(_WORD, copy.source) and re.fullmatch(_WORD, copy.target):
        words = f"{copy.source} {copy.target}"
    return f"COPY --from={_plain(copy.stage)} {words}"


def _heredoc(file: Write) -> str:
    """A quoted delimiter: no variable is put in, no backslash read."""
    end = "LINES"
    while end in file.lines:
        end += "_"
    for line in file.lines:
        if "\n" in line or "\r" in line or "\0" in line:
            raise DockerfileError("a line break cannot stand within a line of a file", where=repr(line[:60]))
    return "\n".join([f'COPY <<"{end}" {_plain(file.target)}', *file.lines, end])


def _mount(mount: Mount) -> str:
    match mount:
        case BindMount():
            origin = f",from={_plain(mount.stage)}" if mount.stage else ""
            source = f",source={_field(mount.source)}" if mount.source else ""
            return f"--mount=type=bind{origin}{source},target={_field(mount.target)}"
        case CacheMount():
            return f"--mount=type=cache,target={_field(mount.target)}"
        case TmpfsMount():
            return f"--mount=type=tmpfs,target={_field(mount.target)}"
        case SecretMount():
            target = f",target={_field(mount.target)}" if mount.target else ""
            return f"--mount=type=secret,id={_field(mount.name)}{target},required=true"


def _one_line(text: str) -> str:
    if "\n" in text or "\r" in text or "\0" in text:
        raise DockerfileError("a line break cannot stand in a Dockerfile instruction", where=repr(text[:60]))
    # A backslash at the end of a line continues it.
    if text.endswith("\\"):
        raise DockerfileError("a Dockerfile line cannot end with a backslash", where=repr(text[:60]))
    return text


def _plain(text: str) -> str:
    """A word that needs no quoting anywhere."""
    if not re.fullmatch(_WORD, text):
        raise DockerfileError(
            f"{text!r} cannot be used in a Dockerfile",
            hint="use letters, digits and . _ / : @ + - only",
        )
    return text


def _field(text: str) -> str:
    """A field of a mount, which is CSV: no commas."""
    if "," in text:
        raise DockerfileError(f"{text!r} cannot be mounted in a build", hint="rename it without a comma")
    return _plain(text)


def _quoted(value: str) -> str:
    """A double-quoted value of ENV: backslash, quote and dollar sign escaped."""
    escaped = re.sub(r'([\\"$])', r"\\\1", _one_line(value))
    return value if re.fullmatch(_WORD, value) else f'"{escaped}"'
