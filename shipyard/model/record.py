"""The base of the types: records that never change, whose fields are given by name.

Dataclasses write and compile their methods anew at each start, which for the types of a plan took longer than
all the rest of planning; the libraries that do not, load half of the standard library. What is needed is
little: here the methods are the same for all types and ask the type for its fields.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NoReturn, TypeVar, dataclass_transform

T = TypeVar("T", bound="_Fields")


def field(*, default_factory: Callable[[], Any]) -> Any:
    """A default that each record has its own of: a list, dict or set."""
    return default_factory()


class _Type(type):
    """Reads the fields of a class from its annotations, as dataclasses do (PEP 557; ClassVar is none)."""

    fields: tuple[str, ...]
    """Names in the order of their declaration, the bases' first."""
    defaults: Mapping[str, Any]
    _names: frozenset[str]
    _copied: tuple[str, ...]

    def __new__(mcs, name: str, bases: tuple[type, ...], namespace: dict[str, Any]) -> _Type:
        fields: dict[str, None] = {}
        defaults: dict[str, Any] = {}
        for base in bases:
            fields.update(dict.fromkeys(getattr(base, "fields", ())))
            defaults.update(getattr(base, "defaults", {}))
        for one, kind in namespace.get("__annotations__", {}).items():
            if not str(kind).startswith("ClassVar"):
                fields[one] = None
                if one in namespace:
                    defaults[one] = namespace.pop(one)
        namespace |= {
            "fields": tuple(fields),
            "defaults": defaults,
            "_names": frozenset(fields),
            "_copied": tuple(one for one, value in defaults.items() if isinstance(value, list | dict | set)),
        }
        return super().__new__(mcs, name, bases, namespace)


class _Fields(metaclass=_Type):
    def __init__(self, **given: Any) -> None:
        kind, held = type(self), self.__dict__
        held.update(kind.defaults)
        for name in kind._copied:
            held[name] = held[name].copy()
        held.update(given)
        if held.keys() != kind._names:
            wrong = sorted(held.keys() ^ kind._names)
            raise TypeError(f"{kind.__name__} has missing or unknown fields: {', '.join(wrong)}")

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return self.__dict__ == other.__dict__

    def __repr__(self) -> str:
        told = ", ".join(f"{name}={value!r}" for name, value in asdict(self).items())
        return f"{type(self).__name__}({told})"


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(field,))
class Record(_Fields):
    """Equal when all fields are; another one with some fields changed is made by `replace`."""

    def __hash__(self) -> int:
        return hash(tuple(asdict(self).values()))

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"{type(self).__name__} never changes: {name} cannot be set")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"{type(self).__name__} never changes: {name} cannot be deleted")


@dataclass_transform(kw_only_default=True, field_specifiers=(field,))
class Draft(_Fields):
    """A record in the making: its fields can still be set."""


def asdict(record: _Fields) -> dict[str, Any]:
    """The fields by name, in the order of their declaration; what they hold stays as it is."""
    held = record.__dict__
    return {name: held[name] for name in type(record).fields}


def replace(record: T, **changes: Any) -> T:
    """The same record with some fields changed. Raises TypeError for a field that it has not."""
    return type(record)(**{**record.__dict__, **changes})
