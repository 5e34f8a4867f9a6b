"""The base of the types: records that never change, whose fields are given by name.

They are msgspec's structs: dataclasses write and compile their methods anew at each start, which for the
types of a plan took longer than all the rest of planning.
"""

from __future__ import annotations

from typing import Any, dataclass_transform

import msgspec
from msgspec import field as field
from msgspec.structs import asdict as asdict
from msgspec.structs import replace as replace


class _ByName(msgspec.StructMeta):
    """That fields are given by name is an option of each class, and not inherited."""

    def __new__(mcs, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **options: Any) -> Any:
        return super().__new__(mcs, name, bases, namespace, kw_only=True, **options)


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(msgspec.field,))
class Record(msgspec.Struct, metaclass=_ByName, frozen=True, forbid_unknown_fields=True):
    """Equal when all fields are; another one with some fields changed is made by `replace`."""


@dataclass_transform(kw_only_default=True, field_specifiers=(msgspec.field,))
class Draft(msgspec.Struct, metaclass=_ByName):
    """A record in the making: its fields can still be set."""
