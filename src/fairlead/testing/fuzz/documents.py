"""Fuzz targets of what is read from files: YAML in and out, JSON, kustomizations, user data, kubeconfigs."""

from __future__ import annotations

import contextlib
import json
import math
import re
from typing import Any

from fairlead.base import gojson, yaml
from fairlead.base.yaml import compose, read
from fairlead.base.yaml.quick import quick_documents
from fairlead.base.yaml.quick_scalars import Unsure
from fairlead.engines.cloudinit.parse import UserDataError, parse_user_data
from fairlead.engines.kustomize import KustomizeError, MemoryLoader, build, reader
from fairlead.engines.kustomize.composer import compose_one
from fairlead.engines.kustomize.nodes import text_of, to_value
from fairlead.engines.kustomize.reader import read_documents
from fairlead.runtime.kubeconfig import KubeconfigError, parse_access
from fairlead.testing.fuzz.drawing import Draw
from fairlead.testing.fuzz.target import Target, hold


def yaml_in(data: bytes) -> None:
    """Any bytes are documents or a YamlError; reading with lines gives the same, and what is written is read back."""
    try:
        documents = yaml.load_all(data)
    except yaml.YamlError as error:
        hold(str(error) and error.go_text, "an error has both texts", error)
        with contextlib.suppress(yaml.YamlError):
            list(yaml.iterate_with_lines(data))
        return
    with_lines = yaml.load_all_with_lines(data)
    hold(repr([value for value, _ in with_lines]) == repr(documents), "lines change no value", documents)
    last = (
        data.count(b"\n") + data.count(b"\r") + data.count(b"\xc2\x85") + data.count(b"\xe2\x80") + 2
    )  # an empty document ends on the next
    for _, lines in with_lines:
        hold(all(0 < line <= last for _, line in lines.items()), "lines are of the text", dict(lines.items()))
    if documents:
        hold(repr(yaml.load(data)) == repr(documents[0]), "the first document is the first", documents)
    for document in documents:
        _round_trip(document)


def yaml_quick(data: bytes) -> None:
    """What the quick reader reads, the full one reads: the same values on the same lines."""
    try:
        quick = [(value, lines) for value, lines, _ in quick_documents(data, read._RULES, track=True)]
    except (Unsure, RecursionError):
        return
    full = list(compose.iterate_with_lines(data))
    hold(len(full) == len(quick), "quick documents are all documents", data, quick, full)
    for (value, lines), (wanted, places) in zip(quick, full, strict=True):
        hold(repr(value) == repr(wanted), "a quick value is the value", data, value, wanted)
        found = None if lines is None else dict(lines.items())
        hold(found == dict(places.items()), "quick lines are the lines", data, found, dict(places.items()))


def yaml_quick_nodes(data: bytes) -> None:
    """The same for kustomize's nodes, which keep text and quotes."""
    text = data.decode("utf-8", "replace").replace("\r\n", "\n")
    if not text.strip():
        return
    try:
        quick = next(((node, at + 1) for node, _, at in quick_documents(text, reader._RULES)), None)
    except (Unsure, RecursionError):
        return
    full = compose_one(text, 1)
    if full is not None and full.fault:
        hold(False, "quick nodes have no fault", text, full.fault)
    shown = None if full is None else (_shape(full.node), full.line)
    hold((None if quick is None else (_shape(quick[0]), quick[1])) == shown, "quick nodes are the nodes", text, shown)


def _shape(node: Any) -> Any:
    kind = type(node).__name__
    if isinstance(node, dict):
        return kind, [(_shape(key), _shape(value)) for key, value in node.items()]
    if isinstance(node, list):
        return kind, [_shape(item) for item in node]
    return kind, getattr(node, "tag", None), text_of(node), repr(node)


def yaml_out(data: bytes) -> None:
    """What is written of a drawn value is read back."""
    _round_trip(Draw(data).value())


_WRITTEN_RAW = re.compile("[\x85\u2028\u2029\ufeff]|<<")


def _round_trip(value: Any) -> None:
    try:
        text = yaml.dump(value)
    except yaml.YamlError:
        return
    if _WRITTEN_RAW.search(json.dumps(value, ensure_ascii=False)):
        return  # go-yaml does not quote these, and reads breaks and merges
    again = yaml.load(text)
    hold(_same(again, value), "a written value is read back", value, text, again)
    hold(yaml.dump(again) == text, "writing settles", value, text, yaml.dump(again))


def _same(left: Any, right: Any) -> bool:
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(_same(left[key], right[key]) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(_same, left, right))
    if isinstance(left, float) or isinstance(right, float):
        return not isinstance(left, str | bool | None) and math.isclose(left, right, rel_tol=1e-15)
    return bool(left == right) and isinstance(left, bool) == isinstance(right, bool)


def json_text(data: bytes) -> None:
    """What is written as Go writes JSON is read back by any JSON reader."""
    value = Draw(data).value()
    try:
        text = gojson.dumps(value)
    except gojson.GoJsonError:
        return
    hold(_same(gojson.loads(text), value), "written JSON is read back", value, text)


def documents(data: bytes) -> None:
    """Any bytes are kustomize's documents or refused."""
    with contextlib.suppress(KustomizeError):
        for document in read_documents(data):
            to_value(document.node)


BASE = {
    "d.yaml": b"""\
apiVersion: apps/v1
kind: Deployment
metadata: {name: d, labels: {app: d}}
spec:
  replicas: 1
  selector: {matchLabels: {app: d}}
  template:
    metadata: {labels: {app: d}}
    spec:
      containers:
      - {name: a, image: "nginx:1", env: [{name: X, valueFrom: {configMapKeyRef: {name: c, key: k}}}]}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: c, namespace: n}
data: {k: "v"}
""",
    "f.env": b"A=1\n# c\nB\n",
    "p.yaml": b"kind: Deployment\napiVersion: apps/v1\nmetadata: {name: d}\nspec: {replicas: 2}\n",
    "j.yaml": b"- {op: replace, path: /spec/replicas, value: 3}\n",
}
FIELDS = (
    "resources", "namePrefix", "nameSuffix", "namespace", "commonLabels", "labels", "pairs", "includeSelectors",
    "commonAnnotations", "patches", "patch", "path", "target", "kind", "name", "configMapGenerator", "literals",
    "files", "envs", "behavior", "options", "disableNameSuffixHash", "secretGenerator", "generatorOptions", "images",
    "newName", "newTag", "digest", "replicas", "count", "vars", "objref", "fieldref", "fieldPath", "replacements",
    "source", "targets", "select", "fieldPaths", "delimiter", "index", "create", "reject", "patchesStrategicMerge",
    "sortOptions", "patchesJson6902", "components", "buildMetadata", "transformers", "generators", "configurations",
    "crds", "openapi", "op", "value", "labelSelector", "annotationSelector", "group", "version", "fields", "order",
    "legacySortOptions",
)  # fmt: skip


def kustomization(data: bytes) -> None:
    """A kustomization of any text over known files builds alike twice, or fails in its own words."""
    _build(data)


def kustomization_drawn(data: bytes) -> None:
    """The same with fields of known names and any values."""
    draw = Draw(data)
    found = {draw.pick(FIELDS): draw.value(FIELDS, 3) for _ in range(1 + draw.byte() % 4)}
    found["resources"] = ["d.yaml"]
    with contextlib.suppress(yaml.YamlError):
        _build(yaml.dump(found).encode())


def _build(text: bytes) -> None:
    try:
        first = build(".", MemoryLoader({**BASE, "kustomization.yaml": text})).to_text()
    except KustomizeError as error:
        hold(str(error), "an error has a text", error)
        return
    again = build(".", MemoryLoader({**BASE, "kustomization.yaml": text})).to_text()
    hold(again == first, "a build repeats", first, again)


def user_data(data: bytes) -> None:
    """User data of any text is read or refused."""
    with contextlib.suppress(UserDataError):
        parse_user_data(data.decode("utf-8", "replace"), {"hostname": "h"})


def kubeconfig(data: bytes) -> None:
    """A kubeconfig of any bytes is read or refused."""
    with contextlib.suppress(KubeconfigError, OSError):
        parse_access(data)


MARKS = (
    ": ", "- ", "\n  ", "\n- ", "? ", "|", "|-\n  ", "|+2\n", ">\n ", "&a ", "*a", "!!str ", "!!binary ", "!x ", "<<: ",
    "---\n", "...\n", "%YAML 1.1\n", "# ", " #", "{", "}", "[", "]", ", ", "'", '"', "\\x", "\\u", "''", "null", "~",
    "0o7", "0b1", "1e3", ".nan", "yes", "=", "\t", "\r\n", "\ufeff", "\u2028", "\x85", "@", "`", "2001-01-01",
)  # fmt: skip


TARGETS = {
    "yaml-in": Target(yaml_in, MARKS, max_bytes=400),
    "yaml-quick": Target(yaml_quick, MARKS, max_bytes=400),
    "yaml-quick-nodes": Target(yaml_quick_nodes, MARKS, max_bytes=400),
    "yaml-out": Target(yaml_out, MARKS, max_bytes=200),
    "json": Target(json_text, max_bytes=200),
    "documents": Target(documents, MARKS, max_bytes=400),
    "kustomization": Target(kustomization, FIELDS, max_bytes=400),
    "kustomization-fields": Target(kustomization_drawn, max_bytes=200),
    "user-data": Target(
        user_data, ("write_files:", "runcmd:", "content: ", "encoding: gzip+b64", "{{ ", " }}", "kubeadm join")
    ),
    "kubeconfig": Target(kubeconfig, ("certificate-authority-data: ", "client-key-data: ", "users: ", "clusters: ")),
}
