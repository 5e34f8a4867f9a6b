"""Why a container does not work, by what it and the engine say.

A rule is a function of the symptoms; the first that knows something is told first. None guesses: each quotes
what it saw.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from shipyard.diagnosis.database import database_findings
from shipyard.diagnosis.findings import Finding, Symptoms
from shipyard.diagnosis.server import server_findings
from shipyard.diagnosis.storage import storage_findings

_ELF = "\x7fELF"
"""How a program begins. A shell says so that is given one which the kernel does not run: docker-init, as the
execvp of POSIX, hands it over."""
_LEAST = 128 * 2**20
"""Bytes below which hardly a Python application with a framework runs: doubling from there takes no turns."""
_DRIVERS = ("psycopg", "psycopg2", "MySQLdb")
Rule = Callable[[Symptoms], Iterator[Finding]]


def diagnose(symptoms: Symptoms) -> tuple[Finding, ...]:
    """Causes, the surest first; none where nothing is known."""
    if symptoms.stopped:
        return (
            Finding(
                cause="`shipyard stop`, the end of `shipyard dev` or somebody stopped it",
                hint=f"`shipyard start {symptoms.spec.name}` starts it",
            ),
        )
    found = tuple(dict.fromkeys(finding for rule in RULES for finding in rule(symptoms)))
    return found or tuple(_raised(symptoms))


def _out_of_memory(seen: Symptoms) -> Iterator[Finding]:
    if seen.out_of_memory:
        limit = seen.spec.memory
        said = f" of {limit // 2**20}M" if limit else ""
        yield Finding(
            cause=f"it needed more memory than its limit{said} and was killed",
            hint=f'raise resources = {{ memory = "{max(limit or 0, _LEAST) // 2**19}M" }} in [{seen.key}]; '
            "`shipyard stats` tells what it then uses",
        )


def _other_processor(seen: Symptoms) -> Iterator[Finding]:
    image, engine = seen.processors
    if "exec format error" in seen.text or _ELF in seen.text or (image and engine and image != engine):
        what = f" ({image}, and the engine is {engine})" if image and engine and image != engine else ""
        yield Finding(
            cause=f"its image is for another processor{what}",
            hint="build it here (`shipyard build`), or take an image for this engine's platform",
        )


def _not_found(seen: Symptoms) -> Iterator[Finding]:
    named = re.search(r'exec: "([^"]+)": (?:executable file not found|stat .*: no such file)', seen.text)
    # Of the init process that is in every container.
    named = named or re.search(r"exec (\S+) failed: No such file or directory", seen.text)
    named = named or re.search(r"exec (\S+): no such file or directory", seen.text)
    if named:
        yield Finding(
            cause=f"its image has no program {named[1]}",
            hint=f"look for a slip in command of [{seen.key}], or add what brings it to the dependencies or "
            "to build.packages",
        )
    elif seen.exit_code == 127 and _ELF not in seen.text:
        missing = re.search(r"(\S+): (?:command )?not found", seen.text)
        what = f"no command {missing[1]}" if missing else "not the command that it runs"
        yield Finding(
            cause=f"its image has {what}",
            hint="add what brings it to the dependencies or to build.packages, or mend the command",
        )
    elif seen.exit_code == 126 or ('exec: "' in seen.text and "permission denied" in seen.text):
        yield Finding(
            cause="what it runs is no program: it may not be executed",
            hint="`chmod +x` the script and commit that, or run it by its interpreter: python script.py",
        )


def _port_held(seen: Symptoms) -> Iterator[Finding]:
    found = re.search(r"Bind for \S+:(\d+) failed: port is already allocated", seen.text)
    found = found or re.search(r"listen \w+ \S+:(\d+): bind: address already in use", seen.text)
    # Of engines since 28.
    found = found or re.search(r"bind host port for \S+?:(\d+):\S+ address already in use", seen.text)
    if found:
        yield Finding(
            cause=f"port {found[1]} of the engine's machine is held by something else",
            hint=f"`docker ps --filter publish={found[1]}` or `ss -ltnp sport = :{found[1]}` tells by what; "
            f"publish another in [{seen.key}]",
        )


def _missing_module(seen: Symptoms) -> Iterator[Finding]:
    found = re.findall(r"^ModuleNotFoundError: No module named '([\w.]+)'", seen.text, re.MULTILINE)
    if not found:
        return
    module, app = found[-1], " ".join(seen.spec.command or ())
    package, _, rest = module.rpartition(".")
    if app and re.search(rf"(^|[ .]){re.escape(module)}[.:]", app):
        yield Finding(
            cause=f"there is no module {module} where its application is said to be",
            hint=f'say where it is: app = "package.module:name" in [{seen.key}]',
        )
        return
    if module in _DRIVERS and "sqlalchemy" in seen.text:
        yield Finding(
            cause=f"SQLAlchemy takes {module} for a URL that names no driver, and it is not installed",
            hint="name the one that is in the URL, as in postgresql+psycopg2://, or add "
            f"{module} to the dependencies",
        )
        return
    own = re.findall(r'File "(/app/[^"]+)", line (\d+)', seen.text)
    top = module.partition(".")[0]
    if own and "." in module and any(f"/{top}/" in path for path, _ in own):
        path, line = own[-1]
        yield Finding(
            cause=f"there is no module {module} in the project",
            hint=f"mend the import in {path.removeprefix('/app/')}:{line}, or add the file (one that git "
            "ignores reaches no image)",
        )
        return
    if package and not own:
        # What lacks the package itself says so of that.
        yield Finding(
            cause=f"the package {package} is there, and has no {rest}",
            hint=f"look for a slip where {module} is named: app or command in [{seen.key}], or a setting",
        )
        return
    yield Finding(
        cause=f"it imports {module}, which is not installed in its image",
        hint=f"add what brings {module} to the project's dependencies (not to those for development), lock "
        "and apply; where an extra or a group of the project has it, build = { extras = [...] } or "
        "{ groups = [...] } installs that; a module of your own must stand in the service's path",
    )


def _missing_attribute(seen: Symptoms) -> Iterator[Finding]:
    found = re.search(r'Attribute "(\w+)" not found in module "([\w.]+)"', seen.text)
    found = found or re.search(r"Failed to find attribute '(\w+)' in '([\w.]+)'", seen.text)
    if found:
        yield Finding(
            cause=f"module {found[2]} has no {found[1]}: the entry point is another",
            hint=f'say which: app = "{found[2]}:NAME" in [{seen.key}]',
        )
    elif found := re.search(r'Could not import module "([\w.]+)"', seen.text):
        yield Finding(
            cause=f"there is no module {found[1]} where its application is said to be",
            hint=f'say where it is: app = "package.module:name" in [{seen.key}]',
        )


def _missing_library(seen: Symptoms) -> Iterator[Finding]:
    for library in dict.fromkeys(re.findall(r"(lib[\w.+-]+\.so[.\d]*): cannot open shared", seen.text)):
        yield Finding(
            cause=f"its image lacks the library {library}",
            hint=f"add the Debian package that has it: build = {{ packages = [...] }} in [{seen.key}]",
        )


def _missing_variable(seen: Symptoms) -> Iterator[Finding]:
    patterns = (
        r"^KeyError: '([A-Z][A-Z0-9_]{2,})'",
        r"ImproperlyConfigured: Set the (\w+) environment variable",
        r"ImproperlyConfigured: The (SECRET_KEY) setting must not be empty",
        r"UndefinedValueError: (\w+) not found",
        r"EnvError: Environment variable \"(\w+)\" not set",
    )
    names = [name for one in patterns for name in re.findall(one, seen.text, re.MULTILINE)]
    given = {*seen.spec.env, *seen.spec.secrets}
    # pydantic's settings: the field's name, and below it what is wrong with it.
    fields = re.findall(r"^(\w+)\n\s+Field required", seen.text, re.MULTILINE)
    fields = fields if "Settings" in seen.text else []
    for name in dict.fromkeys([*names, *map(str.upper, fields)]):
        if name not in given:
            yield Finding(
                cause=f"it reads the variable {name}, which it is not given",
                hint=f'add secrets = ["{name}"] or env = {{ {name} = "..." }} to [{seen.key}]'
                + (", by the name that an env_prefix of its settings makes" if name not in names else ""),
            )
        elif name not in names:
            yield Finding(
                cause=f"its settings do not find {name.lower()}, and it is given {name}: they read another",
                hint="look for env_prefix or an alias in them, and call the variable so",
            )


def _port_taken_inside(seen: Symptoms) -> Iterator[Finding]:
    if re.search(r"\[Errno 98\]|Address already in use|EADDRINUSE", seen.text):
        yield Finding(
            cause="two programs in its container want one port",
            hint="look for a second server in its command, or for network_mode in compose",
        )


def _certificate(seen: Symptoms) -> Iterator[Finding]:
    if re.search(r"CERTIFICATE_VERIFY_FAILED|unable to get local issuer certificate", seen.text):
        yield Finding(
            cause="it does not trust the certificate of a server that it asks",
            hint="a company's own authority is trusted by what Shipyard builds where ca_certificates = "
            '"FILE.pem" stands at the top of shipyard.toml; in another image, mount its file and set '
            "SSL_CERT_FILE and REQUESTS_CA_BUNDLE to it",
        )


def _raised(seen: Symptoms) -> Iterator[Finding]:
    """Where nothing is known, the exception that the program ended with, at its last line of the project."""
    _, _, trace = seen.text.rpartition("Traceback (most recent call last):\n")
    error = re.search(r"^([A-Za-z_][\w.]*(?:: .*)?)$", trace, re.MULTILINE)
    own = re.findall(r'File "/app/([^"]+)", line (\d+)', trace)
    if error and own:
        path, line = own[-1]
        yield Finding(cause=error[1].strip()[:200], hint=f"look at {path}:{line}")


def _ended(seen: Symptoms) -> Iterator[Finding]:
    if seen.state not in ("exited", "restarting", "dead") and not seen.crashing:
        return
    if seen.exit_code == 137 and not seen.out_of_memory:
        limit = seen.spec.memory
        at = f"its limit of {limit // 2**20}M was too little" if limit else "the machine ran out of memory"
        yield Finding(
            cause=f"it was killed: by hand, or because {at}",
            hint="`docker events` and the machine's own log tell by whom; resources = { memory } bounds it"
            if limit is None
            else f"raise resources.memory in [{seen.key}], where nobody killed it",
        )
    elif seen.exit_code == 143:
        yield Finding(cause="it was told to stop", hint=f"`shipyard start {seen.spec.name}` starts it")
    elif seen.exit_code == 0:
        yield Finding(
            cause="its command did what it had to and ended",
            hint=f"a server must stay in the foreground (no --daemon); what is to end says "
            f'restart = "no" in [{seen.key}]',
        )


def _crashed(seen: Symptoms) -> Iterator[Finding]:
    if seen.exit_code == 139 and (seen.crashing or seen.state in ("exited", "restarting", "dead")):
        yield Finding(
            cause="it crashed in compiled code (segmentation fault)",
            hint="take other versions of the packages with compiled modules, or another Python",
        )


RULES: tuple[Rule, ...] = (
    _crashed,
    _out_of_memory,
    _other_processor,
    _not_found,
    _port_held,
    _missing_module,
    _missing_attribute,
    _missing_library,
    _missing_variable,
    database_findings,
    storage_findings,
    _certificate,
    _port_taken_inside,
    server_findings,
    _ended,
)
