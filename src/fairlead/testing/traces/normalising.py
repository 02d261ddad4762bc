"""Make two runs comparable: generated names, times, addresses and what only the recording's simulator leaves.

`flatten` turns an object into paths and texts. What is left out, and why, is in `IGNORED` and `RESIDUE`: nowhere else.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Any

from fairlead.base.objects import Json, meta, owner_references
from fairlead.testing.traces.reading import Trace

# Differs from run to run, or says how often something was written rather than what.
IGNORED = (
    "metadata.uid",
    "metadata.resourceVersion",
    "metadata.generation",
    "metadata.creationTimestamp",
    "metadata.managedFields*",
    "metadata.namespace",
    "metadata.generateName",
    "metadata.selfLink",
    "*observedGeneration",
    "*.lastTransitionTime",
    "status.lastUpdated",
    "metadata.annotations[reconcile.fluxcd.io/requestedAt]",
    "status.lastHandledReconcileAt",
    "status.artifact*",  # digests and sizes of a repository that is not the recorded one
    "status.history*",
)

# Left by the vCenter and guest simulators of the recordings (traces' README), kind by kind.
RESIDUE: dict[str, tuple[str, ...]] = {
    "*": (
        "metadata.finalizers[vcsim.fake.infrastructure.cluster.x-k8s.io]",
        "metadata.annotations[machine.inmemory.infrastructure.cluster.x-k8s.io/bootstrapped]",
    ),
    "Machine": ("status.addresses*", "status.nodeInfo*"),
    "VSphereMachine": ("status.addresses*", "status.network*"),
    "VSphereVM": ("status.addresses*", "status.network*", "status.cloneMode", "status.vmRef", "status.moduleUUID"),
    "VSphereCluster": ("status.vCenterVersion",),
    "Cluster": (),
}

# Made by others than Cluster API's controllers.
FOREIGN_OBJECTS = ("ConfigMap/kube-root-ca.crt", "ServiceAccount/default")

# Field managers: what upstream's processes are called in the recordings (`manager` in its images), and the simulator's.
PROCESSES = ("capi", "cabpk", "kcp", "capv")
FOREIGN_MANAGERS = ("vcsim", "kube-controller-manager")

SUFFIX = re.compile(r"^(.+)-([bcdfghjklmnpqrstvwxz2456789]{5})$")
RULES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)"), "<time>"),
    (re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}"), "<uuid>"),
    (re.compile(r"sha256:[0-9a-f]{64}"), "<sha256>"),
    (re.compile(r"sha1:[0-9a-f]{40}"), "sha1:<commit>"),
    (re.compile(r"finished in [0-9.a-zµ]+"), "finished in <duration>"),
    (re.compile(r"stored artifact for commit '.*'"), "stored artifact for commit '<subject>'"),
    (re.compile(r"<redacted, \d+ chars>|^[a-z0-9]{6}\.[a-z0-9]{16}$"), "<token>"),
    (re.compile(r"\b(?:DC0_C0_)?H\d+\b|\bDC0_C\d+_H\d+\b"), "<host>"),
)
GENERATED_KINDS = ("Machine", "MachineSet", "MachinePool")


class Names:
    """The generated names of a trace, and what to call them: `demo-md-0-pmm9h-5jc99` is `demo-md-0-*-*`."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names: dict[str, str] = {}
        known = set(names)
        for name in sorted(known, key=len):
            found = SUFFIX.match(name)
            if found:
                self._names[name] = f"{self._names.get(found[1], found[1])}-*"
        suffixes = {found[2] for name in known if (found := SUFFIX.match(name))}
        ordered = sorted(self._names, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, ordered))) if ordered else None
        self._hashes = re.compile(rf"\b(\d{{5,}})-(?:{'|'.join(sorted(suffixes))})\b") if suffixes else None

    @classmethod
    def of(cls, trace: Trace) -> Names:
        """Collect them: of Machines and MachineSets, also those that only owner references name."""
        names = set()
        for row in trace.rows:
            if row.object["kind"] in GENERATED_KINDS:
                names.add(meta(row.object)["name"])
            about = row.object.get("involvedObject") or {}
            if about.get("kind") in GENERATED_KINDS:
                names.add(about["name"])
            names.update(owner["name"] for owner in owner_references(row.object) if owner["kind"] in GENERATED_KINDS)
        return cls(names)

    def canonical(self, text: str) -> str:
        """*text* with generated names, times, UUIDs and tokens replaced."""
        if self._pattern is not None:
            text = self._pattern.sub(lambda found: self._names[found[0]], text)
        if self._hashes is not None:
            text = self._hashes.sub(r"\1-*", text)
        for pattern, replacement in RULES:
            text = pattern.sub(replacement, text)
        return text


def flatten(obj: Json, names: Names) -> dict[str, str]:
    """All that can be compared of *obj*: path -> text. Conditions, owners and finalizers are keyed by what they are."""
    found: dict[str, str] = {}
    _flatten("", _prepared(obj), found)
    for entry in meta(obj).get("managedFields") or ():
        if entry["manager"] not in FOREIGN_MANAGERS:
            manager = "manager" if entry["manager"] in PROCESSES else entry["manager"]
            found[f"managers[{' '.join(filter(None, (manager, entry['operation'], entry.get('subresource'))))}]"] = (
                "there"
            )
    ignored = (*IGNORED, *RESIDUE["*"], *RESIDUE.get(obj["kind"], ()))
    return {
        path: names.canonical(value)
        for path, value in ((names.canonical(path), value) for path, value in found.items())
        if not is_listed(path, ignored)
    }


def is_listed(path: str, patterns: Iterable[str]) -> bool:
    """Whether *path* fits one of the patterns; `*` is the only wildcard."""
    return any(fnmatchcase(path, pattern.replace("[", "[[]")) for pattern in patterns)


def _prepared(obj: Json) -> Json:
    prepared = {key: value for key, value in obj.items() if key not in ("apiVersion", "kind")}
    if obj["kind"] in ("Secret", "ConfigMap"):
        for part in ("data", "binaryData", "stringData"):
            if part in prepared:
                prepared[part] = dict.fromkeys(prepared[part] or {}, "<bytes>")
    return prepared


def _flatten(path: str, value: Any, found: dict[str, str]) -> None:
    name = path.rpartition(".")[2]
    if isinstance(value, Mapping):
        for key, inner in value.items():
            step = f"[{key}]" if name in ("labels", "annotations", "matchLabels") else f".{key}" if path else str(key)
            _flatten(f"{path}{step}", inner, found)
        if not value:
            found[path] = "{}"
    elif isinstance(value, list) and name == "conditions":
        _flatten_conditions(path, value, found)
    elif isinstance(value, list) and name == "ownerReferences":
        for owner in value:
            flags = [flag for flag in ("controller", "blockOwnerDeletion") if owner.get(flag)]
            found[f"{path}[{owner['kind']}/{owner['name']}]"] = " ".join((owner["apiVersion"], *flags))
    elif isinstance(value, list) and name == "finalizers":
        for item in value:
            found[f"{path}[{item}]"] = "there"
    elif isinstance(value, list):
        for at, item in enumerate(value):
            _flatten(f"{path}[{at}]", item, found)
        if not value:
            found[path] = "[]"
    else:
        found[path] = value if isinstance(value, str) else repr(value)


def _flatten_conditions(path: str, conditions: list[Json], found: dict[str, str]) -> None:
    found[f"{path} order"] = " ".join(str(condition["type"]) for condition in conditions)
    for condition in conditions:
        place = f"{path}[{condition['type']}]"
        found[place] = status_of(condition)
        found[f"{place}.message"] = condition.get("message", "")


def status_of(condition: Json) -> str:
    """A condition's status, reason and (in the old form) severity, in short."""
    parts = (condition.get("status"), condition.get("reason"), condition.get("severity"))
    return "/".join(str(part) for part in parts if part)
