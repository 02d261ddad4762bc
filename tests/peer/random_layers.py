"""Write random trees of many layers and compare what kustomize and we build of them.

    python tests/peer/random_layers.py [--count N] [--seed N] [--show N] [--failing]

Beside `random_kustomizations.py`: generators that later layers merge or replace, components in a row, plugins written in
place and in files, field specs and schemas of one's own, patches of several documents, targets by patterns, replacements
in files with all options, and objects whose YAML nobody would write.
"""

# ruff: noqa: E501 - tables of fragments

from __future__ import annotations

import argparse
import json
import random
import re
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from fairlead.base import yaml
from fairlead.testing import compat_kustomize

ROOT = Path(__file__).parents[2]
KUSTOMIZE = ROOT / ".peers" / "kustomize"

SCALARS = (
    "plain", "'1'", '"true"', "1", "1.50", "0x1F", "0o17", "017", "1e3", "true", "yes", "~", "null", '""', "''", "2024-01-02",
    '"a: b"', "'it''s'", '"tab\\tx"', "a#b", "- x", "'- x'", "[]", "{}", ".5", "+1", "-0", "1_000", "12:30:45", "!!str 5", "<<", "=",
    "'*'", "'&a'", "\"%\"", "'@x'", "'!x'", "é", '"\\u00e9 \\x01"', "a very long text that goes on and on and on past the eighty columns that a line may have, and further still",
    "|\n    one\n    two\n", "|-\n    one\n\n    two", "|+\n    one\n\n", ">\n    a\n    b\n\n    c\n", ">-\n    a\n      more\n    b", "|2\n      x\n", "\"two\\nlines\"", "\"trail \"", "'x '",
    ".inf", ".nan", "'null'", "'~'", "on", "'on'", "n", "'y'", "0b1", "1e400", "123456789012345678901234567890", "0.1e-5", "'0x1F'", "'1e3'", "'017'",
)  # fmt: skip
QUOTED = '"1"'
COMMENTS = ("", "", "", "  # note", " #x")
KINDS = (
    ("v1", "ConfigMap"), ("v1", "Secret"), ("apps/v1", "Deployment"), ("apps/v1", "StatefulSet"), ("batch/v1", "Job"), ("v1", "Service"), ("e.dev/v1", "Widget"),
    ("v1", "ServiceAccount"), ("v1", "Namespace"), ("rbac.authorization.k8s.io/v1", "RoleBinding"), ("apps/v1", "DaemonSet"), ("v1", "Pod"), ("networking.k8s.io/v1", "Ingress"), ("batch/v1", "CronJob"),
)  # fmt: skip
NAMES = ("a", "b", "web", "db", "x.y")
SPACES = ("", "", "", "ns1", "ns2")
WIDGETS = ("spec.list", "spec.deep.items")
PATTERNS: tuple[dict[str, str], ...] = (
    {}, {"kind": "Deployment|StatefulSet"}, {"name": "web|db"}, {"name": ".*b"}, {"kind": "Config.*"}, {"group": "apps|batch", "version": "v1"}, {"namespace": "ns.*"},
    {"labelSelector": "tier=one"}, {"labelSelector": "tier!=one"}, {"labelSelector": "tier in (one, two)"}, {"annotationSelector": "note"}, {"name": "^a$"}, {"name": "[ab]"}, {"kind": "(Stateful|Daemon)Set", "name": "\\w+"},
    {"version": "v1", "kind": "Widget"}, {"name": "A"}, {"kind": "Deploy"}, {"labelSelector": "!tier"}, {"annotationSelector": "note=x,other"},
)  # fmt: skip
FIELDS = (
    "metadata.name", "metadata.labels.tier", "metadata.annotations.[a.b/c]", "spec.template.spec.containers.[name=m].image", "spec.template.spec.containers.*.image", "spec.template.spec.containers.0.args.1",
    "spec.replicas", "data.k0", "data.k1", "data.conf", "data.[file.yaml].a.b", "data.json.list.0.x", "spec.list.[name=one].v", "spec.list.*.name", "spec.list.-", "spec.deep.made.here", "spec.template.metadata.labels.tier",
    "metadata.namespace", "spec.template.spec.containers.[name=n].env.[name=E].value", "spec.list.1", "stringData.k0", "spec.image", "spec.template.spec.containers.[image=nginx:1.2].name", "spec.list.[v=1].name", "metadata",
)  # fmt: skip


class Layers:
    """Writes one tree; the folder to build is `top`."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.files: dict[str, str] = {}
        self.ids: list[tuple[str, str, str, str]] = []

    def chance(self, percent: int) -> bool:
        return self.rng.randrange(100) < percent

    def write(self) -> dict[str, str]:
        """Return the files by their paths."""
        rng = self.rng
        below: list[str] = []
        for number in range(rng.choice((1, 1, 2))):
            self.layer(f"base{number}", {"resources": self.objects(f"base{number}", rng.randrange(1, 5))}, 35)
            below.append(f"../base{number}")
        for number in range(rng.choice((0, 1, 1, 2))):
            name = f"mid{number}"
            self.layer(name, {"resources": below}, 45)
            below = [f"../{name}"]
        found: dict[str, Any] = {"resources": below}
        if self.chance(30):
            found["resources"] = [*below, *self.objects("top", rng.randrange(1, 3))]
        components = []
        for number in range(rng.choice((0, 0, 1, 2))):
            name = f"comp{number}"
            head: dict[str, Any] = {"apiVersion": "kustomize.config.k8s.io/v1alpha1", "kind": "Component"}
            if self.chance(20):
                head["resources"] = self.objects(name, 1)
            self.layer(name, head, 50)
            components.append(f"../{name}")
        if components:
            found["components"] = components
        self.layer("top", found, 70, top=True)
        return self.files

    # Objects.

    def objects(self, folder: str, count: int) -> list[str]:
        names = []
        for number in range(count):
            texts = [self.object() for _ in range(self.rng.choice((1, 1, 1, 2)))]
            names.append(f"o{number}.yaml")
            self.files[f"{folder}/o{number}.yaml"] = "---\n".join(texts)
        return names

    def object(self) -> str:
        rng = self.rng
        for _ in range(20):
            version, kind = rng.choice(KINDS)
            known = (version, kind, rng.choice(NAMES), rng.choice(SPACES))
            if known not in self.ids:
                break
        self.ids.append(known)
        version, kind, name, space = known
        lines = [
            f"apiVersion: {version}{rng.choice(COMMENTS)}",
            f"kind: {kind}",
            "metadata:",
            f"  name: {name}{rng.choice(COMMENTS)}",
        ]
        if space:
            lines.append(f"  namespace: {space}")
        if self.chance(40):
            lines.append(f"  labels: {{tier: {rng.choice(('one', 'two', 'three'))}, app: {name}}}")
        if self.chance(30):
            lines += [
                "  annotations:",
                f"    note: {rng.choice(('x', 'y', 'z'))}",
                *(["    other: |\n      a\n      b"] if self.chance(30) else []),
            ]
        lines += getattr(self, f"_{kind.lower()}", self._other)(name)
        rng.shuffle(lines[4:])
        if self.chance(10):
            lines.insert(0, "# head")
        return "\n".join(lines) + "\n"

    def scalar(self, indent: int) -> str:
        text = self.rng.choice(SCALARS)
        if "\n" not in text:
            return text + self.rng.choice(COMMENTS)
        return text.replace("\n    ", "\n" + " " * (indent + 2)).rstrip(" ")

    def _configmap(self, name: str) -> list[str]:
        lines = ["data:"]
        for number in range(self.rng.randrange(0, 4)):
            lines.append(f"  k{number}: {self.scalar(2)}".rstrip("\n"))
        for text in (
            "  conf: a:b:c", "  file.yaml: |\n    a:\n      b: 1 # c\n    list: [1, 2]", "  json: '{\"list\": [{\"x\": 1}], \"z\": \"q\"}'", "  ref: $(VAR) and $(OTHER)",
        ):  # fmt: skip
            if self.chance(35):
                lines.append(text)
        return lines if len(lines) > 1 else []

    def _secret(self, name: str) -> list[str]:
        return ["stringData:", f"  k0: {self.scalar(2)}".rstrip("\n"), *(["type: Opaque"] if self.chance(50) else [])]

    def _pod_spec(self, indent: int) -> list[str]:
        rng = self.rng
        lines = [
            "containers:",
            f"- name: m{rng.choice(COMMENTS)}",
            f"  image: {rng.choice(('nginx:1.2', 'nginx', 'reg.io:5000/a/b@sha256:0', 'repo/pg:9'))}",
        ]
        if self.chance(50):
            lines += [
                "  args: ['--a', \"$(VAR)\", 5]",
                "  ports:",
                "  - containerPort: 80",
                "  - {containerPort: 80, protocol: UDP}",
            ]
        if self.chance(50):
            lines += [
                "- name: n",
                "  image: busybox",
                "  env:",
                "  - name: E",
                f"    value: {rng.choice(('x', '$(VAR)', 1))}",
                "  - name: F",
                f"    valueFrom: {{configMapKeyRef: {{name: {rng.choice(NAMES)}, key: k}}}}",
                "  envFrom:",
                f"  - secretRef: {{name: {rng.choice(NAMES)}}}",
                f"  - configMapRef: {{name: {rng.choice(('gen', 'a'))}}}",
            ]
        if self.chance(40):
            lines += [
                "volumes:",
                "- name: v",
                f"  configMap: {{name: {rng.choice(NAMES)}}}",
                "- name: w",
                "  emptyDir: {}",
            ]
        if self.chance(20):
            lines.append(f"serviceAccountName: {rng.choice(NAMES)}")
        return [" " * indent + line for line in lines]

    def _deployment(self, name: str) -> list[str]:
        lines = [
            "spec:",
            "  template:",
            "    metadata:",
            f"      labels: {{app: {name}}}",
            "    spec:",
            *self._pod_spec(6),
        ]
        if self.chance(60):
            lines[1:1] = ["  selector:", f"    matchLabels: {{app: {name}}}"]
        if self.chance(50):
            lines.insert(1, f"  replicas: {self.rng.choice((1, 2, 3))}")
        return lines

    _daemonset = _job = _deployment

    def _statefulset(self, name: str) -> list[str]:
        lines = self._deployment(name)
        lines.insert(1, f"  serviceName: {self.rng.choice(NAMES)}")
        if self.chance(50):
            lines += ["  volumeClaimTemplates:", "  - metadata: {name: d}", "    spec: {storageClassName: fast}"]
        return lines

    def _cronjob(self, name: str) -> list[str]:
        return [
            "spec:",
            "  schedule: '* * * * *'",
            "  jobTemplate:",
            "    spec:",
            "      template:",
            "        spec:",
            *self._pod_spec(10),
        ]

    def _pod(self, name: str) -> list[str]:
        return ["spec:", *self._pod_spec(2)]

    def _service(self, name: str) -> list[str]:
        return [
            "spec:",
            f"  selector: {{app: {name}}}",
            "  ports:",
            "  - {name: http, port: 80}",
            "  - port: 81",
            "    protocol: UDP",
        ]

    def _rolebinding(self, name: str) -> list[str]:
        return [
            f"roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: {self.rng.choice(('Role', 'ClusterRole'))}, name: a}}",
            "subjects:",
            f"- {{kind: ServiceAccount, name: {self.rng.choice(('a', 'default'))}{self.rng.choice(('', ', namespace: ns1'))}}}",
        ]

    def _ingress(self, name: str) -> list[str]:
        return [
            "spec:",
            "  tls:",
            f"  - {{secretName: {self.rng.choice(NAMES)}, hosts: [h]}}",
            "  rules:",
            "  - http:",
            "      paths:",
            f"      - backend: {{service: {{name: {self.rng.choice(NAMES)}, port: {{number: 80}}}}}}",
        ]

    def _serviceaccount(self, name: str) -> list[str]:
        return [f"secrets: [{{name: {self.rng.choice(NAMES)}}}]"] if self.chance(50) else []

    _namespace = _serviceaccount

    def _other(self, name: str) -> list[str]:
        lines = [
            "spec:",
            "  list:",
            f"  - {{name: one, v: {self.rng.choice(('1', QUOTED, 'x'))}}}",
            "  - name: two",
            f"    v: {self.scalar(4)}".rstrip("\n"),
            "  image: nginx:1.2",
            f"  ref: {{name: {self.rng.choice(NAMES)}}}",
        ]
        if self.chance(50):
            lines += ["  deep:", "    items:", "    - {key: k, v: 1}", "    - {key: l, v: 2}"]
        if self.chance(30):
            lines += ["  base: &b {x: 1, y: [1, 2]}", "  again: *b", "  more:", "    <<: *b", "    x: 2"]
        if self.chance(50):
            lines.append(f"  odd: {self.scalar(2)}".rstrip("\n"))
        return lines

    # Layers.

    def layer(self, folder: str, found: dict[str, Any], percent: int, top: bool = False) -> None:
        rng = self.rng
        fields: tuple[tuple[str, int, Any], ...] = (
            ("namespace", 22, lambda: rng.choice(("ns1", "ns2", "ns3"))),
            ("namePrefix", 18, lambda: rng.choice(("p-", "q.", "1"))),
            ("nameSuffix", 14, lambda: rng.choice(("-s", "-9"))),
            ("commonLabels", 10, lambda: {rng.choice(("tier", "team", "app")): rng.choice(("one", "new", "1"))}),
            ("labels", 22, lambda: [self.label() for _ in range(rng.choice((1, 2)))]),
            ("commonAnnotations", 14, lambda: {rng.choice(("note", "a.b/c")): rng.choice(("x", "5", "a\nb", "$(VAR)"))}),
            ("images", 18, lambda: [self.image() for _ in range(rng.choice((1, 2)))]),
            ("replicas", 12, lambda: [{"name": rng.choice(NAMES), "count": rng.randrange(9)}]),
            ("configMapGenerator", 35, lambda: [self.generator(folder, top) for _ in range(rng.choice((1, 1, 2)))]),
            ("secretGenerator", 15, lambda: [self.generator(folder, top, secret=True)]),
            ("generatorOptions", 12, lambda: rng.choice(({"disableNameSuffixHash": True}, {"labels": {"g": "1"}}, {"annotations": {"g": "x"}, "immutable": True}))),
            ("patches", 50, lambda: [self.patch(folder, number) for number in range(rng.choice((1, 2, 3)))]),
            ("patchesStrategicMerge", 6, lambda: [self.merge_patch()]),
            ("replacements", 25, lambda: [self.replacement(folder, number) for number in range(rng.choice((1, 1, 2)))]),
            ("vars", 6, self.variables),
            ("configurations", 14, lambda: [self.configuration(folder)]),
            ("openapi", 6 if top or folder.startswith("base") else 3, lambda: self.openapi(folder)),
            ("crds", 4, lambda: [self.crds(folder)]),
            ("transformers", 14, lambda: [self.plugin(folder, "t")]),
            ("generators", 8, lambda: [self.plugin(folder, "g")]),
            ("validators", 4, lambda: [self.plugin(folder, "v")]),
            ("sortOptions", 20 if top else 4, lambda: rng.choice(({"order": "legacy"}, {"order": "fifo"}, {"order": "legacy", "legacySortOptions": {"orderFirst": ["Widget", "Secret"], "orderLast": ["Namespace", "ConfigMap"]}}, {"order": "legacy", "legacySortOptions": {"orderLast": ["Namespace"]}}, {"order": "fifo", "legacySortOptions": {"orderFirst": ["A"]}}))),
            ("buildMetadata", 25 if top else 4, lambda: rng.sample(("originAnnotations", "transformerAnnotations", "managedByLabel"), rng.randrange(1, 4))),
        )  # fmt: skip
        for key, chance, make in fields:
            if self.chance(chance * percent // 50):
                found[key] = make()
        self.files[f"{folder}/{rng.choice(('kustomization.yaml',) * 8 + ('kustomization.yml', 'Kustomization'))}"] = (
            yaml.dump(found)
        )

    def label(self) -> dict[str, Any]:
        rng = self.rng
        entry: dict[str, Any] = {"pairs": {rng.choice(("tier", "team", "e.dev/x")): rng.choice(("one", "1", "v"))}}
        for key in ("includeSelectors", "includeTemplates", "includeVolumeClaimTemplates"):
            if self.chance(25):
                entry[key] = rng.choice((True, False))
        if self.chance(35):
            entry["fields"] = rng.sample((
                {"path": "spec/labels", "create": True, "kind": "Widget"}, {"path": "spec/selector", "kind": "Service", "create": True}, {"path": "spec/template/metadata/labels", "group": "apps"},
                {"path": "spec/list[]/labels", "create": True, "kind": "Widget"}, {"path": "metadata/labels", "create": False}, {"path": "data", "kind": "ConfigMap"},
            ), 2)  # fmt: skip
        return entry

    def image(self) -> dict[str, str]:
        rng = self.rng
        entry = {"name": rng.choice(("nginx", "busybox", "reg.io:5000/a/b", "repo/pg", "nginx:1.2", "*"))}
        for key, choices in (
            ("newName", ("m/x", "y:1")),
            ("newTag", ("2", "v1", "1.10")),
            ("digest", ("sha256:1",)),
            ("tagSuffix", ("-s",)),
        ):
            if self.chance(45):
                entry[key] = rng.choice(choices)
        return entry

    def generator(self, folder: str, top: bool, secret: bool = False) -> dict[str, Any]:
        rng = self.rng
        base = folder.startswith("base")
        entry: dict[str, Any] = {"name": rng.choice(("gen", "gen", "gen2") if not base else ("gen", folder, "gen2"))}
        if not base or self.chance(5):
            entry["behavior"] = rng.choice(("merge", "merge", "replace", "create"))
        if self.chance(70):
            entry["literals"] = [
                f"{key}={rng.choice(('1', 'x y', 'true', QUOTED, ''))}"
                for key in rng.sample(("k0", "k1", "a.b", "n", "conf"), 2)
            ]
        if self.chance(30):
            self.files[f"{folder}/app.conf"] = rng.choice(
                ("x=1\n", "a:\n  b: 1\n", "line  \n\ttab\n", "\n\n", "no end", "# c\nx", "\x00\x01bin", "ünï\n")
            )
            entry["files"] = [rng.choice(("app.conf", "k0=app.conf", "z.conf=app.conf"))]
        if self.chance(20):
            self.files[f"{folder}/app.env"] = rng.choice(("K=1\nL='2'\n", "\n# c\nM=a=b\n", "N\n"))
            entry["envs"] = ["app.env"]
        if self.chance(25):
            entry["options"] = rng.choice(
                (
                    {"disableNameSuffixHash": True},
                    {"labels": {"o": "1"}},
                    {"immutable": True},
                    {"annotations": {"o": "5"}},
                )
            )
        if self.chance(12):
            entry["namespace"] = rng.choice(("ns1", "ns2"))
        if secret and self.chance(30):
            entry["type"] = rng.choice(("Opaque", "kubernetes.io/tls"))
        return entry

    def known(self) -> tuple[str, str, str, str]:
        return self.rng.choice(self.ids) if self.ids else ("v1", "ConfigMap", "a", "")

    def merge_patch(self, known: tuple[str, str, str, str] | None = None) -> str:
        rng = self.rng
        version, kind, name, space = known or self.known()
        metadata = {"name": name, **({"namespace": space} if space else {})}
        pod: tuple[Any, ...] = (
            {"containers": [{"name": "m", "image": "patched"}]}, {"containers": [{"name": "n", "$patch": "delete"}]}, {"containers": [{"name": "m", "env": [{"name": "E", "value": "5"}]}, {"name": "new"}]},
            {"volumes": [{"name": "v", "$patch": "delete"}, {"name": "z", "emptyDir": {}}]}, {"containers": [{"name": "m", "ports": [{"containerPort": 80, "protocol": "TCP", "name": "p"}]}]}, {"$setElementOrder/containers": [{"name": "n"}, {"name": "m"}]},
            {"containers": None}, {"volumes": [], "hostNetwork": True}, {"containers": [{"name": "m", "args": None, "command": ["sh", "-c", "a\nb"]}]}, {"$deleteFromPrimitiveList/finalizers": ["x"]},
        )  # fmt: skip
        template = rng.choice(pod)
        changes: dict[str, Any] = {
            "ConfigMap": rng.choice(({"data": {"k0": "patched", "k9": "a\nb\n"}}, {"data": {"k0": None}}, {"data": None}, {"binaryData": {"x": "AA=="}}, {"$patch": "delete"}, {"data": {"k1": "1"}})),
            "Widget": rng.choice(({"spec": {"list": [{"name": "one", "v": 7}]}}, {"spec": {"deep": {"items": [{"key": "k", "w": 3}]}}}, {"spec": {"odd": "1", "image": None}}, {"spec": {"list": [], "x": {}}}, {"spec": {"$patch": "replace", "only": 1}})),
            "Service": {"spec": rng.choice(({"ports": [{"port": 81, "name": "two"}]}, {"type": "NodePort", "selector": None}, {"ports": [{"port": 80, "$patch": "delete"}]}))},
            "Pod": {"spec": template}, "CronJob": {"spec": {"jobTemplate": {"spec": {"template": {"spec": template}}}}}, "Secret": {"stringData": {"k0": "p", "k1": None}},
        }  # fmt: skip
        change = changes.get(kind)
        if change is None:
            change = (
                {"spec": {"template": {"spec": template}}}
                if kind in ("Deployment", "StatefulSet", "DaemonSet", "Job")
                else {"extra": {"x": 1}}
            )
        if self.chance(25):
            metadata |= rng.choice(
                (
                    {"labels": {"tier": "two"}},
                    {"annotations": {"note": None, "p": "1"}},
                    {"labels": None},
                    {"annotations": {"a.b/c": "x"}},
                )
            )
        return yaml.dump({"apiVersion": version, "kind": kind, **change, "metadata": metadata})

    def target(self) -> dict[str, str]:
        version, kind, name, _ = self.known()
        group, _, bare = version.rpartition("/")
        if self.chance(40):
            return {
                key: value
                for key, value in (("group", group), ("version", bare), ("kind", kind), ("name", name))
                if value
            }
        return dict(self.rng.choice((*PATTERNS, {"kind": kind})))

    def patch(self, folder: str, number: int) -> dict[str, Any]:
        rng = self.rng
        entry: dict[str, Any] = {}
        if self.chance(60):
            texts = [self.merge_patch() for _ in range(rng.choice((1, 1, 1, 2)))]
            text = "---\n".join(texts)
            if self.chance(25):
                entry["target"] = self.target()
        else:
            operations: list[dict[str, Any]] = [rng.choice((
                {"op": "add", "path": "/metadata/annotations", "value": {"j": "1"}}, {"op": "add", "path": "/metadata/labels/j", "value": "x"}, {"op": "replace", "path": "/metadata/name", "value": "jn"}, {"op": "remove", "path": "/spec"},
                {"op": "add", "path": "/spec/template/spec/containers/0/env", "value": [{"name": "J", "value": "$(VAR)"}]}, {"op": "test", "path": "/metadata/name", "value": "web"}, {"op": "add", "path": "/data", "value": {"j": "1e3", "n": "y"}},
                {"op": "add", "path": "/spec/list/-", "value": {"name": "j", "v": 1.0}}, {"op": "replace", "path": "/spec/image", "value": None}, {"op": "move", "from": "/spec/list/0", "path": "/spec/list/1"}, {"op": "copy", "from": "/metadata/name", "path": "/metadata/generateName"},
            )) for _ in range(rng.choice((1, 2)))]  # fmt: skip
            text = yaml.dump(operations) if self.chance(60) else json.dumps(operations)
            entry["target"] = self.target()
        if self.chance(40):
            self.files[f"{folder}/patch{number}.yaml"] = text
            entry["path"] = f"patch{number}.yaml"
        else:
            entry["patch"] = text
        if self.chance(20):
            entry["options"] = {
                key: rng.choice((True, False)) for key in ("allowNameChange", "allowKindChange") if self.chance(60)
            }
        return entry

    def options(self) -> dict[str, Any]:
        found = {
            "delimiter": self.rng.choice((":", ".", "/", "-")),
            "index": self.rng.choice((0, 1, 2, -1, 9)),
            "create": self.rng.choice((True, True, False)),
        }
        return {key: value for key, value in found.items() if self.chance(50)}

    def replacement(self, folder: str, number: int) -> dict[str, Any]:
        rng = self.rng
        _, kind, name, space = self.known()
        source: dict[str, Any] = {
            "kind": kind,
            "name": name,
            **({"namespace": space} if space and self.chance(50) else {}),
        }
        if self.chance(75):
            source["fieldPath"] = rng.choice(FIELDS[:1] * 4 + FIELDS)
        if self.chance(25):
            source["options"] = self.options()
        targets = []
        for _ in range(rng.choice((1, 1, 2))):
            target: dict[str, Any] = {
                "select": self.target() or {"kind": ".*"},
                "fieldPaths": rng.sample(FIELDS, rng.choice((1, 1, 2))),
            }
            if self.chance(55):
                target["options"] = {"create": True, **self.options()}
            if self.chance(20):
                target["reject"] = [self.target() for _ in range(rng.choice((1, 2)))]
            targets.append(target)
        entry: dict[str, Any] = (
            {"sourceValue": rng.choice(("fixed", "1", "a: b", "true"))} if self.chance(15) else {"source": source}
        )
        entry["targets"] = targets
        if self.chance(25):
            self.files[f"{folder}/replace{number}.yaml"] = yaml.dump(entry if self.chance(60) else [entry])
            return {"path": f"replace{number}.yaml"}
        return entry

    def variables(self) -> list[dict[str, Any]]:
        version, kind, name, _ = self.known()
        entry: dict[str, Any] = {
            "name": self.rng.choice(("VAR", "OTHER")),
            "objref": {"apiVersion": version, "kind": kind, "name": name},
        }
        if self.chance(60):
            entry["fieldref"] = {
                "fieldpath": self.rng.choice(
                    (
                        "metadata.name",
                        "metadata.labels.tier",
                        "spec.template.spec.containers[0].image",
                        "data.k0",
                        "spec.list[0].name",
                        "spec.replicas",
                    )
                )
            }
        return [entry]

    def configuration(self, folder: str) -> str:
        self.files[f"{folder}/config.yaml"] = "".join(self.rng.sample((
            "nameReference:\n- kind: ConfigMap\n  version: v1\n  fieldSpecs:\n  - {path: spec/ref/name, kind: Widget}\n- {kind: Widget, group: e.dev, fieldSpecs: [{path: spec/template/spec/serviceAccountName}]}\n",
            "images:\n- {path: spec/image, kind: Widget}\n", "namePrefix:\n- {path: metadata/name, kind: ConfigMap}\n- {path: spec/image, kind: Widget}\n", "commonLabels:\n- {path: spec/labels, create: true, kind: Widget}\n",
            "varReference:\n- {path: data, kind: ConfigMap}\n- {path: data/ref}\n", "replicas:\n- {path: spec/deep/count, create: true, kind: Widget}\n", "namespace:\n- {path: spec/ns, create: true, kind: Widget}\n- {path: metadata/namespace, create: false}\n",
            "commonAnnotations:\n- {path: spec/notes, create: true, group: e.dev}\n", "nameSuffix:\n- {path: spec/ref/name, kind: Widget}\n", "labels:\n- {path: spec/more, create: true, kind: Widget}\n",
        ), self.rng.choice((1, 2))))  # fmt: skip
        return "config.yaml"

    def openapi(self, folder: str) -> dict[str, str]:
        if self.chance(15):
            return {"version": "v1.21.2"} if self.chance(80) else {"version": "v1.20.4"}
        definition = {"type": "object", "x-kubernetes-group-version-kind": [{"group": "e.dev", "version": "v1", "kind": "Widget"}], "properties": {
            "spec": {"type": "object", "properties": {
                "list": {"type": "array", "x-kubernetes-patch-merge-key": "name", "x-kubernetes-patch-strategy": "merge", "items": {"type": "object", "properties": {"name": {"type": "string"}, "v": {}}}},
                "deep": {"$ref": "#/definitions/deep"},
            }},
        }}  # fmt: skip
        deep = {
            "type": "object",
            "properties": {
                "items": {
                    "type": "array",
                    "x-kubernetes-list-map-keys": ["key"],
                    "x-kubernetes-list-type": "map",
                    "x-kubernetes-patch-merge-key": "key",
                    "x-kubernetes-patch-strategy": self.rng.choice(("merge", "replace", "merge,retainKeys")),
                    "items": {"type": "object"},
                }
            },
        }
        self.files[f"{folder}/schema.json"] = json.dumps({"definitions": {"v1.Widget": definition, "deep": deep}})
        return {"path": "schema.json"}

    def crds(self, folder: str) -> str:
        self.files[f"{folder}/crd.json"] = json.dumps({
            "e.dev/v1.Widget": {"Schema": {"properties": {"apiVersion": {"type": "string"}, "kind": {"type": "string"}, "metadata": {}, "spec": {"$ref": "e.dev/v1.Spec"}}}},
            "e.dev/v1.Spec": {"Schema": {"properties": {"ref": {"x-kubernetes-object-ref-api-version": "v1", "x-kubernetes-object-ref-kind": "ConfigMap"}, "notes": {"x-kubernetes-annotation": ""}, "sel": {"x-kubernetes-label-selector": ""}}}},
        })  # fmt: skip
        return "crd.json"

    def plugin(self, folder: str, use: str) -> str:
        rng = self.rng

        def made(kind: str, rest: str, name: str = "plug") -> str:
            return f"apiVersion: builtin\nkind: {kind}\nmetadata:\n  name: {name}\n{rest}"

        transformers = (
            made("PrefixTransformer", "prefix: t-\nfieldSpecs:\n- path: metadata/name\n"), made("SuffixTransformer", "suffix: -t\nfieldSpecs:\n- {path: metadata/name, kind: ConfigMap}\n"), made("PrefixSuffixTransformer", "prefix: u-\nsuffix: -u\nfieldSpecs:\n- {path: metadata/name}\n"),
            made("LabelTransformer", "labels: {plug: x}\nfieldSpecs:\n- {path: metadata/labels, create: true}\n- {path: spec/selector, kind: Service}\n"), made("AnnotationsTransformer", "annotations: {plug: '1'}\nfieldSpecs: [{path: metadata/annotations, create: true}]\n"),
            made("NamespaceTransformer", "unsetOnly: true\nfieldSpecs: [{path: metadata/namespace, create: true}]\n").replace("name: plug", "name: plug\n  namespace: tns"), made("NamespaceTransformer", f"setRoleBindingSubjects: {rng.choice(('none', 'allServiceAccounts', 'defaultOnly'))}\n").replace("name: plug", "name: plug\n  namespace: tns"),
            made("ImageTagTransformer", "imageTag: {name: nginx, newTag: plugged}\nfieldSpecs:\n- path: spec/template/spec/containers[]/image\n- {path: spec/image}\n"), made("ReplicaCountTransformer", "replica: {name: web, count: 7}\nfieldSpecs: [{path: spec/replicas, create: true, kind: Deployment}]\n"),
            made("PatchTransformer", "patch: |-\n  - op: add\n    path: /metadata/annotations\n    value: {via: plugin}\ntarget: {kind: .*}\n"), made("PatchStrategicMergeTransformer", "patches: |-\n" + "".join(f"  {line}\n" for line in self.merge_patch().splitlines())),
            made("PatchJson6902Transformer", "target: {version: v1, kind: ConfigMap, name: a}\njsonOp: '[{\"op\": \"add\", \"path\": \"/data\", \"value\": {}}]'\n"), made("ValueAddTransformer", "value: added\ntargets:\n- {selector: {kind: Widget}, fieldPath: spec/image}\n"),
            made("ReplacementTransformer", "replacements:\n- source: {kind: ConfigMap, name: a}\n  targets: [{select: {kind: Widget}, fieldPaths: [spec.image]}]\n"), made("HashTransformer", ""),
        )  # fmt: skip
        generators = (
            made("ConfigMapGenerator", "literals: [a=1]\n", "plugmap"), made("SecretGenerator", "literals: [a=1]\nbehavior: create\noptions: {disableNameSuffixHash: true}\n", "plugsec"), made("ConfigMapGenerator", "name: other\nnamespace: ns1\nliterals: [b=2]\n"),
            made("IAMPolicyGenerator", "cloud: gke\nkubernetesService: {namespace: k, name: ksa}\nserviceAccount: {name: gsa, projectId: p}\n"),
        )  # fmt: skip
        text = rng.choice(generators if use == "g" else transformers[3:5] if use == "v" else transformers)
        if use != "g" and self.chance(20):
            text += "---\n" + rng.choice(transformers).replace("name: plug\n", "name: plug2\n")
        if self.chance(50):
            return text
        if self.chance(20):
            self.files[f"{folder}-plug-{use}/kustomization.yaml"] = "resources: [p.yaml]\n"
            self.files[f"{folder}-plug-{use}/p.yaml"] = text
            return f"../{folder}-plug-{use}"
        self.files[f"{folder}/plug-{use}.yaml"] = text
        return f"plug-{use}.yaml"


STRUCTURE = ("resources", "components", "apiVersion", "kind")


class Judge:
    """Compares what both build of a tree, and takes out what fails, until something is built."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder = folder
        self.rng = random.Random(seed)
        self._peer = compat_kustomize.Peer(str(KUSTOMIZE), None)

    def results(self) -> Iterator[compat_kustomize.Result]:
        """Yield the verdict on the tree as it was written, and on each mended one."""
        for _ in range(12):
            result = compat_kustomize.compare(self.folder.name, self.folder / "top", self.folder, self._peer)
            yield result
            if result.verdict != compat_kustomize.FAILS_ALIKE or not self._mend(
                result.detail.partition(" | ours: ")[0]
            ):
                return

    def _mend(self, message: str) -> bool:
        named = re.findall(r"path '([^']+)'", message.rpartition("recursed accumulation of")[2])
        places = [Path(named[0])] if named and "recursed" in message else [self.folder / "top"]
        places += self.rng.sample(sorted(self.folder.iterdir()), 1)
        for place in places:
            for file in place.glob("[kK]ustomization*"):
                fields = yaml.load(file.read_bytes())
                odd = re.search(r"File: .*/(\w+\.yaml)", message)
                if odd and odd[1] in fields.get("resources", ()) and len(fields["resources"]) > 1:
                    fields["resources"].remove(odd[1])
                else:
                    loose = [name for name in fields if name not in STRUCTURE]
                    if not loose:
                        continue
                    self._thin(fields, self._guess(message, loose))
                file.write_text(yaml.dump(fields))
                return True
        return False

    def _guess(self, message: str, loose: list[str]) -> str:
        for word, name in (
            ("operation", "patches"), ("no matches for Id", "patches"), ("from generator", "configMapGenerator"), ("replacement", "replacements"), ("fieldPath", "replacements"),
            ("does not match a config", "replicas"), ("illegally", "configMapGenerator"), ("merge labels", "labels"), ("field(s)", "replacements"), ("selector", "replacements"),
        ):  # fmt: skip
            if word in message and name in loose:
                return name
        return self.rng.choice(loose)

    def _thin(self, fields: dict[str, Any], name: str) -> None:
        """Take one element out of a list, and all else whole."""
        listed = fields[name]
        if isinstance(listed, list) and len(listed) > 1:
            listed.pop(self.rng.randrange(len(listed)))
        else:
            del fields[name]


def judged(seed: int, folder: Path) -> Iterator[compat_kustomize.Result]:
    """Write the tree that *seed* stands for into *folder*, and yield the verdicts on it."""
    for name, text in Layers(random.Random(seed)).write().items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    yield from Judge(folder, seed).results()


def main(argv: list[str] | None = None) -> int:
    """Try many; return 1 when one differs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", type=int, default=20)
    parser.add_argument("--failing", action="store_true", help="show how both fail, too")
    parser.add_argument("--keep", type=Path, default=Path(tempfile.gettempdir()) / "random-layers")
    args = parser.parse_args(argv)
    counts: Counter[str] = Counter()
    for seed in range(args.seed, args.seed + args.count):
        folder = args.keep / str(seed)
        shutil.rmtree(folder, ignore_errors=True)
        shown = False
        for result in judged(seed, folder):
            counts[result.verdict] += 1
            alike = result.verdict in (compat_kustomize.EQUAL, compat_kustomize.FAILS_ALIKE)
            if not alike or (args.failing and result.verdict == compat_kustomize.FAILS_ALIKE):
                shown = True
                if counts["shown"] < args.show:
                    counts["shown"] += 1
                    print(f"{folder}\n  {result.verdict}: {result.detail}", flush=True)
        if not shown:
            shutil.rmtree(folder)
    print(dict(counts))
    return 0 if counts.keys() <= {compat_kustomize.EQUAL, compat_kustomize.FAILS_ALIKE, "shown"} else 1


if __name__ == "__main__":
    sys.exit(main())
