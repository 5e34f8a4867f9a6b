"""Read values out of a table of the document, noting what is wrong and going on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from shipyard.manifest.errors import Invalid, Problems
from shipyard.model.origin import Path

T = TypeVar("T")


class Table:
    """`values` found at `path` of the merged manifest; their types are those of the schema."""

    __slots__ = ("path", "problems", "values")

    def __init__(self, values: Mapping[str, Any], path: Path, problems: Problems) -> None:
        self.values = values
        self.path = path
        self.problems = problems

    def one(self, key: str, parse: Callable[[object], T]) -> T | None:
        """The value of `key`; None when it is absent or wrong."""
        return self._parsed((key,), self.values.get(key), parse)

    def each(self, key: str, parse: Callable[[object], T]) -> tuple[T, ...]:
        """The elements of the list `key` that are right."""
        values = enumerate(self.values.get(key) or ())
        parsed = (self._parsed((key, index), value, parse) for index, value in values)
        return tuple(value for value in parsed if value is not None)

    def mapping(self, key: str, parse: Callable[[object], T]) -> dict[str, T]:
        """The entries of the table `key` that are right."""
        values: Mapping[str, object] = self.values.get(key) or {}
        parsed = {name: self._parsed((key, name), value, parse) for name, value in values.items()}
        return {name: value for name, value in parsed.items() if value is not None}

    def flag(self, key: str) -> bool:
        return bool(self.values.get(key))

    def table(self, key: str) -> Table:
        return Table(self.values.get(key) or {}, (*self.path, key), self.problems)

    def tables(self) -> list[tuple[str, Table]]:
        """The tables in this one by name."""
        return [(key, self.table(key)) for key in self.values]

    def wrong(self, key: str, title: str, hint: str | None = None) -> None:
        self.problems.add((*self.path, key), title, hint)

    def _parsed(self, place: Path, value: object, parse: Callable[[object], T]) -> T | None:
        if value is None:
            return None
        try:
            return parse(value)
        except Invalid as error:
            self.problems.add_invalid((*self.path, *place), error)
            return None
