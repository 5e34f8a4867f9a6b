"""What containers say, as they really say it, and the cause and the mending that follow from it."""

from __future__ import annotations

from typing import Any

import pytest

from shipyard.compile.checks import _FETCH
from shipyard.diagnosis.container import diagnose
from shipyard.diagnosis.findings import Symptoms
from shipyard.diagnosis.server import misheard
from shipyard.model.desired import Check, ServiceSpec
from shipyard.model.manifest import Mount

TRACE = 'Traceback (most recent call last):\n  File "/app/main.py", line 1, in <module>\n    import x\n'


def spec(**fields: Any) -> ServiceSpec:
    return ServiceSpec(**{"name": "web", "image": "shop/web:in-1", "built": "web", "port": 8000, **fields})


def seen(log: str = "", **fields: Any) -> Symptoms:
    made = fields.pop("spec", {})
    wanted = {"state": "exited", "exit_code": 1, "services": ("web", "db", "cache"), **fields}
    return Symptoms(spec=spec(**made), log=tuple(log.splitlines()), **wanted)


CASES: list[tuple[str, Symptoms, str, str]] = [
    (
        "out of memory",
        seen(exit_code=137, out_of_memory=True, spec={"memory": 64 * 2**20}),
        "more memory than its limit of 64M",
        'memory = "256M"',
    ),
    (
        "a setting whose variable has a prefix",
        seen(
            "ValidationError: 1 validation error for Settings\ndatabase_url\n  Field required [type=missing]"
        ),
        "it reads the variable DATABASE_URL",
        "env_prefix",
    ),
    (
        "a setting that is given by another name",
        seen(
            "ValidationError: 1 validation error for Settings\ndatabase_url\n  Field required [type=missing]",
            spec={"secrets": {"DATABASE_URL": None}},
        ),
        "its settings do not find database_url",
        "env_prefix",
    ),
    (
        "a driver that SQLAlchemy takes by itself",
        seen(
            'Traceback\n  File "/opt/venv/lib/python3.13/site-packages/sqlalchemy/engine/create.py", line 1\n'
            "ModuleNotFoundError: No module named 'psycopg'"
        ),
        "SQLAlchemy takes psycopg",
        "postgresql+psycopg2://",
    ),
    (
        "beat in a working folder that is the image's",
        seen("_dbm.error: [Errno 13] Permission denied: b'celerybeat-schedule.dat'"),
        "Celery beat writes celerybeat-schedule.dat",
        'framework = "celery-beat"',
    ),
    (
        "crashed, after it said something else",
        seen('could not translate host name "dbb"', exit_code=139),
        "segmentation fault",
        "other versions",
    ),
    (
        "between two starts",
        seen(state="running", exit_code=0, crashing=True),
        "did what it had to and ended",
        "foreground",
    ),
    (
        "an exception, after harmless lines",
        seen(
            "handled: ModuleNotFoundError: No module named 'foo'\nAddress already in use, said yesterday\n"
            'FATAL: password authentication failed for user "shop"\nTraceback (most recent call last):\n'
            '  File "/app/main.py", line 3, in <module>\n    x = y["a"]\nKeyError: \'a\'\n\n'
            "During handling of the above exception, another exception occurred:\n\n"
            'Traceback (most recent call last):\n  File "/app/main.py", line 5, in <module>\n'
            "    raise ValueError\nValueError: SITE_NAME is not valid"
        ),
        "ValueError: SITE_NAME is not valid",
        "look at main.py:5",
    ),
    (
        "what led to the last exception",
        seen(
            'Traceback (most recent call last):\n  File "/x.py", line 1\n'
            "psycopg.OperationalError: connection failed: FATAL:  password authentication failed for user "
            '"shop"\n\nThe above exception was the direct cause of the following exception:\n\n'
            'Traceback (most recent call last):\n  File "/app/a.py", line 5\ndjango.db.utils.OperationalError'
        ),
        "refuses the password of shop",
        "psql -U shop",
    ),
    ("killed", seen(exit_code=137), "it was killed", "docker events"),
    (
        "killed within a limit",
        seen(exit_code=137, spec={"memory": 24 * 2**20}),
        "or because its limit of 24M was too little",
        "raise resources.memory in [services.web]",
    ),
    ("stopped on purpose", seen(stopped=True, exit_code=0), "somebody stopped it", "`shipyard start web`"),
    (
        "a slip in an entry point",
        seen("ModuleNotFoundError: No module named 'mysite.wsgj'"),
        "the package mysite is there, and has no wsgj",
        "app or command in [services.web]",
    ),
    ("segmentation fault", seen(exit_code=139), "crashed in compiled code", "other versions"),
    ("stopped", seen(exit_code=143), "told to stop", "shipyard start web"),
    ("ended", seen(exit_code=0), "did what it had to and ended", 'restart = "no"'),
    (
        "no program",
        seen(
            error='OCI runtime create failed: exec: "gunicornn": executable file not found in $PATH',
            exit_code=127,
        ),
        "no program gunicornn",
        "command of [services.web]",
    ),
    (
        "no program, by the init process",
        seen("[FATAL tini (7)] exec gunicornn failed: No such file or directory", exit_code=127),
        "no program gunicornn",
        "command of [services.web]",
    ),
    (
        "no command in a script",
        seen("/run.sh: 3: curl: not found", exit_code=127),
        "no command curl",
        "packages",
    ),
    (
        "an exception of its own, and a gunicorn without a control socket",
        seen(
            "[7] [ERROR] Control server error: [Errno 13] Permission denied: '/nonexistent'\n"
            "[8] [ERROR] Exception in worker process\nTraceback (most recent call last):\n"
            '  File "/opt/venv/lib/python3.13/site-packages/gunicorn/util.py", line 1, in import_app\n'
            '  File "/app/config/wsgi.py", line 9, in <module>\n    raise RuntimeError("no licence file")\n'
            "RuntimeError: no licence file\n[8] [INFO] Worker exiting (pid: 8)",
            exit_code=3,
        ),
        "RuntimeError: no licence file",
        "config/wsgi.py:9",
    ),
    (
        "a home folder that is none",
        seen(TRACE + "PermissionError: [Errno 13] Permission denied: '/nonexistent/.cache'"),
        "its home folder, /nonexistent, which is none",
        'HOME = "/tmp"',
    ),
    ("no program at all", seen(exit_code=126), "may not be executed", "chmod +x"),
    (
        "another processor",
        seen("exec /usr/local/bin/python: exec format error", exit_code=255),
        "for another processor",
        "shipyard build",
    ),
    (
        "missing module",
        seen(TRACE + "ModuleNotFoundError: No module named 'requests'"),
        "imports requests, which is not installed",
        "add what brings requests",
    ),
    (
        "a module of its own",
        seen(
            'Traceback (most recent call last):\n  File "/app/guest/views.py", line 3, in <module>\n'
            "    from .taskz import shout\nModuleNotFoundError: No module named 'guest.taskz'"
        ),
        "no module guest.taskz in the project",
        "mend the import in guest/views.py:3",
    ),
    (
        "wrong entry point",
        seen(
            TRACE + "ModuleNotFoundError: No module named 'shpo'",
            spec={"command": ("gunicorn", "shpo.wsgi:x")},
        ),
        "no module shpo where its application is said to be",
        'app = "package.module:name"',
    ),
    (
        "uvicorn's word for it",
        seen('ERROR:    Error loading ASGI app. Could not import module "mian".'),
        "no module mian",
        "app =",
    ),
    (
        "no such attribute",
        seen('ERROR:    Error loading ASGI app. Attribute "ap" not found in module "main".'),
        "module main has no ap",
        'app = "main:NAME"',
    ),
    (
        "gunicorn's word for it",
        seen("Failed to find attribute 'app' in 'shop.wsgi'."),
        "module shop.wsgi has no app",
        'app = "shop.wsgi:NAME"',
    ),
    (
        "missing library",
        seen(TRACE + "ImportError: libGL.so.1: cannot open shared object file: No such file or directory"),
        "lacks the library libGL.so.1",
        "packages",
    ),
    (
        "missing variable",
        seen(TRACE + "KeyError: 'STRIPE_KEY'"),
        "reads the variable STRIPE_KEY",
        'secrets = ["STRIPE_KEY"]',
    ),
    (
        "Django's secret key",
        seen("django.core.exceptions.ImproperlyConfigured: The SECRET_KEY setting must not be empty."),
        "reads the variable SECRET_KEY",
        'secrets = ["SECRET_KEY"]',
    ),
    (
        "loopback",
        seen("INFO:     Uvicorn running on http://127.0.0.1:8000 (Press CTRL+C to quit)", state="running"),
        "listens on 127.0.0.1:8000, inside its container alone",
        "0.0.0.0",
    ),
    (
        "gunicorn on loopback",
        seen("[INFO] Listening at: http://127.0.0.1:8000 (7)", state="running"),
        "listens on 127.0.0.1:8000",
        "0.0.0.0",
    ),
    (
        "loopback, by the machine",
        seen("quiet", state="running", heard=(("127.0.0.1", 8000), ("0.0.0.0", 9000))),
        "listens on 127.0.0.1:8000, inside its container alone",
        "0.0.0.0",
    ),
    (
        "another port, by the machine",
        seen("quiet", state="running", heard=(("::", 9000),)),
        "listens on port 9000, and is asked on 8000",
        "port = 9000",
    ),
    (
        "no such page, by Python",
        seen(
            "quiet",
            state="running",
            probe="Traceback (most recent call last):\n  ...\nHTTPError: HTTP Error 404: File not found",
            spec={"check": Check(command=("sh", "-c", _FETCH, "probe", "http://127.0.0.1:8000/nope"))},
        ),
        "asks for /nope, and the application knows no such page (404)",
        "health",
    ),
    (
        "another port",
        seen("[INFO] Listening at: http://0.0.0.0:9000 (7)", state="running"),
        "listens on port 9000, and is asked on 8000",
        "port = 9000",
    ),
    (
        "ALLOWED_HOSTS",
        seen(
            "Invalid HTTP_HOST header: 'localhost:8000'. You may need to add 'localhost' to ALLOWED_HOSTS.",
            state="running",
            probe="HTTP 400 Bad Request on / (Host: localhost:8000): ...",
        ),
        "ALLOWED_HOSTS does not hold localhost:8000",
        'add "localhost"',
    ),
    (
        "a redirect to https",
        seen(state="running", probe="wget: can't connect: redirected to https://localhost/"),
        "sent on to https",
        "SECURE_REDIRECT_EXEMPT",
    ),
    (
        "no such page",
        seen(state="running", probe="HTTP 404 Not Found on /helth (Host: localhost:8000): nothing"),
        "asks for /helth, and the application knows no such page (404)",
        'health = "/..."',
    ),
    (
        "a volume of another",
        seen(
            TRACE + "PermissionError: [Errno 13] Permission denied: '/data/x'",
            spec={"volumes": (Mount(kind="volume", source="shop_data", target="/data"),)},
        ),
        "may not write /data/x: what is in the volume shop_data belongs to another",
        "`shipyard volumes mend shop_data --owner 10001:10001`",
    ),
    (
        "a folder of the image",
        seen(TRACE + "PermissionError: [Errno 13] Permission denied: '/app/log/x'"),
        "/app/log/x, which is part of the image",
        'volumes = ["data:/app/log"]',
    ),
    (
        "read-only",
        seen(TRACE + "OSError: [Errno 30] Read-only file system: '/var/run/x'"),
        "its file system is read-only",
        'tmpfs = ["/var/run"]',
    ),
    ("disk full", seen("OSError: [Errno 28] No space left on device"), "disk is full", "shipyard prune"),
    (
        "an authority that nobody knows",
        seen("ssl.SSLCertVerificationError: [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed"),
        "does not trust the certificate",
        "SSL_CERT_FILE",
    ),
    (
        "two servers",
        seen("OSError: [Errno 98] Address already in use"),
        "two programs in its container want one port",
        "second server",
    ),
    (
        "a name that is not known",
        seen('could not translate host name "bd" to address: Temporary failure in name resolution'),
        "asks for a host bd",
        "did you mean db?",
    ),
    (
        "psycopg 3's word for it",
        seen(
            "psycopg.OperationalError: failed to resolve host 'postgres': [Errno -2] Name or service not known"
        ),
        "asks for a host postgres",
        "the services are db, cache",
    ),
    (
        "redis' word for it",
        seen(
            "redis.exceptions.ConnectionError: Error -2 connecting to cach:6379. Name or service not known."
        ),
        "asks for a host cach",
        "did you mean cache?",
    ),
    (
        "a database that is not ready",
        seen('connection to server at "db" (172.18.0.2), port 5432 failed: Connection refused'),
        "db was not ready when it asked",
        'needs = ["db"]',
    ),
    (
        "itself",
        seen('connection to server at "localhost" (127.0.0.1), port 5432 failed: Connection refused'),
        "asks itself",
        "service's name as the host",
    ),
    (
        "a wrong password",
        seen('FATAL:  password authentication failed for user "shop"'),
        "refuses the password of shop",
        "psql -U shop",
    ),
    (
        "a wrong password of a service that is known",
        seen(
            'connection to server at "db" (172.1.2.3), port 5432 failed: FATAL:  password authentication '
            'failed for user "shop"'
        ),
        "refuses the password of shop",
        "shipyard exec db psql -U shop",
    ),
    ("no database", seen('FATAL:  database "shop" does not exist'), "no database shop", "createdb"),
    (
        "no table",
        seen('django.db.utils.ProgrammingError: relation "shop_item" does not exist'),
        "no table shop_item",
        "before_deploy",
    ),
    (
        "no table for a migration",
        seen("django.db.utils.OperationalError: no such table: nope", job=("python", "manage.py", "migrate")),
        "ask for the table nope",
        "mend the migration",
    ),
]


@pytest.mark.parametrize(
    ("symptoms", "cause", "hint"), [case[1:] for case in CASES], ids=[one[0] for one in CASES]
)
def test_a_cause_and_what_mends_it(symptoms: Symptoms, cause: str, hint: str) -> None:
    first = diagnose(symptoms)[0]
    assert cause in first.cause
    assert hint in first.hint


@pytest.mark.parametrize(
    "log",
    [
        "",
        "INFO: Uvicorn running on http://0.0.0.0:8000",
        "ValueError: my own",
        "KeyError: 'name'",
        "\x00\ud800",
    ],
)
def test_nothing_is_guessed(log: str) -> None:
    assert diagnose(seen(log)) == ()


def test_a_variable_that_is_given_is_not_missing() -> None:
    assert diagnose(seen("KeyError: 'MODE'", spec={"env": {"MODE": ("x",)}})) == ()


def test_where_the_machine_says_that_it_is_heard_its_words_do_not_count() -> None:
    line = "[INFO] Listening at: http://127.0.0.1:8000 (7)"
    assert misheard(seen(line, state="running", heard=(("0.0.0.0", 8000), ("127.0.0.1", 9000)))) == ()
    assert misheard(seen(line, state="running", heard=())) == ()
    assert misheard(seen(state="running", heard=(("127.0.0.1", 9000),), spec={"port": None})) == ()
