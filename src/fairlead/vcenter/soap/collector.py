"""The PropertyCollector: what a filter selects, its properties as XML, and what changed since last time.

Source: vSphere Web Services API 8.0, PropertyCollector (RetrievePropertiesEx, CreateFilter, WaitForUpdatesEx) and the
traversal rules of ObjectSpec and SelectionSpec. Values are compared as the XML they are sent as, so that a change is
exactly what a client would see.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from pyVmomi import VmomiSupport

from fairlead.vcenter.faults import VimFault, no_object
from fairlead.vcenter.soap.properties import Sight, has_object, is_a, known_names, read
from fairlead.vcenter.soap.wire import Ref, Refs, Xml, localized, ref_of, value_xml

Reader = Callable[[Callable[[], Any]], Awaitable[Any]]

MAX_WAIT_SECONDS = 600
MAX_OBJECTS = 100_000
VOLATILE = {"SessionManager", "EventHistoryCollector", "TaskHistoryCollector", "PropertyCollector", "ServiceInstance"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a PropertySpec asks of objects of a type."""

    type: str
    all: bool
    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Selection:
    """A TraversalSpec; `next` are selections or, by name, references to some of the same ObjectSpec."""

    name: str
    type: str
    path: str
    skip: bool
    next: tuple[Selection | str, ...]


@dataclass(frozen=True, slots=True)
class Start:
    """An ObjectSpec."""

    ref: Ref
    skip: bool
    select: tuple[Selection | str, ...]
    named: dict[str, Selection] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Spec:
    """A PropertyFilterSpec."""

    starts: tuple[Start, ...]
    wanted: tuple[Wanted, ...]
    lenient: bool  # reportMissingObjectsInResults

    def for_type(self, type_: str) -> tuple[str, ...] | None:
        """Return the paths wanted of a type, None when objects of it are not wanted at all."""
        found: dict[str, None] = {}
        hit = False
        for wanted in self.wanted:
            if is_a(type_, wanted.type):
                hit = True
                found.update(dict.fromkeys(known_names(type_) if wanted.all else wanted.paths))
        return tuple(found) if hit else None


def parse_spec(spec: Any) -> Spec:
    """Read a PropertyFilterSpec."""
    starts = []
    for each in spec.objectSet:
        named: dict[str, Selection] = {}
        select = tuple(_selection(s, named) for s in each.selectSet or [])
        starts.append(Start(ref_of(each.obj), bool(each.skip), select, named))
    wanted = tuple(Wanted(VmomiSupport.GetWsdlName(p.type), bool(p.all), tuple(p.pathSet or ())) for p in spec.propSet)
    return Spec(tuple(starts), wanted, bool(spec.reportMissingObjectsInResults))


def _selection(spec: Any, named: dict[str, Selection]) -> Selection | str:
    if not hasattr(spec, "path"):
        return str(spec.name)
    parsed = Selection(
        name=spec.name or "",
        type=VmomiSupport.GetWsdlName(spec.type),
        path=spec.path,
        skip=bool(spec.skip),
        next=tuple(_selection(s, named) for s in spec.selectSet or []),
    )
    if parsed.name:
        named[parsed.name] = parsed
    return parsed


def select(sight: Sight, spec: Spec, *, lenient: bool = False) -> Iterator[Ref]:
    """Yield the objects a filter selects, each once. Raises: VimFault when a start does not exist."""
    told: set[Ref] = set()
    for start in spec.starts:
        if not has_object(sight, start.ref):
            if lenient or spec.lenient:
                continue
            raise no_object(start.ref.type, start.ref.id)
        visited: set[tuple[Ref, int]] = set()
        waiting: list[tuple[Ref, tuple[Selection | str, ...]]] = [(start.ref, start.select)]
        if not start.skip and start.ref not in told:
            told.add(start.ref)
            yield start.ref
        while waiting:
            ref, selections = waiting.pop(0)
            for each in selections:
                selection = start.named.get(each) if isinstance(each, str) else each
                if selection is None or (ref, id(selection)) in visited or not is_a(ref.type, selection.type):
                    continue
                visited.add((ref, id(selection)))
                for found in _references(sight, ref, selection.path):
                    if not selection.skip and found not in told:
                        told.add(found)
                        yield found
                    if selection.next:
                        waiting.append((found, selection.next))
            if len(told) > MAX_OBJECTS:
                raise VimFault("InvalidArgument", f"The filter selects more than {MAX_OBJECTS} objects.")


def _references(sight: Sight, ref: Ref, path: str) -> Iterable[Ref]:
    try:
        value = read(sight, ref, path)
    except VimFault as error:
        if error.fault.name == "ManagedObjectNotFound":
            return ()
        raise
    if isinstance(value, Refs):
        return value
    return (value,) if isinstance(value, Ref) else ()


@dataclass(slots=True)
class Content:
    """One object's properties as XML, by path, and the faults of those that could not be read."""

    values: dict[str, str]
    missing: list[tuple[str, VimFault]]


def collect(sight: Sight, ref: Ref, paths: Iterable[str], spec: Spec) -> Content:
    """Read properties. Raises: VimFault InvalidProperty, or ManagedObjectNotFound when the object is gone."""
    content = Content({}, [])
    made: dict[str, Any] = {}
    for path in paths:
        try:
            value = read(sight, ref, path, made)
        except VimFault as error:
            if error.fault.name in ("ManagedObjectNotFound", "InvalidProperty"):
                raise
            content.missing.append((path, error))
            continue
        if value is not None:
            content.values[path] = value_xml(value)
    return content


def retrieve(sight: Sight, specs: Iterable[Spec]) -> list[str]:
    """Return `<objects>` contents (without the tag) for RetrieveProperties and its kin."""
    found = []
    for spec in specs:
        for ref in select(sight, spec):
            paths = spec.for_type(ref.type)
            if paths is None:
                continue
            try:
                content = collect(sight, ref, paths, spec)
            except VimFault as error:
                if error.fault.name == "ManagedObjectNotFound":
                    continue
                raise
            props = "".join(f"<propSet><name>{p}</name>{x}</propSet>" for p, x in content.values.items())
            missing = "".join(_missing(p, e) for p, e in content.missing)
            found.append(f"{ref.xml('obj')}{props}{missing}")
    return found


def _missing(path: str, error: VimFault) -> str:
    return f"<missingSet><path>{path}</path>{value_xml(localized(error.fault), 'fault')}</missingSet>"


class Filter:
    """A PropertyFilter: what its client has been told, and what it has not."""

    def __init__(self, id_: str, spec: Spec, partial: bool) -> None:
        self.id = id_
        self.spec = spec
        self.partial = partial
        self.kind = "PropertyFilter"
        self._told: dict[Ref, dict[str, str]] = {}
        self._dirty: set[str] = set()

    def forget(self) -> None:
        """Start over: tell everything at the next reading."""
        self._told = {}

    def mark(self, ids: Iterable[str]) -> None:
        """Note that objects may have changed."""
        self._dirty.update(ids)

    def changes(self, sight: Sight, limit: int) -> tuple[list[str], bool]:
        """Return `<objectSet>` elements for what changed, at most *limit* (0: all), and whether more is left."""
        dirty, self._dirty = self._dirty, set()
        found: list[str] = []
        present = {r for r in select(sight, self.spec, lenient=True) if self.spec.for_type(r.type) is not None}
        for ref in [r for r in self._told if r not in present]:
            if limit and len(found) >= limit:
                self._dirty |= dirty
                return found, True
            del self._told[ref]
            found.append(f"<objectSet><kind>leave</kind>{ref.xml('obj')}</objectSet>")
        for ref in sorted(present, key=_age):
            told = self._told.get(ref)
            if told is not None and ref.id not in dirty and ref.type not in VOLATILE:
                continue
            if limit and len(found) >= limit:
                self._dirty |= dirty
                return found, True
            update = self._update(sight, ref, told)
            if update:
                found.append(update)
            dirty.discard(ref.id)
        return found, False

    def _update(self, sight: Sight, ref: Ref, told: dict[str, str] | None) -> str:
        try:
            content = collect(sight, ref, self.spec.for_type(ref.type) or (), self.spec)
        except VimFault as error:
            if error.fault.name == "ManagedObjectNotFound":
                return ""
            raise
        self._told[ref] = content.values
        before = told or {}
        changed = [
            f"<changeSet><name>{path}</name><op>assign</op>{xml}</changeSet>"
            for path, xml in content.values.items()
            if before.get(path) != xml
        ]
        changed += [
            f"<changeSet><name>{path}</name><op>assign</op></changeSet>"
            for path in before
            if path not in content.values
        ]
        missing = "".join(_missing(p, e) for p, e in content.missing)
        if told is not None and not changed:
            return ""
        kind = "enter" if told is None else "modify"
        return f"<objectSet><kind>{kind}</kind>{ref.xml('obj')}{''.join(changed)}{missing}</objectSet>"


def _age(ref: Ref) -> tuple[str, int, str]:
    return ref.type, len(ref.id), ref.id


class Collector:
    """One PropertyCollector of a session: its filters, its version, and who waits on it."""

    def __init__(self, id_: str) -> None:
        self.id = id_
        self.kind = "PropertyCollector"
        self.filters: dict[str, Filter] = {}
        self.version = 0
        self._wake = asyncio.Event()
        self._reading = asyncio.Lock()
        self._ended: VimFault | None = None

    def mark(self, ids: Iterable[str]) -> None:
        for each in self.filters.values():
            each.mark(ids)
        self._wake.set()

    def cancel(self) -> None:
        """End the wait that is under way."""
        self.end(VimFault("RequestCanceled", "The task was canceled by a user."))

    def end(self, fault: VimFault) -> None:
        """End the wait that is under way with a fault."""
        self._ended = fault
        self._wake.set()

    def check(self, sight: Sight, limit: int = 0) -> Xml | None:
        """Return an UpdateSet with what changed, or None."""
        sets, truncated = [], False
        for each in self.filters.values():
            changes, more = each.changes(sight, limit)
            truncated = truncated or more
            if changes:
                filter_xml = Ref("PropertyFilter", each.id).xml("filter")
                sets.append(f"<filterSet>{filter_xml}{''.join(changes)}</filterSet>")
        if not sets:
            return None
        self.version += 1
        tail = "<truncated>true</truncated>" if truncated else ""
        return Xml(f"<returnval><version>{self.version}</version>{''.join(sets)}{tail}</returnval>")

    def start_over(self, version: str) -> None:
        """Honour the version a client says it has. Raises: VimFault InvalidCollectorVersion."""
        if not version:
            for each in self.filters.values():
                each.forget()
        elif version != str(self.version):
            raise VimFault("InvalidCollectorVersion", f"The collector version '{version}' is not the last one given.")

    async def wait(self, sight: Sight, read: Reader, max_seconds: int | None, limit: int = 0) -> Xml | None:
        """Wait until something changed; None after *max_seconds*. Raises: VimFault RequestCanceled.

        *read* runs a function without stalling the event loop.
        """
        self._ended = None
        seconds = MAX_WAIT_SECONDS if max_seconds is None else min(max_seconds, MAX_WAIT_SECONDS)
        deadline = asyncio.get_running_loop().time() + seconds
        while True:
            self._wake.clear()
            async with self._reading:
                found: Xml | None = await read(lambda: self.check(sight, limit))
            if found is not None:
                return found
            try:
                async with asyncio.timeout_at(deadline):
                    await self._wake.wait()
            except TimeoutError:
                return None
            if self._ended is not None:
                raise self._ended
