"""Write `fairlead/api/kubernetes/protobuf_fields.py` from the field tags of Kubernetes' Go types.

Usage: python tests/peer/record_protobuf.py GO_MODULE_FOLDER/k8s.io OUTPUT
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

VERSION = "v0.36.3"
GROUPS = (
    "admissionregistration",
    "apps",
    "authentication",
    "authorization",
    "autoscaling",
    "batch",
    "certificates",
    "coordination",
    "core",
    "discovery",
    "events",
    "flowcontrol",
    "networking",
    "node",
    "policy",
    "rbac",
    "resource",
    "scheduling",
    "storage",
)
PACKAGES = {
    "meta.v1": f"apimachinery@{VERSION}/pkg/apis/meta/v1",
    "apiextensions.v1": f"apiextensions-apiserver@{VERSION}/pkg/apis/apiextensions/v1",
    "apiregistration.v1": f"kube-aggregator@{VERSION}/pkg/apis/apiregistration/v1",
    **{f"{group}.v1": f"api@{VERSION}/{group}/v1" for group in GROUPS},
    "autoscaling.v2": f"api@{VERSION}/autoscaling/v2",
}
SPECIAL = {
    "resource.Quantity": "Q",
    "meta.v1.Time": "T",
    "meta.v1.MicroTime": "U",
    "meta.v1.Duration": "D",
    "intstr.IntOrString": "I",
    "runtime.RawExtension": "R",
    "meta.v1.FieldsV1": "R",
    "apiextensions.v1.JSON": "R",
    "apiextensions.v1.JSONSchemaPropsOrBool": "B",
    "apiextensions.v1.JSONSchemaPropsOrArray": "A",
    "apiextensions.v1.JSONSchemaPropsOrStringArray": "S",
}
SCALARS = {
    "string": "s",
    "bool": "t",
    "int32": "i",
    "int64": "i",
    "float64": "f",
    "[]byte": "b",
    "byte": "i",
    "int": "i",
}
STRUCT = re.compile(r"^type (\w+) struct \{\n(.*?)^\}", re.MULTILINE | re.DOTALL)
ALIAS = re.compile(r"^type (\w+) (?!struct|interface)(\S.*)$|^\t(\w+) +(string|int32|bool)$", re.MULTILINE)
FIELD = re.compile(r'^\t(?:(\w+)\s+)?([^\s`]+)\s+`(?:json:"([^"]*)"\s*)?[^`]*?protobuf:"([^"]*)"', re.MULTILINE)
IMPORTS = {"metav1": "meta.v1", "v1": "core.v1", "corev1": "core.v1", "rbacv1": "rbac.v1", "apiv1": "core.v1"}


def main() -> None:
    root, output = Path(sys.argv[1]), Path(sys.argv[2])
    structs: dict[str, str] = {}
    aliases: dict[str, str] = {}
    for package, folder in PACKAGES.items():
        for file in sorted((root / folder).glob("*types*.go")):
            text = re.sub(r"^\s*//.*\n", "", file.read_text(), flags=re.MULTILINE)
            for match in STRUCT.finditer(text):
                structs[f"{package}.{match[1]}"] = match[2]
            for match in ALIAS.finditer(text):
                if match[1]:
                    aliases[f"{package}.{match[1]}"] = match[2].split("//")[0].strip()
    lines = []
    for name in sorted(structs):
        if name in SPECIAL:
            continue
        fields = [coded(match, name.rsplit(".", 1)[0], structs, aliases) for match in FIELD.finditer(structs[name])]
        found = [each for each in fields if each]
        if found:
            lines.append(f"{name} {' '.join(found)}")
    head = (
        '"""Numbers, names and types of the fields of Kubernetes\' kinds in their protobuf form.\n\n'
        f"Made by tests/peer/record_protobuf.py from the field tags of k8s.io/api {VERSION}. A line is a message; a\n"
        "field is number:name:type. Types: s text, i integer, t boolean, f float, b bytes, Q quantity, T time, U time\n"
        "with microseconds, D duration, I integer or text, R embedded JSON, V list of texts, A B S schema variants,\n"
        'else a message. Marks: * keeps its zero, [ a list, { a map, > inlined in its parent.\n"""\n\n'
    )
    output.write_text(head + 'FIELDS = """\n' + "\n".join(lines) + '\n"""\n')


def coded(match: re.Match[str], package: str, structs: dict[str, str], aliases: dict[str, str]) -> str:
    go_type, json_tag, tag = match[2], match[3] or "", match[4]
    parts = tag.split(",")
    if len(parts) < 2:
        return ""
    number = parts[1]
    told = (part[5:] for part in parts if part.startswith("name="))
    name = json_tag.split(",")[0] or next(told, match[1] or "inline")
    mark = ">" if ",inline" in json_tag else ""
    return f"{number}:{name}:{mark}{type_code(go_type, package, structs, aliases)}"


def type_code(go_type: str, package: str, structs: dict[str, str], aliases: dict[str, str]) -> str:
    if go_type in SCALARS:
        return SCALARS[go_type]
    if go_type.startswith("*"):
        inner = type_code(go_type[1:], package, structs, aliases)
        return f"*{inner}" if inner in "sitfb" else inner
    if go_type.startswith("[]"):
        return "[" + type_code(go_type[2:], package, structs, aliases).removeprefix("*")
    if go_type.startswith("map["):
        return "{" + type_code(go_type.partition("]")[2], package, structs, aliases).removeprefix("*")
    if "." in go_type:
        prefix, name = go_type.split(".")
        prefix = IMPORTS.get(prefix, prefix)
        full = {"types": "types"}.get(prefix, prefix) + "." + name
    else:
        full = f"{package}.{go_type}"
    if full in SPECIAL:
        return SPECIAL[full]
    if full.startswith("types."):
        return "s"
    if full in aliases:
        target = aliases[full]
        home = full.rsplit(".", 1)[0]
        return "V" if target == "[]string" else type_code(target, home, structs, aliases)
    return full if full in structs else "s"


if __name__ == "__main__":
    main()
