"""Write random charts and flags, and compare what helm and we make of them.

    python tests/peer/random_charts.py [--count N] [--seed N] [--show N]

Aimed at what samples of real charts seldom use together: nested subcharts with alias, condition, tags, import-values
and globals, library charts, schemas of every draft, values that are null or of the wrong type, every kind of --set, hooks,
CRDs, files, and templates that pass through include and tpl. A difference is printed with its folder, which is kept.
"""

# ruff: noqa: E501 - tables of fragments

from __future__ import annotations

import argparse
import json
import os
import random
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from fairlead.testing import compat_helm

ROOT = Path(__file__).parents[2]
HELM = ROOT / ".peers" / "helm"
NAMES = ("sub", "two", "lib", "deep", "al-ias")
KEYS = ("a", "b", "c", "image", "list", "on", "sub", "two", "al", "global", "tags", "exports", "data", "nest")
SCALARS = (
    0, 1, -3, 2.5, 1e21, 10_000_000, True, False, None, "", "text", "a b", "1", "true", "null", "0x1F", "010", "1e3",
    "{{ .Values.a }}", "{{ .Release.Name }}-x", "{{ include \"lib.name\" . }}", "{{ fail \"no\" }}", "multi\nline\n",
    "é☺", "- x", "a: b", "# c", "'q'", '"q"', " pad ", "2024-02-29", "1.2.3", "@x", "*", "&a", "%", "yes", "~", ".5",
)  # fmt: skip
FLAG_VALUES = (
    "1",
    "null",
    "true",
    "x",
    "",
    "{1,2}",
    "{}",
    "1.5",
    "010",
    "a\\,b",
    "[",
    "'q'",
    "0",
    "99999999999999999999",
)
FLAG_KEYS = (
    "a", "a.b", "a.b.c", "list[0]", "list[2]", "list[1].x", "list", "sub", "sub.a", "sub.b.c", "sub.on", "sub.enabled",
    "two.on", "al.a", "global", "global.g", "global.n.m", "tags.t1", "tags.t2", "sub.global.g", "image.tag", "on",
    "data", "sub.list[0]", "sub.deep.a", "a\\.b", "exports.data.x", "nest.a[1][0]", "sub.two",
)  # fmt: skip


class ChartWriter:
    """Writes one chart with its dependencies."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.files: dict[str, str] = {}

    def chance(self, percent: int) -> bool:
        return self.rng.randrange(100) < percent

    def write(self) -> dict[str, str]:
        """Return the files of a chart."""
        self.chart("", "top", 0)
        return self.files

    def chart(self, at: str, name: str, depth: int, library: bool = False) -> None:
        rng = self.rng
        below = rng.sample(NAMES, rng.choice((0, 0, 1, 1, 2, 3) if depth < 2 else (0, 0, 0, 1))) if depth < 3 else []
        declared = [self.dependency(sub) for sub in below if self.chance(75)]
        if below and self.chance(20):
            declared.append({**self.dependency(below[0]), "alias": rng.choice(("al", "al2", below[-1]))})
        meta: dict[str, Any] = {
            "apiVersion": rng.choice(("v2",) * 12 + ("v1", "v1", "v3", "")),
            "name": name,
            "version": rng.choice(("0.1.0", "1.2.3-rc.1+b", "1", "v1.0.0") if self.chance(15) else ("0.1.0", "1.2.3")),
        }
        if library:
            meta["type"] = "library"
        elif self.chance(5):
            meta["type"] = rng.choice(("application", "library", "other"))
        for key, choices in (
            ("appVersion", ("1.10", 1.1, "v2", "")),
            ("kubeVersion", (">=1.20-0", "^1.30", "1.x", ">2", "bad")),
            ("annotations", ({"a": "b"}, {}, {"n": 1})),
            ("keywords", (["k"], [])),
            ("maintainers", ([{"name": "n", "email": "e"}], [{}], [None])),
            ("icon", ("x",)), ("home", ("http://h",)), ("sources", (["s"],)), ("deprecated", (True, False)),
            ("condition", ("x",)), ("unknown", ("x",)), ("description", ("d", "two\nlines")),
        ):  # fmt: skip
            if self.chance(6 if key != "kubeVersion" else 3):
                meta[key] = rng.choice(choices)
        if declared and (meta["apiVersion"] != "v1" or self.chance(30)):
            meta["dependencies"] = declared
        elif declared:
            self.files[f"{at}requirements.yaml"] = json.dumps({"dependencies": declared})
        self.files[f"{at}Chart.yaml"] = json.dumps({key: value for key, value in meta.items() if value != ""})
        if self.chance(90):
            self.files[f"{at}values.yaml"] = self.values(depth)
        if self.chance(18):
            self.files[f"{at}values.schema.json"] = json.dumps(self.schema(2), indent=rng.choice((None, 1)))
        self.templates(at, name, depth)
        for sub in below:
            self.chart(f"{at}charts/{sub}/", sub, depth + 1, sub == "lib" and self.chance(70))

    def dependency(self, name: str) -> dict[str, Any]:
        rng = self.rng
        entry: dict[str, Any] = {"name": name, "version": rng.choice(("0.1.0", "*", ">=0", "1.x.x", "~0.1", "9.9", "bad"))
                                 if self.chance(25) else "*"}  # fmt: skip
        for key, percent, choices in (
            ("alias", 15, ("al", "al2", "x.y")),
            ("condition", 30, (f"{name}.on", f"{name}.enabled,on", "on", "a", "nope.x", "list", "global.on", " on ", "")),
            ("tags", 25, (["t1"], ["t1", "t2"], ["t2"], [])),
            ("repository", 10, ("", "file://x", "https://h", "@r")),
            ("enabled", 5, (False, True)),
            ("import-values", 35, (["data"], ["data", "nope"], [{"child": "exports.data", "parent": "imp"}],
                                   [{"child": "nest", "parent": "."}], [{"child": "a", "parent": "a"}], [5], [None],
                                   [{"child": "b.c", "parent": "imp.b"}], ["data", {"child": "nest", "parent": "nest"}])),
        ):  # fmt: skip
            if self.chance(percent):
                entry[key] = rng.choice(choices)
        return entry

    def value(self, depth: int) -> Any:
        kind = self.rng.randrange(10)
        if depth == 0 or kind < 4:
            return self.rng.choice(SCALARS)
        if kind < 8:
            return self.table(depth - 1)
        return [self.value(depth - 1) for _ in range(self.rng.randrange(4))]

    def table(self, depth: int) -> dict[str, Any]:
        return {self.rng.choice(KEYS): self.value(depth) for _ in range(self.rng.randrange(5))}

    def values(self, depth: int) -> str:
        """The text of a values file."""
        rng = self.rng
        found = {"a": self.value(1), **self.table(2)}
        if self.chance(60):
            found["exports"] = {"data": self.table(2) or {"x": 1}}
        if self.chance(70):
            found["nest"] = self.table(2)
        if self.chance(50):
            found["global"] = {"g": self.value(1), "n": self.table(1)} if self.chance(85) else self.value(1)
        if self.chance(40):
            found["tags"] = {"t1": self.chance(50), "t2": self.chance(50)}
        for name in ("sub", "two", "lib", "al"):
            if self.chance(35):
                found[name] = {"on": self.chance(60), **self.table(2)} if self.chance(85) else self.value(1)
        if self.chance(50):
            found["on"] = self.chance(60)
        del depth
        text = json.dumps(found, ensure_ascii=False, indent=rng.choice((None, 1, 2)))
        return (
            rng.choice((text, text, text + "\n---\nmore: 1\n", "# comment\n" + text, "")) if self.chance(10) else text
        )

    def schema(self, depth: int) -> Any:
        rng = self.rng
        drafts = (
            "draft-04/schema#",
            "draft-06/schema#",
            "draft-07/schema#",
            "draft/2019-09/schema",
            "draft/2020-12/schema",
        )
        found: dict[str, Any] = {}
        if depth == 2 and self.chance(70):
            found["$schema"] = f"http{'s' if self.chance(50) else ''}://json-schema.org/{rng.choice(drafts)}"
        for key, percent, make in self.keywords(depth):
            if self.chance(percent):
                found[key] = make()
        return found

    def keywords(self, depth: int) -> tuple[tuple[str, int, Callable[[], Any]], ...]:
        rng = self.rng
        types = ("string", "integer", "number", "object", "array", "boolean", "null", ["string", "null"])
        common: tuple[tuple[str, int, Callable[[], Any]], ...] = (
            ("type", 35, lambda: "object" if depth == 2 and self.chance(80) else rng.choice(types)),
            ("required", 20, lambda: rng.sample(KEYS, 2)),
            ("enum", 8, lambda: rng.sample(SCALARS, 3)),
            ("const", 5, lambda: rng.choice(SCALARS)),
            ("minimum", 12, lambda: rng.choice((0, 1, 1.5, 100))),
            ("exclusiveMaximum", 8, lambda: rng.choice((0, 5, True))),
            ("maximum", 6, lambda: rng.choice((0, 5))),
            ("multipleOf", 6, lambda: rng.choice((2, 0.5))),
            ("minLength", 10, lambda: rng.choice((1, 5))),
            ("maxLength", 10, lambda: rng.choice((0, 3))),
            ("pattern", 10, lambda: rng.choice(("^[a-z]+$", "x", "[", "\\d"))),
            ("format", 8, lambda: rng.choice(("date", "uri", "ipv4", "email", "hostname", "date-time", "regex", "nope"))),
            ("minItems", 8, lambda: 2), ("maxItems", 8, lambda: 1), ("uniqueItems", 8, lambda: True),
            ("minProperties", 8, lambda: 3), ("maxProperties", 8, lambda: 2),
        )  # fmt: skip
        if depth == 0:
            return common
        inner = self.schema
        nested: tuple[tuple[str, int, Callable[[], Any]], ...] = (
            ("properties", 80 if depth == 2 else 30, lambda: {key: inner(depth - 1) for key in rng.sample(KEYS, 4)}),
            ("additionalProperties", 15, lambda: rng.choice((False, True)) if self.chance(60) else inner(depth - 1)),
            ("patternProperties", 8, lambda: {rng.choice(("^a", "^g", "[")): inner(depth - 1)}),
            ("propertyNames", 6, lambda: inner(0)),
            ("items", 15, lambda: inner(depth - 1) if self.chance(70) else [inner(0), inner(0)]),
            ("prefixItems", 5, lambda: [inner(0)]), ("contains", 6, lambda: inner(0)),
            ("additionalItems", 5, lambda: False), ("unevaluatedProperties", 5, lambda: False),
            ("dependencies", 5, lambda: {"a": ["zz"]}), ("dependentRequired", 5, lambda: {"a": ["zz"]}),
            ("anyOf", 8, lambda: [inner(depth - 1), inner(0)]), ("oneOf", 8, lambda: [inner(0), inner(0)]),
            ("allOf", 6, lambda: [inner(0), inner(0)]), ("not", 6, lambda: inner(0)),
            ("if", 5, lambda: inner(0)), ("then", 5, lambda: inner(0)), ("else", 5, lambda: inner(0)),
            ("$ref", 3, lambda: rng.choice(("#/definitions/d", "#/$defs/d", "#", "#/nope"))),
            ("definitions", 8, lambda: {"d": inner(0)}), ("$defs", 8, lambda: {"d": inner(0)}),
        )  # fmt: skip
        return common + nested

    def templates(self, at: str, name: str, depth: int) -> None:
        rng = self.rng
        if name == "lib" or self.chance(40):
            self.files[f"{at}templates/_helpers.tpl"] = HELPERS.replace("NAME", name)
        for number in range(rng.choice((1, 1, 2))):
            lines = [rng.choice(LINES) for _ in range(rng.randrange(1, 7))]
            head = rng.choice(("", "", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: x\n"))
            self.files[f"{at}templates/{'ab'[number]}.yaml"] = head + "".join(lines).replace("NAME", name)
        if self.chance(25):
            self.files[f"{at}templates/h.yaml"] = self.hook()
        if self.chance(15):
            self.files[f"{at}templates/NOTES.txt"] = rng.choice(
                ("note {{ .Release.Name }}\n", "{{ .Values.missing.x }}", "")
            )
        if self.chance(12):
            self.files[f"{at}crds/c.yaml"] = rng.choice(
                ("kind: CustomResourceDefinition\n", "a: 1\n---\nb: {{ x }}\n", "")
            )
        if self.chance(15):
            self.files[f"{at}templates/tests/t.yaml"] = 'kind: Pod\nmetadata:\n  annotations: {"helm.sh/hook": test}\n'
        if self.chance(30):
            self.files[f"{at}f/one.txt"] = "A=1\nB\n\n"
            self.files[f"{at}f/two.yaml"] = "x: {{ .Values.a }}\n"
        if self.chance(8):
            self.files[f"{at}.helmignore"] = rng.choice(
                ("*.txt\n", "f/\n", "templates/b.yaml\n", "!x\n", "charts/two\n")
            )
        del depth

    def hook(self) -> str:
        rng = self.rng
        event = rng.choice(("pre-install", "post-install,pre-upgrade", "test", "crd-install", "nope", "", "pre-delete"))
        weight = rng.choice(("1", "-5", "x", "007", ""))
        kind = rng.choice(("Job", "Pod", "ConfigMap", "Foo"))
        policy = rng.choice(("hook-succeeded", "before-hook-creation,hook-failed", "x"))
        quote = '"' if self.chance(85) else ""
        return (
            f"apiVersion: v1\nkind: {kind}\nmetadata:\n  name: h\n  annotations:\n    helm.sh/hook: {event}\n"
            f"    helm.sh/hook-weight: {quote}{weight}{quote}\n    helm.sh/hook-delete-policy: {policy}\n"
        )

    def flags(self) -> list[str]:
        """Return flags for `helm template`."""
        rng = self.rng
        found: list[str] = []
        for _ in range(rng.choice((0, 1, 1, 2, 3))):
            kind = rng.choice(("--set",) * 6 + ("--set-string", "--set-json", "--set-literal", "--set-file"))
            key, value = rng.choice(FLAG_KEYS), rng.choice(FLAG_VALUES)
            if kind == "--set-json":
                value = rng.choice(('{"x":1}', "[1,null]", "null", '"s"', "1", "{", "true, b=2"))
            elif kind == "--set-file":
                value = rng.choice(("c/Chart.yaml", "c/nope"))
            found += [kind, f"{key}={value}" if self.chance(93) else rng.choice((key, f"{key},b=1", f"={value}"))]
        for flag, percent in (
            (["-f", "v.yaml"], 25), (["--include-crds"], 10), (["--no-hooks"], 4), (["--skip-tests"], 4),
            (["--is-upgrade"], 4), (["-n", "ns"], 6), (["--kube-version", "1.25"], 6), (["-a", "foo/v1"], 4),
            (["--show-only", "templates/a.yaml"], 5), (["-s", "charts/sub/templates/a.yaml"], 4), (["--skip-schema-validation"], 3),
            (["--render-subchart-notes"], 3), (["--name-template", "n-{{ 1 }}"], 2), (["--debug"], 3), (["--skip-crds"], 2),
        ):  # fmt: skip
            if self.chance(percent):
                found += flag
        return found


HELPERS = """\
{{- define "NAME.name" }}{{ .Chart.Name }}-{{ .Values.a | default "d" }}{{ end }}
{{- define "lib.name" }}lib {{ .Chart.Name }}{{ end -}}
{{- define "NAME.labels" -}}
app: {{ include "NAME.name" . | quote }}
{{- with .Values.global }}
g: {{ .g | toJson }}
{{- end }}
{{- end }}
{{ define "NAME.merge" }}{{ $top := first . }}{{ toYaml (merge (dict "x" 1) (index . 1)) | indent 2 }}{{ $top.Chart.Name }}{{ end }}
"""
LINES: tuple[str, ...] = (
    "v: {{ toJson .Values }}\n", "s: {{ keys .Subcharts | sortAlpha }}\n", "c: {{ toJson .Chart }}\n",
    "n: {{ .Chart.Name }}-{{ .Chart.Version }} {{ .Chart.AppVersion }} {{ .Chart.IsRoot }} {{ .Chart.Type }}\n",
    "i: {{ include \"NAME.name\" . }}\n", "l:\n  {{- include \"NAME.labels\" . | nindent 2 }}\n",
    "m:\n{{ include \"NAME.merge\" (list . .Values.nest) }}\n", "t: {{ tpl (.Values.a | toString) . }}\n",
    "t2: {{ tpl \"{{ .Template.Name }} {{ .Template.BasePath }}\" . }}\n", "d: {{ template \"lib.name\" . }}\n",
    "a: {{ .Values.a | quote }}\n", "b: {{ .Values.b.c }}\n", "b2: {{ ((.Values.b).c).d }}\n", "im: {{ toYaml .Values.imp | nindent 2 }}\n",
    "g: {{ .Values.global.g | toJson }}\n", "gn: {{ toJson (.Values.global).n }}\n", "on: {{ if .Values.on }}yes{{ else }}no{{ end }}\n",
    "{{- range $k, $v := .Values.nest }}\n{{ $k }}: {{ $v | toJson }}\n{{- end }}\n",
    "{{- range $i, $e := .Values.list }}\n- {{ $i }}={{ $e }}\n{{- end }}\n", "{{- with .Values.sub }}\nw: {{ .a }} {{ $.Release.Name }}\n{{- end }}\n",
    "sv: {{ toJson .Values.sub }}\n", "sc: {{ range $k, $v := .Subcharts }}{{ $k }}:{{ $v.Chart.Name }}:{{ toJson $v.Values.a }};{{ end }}\n",
    "f: {{ .Files.Get \"f/one.txt\" | quote }}\n", "fg:\n{{ (.Files.Glob \"f/*\").AsConfig | indent 2 }}\n", "fs:\n{{ (.Files.Glob \"**\").AsSecrets | indent 2 }}\n",
    "ft: {{ tpl (.Files.Get \"f/two.yaml\") . }}\n", "fl:\n{{- range .Files.Lines \"f/one.txt\" }}\n- {{ . | quote }}\n{{- end }}\n",
    "r: {{ required \"need image.tag\" .Values.image }}\n", "dd: {{ .Values.data | default dict | toYaml | nindent 2 }}\n",
    "y: {{ .Values.nest | toYaml | nindent 2 }}\n", "p: {{ printf \"%v %d %s %q %t %T\" .Values.a .Values.b .Values.c .Values.on .Values.on .Values.list }}\n",
    "k: {{ .Capabilities.KubeVersion.Version }} {{ .Capabilities.APIVersions.Has \"foo/v1\" }}\n", "rel: {{ toJson .Release }}\n",
    "---\n", "# comment {{ .Values.a }}\n", "lk: {{ lookup \"v1\" \"Pod\" \"\" \"\" | toJson }}\n", "{{ if eq .Values.a 1 }}\ne: 1\n{{ end }}\n",
    "{{- if and .Values.sub .Values.sub.on }}\nx: {{ .Values.sub.on }}\n{{- end }}\n", "dig: {{ dig \"a\" \"b\" \"none\" .Values }}\n",
    "u: {{ .Values.a | upper | trunc 3 }}\n", "ne: {{ .Values.missing.x }}\n", "{{ $_ := set .Values \"a\" \"changed\" }}ch: {{ .Values.a }}\n",
    "{{ $_ := set .Values.nest \"k\" 1 }}ck: {{ .Values.nest.k }}\n", "h: {{ hasKey .Values \"a\" }} {{ kindOf .Values.a }} {{ typeOf .Values.list }}\n",
    "mo: {{ mergeOverwrite (deepCopy .Values.nest) (dict \"z\" 1) | toJson }}\n", "co: {{ coalesce .Values.a .Values.b \"c\" }}\n", "tn: {{ ternary 1 2 .Values.on }}\n",
    "sb: {{ .Subcharts.sub.Values | toJson }}\n", "pl: {{ pluck \"a\" .Values .Values.sub | toJson }}\n", "q: {{ .Values.list | join \",\" }}|{{ .Values.list | toStrings }}\n",
)  # fmt: skip


def run_both(folder: Path, files: dict[str, str], flags: Sequence[str]) -> compat_helm.Result:
    """Write the chart into *folder*, render it with both tools and judge."""
    for name, text in files.items():
        path = folder / "c" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    before = Path.cwd()
    os.chdir(folder)
    try:
        argv = ["template", "c", *flags]
        done = subprocess.run([str(HELM), *argv], capture_output=True, check=False)
        theirs = compat_helm.Outcome(done.returncode, done.stdout.decode(), done.stderr.decode())
        mine = compat_helm.run_command(argv)
    finally:
        os.chdir(before)
    case = compat_helm.Case(folder / "c", ())
    result = compat_helm.compare(case, (theirs, theirs), mine)
    if result.verdict == compat_helm.MESSAGE and _is_random(theirs.stderr, mine.stderr):
        return compat_helm.Result(case, compat_helm.EQUAL)
    if result.verdict == compat_helm.EQUAL and _log(theirs.stderr) != _log(mine.stderr):
        return compat_helm.Result(case, LOG, f"{_log(theirs.stderr)}\n    ours: {_log(mine.stderr)}")
    return result


LOG = "other log lines"


def _log(stderr: str) -> list[str]:
    """The kinds of log lines; their order, and how often one comes, are Go's chance."""
    return sorted({line for line in stderr.splitlines() if line.startswith("level=") and "level=DEBUG" not in line})


def _is_random(theirs: str, ours: str) -> bool:
    """Whether two errors differ only in the order that Go's maps gave them, or in words about a schema that is none."""
    if "valid against metaschema" in theirs or "causing reference cycle" in theirs:
        return True
    if "error unpacking subchart" in theirs and "error unpacking subchart" in ours:
        return theirs.rpartition(": ")[2] == ours.rpartition(": ")[2]
    return sorted(re.findall(r"[\w'/]+", theirs.partition("Error: ")[2])) == sorted(
        re.findall(r"[\w'/]+", ours.partition("Error: ")[2].partition("\nhint: ")[0])
    )


def one(seed: int, folder: Path) -> tuple[compat_helm.Result, list[str]]:
    """Judge the chart that *seed* stands for."""
    writer = ChartWriter(random.Random(seed))
    files = writer.write()
    (folder / "v.yaml").write_text(writer.values(0))
    flags = writer.flags()
    return run_both(folder, files, flags), flags


def main(argv: list[str] | None = None) -> int:
    """Try many; return 1 when one differs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", type=int, default=20)
    parser.add_argument("--keep", type=Path, default=Path(tempfile.gettempdir()) / "random-charts")
    args = parser.parse_args(argv)
    os.environ["FAIRLEAD_TEMPLATE_CACHE"] = "off"
    counts: dict[str, int] = {}
    for seed in range(args.seed, args.seed + args.count):
        folder = args.keep / str(seed)
        subprocess.run(["rm", "-rf", str(folder)], check=True)
        folder.mkdir(parents=True)
        result, flags = one(seed, folder)
        counts[result.verdict] = counts.get(result.verdict, 0) + 1
        if result.verdict == compat_helm.EQUAL:
            subprocess.run(["rm", "-rf", str(folder)], check=True)
        elif sum(counts.values()) - counts.get(compat_helm.EQUAL, 0) <= args.show:
            print(f"{folder} {flags}\n  {result.verdict}: {result.detail}", flush=True)
    print(counts)
    return 0 if counts.keys() <= {compat_helm.EQUAL} else 1


if __name__ == "__main__":
    sys.exit(main())
