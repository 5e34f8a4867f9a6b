"""Bring the database up to date: `python -m app.migrate`.

Steps run once and in order. A new one goes to the end; those that were deployed are never edited.
"""

import os
from typing import LiteralString

import psycopg

STEPS: tuple[LiteralString, ...] = (
    """
    CREATE TABLE items (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        name text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now()
    )
    """,
)


def main() -> None:
    # One transaction: all of it or nothing.
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        # Two migrations at once would both see the old state: the second waits here.
        connection.execute("SELECT pg_advisory_xact_lock(hashtext('migrate'))")
        connection.execute("CREATE TABLE IF NOT EXISTS migrations (step int PRIMARY KEY)")
        done = {step for (step,) in connection.execute("SELECT step FROM migrations")}
        for number, step in enumerate(STEPS, 1):
            if number not in done:
                connection.execute(step)
                connection.execute("INSERT INTO migrations VALUES (%s)", [number])
                print(f"migrated: step {number}")


if __name__ == "__main__":
    main()
