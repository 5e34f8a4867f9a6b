"""Items, kept in PostgreSQL."""

import logging
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Annotated, TypedDict

from fastapi import Depends, FastAPI, Query, Request, status
from fastapi.responses import JSONResponse, PlainTextResponse
from psycopg import AsyncConnection, OperationalError
from psycopg.rows import class_row
from psycopg_pool import AsyncConnectionPool
from pydantic import BaseModel, Field

logger = logging.getLogger(__name__)


class NewItem(BaseModel):
    name: str = Field(min_length=1, max_length=200)


class Item(NewItem):
    id: int
    created_at: datetime


class State(TypedDict):
    pool: AsyncConnectionPool[AsyncConnection]


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[State]:
    logging.basicConfig(level=os.environ.get("LOG_LEVEL", "info").upper())
    # Each connection is checked before use: the database may have been replaced meanwhile.
    async with AsyncConnectionPool(
        os.environ["DATABASE_URL"],
        open=False,
        min_size=1,
        max_size=10,
        timeout=5,
        check=AsyncConnectionPool.check_connection,
    ) as pool:
        yield {"pool": pool}


app = FastAPI(title="Items", lifespan=lifespan)


def get_pool(request: Request) -> AsyncConnectionPool[AsyncConnection]:
    pool: AsyncConnectionPool[AsyncConnection] = request.state.pool
    return pool


Pool = Annotated[AsyncConnectionPool[AsyncConnection], Depends(get_pool)]


@app.exception_handler(OperationalError)
async def database_unavailable(_: Request, error: Exception) -> JSONResponse:
    logger.error("database unavailable: %s", error)
    return JSONResponse({"detail": "database unavailable"}, status.HTTP_503_SERVICE_UNAVAILABLE)


@app.get("/", response_class=PlainTextResponse, include_in_schema=False)
async def root() -> str:
    return "Items: POST and GET /items, described at /docs\n"


@app.get("/healthz")
async def healthz(pool: Pool) -> dict[str, str]:
    async with pool.connection() as connection:
        await connection.execute("SELECT 1")
    return {"database": "ok"}


@app.post("/items", status_code=status.HTTP_201_CREATED)
async def create_item(new: NewItem, pool: Pool) -> Item:
    async with pool.connection() as connection, connection.cursor(row_factory=class_row(Item)) as cursor:
        await cursor.execute(
            "INSERT INTO items (name) VALUES (%s) RETURNING id, name, created_at", [new.name]
        )
        item = await cursor.fetchone()
    assert item is not None
    logger.info("created item %d", item.id)
    return item


@app.get("/items")
async def list_items(pool: Pool, limit: Annotated[int, Query(ge=1, le=100)] = 20) -> list[Item]:
    """The newest first."""
    async with pool.connection() as connection, connection.cursor(row_factory=class_row(Item)) as cursor:
        await cursor.execute("SELECT id, name, created_at FROM items ORDER BY id DESC LIMIT %s", [limit])
        return await cursor.fetchall()
