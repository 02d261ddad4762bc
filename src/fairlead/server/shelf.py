"""All objects of one resource, found by key, by a label or by a field; nothing here knows what an object means."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import msgspec

from fairlead.base.objects import Key
from fairlead.engines.selectors import field_value

if TYPE_CHECKING:
    from fairlead.server.store import Record

LABELS_INDEXED = 16  # per resource; labels asked for after these are looked for one by one
FIELDS_INDEXED = 4

Read = Callable[["Record"], str | None]


class Index:
    """Records by what *read* finds in them; those in which it finds None are left out."""

    __slots__ = ("_found", "_read")

    def __init__(self, read: Read, records: Iterable[Record]) -> None:
        self._read = read
        self._found: dict[str, dict[str, dict[str, Record]]] = {}  # value -> namespace -> name
        for record in records:
            self.put(record)

    def put(self, record: Record) -> None:
        """Enter a record."""
        value = self._read(record)
        if value is not None:
            namespace, name = record.key
            self._found.setdefault(value, {}).setdefault(namespace, {})[name] = record

    def take(self, record: Record) -> None:
        """Take a record out that was entered."""
        value = self._read(record)
        if value is None:
            return
        spaces = self._found[value]
        names = spaces[record.key.namespace]
        del names[record.key.name]
        if not names:
            del spaces[record.key.namespace]
        if not spaces:
            del self._found[value]

    def find(self, namespace: str, value: str) -> list[Record]:
        """The records of *namespace* (empty: of all) with *value*, in the order of their keys."""
        spaces = self._found.get(value) or {}
        wanted = [namespace] if namespace else sorted(spaces)
        return [names[name] for each in wanted if (names := spaces.get(each)) for name in sorted(names)]


class Shelf:
    """All objects of one resource, by namespace and name; by labels and fields that were asked for."""

    __slots__ = ("_fields", "_labels", "_sorted", "by_namespace", "count")

    def __init__(self, by_namespace: dict[str, dict[str, Record]] | None = None, count: int = 0) -> None:
        self.by_namespace: dict[str, dict[str, Record]] = by_namespace if by_namespace is not None else {}
        self.count = count
        self._sorted: dict[str, list[Record]] = {}
        self._labels: dict[str, Index] = {}
        self._fields: dict[str, Index] = {}

    def get(self, key: Key) -> Record | None:
        """The record with *key*, or None."""
        names = self.by_namespace.get(key.namespace)
        return names.get(key.name) if names is not None else None

    def put(self, record: Record) -> None:
        """Enter a record, in place of the one with the same key."""
        names = self.by_namespace.setdefault(record.key.namespace, {})
        before = names.get(record.key.name)
        if before is None:
            self.count += 1
        names[record.key.name] = record
        self._sorted.pop(record.key.namespace, None)
        for index in (*self._labels.values(), *self._fields.values()):
            if before is not None:
                index.take(before)
            index.put(record)

    def remove(self, key: Key) -> None:
        """Take a record out."""
        names = self.by_namespace[key.namespace]
        record = names.pop(key.name)
        self.count -= 1
        for index in (*self._labels.values(), *self._fields.values()):
            index.take(record)
        if not names:
            del self.by_namespace[key.namespace]
        self._sorted.pop(key.namespace, None)

    def ordered(self, namespace: str = "") -> Iterable[Record]:
        """The records of one namespace (or of all), in the order of their keys, as etcd has them."""
        if namespace:
            return self._of(namespace)
        return [record for each in sorted(self.by_namespace) for record in self._of(each)]

    def _of(self, namespace: str) -> list[Record]:
        found = self._sorted.get(namespace)
        if found is None:
            names = self.by_namespace.get(namespace) or {}
            found = self._sorted[namespace] = [names[name] for name in sorted(names)]
        return found

    def labelled(self, namespace: str, label: str, value: str) -> list[Record]:
        """The records of *namespace* (empty: of all) whose *label* is *value*; the first call indexes it."""
        return self._indexed(self._labels, LABELS_INDEXED, label, _label_reader, namespace, value)

    def with_field(self, namespace: str, path: str, value: str) -> list[Record]:
        """The records of *namespace* (empty: of all) whose field at *path* is *value* (empty: is not there)."""
        return self._indexed(self._fields, FIELDS_INDEXED, path, _field_reader, namespace, value)

    def _indexed(
        self,
        known: dict[str, Index],
        limit: int,
        name: str,
        make: Callable[[str], Read],
        namespace: str,
        value: str,
    ) -> list[Record]:
        index = known.get(name)
        if index is None:
            if len(known) >= limit:
                read = make(name)
                return [record for record in self.ordered(namespace) if read(record) == value]
            every = (record for names in self.by_namespace.values() for record in names.values())
            index = known[name] = Index(make(name), every)
        return index.find(namespace, value)

    def copy(self) -> Shelf:
        """The same records on another shelf, without indexes."""
        return Shelf({namespace: dict(names) for namespace, names in self.by_namespace.items()}, self.count)


def _label_reader(label: str) -> Read:
    return lambda record: record.labels.get(label)


def _field_reader(path: str) -> Read:
    """Reads one field of the stored bytes, and decodes nothing else."""
    kind: Any = Any
    for part in reversed(path.split(".")):
        kind = msgspec.defstruct(
            "Part", [("value", kind | None if kind is not Any else Any, None)], rename={"value": part}
        )
    decoder, depth = msgspec.json.Decoder(kind), path.count(".") + 1

    def read(record: Record) -> str:
        try:
            value = decoder.decode(record.data)
        except msgspec.ValidationError:  # a part of the path is no object
            return ""
        for _ in range(depth):
            value = value.value if value is not None else None
        return field_value({"value": value}, "value")

    return read
