"""What brings the database up to date before a deploy, by the project's own tool."""

from __future__ import annotations

import shlex

from shipyard.compile.detect import Detection
from shipyard.source import SourceTree


def migration(tree: SourceTree, found: Detection, *, database: bool) -> str | None:
    """The command; None where the project has no migrations, or no `database` for them."""
    application = found.application
    if found.detected.framework == "django":
        manage = shlex.join(application.manage) if application else "manage.py"
        return f"python {manage} migrate --noinput"
    if not database:
        return None
    if found.dependencies.get("flask-migrate") is not None:
        # Its migrations are Alembic's, with a configuration that it alone completes.
        if application is None or not tree.is_file("migrations/env.py"):
            return None
        return shlex.join(("flask", "--app", application.app, "db", "upgrade"))
    configured = tree.is_file("alembic.ini") or "[tool.alembic]" in (tree.text("pyproject.toml") or "")
    return "alembic upgrade head" if configured and found.dependencies.get("alembic") is not None else None
