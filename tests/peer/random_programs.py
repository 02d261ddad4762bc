"""Write random template programs, topic by topic, and compare what Helm's library and we make of them.

    python tests/peer/random_programs.py [--topic NAME] [--count N] [--seed N] [--show N]

Aimed at what samples of charts seldom hold: calls nested in calls with arguments of the right and the wrong type, hard
texts in and out of YAML, JSON and TOML, printf's verbs and flags, patterns, dates, constraints, maps that share their
parts. A difference is cut down to what still differs before it is shown; each kind of difference is shown once.
"""

# ruff: noqa: E501 - tables of fragments

from __future__ import annotations

import argparse
import json
import random
import re
import resource
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from fairlead.engines.gotemplate.firstrender import FirstRender
from fairlead.engines.gotemplate.strconv import quote
from fairlead.engines.gotemplate.template import Render
from fairlead.engines.helm.functions.table import FUNCTIONS
from fairlead.engines.helm.world import World

ROOT = Path(__file__).parents[2]
HELM_RENDER = ROOT / ".peers" / "helm-render"
sys.path[:0] = [str(ROOT / "tests" / "peer"), str(ROOT / "tests" / "golden" / "helm")]

import program_texts as texts  # noqa: E402
from helm_snippets import SKIP, VALUES, Language  # noqa: E402
from test_found import AGAIN, RECORDED, render_program  # noqa: E402

FILES = {
    "Chart.yaml": """apiVersion: v2
name: p
version: 0.1.0
appVersion: 1.10
annotations: {a: b}
keywords: [k, l]
maintainers: [{name: n, email: e}, {name: o, url: u}]
home: http://h
""",
    "values.yaml": VALUES,
    "templates/_lib.tpl": '{{ define "lib" }}<{{ . }}>{{ end }}{{ define "lib.deep" }}{{ .Values.m.b.c.d }}{{ end }}',
    "f.txt": "one\ntwo\n",
    "d/g.yaml": "x: 1\n",
    "d/h.bin": "\u00e9\n",
    "d/i.empty": "",
}
WORLD = World(now=lambda: datetime.now(UTC))

ASKED = frozenset(
    SKIP - {"required", "fail", "hello", "include", "tpl", "lookup"}
    | {"keys", "values", "derivePassword", "toToml", "mustToToml", "fromToml", "and", "or", "call"}
)
OPENING = re.compile(r"\{\{-?|-?\}\}|[()|]|`[^`]*`|\"(?:\\.|[^\"\\])*\"|\s+|[^\s(){}|\"`]+|.", re.S)

FIELDS = {
    "s": ".Values.s .Values.e .Values.u .Values.num .Values.oct .Values.ver .Values.url .Values.multi .Values.sp .Values.quo .Values.date .Values.ts .Values.yml .Values.js .Values.path .Chart.Name .Release.Name .Chart.AppVersion .Template.Name .Capabilities.KubeVersion.Version",
    "f": ".Values.n3 .Values.f .Values.big .Values.huge .Values.bigint .Values.neg .Values.negf .Values.small .Values.large",
    "b": ".Values.t .Values.fa .Release.IsInstall",
    "m": ".Values.m .Values.m2 .Values.em .Values .Chart.Annotations .Values.m.b",
    "l": ".Values.l .Values.ln .Values.mixed .Values.dup .Values.el",
    "a": ".Values.nul .Values.missing .Values .Chart .Release .Files .Capabilities .Subcharts .Chart.Maintainers .Chart.Keywords .Chart.Dependencies .Capabilities.APIVersions .Capabilities.HelmVersion .Template . $",
}
POOL = {kind: names.split() for kind, names in FIELDS.items()}
SOURCES = {
    "t": (
        '(toDate "2006-01-02" "2024-02-29")',
        '(toDate "2006-01-02T15:04:05Z07:00" .Values.ts)',
        '(toDate "2006-01-02" "bad")',
        '(dateModify "-36h" (toDate "2006-01-02" "2024-03-01"))',
    ),
    "S": (
        '(splitList "," "a,b,,a")',
        "(sortAlpha .Values.l)",
        "(toStrings .Values.mixed)",
        '(regexFindAll "[a-z]" .Values.s -1)',
        "(keys .Values.m.b)",
    ),
    "B": ('(.Files.GetBytes "f.txt")', '(.Files.GetBytes "nope")'),
    "V": ('(semver "1.2.3-a.1+b")', '(semver "0.0.1")'),
}
Difference = tuple[str, dict[str, str], dict[str, str]]  # a program, Helm's answer, ours
KEYS = ("a", "b", "c", "k", "zz", "", "a.b", "d", "x")


class Programs:
    """Writes expressions of a wanted type, and programs around them."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.hard = texts.Texts(rng)
        self.results: dict[str, list[str]] = {}
        for name in FUNCTIONS:
            if name not in ASKED:
                self.results.setdefault(FUNCTIONS[name].signature.result, []).append(name)

    def chance(self, percent: int) -> bool:
        return self.rng.randrange(100) < percent

    def pick(self, *choices: str) -> str:
        return self.rng.choice(choices)

    def number(self) -> str:
        return self.pick(
            "0",
            "1",
            "-1",
            "2",
            "3",
            "5",
            "7",
            "10",
            "64",
            "-7",
            "100",
            "0x1F",
            "'a'",
            "1_000",
            "9223372036854775807",
            "-9223372036854775808",
        )

    def real(self) -> str:
        return self.pick(
            "0.0",
            "1.5",
            "-2.5",
            "1e3",
            "1e20",
            "1e21",
            "1e-7",
            "123456789.0",
            "0.1",
            "3.0",
            "100000.0",
            "1e6",
            "2.5e-5",
            "1e100",
            "0x1p-2",
        )

    def literal(self, kind: str) -> str:
        """Return a constant or field of *kind*."""
        if kind == "a":
            kind = self.pick("s", "i", "f", "b", "m", "l", "a", "I", "S", "B", "t", "V", "z")
        if kind == "z":
            return self.pick(
                "nil", ".Values.nul", ".Values.missing", '""', "0", "false", "(list)", "(dict)", "(int64 0)"
            )
        if kind in ("i", "v"):
            return self.number()
        if kind in ("I", "U"):
            return self.pick(f"(int64 {self.number()})", f"(add {self.number()} 1)", self.number())
        if kind == "f" and self.chance(50):
            return self.real()
        if kind == "s" and self.chance(60):
            return quote(self.hard.text())
        if kind == "b" and self.chance(60):
            return self.pick("true", "false")
        if kind == "m" and self.chance(40):
            return self.table(1)
        if kind == "l" and self.chance(40):
            return self.listing(1)
        if kind in SOURCES:
            return self.rng.choice(SOURCES[kind])
        return self.rng.choice(POOL.get(kind, POOL["a"]))

    def table(self, depth: int) -> str:
        pairs = " ".join(
            f"{quote(self.rng.choice(KEYS))} {self.value(depth - 1)}" for _ in range(self.rng.randrange(4))
        )
        return f"(dict {pairs})" if pairs else "(dict)"

    def listing(self, depth: int) -> str:
        items = " ".join(self.value(depth - 1) for _ in range(self.rng.randrange(4)))
        return f"(list {items})" if items else "(list)"

    def value(self, depth: int) -> str:
        if depth > 0 and self.chance(40):
            return self.table(depth) if self.chance(60) else self.listing(depth)
        return self.literal("a")

    def expression(self, kind: str, depth: int) -> str:
        """Return an operand of *kind*; now and then of another."""
        if self.chance(6):
            kind = "a"
        found = self.results.get(kind, []) if kind != "a" else self.rng.choice(list(self.results.values()))
        if depth <= 0 or not found or self.chance(35):
            return self.literal(kind)
        return f"({self.call(self.rng.choice(found), depth - 1)})"

    def arguments(self, name: str, depth: int) -> list[str]:
        signature = FUNCTIONS[name].signature
        count = signature.fixed + (self.rng.choice((0, 1, 1, 2, 3)) if signature.variadic else 0)
        if self.chance(2):
            count = max(0, count + self.rng.choice((-1, 1)))
        special = texts.SPECIAL.get(name.removeprefix("must_").removeprefix("must").lower(), ())
        found = []
        for index in range(count):
            if index < len(special) and special[index] and (special[index] == "small" or self.chance(85)):
                found.append(self.special(special[index]))
            else:
                kind = signature.parameter(index) if signature.parameters else "a"
                found.append(self.expression("a" if kind == "v" else kind, depth))
        return found

    def special(self, kind: str) -> str:
        """Return an argument of a kind that only some functions know: a pattern, a layout, a key …"""
        made = getattr(self.hard, kind, None)
        if made is not None:
            return quote(made())
        if kind == "list":
            return self.literal("l" if self.chance(70) else "S")
        if kind == "small":
            return self.pick("-1", "0", "1", "2", "3", "5", "10", "20")
        if kind == "date":
            return self.pick(
                self.literal("t"), self.literal("t"), "0", "1700000000", "(int64 86400)", '"x"', "nil", "-1", "1.5"
            )
        if kind == "nanos":
            return self.pick(
                "0",
                "1",
                "(int64 5000)",
                "90",
                "1.5",
                "(int64 9000000000000)",
                quote(self.hard.duration()),
                "nil",
                "'a'",
                ".Values.f",
            )
        return self.literal(kind)

    def call(self, name: str, depth: int) -> str:
        """Return a call, now and then written as a pipeline."""
        args = self.arguments(name, depth)
        if args and self.chance(25):
            last = args.pop()
            last = last[1:-1] if last.startswith("(") and self.chance(50) else last
            return f"{last} | {' '.join([name, *args])}"
        return " ".join([name, *args])

    def shown(self, expression: str) -> str:
        """Return a program that shows what *expression* gives."""
        x = self.rng.randrange(10)
        if x < 5:
            return "{{ $x := " + expression + ' }}{{ printf "%T|%v" $x $x }}|{{ toJson $x }}|{{ $x }}'
        if x < 6:
            return (
                "{{ $x := "
                + expression
                + ' }}{{ toYaml $x }}|{{ if $x }}t{{ end }}|{{ if not (hasPrefix "int" (kindOf $x)) }}{{ range $x }}[{{ . }}]{{ end }}{{ end }}'
            )
        if x < 7:
            return "{{ with " + expression + " }}{{ kindOf . }} {{ quote . }} {{ squote . }}{{ else }}-{{ end }}"
        if x < 8:
            return "{{ range $k, $v := " + expression + " }}{{ $k }}={{ $v }};{{ else }}-{{ end }}"
        if x < 9:
            return "{{ printf " + quote(self.hard.verb()) + " (" + expression + ") }}"
        return "a: {{ " + expression + " }}"

    # Topics.

    def functions(self) -> str:
        names = [name for name in FUNCTIONS if name not in ASKED]
        return self.shown(self.call(self.rng.choice(names), 1))

    def nested(self) -> str:
        names = [name for name in FUNCTIONS if name not in ASKED]
        return self.shown(self.call(self.rng.choice(names), 3))

    def language(self) -> str:
        writer = Language(self.rng)
        return "".join(writer.text() + writer.stmt() for _ in range(self.rng.choice((1, 1, 2))))

    def printing(self) -> str:
        count = self.rng.choice((1, 1, 1, 2, 3))
        verbs = "".join(self.hard.verb() for _ in range(count))
        args = " ".join(self.expression("a", 1) for _ in range(count + self.rng.choice((0, 0, 0, 1, -1))))
        return (
            "{{ "
            + self.pick("printf", "printf", "printf", "print", "println")
            + " "
            + quote(verbs)
            + " "
            + args
            + " }}"
        )

    def comparing(self) -> str:
        name = self.pick(
            "eq",
            "ne",
            "lt",
            "le",
            "gt",
            "ge",
            "deepEqual",
            "has",
            "without",
            "uniq",
            "max",
            "min",
            "index",
            "slice",
            "len",
            "not",
            "ternary",
            "empty",
            "default",
            "coalesce",
            "typeIs",
            "kindIs",
        )
        kind = self.pick("a", "a", "i", "I", "f", "s", "b", "l", "m", "z")
        args = [self.literal(kind if self.chance(70) else "a") for _ in range(self.rng.choice((1, 2, 2, 2, 3, 4)))]
        return "{{ " + " ".join([name, *args]) + " }}"

    def yaml_in(self) -> str:
        name = self.pick("fromYaml", "fromYaml", "fromYaml", "fromYamlArray")
        return (
            "{{ $x := "
            + name
            + " "
            + quote(self.hard.yaml())
            + ' }}{{ toJson $x }}|{{ printf "%v" $x }}|{{ toYaml $x }}'
        )

    def yaml_out(self, name: str = "toYaml") -> str:
        value = self.hard_value(3)
        return "{{ " + name + " " + value + self.pick("", "", " | nindent 4", " | fromYaml | toJson") + " }}"

    def yaml_pretty(self) -> str:
        return self.yaml_out("toYamlPretty")

    def json_(self) -> str:
        if self.chance(50):
            return (
                "{{ $x := "
                + self.pick("fromJson", "fromJsonArray", "mustFromJson")
                + " "
                + quote(self.hard.json())
                + ' }}{{ toJson $x }}|{{ printf "%v" $x }}'
            )
        return "{{ " + self.pick("toJson", "toPrettyJson", "toRawJson", "mustToJson") + " " + self.hard_value(2) + " }}"

    def toml(self) -> str:
        if self.chance(50):
            return (
                "{{ $x := fromToml "
                + quote(self.hard.toml())
                + ' }}{{ toJson $x }}|{{ printf "%v" $x }}|{{ toToml $x }}'
            )
        return "{{ toToml " + self.hard_value(3) + " }}"

    def hard_value(self, depth: int) -> str:
        if depth > 0 and self.chance(70):
            if self.chance(65):
                pairs = " ".join(
                    f"{quote(self.hard.scalar() if self.chance(40) else self.rng.choice(KEYS))} {self.hard_value(depth - 1)}"
                    for _ in range(self.rng.randrange(1, 4))
                )
                return f"(dict {pairs})"
            return "(list " + " ".join(self.hard_value(depth - 1) for _ in range(self.rng.randrange(4))) + ")"
        return quote(self.hard.scalar()) if self.chance(70) else self.literal("a")

    def sharing(self) -> str:
        """Maps and lists that are changed while others see them."""
        out = [
            '{{ $a := dict "a" 1 "b" (dict "c" 2 "l" (list 1 2)) }}',
            "{{ $b := "
            + self.pick(".Values.m", ".Values.m2", "(dict)", "$a", "(deepCopy $a)", '(get $a "b")', "$a.b", ".Values")
            + " }}",
        ]
        maps = (
            "$a",
            "$b",
            "$a.b",
            ".Values.m",
            ".Values.m.b",
            ".Values.m2",
            '(dict "q" $a)',
            "(deepCopy $b)",
            "$.Values",
            ".Values.em",
            "(index .Values.mixed 4)",
        )
        for _ in range(self.rng.randrange(1, 5)):
            one, two, three = (self.rng.choice(maps) for _ in range(3))
            key = quote(self.rng.choice(KEYS))
            step = self.pick(
                f"set {one} {key} {self.pick(two, self.value(1))}", f"unset {one} {key}", f"merge {one} {two}",
                f"mergeOverwrite {one} {two} {three}", f"merge {one} {two} {three}", f"mergeOverwrite {one} (deepCopy {two})",
                f"pick {one} {key} \"a\"", f"omit {one} {key}", f"dig \"a\" {key} \"dflt\" {one}", f"get {one} {key}",
                f"pluck {key} {one} {two}", f"set (get {one} \"b\") {key} 5", f"hasKey {one} {key}", f"values {one} | len",
                f"keys {one} | sortAlpha", f"append {self.pick('$a.b.l', '.Values.l', '.Values.ln')} {self.value(1)}", f"deepCopy {one}",
                f"concat .Values.l (list {one})", f"merge (dict) {one} {two}", f"dig {key} \"c\" nil {one}", f"first (list {one})",
                f"prepend .Values.ln {one}", "slice .Values.l 0 2 | reverse",
            )  # fmt: skip
            out.append(
                self.pick(
                    "{{ $_ := %s }}",
                    "{{ $b = %s }}",
                    "{{ %s }}|",
                    "{{ %s | toJson }}|",
                    '{{ with %s }}{{ set . "w" 1 | toJson }}{{ end }}',
                )
                % step
            )
        tail = self.pick(
            "{{ toJson $a }}|{{ toJson $b }}|{{ .Values.m | toJson }}",
            "{{ toYaml $b }}|{{ toJson .Values.m2 }}",
            '{{ printf "%T %T" $a $b }}|{{ toJson .Values }}',
            "{{ range $k, $v := $b }}{{ $k }}={{ $v }};{{ end }}",
        )
        return "".join(out) + tail

    def calling(self) -> str:
        """define, include, tpl, template and block, with errors inside each other."""
        inner = self.pick(
            "{{ . }}", "{{ .a }}", "{{ .x.y }}", "{{- .Values.s -}}", '{{ fail "no" }}', '{{ required "need it" .nul }}', "{{ $.b | upper }}",
            "{{ range . }}{{ . }},{{ end }}", "{{ toYaml . }}", "{{ $ | toJson }}", "{{ index . 0 }}", "{{ $x := 1 }}{{ $x }}", "{{ $ := 1 }}{{ $ }}",
            '{{ tpl "{{ .a.b }}" . }}', '{{ include "two" . }}', '{{ template "two" . }}', "{{ . | nope }}", "{{ if eq . 1 }}one{{ end }}",
            '{{ with .Values.m }}{{ .b.c }}{{ $.Release.Name }}{{ end }}', "x\n  {{ .Values.l.x }}", '{{ tpl .t . }}', "{{ break }}", "{{ . | trunc 3 }}",
            '{{ (include "two" .) | nindent 2 }}', "{{ (fromYaml .).a }}", "{{ list . | toJson }}", "{{ .Template.Name }}{{ .Template.BasePath }}",
        )  # fmt: skip
        two = self.pick(
            "2{{ . }}",
            "{{ .b.c }}",
            '{{ fail (printf "%v" .) }}',
            "{{ len . }}",
            "",
            "{{/* nothing */}}",
            "{{ $.Values.missing.x }}",
            "a: b\n",
        )
        data = self.pick(
            ".",
            "$",
            "nil",
            ".Values",
            ".Values.m",
            ".Values.s",
            ".Values.l",
            '(dict "a" 1 "b" "x")',
            '(dict "t" "{{ .t }}")',
            "(list 1 2)",
            "1",
            '"a"',
            '(dict "Values" .Values "Template" .Template)',
            ".Values.nul",
        )
        name = self.pick(
            '"one"',
            '"one"',
            '"one"',
            '"two"',
            '"nope"',
            "1",
            ".Values.s",
            '(printf "%s" "one")',
            "nil",
            '"p/templates/t.yaml"' if self.chance(10) else '"one"',
        )
        use = self.pick(
            f"{{{{ include {name} {data} }}}}", f"{{{{ include {name} {data} | quote }}}}", f"{{{{ include {name} {data} | fromYaml }}}}", f"{{{{ tpl {quote(inner)} {data} }}}}",
            f"{{{{ template \"one\" {data} }}}}", f"{{{{ include {name} }}}}", f"{{{{ tpl {data} . }}}}", f"{{{{ $r := include {name} {data} }}}}[{{{{ $r | trim | len }}}}]",
            f"{{{{ tpl (include {name} {data}) {data} }}}}", f"{{{{ block \"three\" {data} }}}}{inner}{{{{ end }}}}", f"{{{{ range $i, $v := {data} }}}}{{{{ include {name} $v }}}}{{{{ end }}}}",
            f"{{{{ with {data} }}}}{{{{ include {name} . | indent 2 }}}}{{{{ end }}}}", f"{{{{ tpl {quote(two + inner)} {data} | upper }}}}", f"{{{{ {data} | include {name} }}}}",
            f"{{{{ tpl {quote('{{ tpl ' + quote(inner) + ' . }}')} {data} }}}}",
        )  # fmt: skip
        text = self.pick("", "", "x\n", "\n  ")
        return (
            f'{{{{ define "one" }}}}{text}{inner}{{{{ end }}}}{text}{{{{- define "two" -}}}}{two}{{{{ end }}}}'
            + text
            + use
        )

    def files(self) -> str:
        step = self.pick(
            '.Files.Get "f.txt"', '.Files.Get "nope"', '.Files.Get "d/g.yaml" | fromYaml', '(.Files.Glob "**").AsConfig', '(.Files.Glob "d/*").AsSecrets', '.Files.Lines "f.txt"', '.Files.Lines "nope"',
            '.Files.Glob "*.txt"', '.Files.GetBytes "d/h.bin"', '.Files.AsConfig', '.Files.AsSecrets', '(.Files.Glob "nope").AsConfig', '.Files.Glob "d/{g,h}*"', '.Files.Glob "["', '.Files.Get', '.Files.Get 1',
            'index .Files "f.txt"', '.Files | len', '(.Files.Glob "d/[!g]*").AsConfig', '.Files.nope', '.Files.Get .Values.nul', '.Files.Get .Values.missing', '.Files.Lines .Values.m.x', '.Files.Glob .Values.nul', "range $p, $_ := .Files.Glob \"**.yaml\"",
            '.Files.Get "d/../f.txt"', '.Files.Get "/f.txt"', '.Files.Get "Chart.yaml"', '.Files.Get "values.yaml"', '.Files.Get "templates/t.yaml"', '(.Files.Glob "?.txt").AsConfig | indent 2', '.Files.Get nil', '.Files.Get (list)',
            '.Capabilities.APIVersions.Has "v1"', '.Capabilities.APIVersions.Has .Values.nul', '.Capabilities.APIVersions.Has 1', '.Capabilities.APIVersions.Has', '.Capabilities.KubeVersion.GitVersion', '.Capabilities.KubeVersion.Major', '.Capabilities.KubeVersion.String', '.Capabilities.HelmVersion.Version', '.Capabilities.KubeVersion | toJson', '.Chart | toYaml', '.Chart.Maintainers | toJson', '.Chart.Type', '.Release | toYaml', '.Subcharts | toJson', '.Capabilities.APIVersions | first', '.Values.AsMap | toJson', '.Values.YAML', '.Values.Table "m"', '.Values.Table "nope"', '.Values.PathValue "m.b.c"', '.Values.PathValue "nope.x"', '.Values.Table 1',
        )  # fmt: skip
        tail = self.pick(
            "", " | toJson", " | toYaml", " | quote", ' | printf "%T"', " | len", " | b64enc", ' | printf "%v"'
        )
        if step.startswith("range"):
            return "{{ " + step + " }}{{ $p }};{{ end }}"
        return "{{ " + step + tail + " }}"

    def values_walk(self) -> str:
        """Fields of fields of what may be absent, with everything that hides it."""
        path = self.pick(
            ".Values",
            ".Values.m",
            ".Values.mixed",
            ".",
            "$",
            ".Chart",
            ".Values.l",
            ".Release",
            "$.Values.m.b",
            "(.Values.m)",
            "(index .Values.mixed 4)",
            "(.Values.missing)",
            "(dict)",
            "(list)",
            "(.Values.nul | default dict)",
            "(first .Values.mixed)",
            "(.Values.missing | default .Values.m)",
            "(or .Values.nul .Values.m)",
            "(and .Values.m .Values.s)",
            "(default dict .Values.missing.x)",
        )
        path += "".join(
            self.pick(".a", ".b", ".c", ".missing", ".x", ".nul", ".Name", ".k") for _ in range(self.rng.randrange(4))
        )
        path = path.replace("..", ".")
        shape = self.pick(
            "{{ %s }}",
            "{{ if %s }}t{{ else }}f{{ end }}",
            "{{ with %s }}{{ . }}{{ end }}",
            "{{ range %s }}{{ . }}{{ end }}",
            "{{ default 1 %s }}",
            "{{ %s | quote }}",
            "{{ %s | toYaml }}",
            '{{ hasKey %s "a" }}',
            "{{ (%s).a }}",
            "{{ if and %s (eq %s 1) }}x{{ end }}",
            "{{ if or %s .Values.t }}x{{ end }}",
            "{{ not %s }}",
            "{{ eq %s nil }}",
            "{{ len %s }}",
            '{{ index %s "a" }}',
            "{{ $v := %s }}{{ $v.a }}",
            "{{ range $k, $v := %s }}{{ $v.a }}{{ end }}",
            "{{ %s.a.b }}",
            "{{ upper %s }}",
            "{{ int %s }}",
            "{{ with $q := %s }}{{ $q.b.c }}{{ end }}",
            "{{ range %s }}{{ .k }}{{ end }}",
            "{{ if not (empty %s) }}e{{ end }}",
            "{{ ternary 1 2 %s }}",
            "{{ %s | not | not }}",
            '{{ printf "%%s" %s }}',
            '{{ dig "a" "b" 1 %s }}',
            '{{ required "m" %s }}',
            "{{ kindOf %s }}",
            '{{ ne %s "a" }}',
            "{{ gt %s 1 }}",
            "{{ %s | trunc 2 }}",
            "{{ tpl %s . }}",
        )
        text = shape.replace("%%", "\0").replace("%s", path).replace("\0", "%")
        return self.pick("", "", "\n  ") + text


TOPICS: dict[str, Callable[[Programs], str]] = {
    name: getattr(Programs, name)
    for name in (
        "functions", "nested", "language", "printing", "comparing", "yaml_in", "yaml_out", "json_", "toml", "sharing", "calling",
        "files", "values_walk",
    )
}  # fmt: skip


def make(topic: str, seed: int, count: int) -> list[str]:
    """Return programs of one topic; the same for the same seed."""
    writer = Programs(random.Random(f"{topic} {seed}"))
    return [TOPICS[topic](writer) for _ in range(count)]


def ask_helm(programs: list[str]) -> list[dict[str, str]]:
    """Return Helm's answers; ``killed`` for what takes it more than its share of time and memory."""
    answers: list[dict[str, str]] = []
    while len(answers) < len(programs):
        asked = json.dumps({"files": FILES, "snippets": programs[len(answers) :]}).encode()
        peer = subprocess.Popen(
            [str(HELM_RENDER), "snippets"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            preexec_fn=_bounded,
        )
        timer = threading.Timer(20 + len(programs) / 100, peer.kill)
        timer.start()
        out, _ = peer.communicate(asked)
        timer.cancel()
        answers += [json.loads(line) for line in out.decode().split("\n") if line.endswith("}")]
        if peer.returncode:
            answers.append({"out": "", "err": "killed"})
    return answers


def _bounded() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))


def differing(programs: Sequence[str]) -> list[Difference]:
    """Return the programs of which Helm and we make different things, with both answers."""
    found = []
    answers = ask_helm(list(programs))
    killed = sum(answer.get("err") == "killed" for answer in answers)
    if killed > 1 + len(programs) // 5:
        raise RuntimeError(f"{killed} of {len(programs)} programs killed Helm's process: is there enough memory?")
    for program, theirs in zip(programs, answers, strict=True):
        mine = ours(program)
        if mine != theirs and "killed" not in theirs.get("err", ""):
            found.append((program, theirs, mine))
    if found:  # what Helm itself does not repeat is no difference
        again = ask_helm([program for program, _, _ in found])
        found = [item for item, second in zip(found, again, strict=True) if item[1] == second]
    return found


def ours(program: str) -> dict[str, str]:
    """Return our answer, compiled; a crash is an answer too, and so is another output of the interpreter."""
    try:
        compiled = render_program(FILES, program, Render, WORLD)
        first = render_program(FILES, program, FirstRender, WORLD)
    except (Exception, RecursionError) as error:
        return {"out": "", "err": f"CRASH {type(error).__name__}: {error}"}
    if first not in (compiled, AGAIN):
        return {"out": "", "err": f"INTERPRETED {first}"}
    return compiled


def kind_of(item: Difference) -> str:
    """Return what two differences of one cause have in common."""
    program, theirs, mine = item

    def form(answer: dict[str, str]) -> str:
        text = answer.get("err", "")
        text = re.sub(r"^.*(?:>|execute template\"|\")?:\s", "", text, flags=re.S)
        return re.sub(r"\d+|\"[^\"]*\"|'[^']*'", "#", text)[:60] if "err" in answer else "out"

    called = [
        word for word in re.findall(r"[A-Za-z0-9]+", re.sub(r'"(?:\\.|[^"\\])*"', "", program)) if word in FUNCTIONS
    ]
    return f"{called[:1]} {form(theirs)} / {form(mine)}"


def reduced(program: str, kind: str) -> Difference:
    """Return the smallest program found that still differs in the same way."""
    tokens = OPENING.findall(program)
    size = max(1, len(tokens) // 2)
    first = differing([program])
    if not first:  # not the same twice
        return program, {"out": "?"}, {"out": "?"}
    best = first[0]
    while size:
        tries = [tokens[:at] + tokens[at + size :] for at in range(0, len(tokens), size)][:150]
        found = {item[0]: item for item in differing(["".join(one) for one in tries]) if kind_of(item) == kind}
        smaller = next((one for one in tries if "".join(one) in found), None)
        if smaller is None:
            size //= 2
        else:
            tokens, best = smaller, found["".join(smaller)]
    return best


def near(item: Difference) -> tuple[str, str]:
    """Return both answers around the place where they begin to differ."""
    theirs, mine = (answer.get("err") or answer["out"] for answer in item[1:])
    at = next((at for at, pair in enumerate(zip(theirs, mine, strict=False)) if pair[0] != pair[1]), 0)
    start = 0 if at < 250 else at - 60
    return f"   helm: {theirs[start : at + 200]!r}", f"   ours: {mine[start : at + 200]!r}"


def main() -> int:
    """Compare and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--topic", choices=sorted(TOPICS), action="append")
    parser.add_argument("--count", type=int, default=1000, help="programs of each topic")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--peer", type=Path, default=HELM_RENDER, help="the program over Helm's library")
    parser.add_argument("--show", type=int, default=20, help="kinds of differences shown of each topic")
    parser.add_argument("--record", action="store_true", help="ask Helm again about the programs of found.json")
    args = parser.parse_args()
    globals()["HELM_RENDER"] = args.peer
    if args.record:
        programs = [case["in"] for case in RECORDED["cases"]]
        cases = [{"in": program, **answer} for program, answer in zip(programs, ask_helm(programs), strict=True)]
        text = json.dumps({"files": FILES, "cases": cases}, ensure_ascii=False, indent=0, separators=(",", ":"))
        (ROOT / "tests" / "golden" / "helm" / "found.json").write_text(text + "\n")
        return 0
    total = 0
    for topic in args.topic or TOPICS:
        found = differing(make(topic, args.seed, args.count))
        total += len(found)
        kinds: dict[str, list[Difference]] = {}
        for item in found:
            kinds.setdefault(kind_of(item), []).append(item)
        print(f"== {topic}: {args.count} programs, {len(found)} differ, {len(kinds)} kinds", flush=True)
        for kind, items in sorted(kinds.items(), key=lambda pair: -len(pair[1]))[: args.show]:
            item = reduced(min((one[0] for one in items), key=len), kind)
            print(f"-- {len(items)}x {item[0]!r}", *near(item), sep="\n", flush=True)
    return 1 if total else 0


if __name__ == "__main__":
    sys.exit(main())
