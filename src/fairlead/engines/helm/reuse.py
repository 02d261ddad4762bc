"""Leave out templates that would write again what they wrote last time.

Whoever renders one release again and again keeps an Outputs for it. It has,
of the last render, what each template wrote and what it read for it (see
gotemplate/watch.py). Of the next one, it compares the data with the last, and
runs the templates that read something that differs; for the others, the text
is taken as it is.

A template is left out only when nothing else could make its text differ: one
that asked the World (`now`, random text, `lookup`, keys) is run every time, and
so is everything from the first template on that changes the data itself.
Another chart, other capabilities or another set of templates start afresh.
"""

from __future__ import annotations

import marshal

from fairlead.engines.gotemplate.watch import Watch, WatchedRender
from fairlead.engines.helm.reads import RULES
from fairlead.engines.record import Record

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from fairlead.engines.gotemplate.template import Limits
    from fairlead.engines.helm.engine import Collected, Host

    Path = tuple[object, ...]  # "Values" or "Release", then keys and indexes

MAX_CHANGES = 200


class Reads(Record, frozen=True):
    """What of the data a template read."""

    children: frozenset[Path]
    members: frozenset[Path]
    shallow: frozenset[Path]
    whole: frozenset[Path]
    everything: bool

    def concern(self, changes: Changes) -> bool:
        """Report whether one of *changes* is to something that was read."""
        return not (
            self.children.isdisjoint(changes.paths)
            and self.shallow.isdisjoint(changes.above)
            and self.members.isdisjoint(changes.members)
            and self.whole.isdisjoint(changes.around)
        ) or (self.everything and bool(changes.paths))


class Changes:
    """Where data differ from others: *members* are the maps and lists in which something comes or goes."""

    def __init__(self) -> None:
        self.paths: set[Path] = set()
        self.members: set[Path] = set()
        self.above: set[Path] = set()
        self.around: set[Path] = set()

    def compare(self, old: Any, new: Any, path: Path) -> None:
        """Note where *new* differs from *old*; whatever Go would tell apart is different."""
        kind = type(old)
        if kind is not type(new):
            self._add(path)
        elif isinstance(old, dict):
            for key, value in new.items():
                if key not in old:
                    self._add((*path, key), path)
                else:
                    self.compare(old[key], value, (*path, key))
            for key in old.keys() - new.keys():
                self._add((*path, key), path)
        elif isinstance(old, list):
            for index, (mine, value) in enumerate(zip(old, new, strict=False)):
                self.compare(mine, value, (*path, index))
            short, long = sorted((len(old), len(new)))
            for index in range(short, long):
                self._add((*path, index), path)
        elif old != new or (kind is float and str(old) != str(new)):
            self._add(path)

    def _add(self, path: Path, members: Path | None = None) -> None:
        self.paths.add(path)
        self.above.add(path[:-1])
        self.around.update(path[:length] for length in range(1, len(path) + 1))
        if members is not None:
            self.members.add(members)


class Snapshot:
    """Values and the like as they were at one time, whatever is done to them later."""

    def __init__(self, trees: dict[str, dict[str, Any]]) -> None:
        self._parts = {name: {key: _packed(value) for key, value in tree.items()} for name, tree in trees.items()}

    def changes(self, later: Snapshot) -> Changes:
        """Return where *later* differs."""
        found = Changes()
        for name, parts in later._parts.items():
            before = self._parts[name]
            for key in before.keys() | parts.keys():
                old, new = before.get(key), parts.get(key)
                if old is None or new is None:
                    found._add((name, key), (name,))
                elif old != new or type(old) is not bytes:
                    found.compare(_unpacked(old), _unpacked(new), (name, key))
        return found


def _packed(value: Any) -> Any:
    """Return *value* as bytes that are equal for equal values of the same types; a copy where that cannot be."""
    try:
        return marshal.dumps(value, 0)  # later formats write what is there twice differently
    except ValueError:
        return (_copy(value),)


def _unpacked(part: Any) -> Any:
    return marshal.loads(part) if type(part) is bytes else part[0]


def _copy(value: Any) -> Any:
    if isinstance(value, dict):
        return type(value)((key, _copy(item)) for key, item in value.items())
    if isinstance(value, list):
        return type(value)(map(_copy, value))
    return value


class Places:
    """Which map or list is where in the data of one render."""

    def __init__(self, collected: Collected) -> None:
        self.known: dict[int, list[Path]] = {}  # the same map can be at several places; at none if it never differs
        self._roots: set[int] = set()  # whoever reads all of these reads everything
        for section, data in collected.scopes:
            self._roots.update((id(data), id(data["Subcharts"])))
            for constant in (data, data["Chart"], data["Subcharts"]):
                self.known.setdefault(id(constant), [])
            if section:
                self.known.setdefault(id(data["Values"]), []).append(("Values", *section))
            else:
                self._register(data["Values"], ("Values",))
                self._register(data["Release"], ("Release",))

    def _register(self, value: Any, path: Path) -> None:
        left: list[tuple[Any, Path]] = [(value, path)]
        known = self.known
        while left:
            at, path = left.pop()
            known.setdefault(id(at), []).append(path)
            for key, item in at.items() if isinstance(at, dict) else enumerate(at):
                if isinstance(item, dict | list):
                    left.append((item, (*path, key)))

    def reads(self, watch: Watch) -> Reads:
        """Return what *watch* noted, by path."""
        known = self.known
        nowhere: list[Path] = []

        def paths(notes: Iterable[int]) -> frozenset[Path]:
            return frozenset(path for key in notes for path in known.get(key, nowhere))

        return Reads(
            frozenset((*path, name) for key, name in watch.children for path in known.get(key, nowhere)),
            paths(watch.members),
            paths(watch.shallow),
            paths(watch.whole),
            not self._roots.isdisjoint(watch.whole),
        )


class Output(Record, frozen=True):
    """What a template wrote, and what it took to write it."""

    text: str
    reads: Reads
    steps: int


class Outputs:
    """The outputs of one release's last render. It must not be used by two renders at once."""

    def __init__(self) -> None:
        self.by_template: dict[str, Output] = {}
        self.snapshot: Snapshot | None = None  # the data that they stand for
        self.restless: set[str] = set()  # templates that asked the World
        self.barrier = ""  # the template that changed the data
        self._key: object = None

    def begin(self, collected: Collected, host: Host, limits: Limits | None) -> Turn | None:
        """Return the turn of a render; None for the first one of a release, as there may be no second."""
        key = _key(collected, host)
        if host.lint or self._key != key:
            self.by_template, self.snapshot, self.restless, self.barrier, self._key = {}, None, set(), "", key
            return None
        return Turn(self, collected, host, limits)


def _key(collected: Collected, host: Host) -> object:
    """Return what has to be equal for outputs to be worth anything, apart from what is compared part by part."""
    _, root = collected.scopes[-1]
    capabilities = root["Capabilities"]
    return (
        [(name, item.text, item.base_path) for name, item in collected.templates.items()],
        [(path, dict(data["Chart"]), data["Files"]) for path, data in collected.scopes],
        capabilities.kube_version.go_fields(),
        capabilities.api_versions,
        host.world.zone,
    )


class Turn:
    """One render that leaves out what it can, and keeps what it runs."""

    def __init__(self, outputs: Outputs, collected: Collected, host: Host, limits: Limits | None) -> None:
        self.render = WatchedRender(host, limits, RULES)
        self._outputs = outputs
        self._collected = collected
        self._host = host
        self._snapshot, self._identities = self._look()
        self._kept: dict[str, Output] = {}
        self._restless: set[str] = set()
        self._barrier = ""
        self._places: Places | None = None
        self._watch: Watch | None = None
        self._changes: Changes | None = None
        if outputs.snapshot is not None:
            changes = outputs.snapshot.changes(self._snapshot)
            sections = (("Values", *section) for section, _ in collected.scopes if section)
            if len(changes.paths) <= MAX_CHANGES and changes.paths.isdisjoint(sections):
                self._changes = changes

    def _look(self) -> tuple[Snapshot, list[object]]:
        """Return the data as they are now, and the identities of what is at their top."""
        _, root = self._collected.scopes[-1]
        identities: list[object] = []
        for section, data in self._collected.scopes:
            identities.extend((key, id(value)) for key, value in data.items() if key != "Template")
            identities.append(_packed(data["Chart"]))
            if section:  # the outermost level of a subchart's values is its own
                identities.extend((key, id(value)) for key, value in data["Values"].items())
        return Snapshot({"Values": root["Values"], "Release": root["Release"]}), identities

    def output(self, name: str) -> str | None:
        """Return what the template *name* would write; None when it has to be run."""
        found = self._outputs.by_template.get(name)
        if found is None or self._barrier or self._changes is None or found.reads.concern(self._changes):
            return None
        self.render.spend(found.steps)
        self.render.output += len(found.text)
        self._kept[name] = found
        return found.text

    def execute(self, name: str, data: dict[str, Any]) -> str:
        """Return what the template *name* writes, and keep it if it can be used again."""
        render = self.render
        if name == self._outputs.barrier:
            self._barrier = name
        if self._barrier:
            render.watch = None
            return render.execute(name, data)
        answers, steps = self._host.answers(), render.steps
        if name in self._outputs.restless:  # nothing of it will be kept, so only changes matter
            render.watch = None
            text = render.execute(name, data)
            now, identities = self._look()
            if identities != self._identities or self._snapshot.changes(now).paths:
                self._barrier = name
            self._restless.add(name)
            return text
        if self._places is None or self._watch is None:
            self._places = Places(self._collected)
            self._watch = Watch(self._places.known)
        watch = render.watch = self._watch
        watch.clear()
        text = render.execute(name, data)
        if watch.mutated:
            self._barrier = name
        elif self._host.answers() != answers:
            self._restless.add(name)
        else:
            self._kept[name] = Output(text, self._places.reads(watch), render.steps - steps)
        return text

    def end(self) -> None:
        """Take note that all templates are through."""
        outputs = self._outputs
        outputs.by_template, outputs.snapshot = self._kept, self._snapshot
        outputs.restless, outputs.barrier = self._restless, self._barrier
