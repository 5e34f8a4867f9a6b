"""What clients say when their database, or another service, does not answer them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from shipyard.diagnosis.findings import Finding, Symptoms


def database_findings(seen: Symptoms) -> Iterator[Finding]:
    text = seen.text
    names = [
        *re.findall(r'could not translate host name "([^"]+)"', text),
        *re.findall(r"failed to resolve host '([^']+)'", text),
        *re.findall(r"(?:Error -[23]|\[Errno -[235]\]) (?:connecting to )?([\w.-]+):\d+", text),
        *re.findall(r"getaddrinfo (?:ENOTFOUND|EAI_AGAIN) (\S+)", text),
    ]
    for name in dict.fromkeys(names):
        yield _unknown_name(name, seen)
    if not names and re.search(r"Name or service not known|Temporary failure in name resolution", text):
        yield _unknown_name("", seen)
    asked = re.search(r'connection to server at "([\w.-]+)"', text)
    server = asked[1] if asked and asked[1] in seen.services else "DATABASE"
    for user in dict.fromkeys(re.findall(r'password authentication failed for user "([^"]+)"', text)):
        yield Finding(
            cause=f"the database refuses the password of {user}",
            hint="it keeps the one that it was first started with: give that, or change it there "
            f"(`shipyard exec {server} psql -U {user} postgres`, then `\\password {user}`)",
        )
    if re.search(r"Access denied for user '[^']+'", text):
        yield Finding(
            cause="the database refuses the user or the password",
            hint="it keeps what it was first started with: give that, or change it there",
        )
    if found := re.search(r'database "([^"]+)" does not exist', text):
        yield Finding(
            cause=f"there is no database {found[1]} on its server",
            hint="POSTGRES_DB makes one at the first start alone; later "
            f"`shipyard exec {server} createdb -U USER {found[1]}` does",
        )
    tables = re.search(r'relation "([^"]+)" does not exist|no such table: (\S+)', text)
    if tables:
        yield _no_table(tables[1] or tables[2], seen)
    refused = re.search(
        r'connection to server at "([\w.-]+)"[^\n]*failed: Connection refused'
        r"|Error (?:111|61) connecting to ([\w.-]+):\d+"
        r"|\[Errno 111\] (?:Connect call failed|Connection refused)",
        text,
    )
    if refused and not names:
        host = refused[1] or refused[2] or ""
        yield _refused(host, seen)


def _no_table(name: str, seen: Symptoms) -> Finding:
    if re.search(r"\b(?:migrate|upgrade)\b", " ".join(seen.job)):
        return Finding(
            cause=f"the migrations ask for the table {name}, which none before makes",
            hint="mend the migration, or write the one that is missing (`makemigrations`)",
        )
    return Finding(
        cause=f"there is no table {name}: the migrations have not been applied",
        hint=f'before_deploy = "python manage.py migrate --noinput" in [{seen.key}] applies them',
    )


def _unknown_name(name: str, seen: Symptoms) -> Finding:
    import difflib

    others = [one for one in seen.services if one != seen.spec.name]
    near = difflib.get_close_matches(name, others, 1, 0.5)
    known = f"the services are {', '.join(others)}" if others else "no other service is declared"
    return Finding(
        cause=f"it asks for a host {name}, which no network that it is on knows"
        if name
        else "it asks for a host that no network that it is on knows",
        hint=f"did you mean {near[0]}?" if near else f"{known}; those on other networks are not seen",
    )


def _refused(host: str, seen: Symptoms) -> Finding:
    if host in ("localhost", "127.0.0.1"):
        return Finding(
            cause="it asks itself (localhost) for what another service serves",
            hint="use the service's name as the host, as in postgres://USER@db/NAME",
        )
    if host in seen.services and host not in seen.spec.needs:
        return Finding(
            cause=f"{host} was not ready when it asked",
            hint=f'needs = ["{host}"] in [{seen.key}] starts it when {host} is healthy',
        )
    return Finding(
        cause=f"nothing answers at {host or 'the address that it asks'}",
        hint=f"`shipyard status` and `shipyard logs {host or 'SERVICE'}` tell whether that runs, and where",
    )
