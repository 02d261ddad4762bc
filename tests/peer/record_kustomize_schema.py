"""Write `engines/kustomize/mergekeys.py` and `scopes.py`: what kustomize's built-in OpenAPI says about merging lists.

    python tests/peer/record_kustomize_schema.py PATH-OF-BUNDLE.json.gz

The bundle is kyaml's `openapi/kubernetesapi/data/kubernetes-openapi-union-v1.21.2.bundle-v1.json.gz`
(Go module sigs.k8s.io/kustomize/kyaml at the version that `peers/kustomize/go.mod` pins). Only facts are kept:
which lists merge, by which keys, and which kinds are cluster-scoped.
"""

from __future__ import annotations

import gzip
import json
import sys
from pathlib import Path
from typing import Any

TARGET = Path(__file__).parents[2] / "src/fairlead/engines/kustomize/mergekeys.py"
# kyaml's openapi.go lists these two beside the schema.
ADDED = {
    "admissionregistration.k8s.io/v1|ValidatingAdmissionPolicy",
    "admissionregistration.k8s.io/v1|ValidatingAdmissionPolicyBinding",
}
SCOPES = TARGET.with_name("scopes.py")
SCOPES_HEAD = '''"""The built-in kinds that are cluster-scoped, as "apiVersion|kind".

Source: the OpenAPI of Kubernetes 1.21.2 as kustomize 5.8.2 embeds it, and kyaml v0.21.2 openapi.go.
Written by tests/peer/record_kustomize_schema.py; do not edit.
"""

# ruff: noqa: E501 - a table

'''
HEAD = '''"""Which lists of the built-in kinds merge by key.

Source: the OpenAPI of Kubernetes 1.21.2 as kustomize 5.8.2 embeds it (kyaml v0.21.2).
Written by tests/peer/record_kustomize_schema.py; do not edit.
"""

# ruff: noqa: E501 - a table

# type -> field -> type of an object, or (type of the elements or None, merge keys) of a list that merges,
# or [type] of a list that does not. Types without such lists below them are left out.
'''


def short(name: str) -> str:
    name = name.rpartition("/")[2]
    for prefix in ("api.", "apimachinery.pkg.apis.", "kube-aggregator.pkg.apis.", "apiextensions-apiserver.pkg.apis."):
        name = name.removeprefix(f"io.k8s.{prefix}")
    return name


class Tables:
    def __init__(self, bundle: dict[str, Any]) -> None:
        self.definitions = {short(name): schema for name, schema in bundle["definitions"].items()}
        self.useful: set[str] = set()
        size = -1
        while size != len(self.useful):
            size = len(self.useful)
            self.useful |= {name for name, schema in self.definitions.items() if self.fields(schema)}

    def fields(self, schema: dict[str, Any]) -> dict[str, Any]:
        found = {name: self.entry(field) for name, field in (schema.get("properties") or {}).items()}
        return {name: entry for name, entry in sorted(found.items()) if entry is not None}

    def entry(self, field: dict[str, Any]) -> Any:
        if "$ref" in field:
            name = short(field["$ref"])
            return name if name in self.useful else None
        if field.get("type") != "array":
            return None
        reference = field["items"].get("$ref")
        element = short(reference) if reference and short(reference) in self.useful else None
        if "merge" in field.get("x-kubernetes-patch-strategy", "").split(","):
            keys = field.get("x-kubernetes-list-map-keys") or [field.get("x-kubernetes-patch-merge-key")]
            return (element, tuple(key for key in keys if key))
        return [element] if element else None


def main() -> None:
    bundle = json.loads(gzip.decompress(Path(sys.argv[1]).read_bytes()))
    tables = Tables(bundle)
    kinds = {}
    for name in sorted(tables.useful):
        for gvk in tables.definitions[name].get("x-kubernetes-group-version-kind") or ():
            version = f"{gvk['group']}/{gvk['version']}" if gvk["group"] else gvk["version"]
            kinds[f"{version}|{gvk['kind']}"] = name
    scopes = {f"{r['apiVersion']}|{r['kind']}" for r in bundle["resources"] if r.get("scope") == "Cluster"} | ADDED
    types = {name: tables.fields(tables.definitions[name]) for name in sorted(tables.useful)}
    text = f"{HEAD}TYPES: dict[str, dict[str, object]] = {types!r}\n\n"
    text += f'# "apiVersion|kind" -> type\nKINDS: dict[str, str] = {kinds!r}\n\n'
    TARGET.write_text(text)
    SCOPES.write_text(f"{SCOPES_HEAD}CLUSTER_SCOPED = frozenset({sorted(scopes)!r})\n")


if __name__ == "__main__":
    main()
